//! kill -9 of each side, and what the next start finds.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use trakt_store::cluster::{Cluster, Role};

use crate::probe::{exists, kill, pgdata, postmaster, runs, server_processes, sql, try_sql, until};
use crate::process::{self, Other};

#[test]
fn a_killed_server_is_started_again_with_every_committed_row() {
    let dir = tempfile::tempdir().unwrap();
    let serve = Cluster::open(dir.path(), Role::Serve).unwrap();
    sql(
        &serve.url(),
        "CREATE TABLE t (id int); INSERT INTO t VALUES (1)",
    );
    let first = postmaster(dir.path()).unwrap();

    for round in 1..=2 {
        let killed = postmaster(dir.path()).unwrap();
        kill(killed);
        until("a new server answers", || {
            postmaster(dir.path()).is_some_and(|pid| pid != killed)
                && try_sql(&serve.url(), "SELECT 1").status.success()
        });
        assert!(!exists(killed), "the killed one was reaped");
        assert_eq!(
            sql(&serve.url(), "SELECT count(*) FROM t"),
            round.to_string()
        );
        sql(&serve.url(), "INSERT INTO t VALUES (2)");
    }
    assert_ne!(postmaster(dir.path()), Some(first));
    serve.stop().unwrap();
    assert_eq!(server_processes(dir.path()), [0; 0]);
}

#[test]
fn a_server_whose_owner_was_killed_is_adopted() {
    let dir = tempfile::tempdir().unwrap();
    let owner = Other::open(dir.path(), Role::Serve).unwrap();
    sql(
        &owner.url,
        "CREATE TABLE t (id int); INSERT INTO t VALUES (1)",
    );
    let orphan = postmaster(dir.path()).unwrap();
    owner.kill();
    assert!(runs(orphan), "it outlives its owner");

    let serve = Cluster::open(dir.path(), Role::Serve).unwrap();
    assert_eq!(postmaster(dir.path()), Some(orphan), "no second server");
    assert_eq!(sql(&serve.url(), "SELECT count(*) FROM t"), "1");

    // It is watched as one of our own is.
    kill(orphan);
    until("a new server answers", || {
        postmaster(dir.path()).is_some_and(|pid| pid != orphan)
            && try_sql(&serve.url(), "SELECT 1").status.success()
    });
    serve.stop().unwrap();
    assert_eq!(server_processes(dir.path()), [0; 0]);
}

#[test]
fn an_adopted_server_is_stopped_by_the_last_one_out() {
    let dir = tempfile::tempdir().unwrap();
    let owner = Other::open(dir.path(), Role::Command).unwrap();
    owner.kill();
    let command = Cluster::open(dir.path(), Role::Command).unwrap();
    command.stop().unwrap();
    assert_eq!(server_processes(dir.path()), [0; 0]);
    assert!(!pgdata(dir.path()).join("postmaster.pid").exists());
}

#[test]
fn after_both_were_killed_the_next_start_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let owner = Other::open(dir.path(), Role::Serve).unwrap();
    sql(
        &owner.url,
        "CREATE TABLE t (id int); INSERT INTO t VALUES (1)",
    );
    let server = postmaster(dir.path()).unwrap();

    // One process of the server hangs and outlives its head.
    let mut client = Command::new("psql")
        .args(["-XAtq", "-d", &owner.url])
        // By its name: the backend of a psql that has just ended may still be there.
        .env("PGAPPNAME", "survivor")
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'survivor'";
    until("the client is served", || {
        !sql(&owner.url, query).is_empty()
    });
    let survivor = Pid::from_raw(sql(&owner.url, query).parse().unwrap()).unwrap();
    kill_process(survivor, Signal::STOP).unwrap();
    owner.kill();
    kill(server);
    until("the head has ended", || !runs(server));
    assert!(runs(survivor));

    thread::scope(|scope| {
        let opening = scope.spawn(|| Cluster::open(dir.path(), Role::Command).unwrap());
        let transition = File::open(dir.path().join("transition.lock")).unwrap();
        until("the open is at work", || {
            let busy = transition.try_lock().is_err();
            transition.unlock().unwrap();
            busy || opening.is_finished()
        });
        assert!(
            postmaster(dir.path()) == Some(server) || !runs(survivor),
            "no second server beside the survivor"
        );
        // An open that lost its patience has ended the survivor itself.
        let _ = kill_process(survivor, Signal::CONT);

        let command = opening.join().unwrap();
        assert!(!runs(survivor));
        assert_ne!(postmaster(dir.path()), Some(server));
        assert_eq!(sql(&command.url(), "SELECT count(*) FROM t"), "1");
    });
    drop(client.stdin.take());
    client.wait().unwrap();
}

#[test]
fn a_stale_pid_that_is_now_anothers_does_not_keep_the_server_down() {
    let dir = tempfile::tempdir().unwrap();
    let owner = Other::open(dir.path(), Role::Command).unwrap();
    let server = postmaster(dir.path()).unwrap();
    owner.kill();
    kill(server);
    until("all of it has ended", || {
        server_processes(dir.path()).is_empty()
    });

    // As after a restart of the machine: the id now is an unrelated process's,
    // owned by the same user (PostgreSQL takes that for a server at work).
    let mut stranger = Command::new("cat");
    stranger.stdin(Stdio::piped()).stdout(Stdio::null());
    as_owner(&mut stranger, dir.path());
    let mut stranger = stranger.spawn().unwrap();
    let pid = Pid::from_child(&stranger);
    for file in ["data/postmaster.pid", "run/.s.PGSQL.5432.lock"] {
        let file = dir.path().join("postgres").join(file);
        let text = fs::read_to_string(&file).unwrap();
        let (_, rest) = text.split_once('\n').unwrap();
        fs::write(&file, format!("{}\n{rest}", pid.as_raw_nonzero())).unwrap();
    }

    let command = Cluster::open(dir.path(), Role::Command).unwrap();
    assert_eq!(sql(&command.url(), "SELECT 1"), "1");
    command.stop().unwrap();
    assert!(
        stranger.try_wait().unwrap().is_none(),
        "the stranger was not signalled"
    );
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[test]
fn half_an_initdb_is_removed_and_done_again() {
    let dir = tempfile::tempdir().unwrap();
    // An initdb that was killed together with its process.
    let cluster = Cluster::open(dir.path(), Role::Command).unwrap();
    cluster.stop().unwrap();
    let base = dir.path().join("postgres");
    fs::rename(base.join("data"), base.join("data.new")).unwrap();
    fs::remove_file(base.join("data.new/PG_VERSION")).unwrap();
    fs::remove_file(base.join("data.new/global/pg_control")).unwrap();

    let cluster = Cluster::open(dir.path(), Role::Command).unwrap();
    assert_eq!(sql(&cluster.url(), "SELECT 1"), "1");
    assert!(!base.join("data.new").exists());
}

#[test]
fn a_process_killed_in_initdb_leaves_nothing_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let unfinished = dir.path().join("postgres/data.new");
    let mut opening = process::start(dir.path(), Role::Command);
    until("initdb is at work", || {
        unfinished.join("PG_VERSION").exists()
    });
    opening.kill().unwrap();
    opening.wait().unwrap();
    assert!(!pgdata(dir.path()).exists(), "killed before it was whole");

    // The initdb itself may still be at work, without an owner.
    let cluster = Cluster::open(dir.path(), Role::Serve).unwrap();
    assert_eq!(sql(&cluster.url(), "SHOW data_checksums"), "on");
    assert!(!unfinished.exists());
}

/// Lets `command` run as the owner of the cluster.
fn as_owner(command: &mut Command, data_dir: &Path) {
    let owner = fs::metadata(pgdata(data_dir)).unwrap();
    if rustix::process::geteuid().is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
}
