//! One process: made from nothing, as promised, and gone afterwards.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Pid;
use trakt_store::cluster::{Cluster, Programs, Role};

use crate::probe::{exists, kill, pgdata, postmaster, server_processes, sql, try_sql, until};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn starts_from_nothing_and_stops_with_us() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("not/yet");

    let cluster = Cluster::open(&data_dir, Role::Serve).unwrap();
    let postmaster = postmaster(&data_dir).unwrap();
    assert!(exists(postmaster));
    assert_eq!(sql(&cluster.url(), "SELECT current_user"), "trakt");
    sql(
        &cluster.url(),
        "CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)",
    );

    let url = cluster.url();
    cluster.stop().unwrap();
    assert!(!exists(postmaster), "neither running nor a zombie");
    assert_eq!(server_processes(&data_dir), [0; 0]);
    assert!(
        !pgdata(&data_dir).join("postmaster.pid").exists(),
        "it shut down cleanly"
    );
    assert!(!try_sql(&url, "SELECT 1").status.success());

    // The drop does as stop does, and the rows are there at the next start.
    let cluster = Cluster::open(&data_dir, Role::Command).unwrap();
    assert_eq!(sql(&cluster.url(), "SELECT id FROM kept"), "7");
    drop(cluster);
    assert_eq!(server_processes(&data_dir), [0; 0]);
}

#[test]
fn runs_with_the_promised_settings() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = Cluster::open(dir.path(), Role::Serve).unwrap();
    for (name, value) in [
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("listen_addresses", ""),
        ("unix_socket_permissions", "0700"),
        ("server_encoding", "UTF8"),
        ("lc_collate", "C"),
        ("statement_timeout", "5s"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("log_min_error_statement", "panic"),
        ("log_statement", "none"),
        ("TimeZone", "UTC"),
    ] {
        // lc_collate left the settings in version 16.
        let query = if name == "lc_collate" {
            "SELECT datcollate FROM pg_database WHERE datname = current_database()".to_owned()
        } else {
            format!("SHOW {name}")
        };
        assert_eq!(sql(&cluster.url(), &query), value, "{name}");
    }
    let wins = "ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf()";
    for statement in wins.split("; ") {
        sql(&cluster.url(), statement);
    }
    assert_eq!(
        sql(&cluster.url(), "SHOW fsync"),
        "on",
        "whatever its files say"
    );
}

#[test]
fn is_closed_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("data");
    let cluster = Cluster::open(&data_dir, Role::Serve).unwrap();

    for private in ["", "postgres", "postgres/data", "postgres/run"] {
        assert_eq!(mode(&data_dir.join(private)), 0o700, "{private}");
    }
    for private in [
        "postgres.log",
        "serve.lock",
        "cluster.lock",
        "postgres/run/.s.PGSQL.5432",
    ] {
        assert_eq!(mode(&data_dir.join(private)) & 0o077, 0, "{private}");
    }
    let hba = fs::read_to_string(pgdata(&data_dir).join("pg_hba.conf")).unwrap();
    for line in hba.lines().filter(|line| line.starts_with("host")) {
        assert!(line.ends_with("reject"), "{line}");
    }

    // No socket of TCP: every socket of the server is one of Unix.
    let postmaster = postmaster(&data_dir).unwrap();
    let proc = format!("/proc/{}", postmaster.as_raw_nonzero());
    let tables: String = ["tcp", "tcp6", "udp", "udp6"]
        .iter()
        .map(|table| fs::read_to_string(format!("{proc}/net/{table}")).unwrap_or_default())
        .collect();
    let mut sockets = 0;
    for entry in fs::read_dir(format!("{proc}/fd")).unwrap() {
        let Ok(target) = fs::read_link(entry.unwrap().path()) else {
            continue;
        };
        let target = target.to_string_lossy().into_owned();
        if let Some(inode) = target
            .strip_prefix("socket:[")
            .and_then(|t| t.strip_suffix(']'))
        {
            sockets += 1;
            let listed = tables
                .lines()
                .any(|line| line.split_whitespace().nth(9) == Some(inode));
            assert!(!listed, "{target}");
        }
    }
    assert!(sockets > 0);

    // Not root, none of root's groups, and none of our environment.
    let status = fs::read_to_string(format!("{proc}/status")).unwrap();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..]
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let owner = fs::metadata(pgdata(&data_dir)).unwrap().uid();
    assert_ne!(owner, 0);
    assert_eq!(field("Uid:"), vec![owner.to_string(); 4]);
    if rustix::process::geteuid().is_root() {
        assert_eq!(field("Groups:"), [""; 0]);
    }
    assert!(std::env::var("CARGO_MANIFEST_DIR").is_ok());
    let environment = fs::read(format!("{proc}/environ")).unwrap();
    assert!(!String::from_utf8_lossy(&environment).contains("CARGO_MANIFEST_DIR"));

    // Ctrl-C in our terminal reaches our process group, not the server's.
    let group = rustix::process::getpgid(Some(postmaster)).unwrap();
    assert_ne!(group, rustix::process::getpgrp());
    cluster.stop().unwrap();
}

#[test]
fn the_log_has_no_statement_and_no_row() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = Cluster::open(dir.path(), Role::Serve).unwrap();
    let url = cluster.url();
    sql(
        &url,
        "CREATE TABLE t (id text PRIMARY KEY); INSERT INTO t VALUES ('canary-1')",
    );
    for refused in [
        "INSERT INTO t VALUES ('canary-1')",
        "SELECT 'canary-2'::int",
        "SELECT 'canary-3' FROM nowhere",
        "SET statement_timeout = 1; SELECT pg_sleep(1), 'canary-4'",
        "SELECT pg_terminate_backend(pg_backend_pid()), 'canary-5'",
    ] {
        assert!(!try_sql(&url, refused).status.success(), "{refused}");
    }

    // Of a process that crashed, the server says what it was running.
    let mut client = Command::new("psql")
        .args(["-XAtq", "-d", &url, "-c", "SELECT pg_sleep(60), 'canary-6'"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let query = "SELECT pid FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'";
    until("it runs", || !sql(&url, query).is_empty());
    kill(Pid::from_raw(sql(&url, query).parse().unwrap()).unwrap());
    assert!(!client.wait().unwrap().success());
    let read_log = || fs::read_to_string(dir.path().join("postgres.log")).unwrap();
    until("the crash is logged", || {
        read_log().contains("was terminated by signal 9")
    });
    until("it answers again", || {
        try_sql(&url, "SELECT 1").status.success()
    });

    cluster.stop().unwrap();
    let log = read_log();
    assert!(log.contains("ready to accept connections"), "{log}");
    assert!(!log.contains("canary"), "{log}");
}

#[test]
fn the_programs_are_those_that_answer() {
    let programs = Programs::find().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let cluster = Cluster::open(dir.path(), Role::Command).unwrap();
    let number: u32 = sql(&cluster.url(), "SHOW server_version_num")
        .parse()
        .unwrap();
    assert_eq!(programs.major(), number / 10_000);
    assert!(programs.bindir().join("initdb").is_file());
}

#[test]
fn a_throwaway_cluster_does_not_wait_for_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = Cluster::open_throwaway(dir.path()).unwrap();
    assert_eq!(sql(&cluster.url(), "SHOW fsync"), "off");
    assert_eq!(sql(&cluster.url(), "SHOW data_checksums"), "on");
}
