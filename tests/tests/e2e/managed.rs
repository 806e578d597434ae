//! Without `DATABASE_URL`: the service runs a PostgreSQL of its own in `DATA_DIR`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use rustix::process::{Signal, kill_process};
use tempfile::TempDir;
use trakt_sim::Sim;
use trakt_store::cluster::{Cluster, Role};

use crate::cluster::{postmaster_in, processes_in};
use crate::harness::{AUTH_SECRET, Server, ServerBuilder, run_command, sim, wait_for};

const ASSOCIATION: &str = "/trakt/association";

fn builder(dir: &Path, sim: &Sim) -> ServerBuilder {
    Server::builder().sim(sim).data_dir(dir)
}

/// Runs a command on this `DATA_DIR`: what it printed.
#[track_caller]
fn command(dir: &Path, args: &[&str]) -> String {
    let vars = [
        ("DATA_DIR", dir.to_str().unwrap()),
        (
            "TOKEN_KEYS",
            "e2e:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        ),
        ("AUTH_SECRET", AUTH_SECRET),
    ];
    let done = run_command(args, &vars, "");
    assert!(done.status.success(), "{args:?}: {done:?}");
    String::from_utf8(done.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

fn add_user(dir: &Path, email: &str) -> String {
    command(dir, &["user", "add", "--email", email, "--role", "user"]);
    let token = command(dir, &["token", "issue", "--email", email]);
    assert_eq!(token.split('.').count(), 3, "one token, alone: {token}");
    token
}

#[track_caller]
fn assert_linked(server: &Server, token: &str) {
    let view = server.patiently("GET", ASSOCIATION, token, None);
    assert_eq!(view.json()["traktSlug"], "sean", "{view:?}");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_database_of_its_own_behind_a_socket() {
    let (sim, parent) = (sim(), TempDir::new().unwrap());
    let dir = parent.path().join("data");
    let server = builder(&dir, &sim).start();
    let token = add_user(&dir, "ana@example.org");
    assert_eq!(command(&dir, &["user", "list"]).lines().count(), 1);
    assert_eq!(server.link(&sim, &token, "sean").status, 200);

    for private in ["", "postgres", "postgres/data", "postgres/run"] {
        assert_eq!(mode(&dir.join(private)), 0o700, "DATA_DIR/{private}");
    }
    // As a command beside the service: it shares the server that runs.
    let cluster = Cluster::open(&dir, Role::Command).unwrap();
    let mut client = Client::connect(&cluster.url(), NoTls).unwrap();
    for (setting, value) in [
        ("listen_addresses", ""),
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
    ] {
        let row = client.query_one(&format!("SHOW {setting}"), &[]).unwrap();
        assert_eq!(row.get::<_, String>(0), value, "{setting}");
    }
    drop((client, cluster));
    assert_linked(&server, &token);

    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(processes_in(&dir).is_empty(), "PostgreSQL was left behind");
    assert_eq!(postmaster_in(&dir), None);
    let again = builder(&dir, &sim).start();
    assert_linked(&again, &token);
}

#[test]
fn a_second_service_on_its_directory_is_refused() {
    let (sim, dir) = (sim(), TempDir::new().unwrap());
    let server = builder(dir.path(), &sim).start();
    let token = add_user(dir.path(), "ana@example.org");
    let (status, log) = builder(dir.path(), &sim).fails();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(
        log.contains(&server.pid().to_string()),
        "it says who is there: {log}"
    );
    assert!(
        log.contains(dir.path().to_str().unwrap()),
        "and where: {log}"
    );
    assert_eq!(server.link(&sim, &token, "sean").status, 200);
}

#[test]
fn secrets_that_nobody_gave_are_made_once() {
    let (sim, dir) = (sim(), TempDir::new().unwrap());
    let own = |builder: ServerBuilder| builder.var("AUTH_SECRET", "").var("TOKEN_KEYS", "");
    let server = own(builder(dir.path(), &sim)).start();
    let vars = [("DATA_DIR", dir.path().to_str().unwrap())];
    let run = |args: &[&str]| {
        let done = run_command(args, &vars, "");
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    };
    run(&["user", "add", "--email", "ana@example.org"]);
    let token = run(&["token", "issue", "--email", "ana@example.org"]);
    assert_eq!(server.link(&sim, &token, "sean").status, 200);
    for entry in fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(
            mode(&path) & 0o077,
            0,
            "{} is open to others",
            path.display()
        );
    }
    assert!(server.stop().0.success());
    let again = own(builder(dir.path(), &sim)).start();
    assert_linked(&again, &token);
}

#[test]
fn a_killed_service_is_taken_over_from() {
    let (sim, dir) = (sim(), TempDir::new().unwrap());
    let mut server = builder(dir.path(), &sim).start();
    let token = add_user(dir.path(), "ana@example.org");
    assert_eq!(server.link(&sim, &token, "sean").status, 200);
    server.kill();
    // Its PostgreSQL lives on, and is taken over.
    server = builder(dir.path(), &sim).start();
    assert_linked(&server, &token);
    server.kill();
    // This time everything is killed.
    for process in processes_in(dir.path()) {
        let _ = kill_process(process, Signal::KILL);
    }
    wait_for("the end of PostgreSQL", || {
        processes_in(dir.path()).is_empty().then_some(())
    });
    server = builder(dir.path(), &sim).start();
    assert_linked(&server, &token);
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(
        processes_in(dir.path()).is_empty(),
        "PostgreSQL was left behind"
    );
}

#[test]
fn a_stop_while_postgresql_is_made_leaves_nothing_behind() {
    let (sim, dir) = (sim(), TempDir::new().unwrap());
    for (command, signal, code) in [
        ("serve", Signal::TERM, 0),
        ("serve", Signal::INT, 0),
        ("migrate", Signal::INT, 1),
    ] {
        let dir = dir.path().join(signal.as_raw().to_string()).join(command);
        let mut process = builder(&dir, &sim).command(command).launch();
        wait_for("initdb to be at work", || {
            let made = dir.join("postgres/data.new/PG_VERSION");
            made.exists().then_some(())
        });
        process.signal(signal);
        let status = process.ended();
        assert_eq!(status.code(), Some(code), "{command}: {}", process.log());
        assert_eq!(processes_in(&dir), [], "{command}: {}", process.log());
        // And nothing is in the way of the next one.
        add_user(&dir, "ana@example.org");
    }
}

#[test]
fn a_killed_postgresql_is_started_again_under_the_service() {
    let (sim, dir) = (sim(), TempDir::new().unwrap());
    let server = builder(dir.path(), &sim).start();
    let token = add_user(dir.path(), "ana@example.org");
    assert_eq!(server.link(&sim, &token, "sean").status, 200);
    let first = postmaster_in(dir.path()).unwrap();
    kill_process(first, Signal::KILL).unwrap();
    let start = Instant::now();
    wait_for("another PostgreSQL", || {
        let reply = server.patiently("GET", ASSOCIATION, &token, None);
        if reply.status != 200 {
            assert_eq!(reply.outcome(), "503 database_unavailable");
        }
        (reply.status == 200 && postmaster_in(dir.path()) != Some(first)).then_some(())
    });
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    assert_linked(&server, &token);
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(
        processes_in(dir.path()).is_empty(),
        "PostgreSQL was left behind"
    );
}
