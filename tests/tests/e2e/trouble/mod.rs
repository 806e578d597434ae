//! Trakt misbehaves, in each way that we know of and at each step that asks it. Nobody but the
//! caller notices, nothing is half stored, and when Trakt is well again the same flow goes on.

mod single;

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use trakt_sim::{Fault, TokenState};

use crate::gate::Gate;
use crate::harness::{Database, Reply, Server, issue_token, sim, wait_for};
use crate::whole::{Ending, assert_whole};

const CHECK: &str = "/trakt/auth/device/check";
const ASSOCIATION: &str = "/trakt/association";
/// Trakt's ten seconds and half a second of ours.
const DEADLINE: Duration = Duration::from_millis(10_500);
/// What is wrong at once is told at once; the rest is for a busy machine.
const AT_ONCE: Duration = Duration::from_secs(3);

/// A call of ours that asks Trakt, and where it asks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Start,
    Poll,
    Identify,
    Associate,
}

impl Step {
    const ALL: [Self; 4] = [Self::Start, Self::Poll, Self::Identify, Self::Associate];

    fn asks(self) -> &'static str {
        match self {
            Self::Start => "POST /oauth/device/code",
            Self::Poll => "POST /oauth/device/token",
            Self::Identify => "GET /users/settings",
            Self::Associate => "GET /users/sean",
        }
    }
}

#[derive(Clone, Debug)]
struct Trouble {
    /// `None`: Trakt's port is closed.
    fault: Option<Fault>,
    /// Whether it takes all the time there is.
    slow: bool,
    /// Whether Trakt gave out the tokens of an approved code all the same.
    consumes: bool,
}

/// A service whose way to Trakt leads through a gate.
struct Stage {
    server: Server,
    gate: Gate,
    sim: trakt_sim::Sim,
    database: Database,
}

impl Stage {
    fn set() -> Self {
        let (sim, database) = (sim(), Database::fresh());
        let gate = Gate::to(sim.url());
        let builder = Server::builder().database(&database);
        let server = builder.var("TRAKT_API_URL", &gate.url()).start();
        Self {
            server,
            gate,
            sim,
            database,
        }
    }

    fn token(&self, name: &str, role: &str) -> String {
        issue_token(
            self.database.user(&format!("{name}@example.org"), role),
            600,
        )
    }

    fn approved_flow(&self, token: &str) -> Value {
        let flow = self.server.start_flow(token, false);
        self.sim
            .approve(flow["userCode"].as_str().unwrap(), "sean")
            .unwrap();
        flow
    }

    /// Asks until it is this step's turn to ask Trakt: the answer, and how long it took.
    fn ask(&self, step: Step, token: &str, flow: &Value) -> (Reply, Duration) {
        let (path, body) = match step {
            Step::Start => ("/trakt/auth/device", json!({})),
            Step::Poll | Step::Identify => (CHECK, json!({"deviceCode": flow["deviceCode"]})),
            Step::Associate => (
                "/trakt/admin/associate",
                json!({"traktSlug": "sean", "userEmail": "ana@example.org"}),
            ),
        };
        wait_for("the turn of this flow", || {
            let start = Instant::now();
            let reply = self.server.post(path, token, &body);
            let too_soon =
                reply.status == 429 || reply.status == 200 && reply.json()["pending"] == true;
            (!too_soon).then(|| (reply, start.elapsed()))
        })
    }

    /// How long others wait meanwhile: the median, as the machine may be busy.
    fn others_wait(&self, token: &str, over: &AtomicBool) -> Duration {
        let mut waits = Vec::new();
        loop {
            let start = Instant::now();
            let reply = self.server.get(ASSOCIATION, token);
            waits.push(start.elapsed());
            assert_eq!(reply.status, 200, "{reply:?}");
            if over.load(Ordering::Acquire) {
                waits.sort();
                return waits[waits.len() / 2];
            }
            thread::park_timeout(Duration::from_millis(220));
        }
    }
}

/// Lets one step meet the trouble on a service of its own, and then heals Trakt.
fn meet(trouble: &Trouble, step: Step) {
    let stage = Stage::set();
    let Stage {
        server,
        gate,
        sim,
        database,
    } = &stage;
    let (user, bystander) = (stage.token("ana", "user"), stage.token("bob", "user"));
    let admin = stage.token("root", "admin");
    let caller = if step == Step::Associate {
        &admin
    } else {
        &user
    };
    let flow = match step {
        Step::Poll | Step::Identify => stage.approved_flow(&user),
        _ => Value::Null,
    };
    if step == Step::Identify {
        // The tokens are here, the account behind them is not known yet.
        sim.fault(step.asks(), Fault::status(502)).unwrap();
        let (reply, _) = stage.ask(step, caller, &flow);
        assert_eq!(reply.outcome(), "503 trakt_unavailable");
    }

    match &trouble.fault {
        Some(fault) => sim.fault(step.asks(), fault.clone()).unwrap(),
        None => gate.close(),
    }
    let over = AtomicBool::new(false);
    let ((reply, took), waited) = thread::scope(|scope| {
        let others = scope.spawn(|| stage.others_wait(&bystander, &over));
        let ending = Ending(&over);
        let asked = stage.ask(step, caller, &flow);
        drop(ending);
        (asked, others.join().unwrap())
    });
    assert_eq!(reply.outcome(), "503 trakt_unavailable", "{step:?}");
    let retry: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&retry), "{retry}");
    let limit = if trouble.slow { DEADLINE } else { AT_ONCE };
    assert!(took <= limit, "{step:?} took {took:?}");
    assert!(
        waited < Duration::from_millis(250),
        "{step:?} held others up for {waited:?}"
    );
    assert!(sim.faults().is_empty(), "Trakt was asked");
    assert!(
        !server.log().contains("TRAKT_CLIENT_ID"),
        "it is not our application's fault"
    );
    assert_whole(database);
    assert_eq!(database.count("SELECT count(*) FROM trakt_users"), 0);
    let open = "SELECT count(*) FROM device_flows WHERE state <> 'ended'";
    assert_eq!(database.count(open), i64::from(flow.is_object()));

    gate.open();
    heals(&stage, trouble, step, caller, &flow);
    assert_whole(database);
    let view = server.patiently("GET", ASSOCIATION, &user, None).json();
    assert_eq!(view["traktSlug"], "sean", "{step:?}");
}

fn heals(stage: &Stage, trouble: &Trouble, step: Step, caller: &str, flow: &Value) {
    let Stage { server, sim, .. } = stage;
    match step {
        Step::Start => assert_eq!(server.link(sim, caller, "sean").status, 200),
        Step::Poll if trouble.consumes => {
            let end = server.finish_flow(caller, flow);
            assert_eq!(end.outcome(), "409 device_code_used");
            assert_eq!(server.link(sim, caller, "sean").status, 200);
        }
        Step::Poll | Step::Identify => {
            assert_eq!(server.finish_flow(caller, flow).outcome(), "200");
            let given = sim.tokens();
            assert!(
                given.len() == 1 && given[0].state == TokenState::Live,
                "{given:?}"
            );
        }
        Step::Associate => assert_eq!(stage.ask(step, caller, flow).0.outcome(), "200"),
    }
}

fn everywhere(fault: Option<Fault>, slow: bool, consumes: bool) {
    let trouble = Trouble {
        fault,
        slow,
        consumes,
    };
    thread::scope(|scope| {
        for step in Step::ALL {
            let trouble = &trouble;
            scope.spawn(move || meet(trouble, step));
        }
    });
}

#[test]
fn trakt_cannot_be_reached() {
    everywhere(None, false, false);
}

#[test]
fn trakt_never_answers() {
    everywhere(Some(Fault::Delay { ms: 60_000 }), true, false);
}

#[test]
fn trakt_answers_byte_by_byte() {
    everywhere(Some(Fault::Drip { every_ms: 500 }), true, true);
}

#[test]
fn trakt_answers_a_page_of_html() {
    everywhere(Some(Fault::Html), false, false);
}

#[test]
fn trakt_answers_half_a_json() {
    everywhere(Some(Fault::Truncate), false, true);
}

#[test]
fn trakt_answers_busy() {
    everywhere(Some(Fault::status(502)), false, false);
}

#[test]
fn the_connection_is_cut_before_the_request_took_effect() {
    everywhere(Some(Fault::CutBefore), false, false);
}

#[test]
fn the_connection_is_cut_after_it() {
    everywhere(Some(Fault::CutAfter), false, true);
}

#[test]
fn the_connection_is_cut_within_the_answer() {
    everywhere(Some(Fault::CutHalf), false, true);
}

#[test]
fn a_redirect_is_followed_by_nobody() {
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let location = format!("http://{}/oauth/device/token", trap.local_addr().unwrap());
    everywhere(Some(Fault::redirect(&location)), false, false);
    assert!(trap.accept().is_err(), "somebody followed the redirect");
}

#[test]
fn trakt_answers_a_gibibyte() {
    everywhere(Some(Fault::Huge { bytes: 1 << 30 }), false, false);
}
