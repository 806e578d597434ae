//! kill -9 of the service between any two steps of a flow. The next one finishes it or gives it
//! a clear end, and nothing half-made is left.

use std::thread;

use serde_json::{Value, json};
use trakt_sim::{Fault, TokenState};

use crate::harness::{
    AUTH_SECRET, Database, Reply, Server, issue_token, run_command, sim, wait_for,
};
use crate::whole::assert_whole;

const DEVICE: &str = "/trakt/auth/device";
const CHECK: &str = "/trakt/auth/device/check";
const ASSOCIATION: &str = "/trakt/association";
/// Longer than a service lives that is killed.
const HOLD: u64 = 3000;

const CODE: &str = "POST /oauth/device/code";
const TOKEN: &str = "POST /oauth/device/token";
const SETTINGS: &str = "GET /users/settings";
const REVOKE: &str = "POST /oauth/revoke";
const PROFILE: &str = "GET /users/sean";

struct Stage {
    sim: trakt_sim::Sim,
    database: Database,
}

impl Stage {
    fn set() -> Self {
        let (sim, database) = (sim(), Database::fresh());
        let vars = [
            ("DATABASE_URL", database.url()),
            ("DATA_DIR", "/nonexistent"),
            (
                "TOKEN_KEYS",
                "e2e:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            ),
            ("AUTH_SECRET", AUTH_SECRET),
        ];
        let migrated = run_command(&["migrate"], &vars, "");
        assert!(migrated.status.success(), "{migrated:?}");
        Self { sim, database }
    }

    fn serve(&self) -> Server {
        Server::builder()
            .database(&self.database)
            .sim(&self.sim)
            .start()
    }

    fn token(&self, name: &str, role: &str) -> String {
        issue_token(
            self.database.user(&format!("{name}@example.org"), role),
            3600,
        )
    }

    fn approve(&self, flow: &Value) {
        self.sim
            .approve(flow["userCode"].as_str().unwrap(), "sean")
            .unwrap();
    }

    /// Holds the service in this call to Trakt, kills it there, and starts another.
    fn kill_in(
        &self,
        server: Server,
        at: &str,
        fault: Fault,
        ask: impl Fn(&Server) + Sync,
    ) -> Server {
        let before = self.sim.requests_to(at).len();
        let processed_first = matches!(fault, Fault::Late { .. });
        self.sim.fault(at, fault).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| ask(&server));
            wait_for("the call to Trakt", || {
                let asked = self.sim.requests_to(at);
                let held = asked.get(before)?;
                (!processed_first || held.outcome.is_some()).then_some(())
            });
            server.signal(rustix::process::Signal::KILL);
        });
        server.kill();
        assert_whole(&self.database);
        // Not before what was asked has taken effect: Trakt knows nothing of the kill.
        wait_for("Trakt's side of it", || {
            self.sim.requests_to(at)[before].outcome.map(drop)
        });
        self.serve()
    }

    /// Checks a flow as in [`Server::finish_flow`], for a service that is killed meanwhile.
    fn check(&self, server: &Server, token: &str, flow: &Value) {
        let body = json!({"deviceCode": flow["deviceCode"]});
        let before = self.sim.requests_to("*").len();
        wait_for("the call to Trakt", || {
            drop(server.try_post(CHECK, token, &body));
            (self.sim.requests_to("*").len() > before).then_some(())
        });
    }

    fn links_now(&self, server: &Server, token: &str) {
        assert_eq!(server.link(&self.sim, token, "sean").status, 200);
        assert_whole(&self.database);
    }
}

fn holds() -> [Fault; 2] {
    [Fault::Delay { ms: HOLD }, Fault::Late { ms: HOLD }]
}

#[test]
fn killed_while_it_asks_for_a_code() {
    for fault in holds() {
        let stage = Stage::set();
        let token = stage.token("ana", "user");
        let server = stage.kill_in(stage.serve(), CODE, fault, |server| {
            drop(server.try_post(DEVICE, &token, &json!({})));
        });
        assert_eq!(stage.database.count("SELECT count(*) FROM device_flows"), 0);
        stage.links_now(&server, &token);
    }
}

#[test]
fn killed_between_two_polls() {
    let stage = Stage::set();
    let token = stage.token("ana", "user");
    let server = stage.serve();
    let flow = server.start_flow(&token, false);
    server.kill();
    let server = stage.serve();
    wait_for("a poll", || {
        let reply = server.patiently(
            "POST",
            CHECK,
            &token,
            Some(&json!({"deviceCode": flow["deviceCode"]})),
        );
        assert_eq!(reply.json()["pending"], true, "{reply:?}");
        (!stage.sim.requests_to(TOKEN).is_empty()).then_some(())
    });
    server.kill();
    stage.approve(&flow);
    let server = stage.serve();
    assert_eq!(server.finish_flow(&token, &flow).status, 200);
    assert_whole(&stage.database);
}

/// A poll whose answer went to the dead: Trakt gave the tokens out and never will again.
#[test]
fn killed_while_it_polls() {
    thread::scope(|scope| {
        for fault in holds() {
            scope.spawn(move || {
                let stage = Stage::set();
                let token = stage.token("ana", "user");
                let server = stage.serve();
                let flow = server.start_flow(&token, false);
                stage.approve(&flow);
                let server = stage.kill_in(server, TOKEN, fault, |server| {
                    stage.check(server, &token, &flow);
                });
                let end = server.finish_flow(&token, &flow);
                assert_eq!(end.outcome(), "409 device_code_used");
                assert_eq!(stage.database.count("SELECT count(*) FROM trakt_users"), 0);
                stage.links_now(&server, &token);
            });
        }
    });
}

/// The same before the person has decided: nothing was given out, so the flow goes on.
#[test]
fn killed_while_it_polls_in_vain() {
    let stage = Stage::set();
    let token = stage.token("ana", "user");
    let server = stage.serve();
    let flow = server.start_flow(&token, false);
    let late = Fault::Late { ms: HOLD };
    let server = stage.kill_in(server, TOKEN, late, |server| {
        stage.check(server, &token, &flow);
    });
    stage.approve(&flow);
    assert_eq!(server.finish_flow(&token, &flow).status, 200);
    assert_whole(&stage.database);
}

#[test]
fn killed_while_it_reads_whose_tokens_it_has() {
    thread::scope(|scope| {
        for fault in holds() {
            scope.spawn(move || {
                let stage = Stage::set();
                let token = stage.token("ana", "user");
                let server = stage.serve();
                let flow = server.start_flow(&token, false);
                stage.approve(&flow);
                let server = stage.kill_in(server, SETTINGS, fault, |server| {
                    stage.check(server, &token, &flow);
                });
                let state = stage.database.rows("SELECT state FROM device_flows", &[]);
                assert_eq!(state[0].get::<_, String>(0), "authorised");
                let linked: Reply = server.finish_flow(&token, &flow);
                assert_eq!(linked.json()["traktSlug"], "sean", "{linked:?}");
                assert_eq!(
                    stage.sim.requests_to(TOKEN).len(),
                    1,
                    "the code was asked for once"
                );
                assert_whole(&stage.database);
                assert_eq!(stage.sim.tokens()[0].state, TokenState::Live);
            });
        }
    });
}

#[test]
fn killed_while_it_revokes() {
    let stage = Stage::set();
    let token = stage.token("ana", "user");
    let server = stage.serve();
    assert_eq!(server.link(&stage.sim, &token, "sean").status, 200);
    // Longer than the test: the second call is the one that Trakt hears.
    stage
        .sim
        .fault(REVOKE, Fault::Delay { ms: 600_000 })
        .unwrap();
    thread::scope(|scope| {
        scope.spawn(|| server.try_delete(ASSOCIATION, &token));
        wait_for("the call to Trakt", || {
            (stage.sim.requests_to(REVOKE).len() == 1).then_some(())
        });
        server.signal(rustix::process::Signal::KILL);
    });
    server.kill();
    let server = stage.serve();
    assert_whole(&stage.database);
    let view = server.get(ASSOCIATION, &token).json();
    assert_eq!(view["associated"], false, "it is out of use here at once");
    assert_eq!(
        stage
            .database
            .count("SELECT count(*) FROM token_revocations"),
        1
    );
    assert_eq!(stage.sim.tokens()[0].state, TokenState::Live);
    wait_for("the worker's turn", || {
        let due = "SELECT count(*) FROM token_revocations WHERE next_try_at > now()";
        (stage.database.count(due) == 0).then_some(())
    });
    wait_for("Trakt to hear of it", || {
        (stage.sim.tokens()[0].state == TokenState::Revoked).then_some(())
    });
    wait_for("the end of the queue", || {
        (stage
            .database
            .count("SELECT count(*) FROM token_revocations")
            == 0)
            .then_some(())
    });
}

#[test]
fn killed_while_it_looks_up_an_account_for_an_admin() {
    for fault in holds() {
        let stage = Stage::set();
        let admin = stage.token("root", "admin");
        stage.token("ana", "user");
        let claim = json!({"traktSlug": "sean", "userEmail": "ana@example.org"});
        let path = "/trakt/admin/associate";
        let server = stage.kill_in(stage.serve(), PROFILE, fault, |server| {
            drop(server.try_post(path, &admin, &claim));
        });
        assert_eq!(stage.database.count("SELECT count(*) FROM trakt_users"), 0);
        assert_eq!(server.post(path, &admin, &claim).status, 200);
        assert_whole(&stage.database);
    }
}
