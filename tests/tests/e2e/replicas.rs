//! Two replicas on one database: they start, poll and link as one.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use trakt_sim::{Account, Fault, Sim, TokenState};

use crate::harness::{
    AUTH_SECRET, Database, Reply, Server, issue_token, run_command, sim, wait_for,
};
use crate::whole::assert_whole;

const CHECK: &str = "/trakt/auth/device/check";
const ASSOCIATION: &str = "/trakt/association";
const TOKEN: &str = "POST /oauth/device/token";
const SETTINGS: &str = "GET /users/settings";

fn two(database: &Database, sim: &Sim) -> [Server; 2] {
    thread::scope(|scope| {
        let start = || Server::builder().database(database).sim(sim).start();
        [scope.spawn(start), scope.spawn(start)].map(|replica| replica.join().unwrap())
    })
}

fn user(database: &Database, n: usize) -> String {
    issue_token(database.user(&format!("u{n}@example.org"), "user"), 3600)
}

fn code(flow: &Value) -> &str {
    flow["userCode"].as_str().unwrap()
}

/// The polls of each device code, as Trakt saw them.
fn polls(sim: &Sim) -> BTreeMap<String, Vec<trakt_sim::Request>> {
    let mut polls: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for request in sim.requests_to(TOKEN) {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        polls
            .entry(body["code"].as_str().unwrap().to_owned())
            .or_default()
            .push(request);
    }
    polls
}

#[test]
fn two_that_start_at_once_migrate_once() {
    let sim = sim();
    for _ in 0..10 {
        let database = Database::fresh();
        let replicas = two(&database, &sim);
        let steps = database.count("SELECT count(*) FROM __diesel_schema_migrations");
        let steps = usize::try_from(steps).unwrap();
        assert!(steps > 0);
        // What a process has said is read from its pipe, which may take a moment.
        let run: usize = wait_for("all migrations in the logs", || {
            let said = |server: &Server| server.log().matches("running migration").count();
            let run = replicas.iter().map(said).sum();
            (run >= steps).then_some(run)
        });
        assert_eq!(run, steps, "each migration ran once");
        let token = user(&database, 0);
        for server in &replicas {
            assert_eq!(server.get(ASSOCIATION, &token).status, 200);
            assert!(!server.log().contains("ERROR"), "{}", server.log());
        }
    }
}

#[test]
fn a_flow_is_at_home_everywhere() {
    let (sim, database) = (sim(), Database::fresh());
    let [one, two] = two(&database, &sim);
    let token = user(&database, 0);
    let flow = one.start_flow(&token, false);
    let body = json!({"deviceCode": flow["deviceCode"]});
    wait_for("a poll by the other", || {
        let pending = two.patiently("POST", CHECK, &token, Some(&body));
        assert_eq!(pending.json()["pending"], true, "{pending:?}");
        (!sim.requests_to(TOKEN).is_empty()).then_some(())
    });
    sim.approve(code(&flow), "sean").unwrap();
    assert_eq!(two.finish_flow(&token, &flow).json()["traktSlug"], "sean");
    assert_eq!(
        one.finish_flow(&token, &flow).outcome(),
        "409 device_code_used"
    );
    assert_eq!(one.get(ASSOCIATION, &token).json()["traktSlug"], "sean");
    assert_eq!(one.delete(ASSOCIATION, &token).status, 204);
    assert_eq!(two.get(ASSOCIATION, &token).json()["associated"], false);
}

/// Both replicas check the same flow at the same moment, again and again.
fn check_together(replicas: &[Server; 2], token: &str, flow: &Value, until: Instant) {
    let body = json!({"deviceCode": flow["deviceCode"]});
    while Instant::now() < until {
        thread::scope(|scope| {
            for server in replicas {
                scope.spawn(|| {
                    let reply = server.patiently("POST", CHECK, token, Some(&body));
                    assert_eq!(reply.json()["pending"], true, "{reply:?}");
                });
            }
        });
    }
}

#[test]
fn together_they_ask_trakt_once_an_interval() {
    let (sim, database) = (sim(), Database::fresh());
    let replicas = two(&database, &sim);
    let flows: Vec<_> = (0..6)
        .map(|n| {
            let token = user(&database, n);
            let flow = replicas[n % 2].start_flow(&token, false);
            (token, flow)
        })
        .collect();
    let until = Instant::now() + Duration::from_secs(8);
    thread::scope(|scope| {
        for (token, flow) in &flows {
            scope.spawn(|| check_together(&replicas, token, flow, until));
        }
    });
    let polls = polls(&sim);
    assert_eq!(polls.len(), 6);
    for asked in polls.values() {
        assert!(asked.len() >= 3, "{} polls in 8 s", asked.len());
        for pair in asked.windows(2) {
            let apart = pair[1].at_ms - pair[0].at_ms;
            assert!(apart >= 1000, "two polls {apart} ms apart");
        }
        assert!(
            asked.iter().all(|poll| poll.outcome == Some(400)),
            "{asked:?}"
        );
    }
}

#[test]
fn of_two_that_see_the_approval_one_links() {
    let (sim, database) = (sim(), Database::fresh());
    let replicas = two(&database, &sim);
    let flows: Vec<_> = (0..8)
        .map(|n| {
            let slug = format!("friend-{n}");
            sim.add_account(Account::new(&slug, &slug, &slug)).unwrap();
            let token = user(&database, n);
            let flow = replicas[0].start_flow(&token, false);
            sim.approve(code(&flow), &slug).unwrap();
            (token, flow)
        })
        .collect();
    // Held, so that the two overlap.
    sim.fault_times(TOKEN, 4, Fault::Late { ms: 500 }).unwrap();
    sim.fault_times(SETTINGS, 4, Fault::Late { ms: 500 })
        .unwrap();
    thread::scope(|scope| {
        for (token, flow) in &flows {
            let ends = replicas
                .each_ref()
                .map(|server| scope.spawn(|| server.finish_flow(token, flow)));
            scope.spawn(move || {
                let mut ends: Vec<Reply> =
                    ends.into_iter().map(|end| end.join().unwrap()).collect();
                ends.sort_by_key(|end| end.status);
                assert_eq!(ends[0].outcome(), "200", "one links");
                assert_eq!(
                    ends[1].outcome(),
                    "409 device_code_used",
                    "the other comes late"
                );
            });
        }
    });
    assert_eq!(
        database.count("SELECT count(*) FROM trakt_users WHERE status = 'active'"),
        8
    );
    assert_eq!(
        database.count("SELECT count(*) FROM audit_log WHERE event = 'linked'"),
        8
    );
    assert_whole(&database);
    for asked in polls(&sim).values() {
        let given = asked
            .iter()
            .filter(|poll| poll.outcome == Some(200))
            .count();
        assert_eq!(given, 1, "{asked:?}");
        assert!(
            asked.iter().all(|poll| poll.outcome != Some(409)),
            "{asked:?}"
        );
    }
    let live = sim
        .tokens()
        .iter()
        .filter(|pair| pair.state == TokenState::Live)
        .count();
    assert_eq!(live, 8, "nobody revoked a token in use");
}

#[test]
fn a_user_who_is_deleted_meanwhile_stays_deleted() {
    let (sim, database) = (sim(), Database::fresh());
    let server = Server::builder().database(&database).sim(&sim).start();
    let token = user(&database, 0);
    let flow = server.start_flow(&token, false);
    sim.approve(code(&flow), "sean").unwrap();
    sim.fault(SETTINGS, Fault::Delay { ms: 3000 }).unwrap();
    let end = thread::scope(|scope| {
        let checking = scope.spawn(|| server.finish_flow(&token, &flow));
        wait_for("the call to Trakt", || {
            (!sim.requests_to(SETTINGS).is_empty()).then_some(())
        });
        let vars = [
            ("DATABASE_URL", database.url()),
            ("DATA_DIR", "/nonexistent"),
            (
                "TOKEN_KEYS",
                "e2e:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            ),
            ("AUTH_SECRET", AUTH_SECRET),
        ];
        let removed = run_command(&["user", "remove", "--email", "u0@example.org"], &vars, "");
        assert!(removed.status.success(), "{removed:?}");
        checking.join().unwrap()
    });
    assert!((400..500).contains(&end.status), "{end:?}");
    assert_eq!(
        server.patiently("GET", ASSOCIATION, &token, None).outcome(),
        "401 unauthenticated"
    );
    for table in ["users", "trakt_users", "device_flows"] {
        assert_eq!(
            database.count(&format!("SELECT count(*) FROM {table}")),
            0,
            "{table}"
        );
    }
    wait_for("the tokens to be revoked", || {
        (sim.tokens()[0].state == TokenState::Revoked).then_some(())
    });
}
