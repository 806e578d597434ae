//! Several processes on one DATA_DIR.

use std::sync::Barrier;
use std::thread;

use trakt_store::cluster::{Cluster, ClusterError, Role};

use crate::probe::{exists, postmaster, server_processes, sql};
use crate::process::Other;

#[test]
fn a_second_serve_is_refused_until_the_first_has_ended() {
    let dir = tempfile::tempdir().unwrap();
    let first = Other::open(dir.path(), Role::Serve).unwrap();

    let refused = Cluster::open(dir.path(), Role::Serve).unwrap_err();
    assert!(
        matches!(refused, ClusterError::AlreadyServing { .. }),
        "{refused}"
    );
    let message = refused.to_string();
    assert!(
        message.contains(&format!("process {}", first.pid().as_raw_nonzero())),
        "{message}"
    );
    assert_eq!(sql(&first.url, "SELECT 1"), "1", "the first is left alone");

    first.close();
    let second = Cluster::open(dir.path(), Role::Serve).unwrap();
    // The file now names us, not the first.
    let refused = Other::open(dir.path(), Role::Serve).err().unwrap();
    assert!(
        refused.contains(&format!("process {}", std::process::id())),
        "{refused}"
    );
    second.stop().unwrap();
}

#[test]
fn a_command_shares_the_server_of_a_serve_and_leaves_it_running() {
    let dir = tempfile::tempdir().unwrap();
    let serve = Cluster::open(dir.path(), Role::Serve).unwrap();
    let server = postmaster(dir.path()).unwrap();
    sql(&serve.url(), "CREATE TABLE t (id int)");

    let command = Other::open(dir.path(), Role::Command).unwrap();
    assert_eq!(postmaster(dir.path()), Some(server), "the same server");
    sql(&command.url, "INSERT INTO t VALUES (1)");
    command.close();

    assert_eq!(postmaster(dir.path()), Some(server));
    assert_eq!(sql(&serve.url(), "SELECT count(*) FROM t"), "1");
    serve.stop().unwrap();
    assert_eq!(server_processes(dir.path()), [0; 0]);
}

#[test]
fn the_last_one_out_stops_the_server_whoever_started_it() {
    let dir = tempfile::tempdir().unwrap();
    let command = Other::open(dir.path(), Role::Command).unwrap();
    let server = postmaster(dir.path()).unwrap();
    let serve = Cluster::open(dir.path(), Role::Serve).unwrap();

    command.close();
    assert!(exists(server), "the serve still uses it");
    assert_eq!(sql(&serve.url(), "SELECT 1"), "1");

    // And the other way round: a serve ends beside a command.
    let command = Other::open(dir.path(), Role::Command).unwrap();
    serve.stop().unwrap();
    assert_eq!(postmaster(dir.path()), Some(server));
    assert_eq!(sql(&command.url, "SELECT 1"), "1");
    command.close();
    assert_eq!(server_processes(dir.path()), [0; 0]);
}

#[test]
fn many_open_and_close_at_once_and_none_is_left_without_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let start = Barrier::new(6);
    thread::scope(|scope| {
        for worker in 0..6 {
            let (start, dir) = (&start, dir.path());
            scope.spawn(move || {
                start.wait();
                for _ in 0..3 {
                    let cluster = Cluster::open_throwaway(dir).unwrap();
                    let row = sql(&cluster.url(), &format!("SELECT {worker}"));
                    assert_eq!(row, worker.to_string());
                    cluster.stop().unwrap();
                }
            });
        }
    });
    assert_eq!(server_processes(dir.path()), [0; 0]);
}
