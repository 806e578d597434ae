//! What is refused, with a message that says what to do.

use std::fs;

use trakt_store::cluster::{Cluster, ClusterError, Role};

use crate::probe::{pgdata, server_processes, sql};

#[test]
fn a_cluster_of_another_major_version_is_refused_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = Cluster::open(dir.path(), Role::Command).unwrap();
    sql(&cluster.url(), "CREATE TABLE t (id int)");
    cluster.stop().unwrap();
    let file = pgdata(dir.path()).join("PG_VERSION");
    let real = fs::read_to_string(&file).unwrap();

    for (version, major, words) in [
        ("9.6\n", 9, ["PostgreSQL 9,", "pg_dump", "restore"]),
        ("12\n", 12, ["PostgreSQL 12,", "pg_dump", "restore"]),
        ("99\n", 99, ["PostgreSQL 99,", "postgresql-99", "pg_dump"]),
    ] {
        fs::write(&file, version).unwrap();
        let refused = Cluster::open(dir.path(), Role::Serve).unwrap_err();
        assert!(
            matches!(&refused, ClusterError::OtherMajor { made_by, .. } if *made_by == major),
            "{refused}"
        );
        let message = refused.to_string();
        for word in words {
            assert!(message.contains(word), "{message}");
        }
        assert!(
            message.contains(&pgdata(dir.path()).display().to_string()),
            "{message}"
        );
        assert_eq!(server_processes(dir.path()), [0; 0]);
    }

    // The refusals let go of every lock and changed nothing.
    fs::write(&file, real).unwrap();
    let cluster = Cluster::open(dir.path(), Role::Serve).unwrap();
    assert_eq!(sql(&cluster.url(), "SELECT count(*) FROM t"), "0");
}

#[test]
fn a_directory_that_is_no_cluster_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    Cluster::open(dir.path(), Role::Command)
        .unwrap()
        .stop()
        .unwrap();
    fs::remove_file(pgdata(dir.path()).join("PG_VERSION")).unwrap();
    let refused = Cluster::open(dir.path(), Role::Serve).unwrap_err();
    assert!(matches!(refused, ClusterError::NotACluster(_)), "{refused}");
    assert!(pgdata(dir.path()).join("global/pg_control").exists());
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let dir = tempfile::tempdir().unwrap();
    Cluster::open(dir.path(), Role::Command)
        .unwrap()
        .stop()
        .unwrap();
    fs::write(
        pgdata(dir.path()).join("postgresql.conf"),
        "no_such_setting = 1\n",
    )
    .unwrap();
    let refused = Cluster::open(dir.path(), Role::Serve).unwrap_err();
    assert!(matches!(refused, ClusterError::Start { .. }), "{refused}");
    let message = refused.to_string();
    assert!(
        message.contains("no_such_setting") && message.contains("postgres.log"),
        "{message}"
    );
    assert!(
        !message.contains("ready to accept"),
        "only this start's lines: {message}"
    );
}
