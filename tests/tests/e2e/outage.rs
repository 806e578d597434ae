//! The database goes away: every answer comes in time and says so, the process lives, and it
//! serves again by itself.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use crate::cluster::Postgres;
use crate::harness::{Database, Reply, Server, Service, call, issue_token, sim, wait_for};
use crate::whole::{Ending, assert_whole};

const DEVICE: &str = "/trakt/auth/device";
const CHECK: &str = "/trakt/auth/device/check";
const ASSOCIATION: &str = "/trakt/association";
const IN_TIME: Duration = Duration::from_millis(2500);
const HEALED: Duration = Duration::from_secs(5);

fn users(database: &Database, count: usize) -> Vec<String> {
    let user = |n| issue_token(database.user(&format!("u{n}@example.org"), "user"), 3600);
    (0..count).map(user).collect()
}

/// Sends one request and holds the answer against what may come in an outage.
#[track_caller]
fn ask(server: &Server, method: &str, path: &str, token: &str) -> Reply {
    let start = Instant::now();
    let reply = call(method, &server.url(path), Some(token), None);
    let took = start.elapsed();
    assert!(took <= IN_TIME, "{method} {path} took {took:?}: {reply:?}");
    if reply.status >= 500 {
        assert_eq!(reply.outcome(), "503 database_unavailable");
        let wait: u64 = reply
            .header("retry-after")
            .expect("Retry-After")
            .parse()
            .unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
    }
    reply
}

/// Every kind of route while the database is away.
fn everything_says_so(server: &Server, token: &str) {
    assert_eq!(ask(server, "GET", "/healthz", token).status, 200);
    assert_eq!(
        ask(server, "GET", "/readyz", token).outcome(),
        "503 database_unavailable"
    );
    for (method, path) in [
        ("GET", ASSOCIATION),
        ("DELETE", ASSOCIATION),
        ("POST", DEVICE),
    ] {
        let reply = wait_for("an answer other than 429", || {
            let reply = ask(server, method, path, token);
            (reply.status != 429).then_some(reply)
        });
        assert_eq!(
            reply.outcome(),
            "503 database_unavailable",
            "{method} {path}"
        );
    }
}

fn wait_healed(server: &Server, tokens: &[String]) {
    let start = Instant::now();
    wait_for("the service to heal", || {
        let well = |token: &String| ask(server, "GET", ASSOCIATION, token).status == 200;
        tokens.iter().all(well).then_some(())
    });
    let took = start.elapsed();
    assert!(took <= HEALED, "it took {took:?} to heal");
    assert_eq!(ask(server, "GET", "/readyz", "").status, 200);
}

/// Reads as these users until the end of `meanwhile`, and returns the statuses that came.
fn under_requests(server: &Server, tokens: &[String], meanwhile: impl FnOnce()) -> Vec<u16> {
    let (over, statuses) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for token in tokens {
            scope.spawn(|| {
                while !over.load(Ordering::Acquire) {
                    let status = ask(server, "GET", ASSOCIATION, token).status;
                    statuses.lock().unwrap().push(status);
                    // Five a second are allowed.
                    thread::park_timeout(Duration::from_millis(200));
                }
            });
        }
        let _ending = Ending(&over);
        meanwhile();
    });
    let mut statuses = statuses.into_inner().unwrap();
    statuses.sort_unstable();
    statuses.dedup();
    assert!(
        statuses
            .iter()
            .all(|status| [200, 429, 503].contains(status)),
        "{statuses:?}"
    );
    statuses
}

#[test]
fn a_database_that_dies_is_missed_and_found_again() {
    let postgres = Postgres::start();
    let (sim, database) = (sim(), postgres.database());
    let server = Server::builder().database(&database).sim(&sim).start();
    let tokens = users(&database, 8);
    assert_eq!(server.link(&sim, &tokens[0], "sean").status, 200);
    for signal in [Signal::KILL, Signal::QUIT, Signal::INT] {
        let statuses = under_requests(&server, &tokens[1..7], || {
            postgres.signal(signal);
            postgres.wait_gone();
            everything_says_so(&server, &tokens[7]);
        });
        assert!(statuses.contains(&503), "{statuses:?}");
        postgres.start_again();
        wait_healed(&server, &tokens);
        database.reconnect();
        assert_whole(&database);
        let view = server
            .patiently("GET", ASSOCIATION, &tokens[0], None)
            .json();
        assert_eq!(
            view["traktSlug"], "sean",
            "nothing that was acknowledged is lost"
        );
    }
    assert_eq!(server.link(&sim, &tokens[1], "justin").status, 200);
}

#[test]
fn a_database_that_recovers_by_itself_is_waited_for() {
    let postgres = Postgres::start();
    let (sim, database) = (sim(), postgres.database());
    let server = Server::builder().database(&database).sim(&sim).start();
    let tokens = users(&database, 9);
    under_requests(&server, &tokens[..8], || {
        for _ in 0..3 {
            postgres.kill_one_session(&database);
            postgres.start_again();
            database.reconnect();
            wait_healed(&server, &tokens[8..]);
        }
    });
}

#[test]
fn a_database_that_says_nothing_holds_nobody_up() {
    let postgres = Postgres::start();
    let (sim, database) = (sim(), postgres.database());
    let server = Server::builder().database(&database).sim(&sim).start();
    let tokens = users(&database, 10);
    let flow = server.start_flow(&tokens[9], false);
    let statuses = under_requests(&server, &tokens[..8], || {
        postgres.signal_all(Signal::STOP);
        everything_says_so(&server, &tokens[8]);
        // Connections that were lost in the meantime are no better.
        everything_says_so(&server, &tokens[8]);
        postgres.signal_all(Signal::CONT);
    });
    assert!(statuses.contains(&503), "{statuses:?}");
    wait_healed(&server, &tokens);
    sim.approve(flow["userCode"].as_str().unwrap(), "sean")
        .unwrap();
    assert_eq!(server.finish_flow(&tokens[9], &flow).status, 200);
    assert_whole(&database);
}

#[test]
fn a_service_whose_database_comes_later_waits_for_it() {
    let postgres = Postgres::start();
    let (sim, database) = (sim(), postgres.database());
    postgres.signal(Signal::QUIT);
    postgres.wait_gone();
    let server = Server::builder()
        .database(&database)
        .sim(&sim)
        .unready()
        .start();
    let token = issue_token(uuid::Uuid::nil(), 600);
    everything_says_so(&server, &token);
    postgres.start_again();
    let start = Instant::now();
    server.wait_ready();
    assert!(start.elapsed() <= HEALED, "{:?}", start.elapsed());
    database.reconnect();
    let token = &users(&database, 1)[0];
    assert_eq!(server.link(&sim, token, "sean").status, 200);
    assert!(
        sim.requests_to("POST /oauth/device/code").len() == 1,
        "Trakt was asked before"
    );
}

#[test]
fn cut_connections_are_nobodys_trouble() {
    let service = Service::start();
    let Service {
        server,
        sim,
        database,
    } = &service;
    let cut = || {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        assert!(
            !database.rows(sql, &[]).is_empty(),
            "there was a connection to cut"
        );
    };
    let admin = issue_token(database.user("root@example.org", "admin"), 600);
    for (n, token) in users(database, 3).iter().enumerate() {
        // As many at once as there are connections, so that all of them live before the cut.
        let others = users_of_round(database, n);
        thread::scope(|scope| {
            for other in &others {
                scope.spawn(|| assert_eq!(server.get(ASSOCIATION, other).status, 200));
            }
        });
        cut();
        assert_eq!(server.get(ASSOCIATION, token).status, 200);
        cut();
        let flow = server.start_flow(token, false);
        sim.approve(flow["userCode"].as_str().unwrap(), "sean")
            .unwrap();
        cut();
        assert_eq!(server.finish_flow(token, &flow).status, 200);
        cut();
        let list = server.patiently("GET", "/trakt/admin/associations", &admin, None);
        assert_eq!(list.json()["total"], 1);
        cut();
        assert_eq!(
            server.patiently("DELETE", ASSOCIATION, token, None).status,
            204
        );
        cut();
        assert_eq!(call("GET", &server.url("/readyz"), None, None).status, 200);
    }
    assert_whole(database);
}

fn users_of_round(database: &Database, round: usize) -> Vec<String> {
    let user = |n| format!("round{round}-{n}@example.org");
    (0..8)
        .map(|n| issue_token(database.user(&user(n), "user"), 600))
        .collect()
}

#[test]
fn nothing_needs_a_statement_cache() {
    let (sim, database) = (sim(), Database::fresh());
    let builder = Server::builder().database(&database).sim(&sim);
    let server = builder.var("DATABASE_STATEMENT_CACHE", "off").start();
    let tokens = users(&database, 2);
    let admin = issue_token(database.user("root@example.org", "admin"), 600);
    let flow = server.start_flow(&tokens[0], false);
    let pending = server.post(
        CHECK,
        &tokens[0],
        &json!({"deviceCode": flow["deviceCode"]}),
    );
    assert_eq!(pending.json()["pending"], true);
    sim.approve(flow["userCode"].as_str().unwrap(), "sean")
        .unwrap();
    assert_eq!(server.finish_flow(&tokens[0], &flow).status, 200);
    assert_eq!(
        server.link(&sim, &tokens[1], "sean").outcome(),
        "409 account_taken"
    );
    assert_eq!(
        server
            .patiently("GET", ASSOCIATION, &tokens[0], None)
            .json()["traktSlug"],
        "sean"
    );
    assert_eq!(
        server
            .patiently("DELETE", ASSOCIATION, &tokens[0], None)
            .status,
        204
    );
    let claim = json!({"traktSlug": "sean", "userEmail": "u1@example.org"});
    assert_eq!(
        server.post("/trakt/admin/associate", &admin, &claim).status,
        200
    );
    let trail = server.get("/trakt/admin/audit?limit=200", &admin).json();
    assert!(trail["total"].as_i64().unwrap() >= 5, "{trail}");
    assert_whole(&database);
}
