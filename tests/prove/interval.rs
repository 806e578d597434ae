//! However hard clients hammer two replicas, Trakt is polled no sooner than it asked for, as
//! measured where it is polled.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use trakt_sim::{Config, Fault, Sim};

use crate::Run;
use crate::harness::{Database, Server, issue_token};
use crate::report::Report;
use crate::whole::Ending;
use crate::wire::{Connection, request};

/// What the simulator asks for, in seconds: twice what the limit of the route allows a user at
/// one replica, so that the service itself has to hold most checks back.
const INTERVAL: u64 = 2;
/// What a "slow down" adds for good (RFC 8628 section 3.5), in seconds.
const SLOW_DOWN: u64 = 5;
/// Between two checks of one client, of which each code has one at each replica.
const PACE: Duration = Duration::from_millis(100);
const POLL: &str = "POST /oauth/device/token";

#[derive(Default)]
struct Asked {
    checks: AtomicUsize,
    other: AtomicUsize,
}

pub fn prove(run: Run, report: &mut Report) {
    let codes = run.count(50, 5);
    let time = Duration::from_secs(if run.small { 8 } else { 30 });
    let sim = Sim::start(Config {
        interval: INTERVAL,
        ..Config::default()
    })
    .unwrap();
    let database = Database::fresh();
    let servers = [(); 2].map(|()| Server::builder().database(&database).sim(&sim).start());
    let checks: Vec<Vec<u8>> = (0..codes)
        .map(|code| {
            let user = database.user(&format!("user{code}@example.org"), "user");
            let token = issue_token(user, 3600);
            let flow = servers[code % 2].start_flow(&token, false);
            let body = json!({ "deviceCode": flow["deviceCode"] });
            request("POST", "/trakt/auth/device/check", &token, Some(&body))
        })
        .collect();
    let slowed = u32::try_from(codes.div_ceil(5)).unwrap();
    sim.fault_times(POLL, slowed, Fault::status(429)).unwrap();

    let (asked, over) = (Asked::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        for check in &checks {
            for server in &servers {
                scope.spawn(|| hammer(server, check, &asked, &over));
            }
        }
        // As long as the proof is to take: nothing to wait for but the time itself.
        let ending = Ending(&over);
        thread::sleep(time);
        drop(ending);
    });

    let (gaps, early) = gaps(&sim);
    let refused = sim
        .requests_to(POLL)
        .iter()
        .filter(|poll| poll.outcome == Some(429))
        .count();
    report.none("polls sooner than the interval", early);
    report.none("polls that Trakt answered 429 by itself", refused);
    report.at_least("gaps measured at Trakt", gaps, codes * 3 / 2);
    report.none(
        "checks answered otherwise than pending or 429",
        asked.other.into_inner(),
    );
    report.note(
        "checks by the clients",
        "far more than polls",
        asked.checks.into_inner(),
    );
}

fn hammer(server: &Server, check: &[u8], asked: &Asked, over: &AtomicBool) {
    let mut connection = Connection::open(&server.url(""));
    while !over.load(Ordering::Acquire) {
        let answer = connection.ask(check).expect("an answer");
        let expected = match answer.status {
            200 => answer.json()["pending"] == true,
            429 => true,
            _ => false,
        };
        asked.checks.fetch_add(1, Ordering::Relaxed);
        asked
            .other
            .fetch_add(usize::from(!expected), Ordering::Relaxed);
        // Faster would test the loader alone: the route lets one of ten through as it is.
        thread::sleep(PACE);
    }
}

/// How many gaps there were, and how many were too short: from the start to the first poll and
/// from one to the next, each as long as Trakt wanted it by then.
fn gaps(sim: &Sim) -> (usize, usize) {
    let mut last: HashMap<String, (u64, u64)> = sim
        .device_codes()
        .into_iter()
        .map(|code| (code.device_code, (code.created_at_ms, INTERVAL * 1000)))
        .collect();
    let (mut gaps, mut early) = (0, 0);
    for poll in sim.requests_to(POLL) {
        let body: Value = serde_json::from_str(&poll.body).expect("JSON");
        let (at, least) = last
            .get_mut(body["code"].as_str().unwrap())
            .expect("a code we know");
        let gap = poll.at_ms - *at;
        gaps += 1;
        if gap < *least {
            early += 1;
            println!("a gap of {gap} ms where {least} ms were asked for");
        }
        *at = poll.at_ms;
        if poll.status == Some(429) {
            *least += SLOW_DOWN * 1000;
        }
    }
    (gaps, early)
}
