//! Connections that die, are used up, or are not ours.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use trakt_core::PortError;
use trakt_core::audit::AuditQuery;
use trakt_core::ports::{AuditStore, LinkStore, Unlink, UserStore};
use trakt_store::PoolOptions;

use crate::database::{Database, KEYS};
use crate::scene::{Scene, identity, stamp};

fn unavailable<T: std::fmt::Debug>(result: &Result<T, PortError>) {
    assert!(
        matches!(result, Err(PortError::Unavailable(_))),
        "{result:?}"
    );
}

/// Locks the users; lets go after a while, so that who waits without end fails and does not hang.
const HOLD: &str = "SET idle_in_transaction_session_timeout = '8s'; \
                    BEGIN; SELECT * FROM users FOR UPDATE";

/// Has every connection of the pool in use at the same time, so that all are open.
fn fill_pool(scene: &Scene) {
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| scene.store.list().unwrap());
        }
    });
}

#[test]
fn no_caller_notices_that_all_connections_died() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let unlink = Unlink {
        purge: false,
        user,
        stamp: stamp(),
    };
    for round in 0..5 {
        fill_pool(&scene);
        scene.db.cut_connections();
        match round % 3 {
            0 => assert_eq!(scene.store.association(user).unwrap(), Some(None)),
            1 => assert!(scene.store.unlink(&unlink).unwrap().is_empty()),
            _ => assert_eq!(scene.store.search(&AuditQuery::default()).unwrap().total, 1),
        }
        scene.store.ping().unwrap();
    }
}

#[test]
fn many_callers_survive_many_cuts() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let end = Instant::now() + Duration::from_secs(2);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut read = 0;
                while Instant::now() < end {
                    // A connection can be cut under a running read; the next call is well again.
                    match scene.store.association(user) {
                        Ok(answer) => assert_eq!(answer, Some(None)),
                        Err(error) => assert!(error.retryable(), "{error}"),
                    }
                    read += 1;
                }
                assert!(read > 10);
            });
        }
        for _ in 0..5 {
            scene.db.cut_connections();
        }
    });
    assert_eq!(scene.store.association(user).unwrap(), Some(None));
}

#[test]
fn everything_works_without_the_statement_cache() {
    let mut scene = Scene::new();
    let options = PoolOptions {
        statement_cache: false,
        max_size: 2,
        ..scene.db.options()
    };
    scene.store = scene.db.store_with(&options, KEYS);
    scene.store.check_keys().unwrap();
    let user = scene.user("ana@example.org");
    let link = scene.link(user, "token-1", &identity("u1", "sean"));
    assert_eq!(scene.store.association(user).unwrap(), Some(Some(link)));
    scene.db.cut_connections();
    assert!(scene.store.search(&AuditQuery::default()).unwrap().total > 0);
    scene
        .store
        .unlink(&Unlink {
            purge: false,
            user,
            stamp: stamp(),
        })
        .unwrap();
    assert_eq!(scene.queue(), ["token-1"]);
}

/// A row lock that somebody holds for too long costs its waiter an error in time, and no more.
#[test]
fn a_lock_is_not_waited_for_without_end() {
    for statement_cache in [true, false] {
        let mut scene = Scene::new();
        let user = scene.user("ana@example.org");
        let options = PoolOptions {
            statement_cache,
            ..scene.db.options()
        };
        scene.store = scene.db.store_with(&options, KEYS);
        let mut holder = PgConnection::establish(&scene.db.url).unwrap();
        holder.batch_execute(HOLD).unwrap();
        let start = Instant::now();
        unavailable(&scene.store.open_flow(&crate::scene::opening(user, false)));
        let waited = start.elapsed();
        assert!(
            waited > Duration::from_secs(1) && waited < Duration::from_secs(5),
            "{waited:?}"
        );
        holder.batch_execute("ROLLBACK").unwrap();
        scene.flow(user);
    }
}

#[test]
fn a_pool_that_is_used_up_says_so_in_time() {
    let mut scene = Scene::new();
    let user = scene.user("ana@example.org");
    let wait = Duration::from_millis(300);
    let options = PoolOptions {
        max_size: 1,
        wait,
        ..scene.db.options()
    };
    scene.store = scene.db.store_with(&options, KEYS);
    scene.store.ping().unwrap();
    let mut holder = PgConnection::establish(&scene.db.url).unwrap();
    holder.batch_execute(HOLD).unwrap();
    std::thread::scope(|scope| {
        let stuck = scope.spawn(|| scene.store.open_flow(&crate::scene::opening(user, false)));
        let mut waiting = "0".to_owned();
        while waiting == "0" {
            waiting = scene.count(
                "pg_stat_activity WHERE wait_event_type = 'Lock' \
                AND datname = current_database()",
            );
        }
        let start = Instant::now();
        unavailable(&scene.store.ping());
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{:?}",
            start.elapsed()
        );
        holder.batch_execute("ROLLBACK").unwrap();
        stuck.join().unwrap().unwrap();
    });
    scene.store.ping().unwrap();
}

#[test]
fn a_database_that_is_gone_is_unavailable_and_found_again() {
    let db = Database::empty();
    let store = db.store();
    store.ping().unwrap();
    db.sql("SELECT 1");
    let name = db.text("SELECT current_database()");
    let server = PgConnection::establish(&std::env::var("TEST_DATABASE_URL").unwrap());
    let mut server = server.unwrap();
    let away = format!("{name}_away");
    server
        .batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        .unwrap();
    let cut =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    server.batch_execute(&cut).unwrap();
    server
        .batch_execute(&format!("ALTER DATABASE {name} RENAME TO {away}"))
        .unwrap();
    let start = Instant::now();
    unavailable(&store.ping());
    assert!(
        start.elapsed() < Duration::from_millis(2500),
        "{:?}",
        start.elapsed()
    );
    server
        .batch_execute(&format!("ALTER DATABASE {away} RENAME TO {name}"))
        .unwrap();
    server
        .batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        .unwrap();
    let healed = Instant::now() + Duration::from_secs(5);
    while store.ping().is_err() {
        assert!(Instant::now() < healed, "not healed");
    }
}
