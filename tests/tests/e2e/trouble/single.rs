//! Troubles that have a test of their own.

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use trakt_sim::{Fault, TokenState};

use super::{DEADLINE, Stage, Step};
use crate::gate::Gate;
use crate::harness::{Database, Server, issue_token, sim, wait_for};
use crate::whole::{Ending, assert_whole};

/// The most memory a process has used so far, in KiB.
fn peak_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn an_answer_of_a_gibibyte_takes_no_memory() {
    let stage = Stage::set();
    let token = stage.token("ana", "user");
    assert_eq!(stage.server.link(&stage.sim, &token, "sean").status, 200);
    let before = peak_memory(stage.server.pid());
    for _ in 0..3 {
        stage
            .sim
            .fault(Step::Start.asks(), Fault::Huge { bytes: 1 << 30 })
            .unwrap();
        let (reply, _) = stage.ask(Step::Start, &token, &Value::Null);
        assert_eq!(reply.outcome(), "503 trakt_unavailable");
    }
    let grown = peak_memory(stage.server.pid()) - before;
    assert!(grown < 16 * 1024, "memory grew by {grown} KiB");
}

#[test]
fn one_deadline_for_both_calls_of_a_check() {
    let stage = Stage::set();
    let token = stage.token("ana", "user");
    let flow = stage.approved_flow(&token);
    stage
        .sim
        .fault(Step::Poll.asks(), Fault::Late { ms: 6000 })
        .unwrap();
    stage
        .sim
        .fault(Step::Identify.asks(), Fault::Delay { ms: 60_000 })
        .unwrap();
    let (reply, took) = stage.ask(Step::Poll, &token, &flow);
    assert_eq!(reply.outcome(), "503 trakt_unavailable");
    assert!(took <= DEADLINE, "{took:?}");
    assert_eq!(stage.server.finish_flow(&token, &flow).status, 200);
    let polls = stage.sim.requests_to(Step::Poll.asks()).len();
    assert_eq!(polls, 1, "with its tokens here, a flow asks for none");
}

#[test]
fn many_who_wait_for_trakt_hold_up_nobody_else() {
    let stage = Stage::set();
    let bystander = stage.token("bob", "user");
    let users: Vec<String> = (0..160)
        .map(|n| stage.token(&format!("u{n}"), "user"))
        .collect();
    stage
        .sim
        .fault_times(Step::Start.asks(), 160, Fault::Delay { ms: 60_000 })
        .unwrap();
    let over = AtomicBool::new(false);
    let waited = thread::scope(|scope| {
        let others = scope.spawn(|| stage.others_wait(&bystander, &over));
        let ending = Ending(&over);
        let asking = users
            .iter()
            .map(|user| scope.spawn(|| stage.ask(Step::Start, user, &Value::Null)));
        for asked in asking.collect::<Vec<_>>() {
            let (reply, took) = asked.join().unwrap();
            assert_eq!(reply.outcome(), "503 trakt_unavailable");
            assert!(took <= DEADLINE + Duration::from_millis(400), "{took:?}");
        }
        drop(ending);
        others.join().unwrap()
    });
    assert!(waited < Duration::from_millis(250), "{waited:?}");
    assert_eq!(stage.database.count("SELECT count(*) FROM device_flows"), 0);
}

#[test]
fn wrong_credentials_are_the_operators_to_mend() {
    for (name, step) in [
        ("TRAKT_CLIENT_ID", Step::Start),
        ("TRAKT_CLIENT_SECRET", Step::Poll),
        ("TRAKT_CLIENT_ID", Step::Associate),
    ] {
        let (sim, database) = (sim(), Database::fresh());
        let right = Server::builder().database(&database).sim(&sim).start();
        let wrong = Server::builder()
            .database(&database)
            .sim(&sim)
            .var(name, "canary-wrong")
            .start();
        let role = if step == Step::Associate {
            "admin"
        } else {
            "user"
        };
        let token = issue_token(database.user("ana@example.org", role), 600);
        let mut stage = Stage {
            server: right,
            gate: Gate::to(sim.url()),
            sim,
            database,
        };
        let flow = if step == Step::Poll {
            stage.approved_flow(&token)
        } else {
            Value::Null
        };
        let right = std::mem::replace(&mut stage.server, wrong);
        let (reply, _) = stage.ask(step, &token, &flow);
        assert_eq!(reply.outcome(), "503 trakt_unavailable", "{name} {step:?}");
        assert!(reply.header("retry-after").is_some());
        // The line is written before the answer is, and read from the pipe after it.
        let line = wait_for("a line that says what to mend", || {
            let log = stage.server.log();
            assert!(!log.contains("canary-wrong"), "{log}");
            let hint = |line: &&str| {
                line.contains("TRAKT_CLIENT_ID") && line.contains("TRAKT_CLIENT_SECRET")
            };
            log.lines().find(hint).map(str::to_owned)
        });
        assert!(line.contains("ERROR"), "{line}");
        if step == Step::Poll {
            stage.server = right;
            assert_eq!(
                stage.server.finish_flow(&token, &flow).status,
                200,
                "the flow went on"
            );
        }
    }
}

#[test]
fn a_locked_account_is_no_link() {
    let stage = Stage::set();
    let token = stage.token("ana", "user");
    let flow = stage.approved_flow(&token);
    stage
        .sim
        .fault(Step::Identify.asks(), Fault::status(423))
        .unwrap();
    let (reply, _) = stage.ask(Step::Poll, &token, &flow);
    assert_eq!(reply.outcome(), "409 trakt_account_locked");
    let states: Vec<_> = stage.sim.tokens().iter().map(|pair| pair.state).collect();
    assert_eq!(states, [TokenState::Revoked]);
    assert_eq!(
        stage.ask(Step::Poll, &token, &flow).0.outcome(),
        "409 trakt_account_locked"
    );
    assert_eq!(stage.database.count("SELECT count(*) FROM trakt_users"), 0);
    assert_whole(&stage.database);
    assert_eq!(stage.server.link(&stage.sim, &token, "sean").status, 200);
}
