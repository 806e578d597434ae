//! Claiming polls and settling them.

use std::time::Duration;

use trakt_core::link::FlowEnd;
use trakt_core::ports::{
    ClaimPoll, DueFlow, FlowStep, LinkStore, PollClaim, PollOutcome, SettlePoll,
};

use crate::scene::{Flow, INTERVAL, Scene, claim, stamp, token_end, tokens_of};

fn settle(scene: &Scene, flow: Flow, attempt: i32, outcome: PollOutcome) -> Vec<String> {
    let cmd = SettlePoll {
        flow: flow.id,
        attempt,
        outcome,
        stamp: stamp(),
    };
    tokens_of(&scene.store.settle_poll(&cmd).unwrap())
}

fn too_soon(claim: PollClaim) -> Duration {
    match claim {
        PollClaim::TooSoon(wait) => wait,
        other => panic!("not too soon: {other:?}"),
    }
}

#[test]
fn only_the_user_who_started_knows_the_flow() {
    let scene = Scene::new();
    let (ana, ben) = (scene.user("ana@example.org"), scene.user("ben@example.org"));
    let flow = scene.flow(ana);
    scene.make_due(flow);
    let others = Flow { user: ben, ..flow };
    assert!(matches!(scene.claim(others), PollClaim::Unknown));
    let unknown = Flow {
        key: scene.flow(ben).key,
        ..flow
    };
    assert!(matches!(scene.claim(unknown), PollClaim::Unknown));
    assert_eq!(scene.due(flow).attempt, 1);
}

#[test]
fn a_poll_is_due_after_the_interval_and_for_one_caller() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    let wait = too_soon(scene.claim(flow));
    assert!(
        wait > Duration::from_secs(2) && wait <= INTERVAL,
        "{wait:?}"
    );
    scene.make_due(flow);
    let PollClaim::Due(DueFlow {
        flow: id,
        attempt,
        interval,
        step,
    }) = scene.claim(flow)
    else {
        panic!("not due");
    };
    assert_eq!((id, attempt, interval), (flow.id, 1, INTERVAL));
    let FlowStep::Poll(code) = step else {
        panic!("not a poll")
    };
    assert_eq!(code.expose(), "device-canary");
    // The lease is longer, but the caller may be done any moment.
    assert_eq!(too_soon(scene.claim(flow)), INTERVAL);
    assert_eq!(
        scene
            .db
            .text("SELECT next_poll_at > now() + interval '10 s' FROM device_flows"),
        "true"
    );
}

#[test]
fn who_is_told_to_wait_waits_a_second_at_least() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    scene
        .db
        .sql("UPDATE device_flows SET interval_ms = 1, next_poll_at = now() + interval '1 hour'");
    assert_eq!(too_soon(scene.claim(flow)), Duration::from_secs(1));
}

#[test]
fn a_lease_that_ran_out_can_be_claimed_again() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    scene.make_due(flow);
    let brief = ClaimPoll {
        lease: Duration::ZERO,
        ..claim(flow)
    };
    for attempt in 1..=3 {
        let claimed = scene.store.claim_poll(&brief).unwrap();
        assert!(matches!(claimed, PollClaim::Due(due) if due.attempt == attempt));
    }
}

#[test]
fn a_new_interval_holds_from_then_on() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    let due = scene.due(flow);
    let slower = Duration::from_millis(10_500);
    assert!(
        settle(
            &scene,
            flow,
            due.attempt,
            PollOutcome::Again {
                wait: slower,
                interval: slower
            }
        )
        .is_empty()
    );
    let wait = too_soon(scene.claim(flow));
    assert!(wait > Duration::from_secs(8) && wait <= slower, "{wait:?}");
    assert_eq!(scene.due(flow).interval, slower);
    assert_eq!(scene.trail(1), ["flow_started succeeded"]);
}

#[test]
fn a_longer_wait_counts_once() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    let due = scene.due(flow);
    let again = PollOutcome::Again {
        wait: Duration::from_secs(30),
        interval: INTERVAL,
    };
    settle(&scene, flow, due.attempt, again);
    let left = "SELECT next_poll_at > now() + interval '20 s' FROM device_flows";
    assert_eq!(scene.db.text(left), "true");
    assert_eq!(scene.due(flow).interval, INTERVAL);
}

#[test]
fn a_flow_whose_time_is_over_ends_once() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    scene
        .db
        .sql("UPDATE device_flows SET expires_at = now(), next_poll_at = now()");
    for _ in 0..2 {
        assert!(matches!(
            scene.claim(flow),
            PollClaim::Ended(FlowEnd::Expired)
        ));
    }
    assert_eq!(
        scene.trail(1),
        ["flow_started succeeded", "expired refused"]
    );
    assert_eq!(
        scene
            .db
            .text("SELECT num_nonnulls(device_code, user_code, key_id) FROM device_flows"),
        "0"
    );
}

#[test]
fn an_approved_flow_can_be_finished_after_its_time() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    scene.due(flow);
    scene.authorise(flow, "token-1");
    scene.db.sql("UPDATE device_flows SET expires_at = now()");
    // Somebody is at it still.
    assert_eq!(too_soon(scene.claim(flow)), INTERVAL);
    let due = scene.due(flow);
    let FlowStep::Identify(tokens) = due.step else {
        panic!("not to be identified")
    };
    assert_eq!(tokens.access.expose(), "token-1");
    assert_eq!(tokens.refresh.expose(), "token-1-refresh");
    assert_eq!(tokens.expires_at, token_end());
    assert_eq!(due.attempt, 2);
    // Trouble with Trakt: it stays as it is.
    settle(
        &scene,
        flow,
        2,
        PollOutcome::Again {
            wait: INTERVAL,
            interval: INTERVAL,
        },
    );
    assert!(matches!(scene.due(flow).step, FlowStep::Identify(_)));
}

#[test]
fn every_end_is_told_and_on_the_trail() {
    let ends = [
        (FlowEnd::Denied, "denied refused"),
        (FlowEnd::Expired, "expired refused"),
        (FlowEnd::Used, "expired refused used"),
        (FlowEnd::Unknown, "expired refused unknown"),
        (FlowEnd::AccountLocked, "conflict refused account_locked"),
    ];
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    for (end, entry) in ends {
        let flow = scene.flow(user);
        let due = scene.due(flow);
        assert!(settle(&scene, flow, due.attempt, PollOutcome::End(end)).is_empty());
        assert!(matches!(scene.claim(flow), PollClaim::Ended(how) if how == end));
        assert_eq!(scene.trail(0).last().map(String::as_str), Some(entry));
    }
    let subjects = format!("audit_log WHERE subject_id = '{user}'");
    assert_eq!(scene.count(&subjects), "11");
}

#[test]
fn what_an_ended_flow_had_received_is_revoked() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    let due = scene.due(flow);
    scene.authorise(flow, "token-1");
    let end = PollOutcome::End(FlowEnd::AccountLocked);
    assert_eq!(settle(&scene, flow, due.attempt, end), ["token-1"]);
    assert_eq!(scene.queue(), ["token-1"]);
    assert!(settle(&scene, flow, due.attempt, end).is_empty());
    assert_eq!(scene.queue(), ["token-1"]);
}

#[test]
fn an_old_attempt_settles_nothing() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    let old = scene.due(flow);
    let new = scene.due(flow);
    for outcome in [
        PollOutcome::End(FlowEnd::Denied),
        PollOutcome::Again {
            wait: Duration::from_secs(60),
            interval: Duration::from_secs(60),
        },
    ] {
        settle(&scene, flow, old.attempt, outcome);
    }
    let again = scene.due(flow);
    assert_eq!((again.attempt, again.interval), (new.attempt + 1, INTERVAL));
    assert_eq!(scene.trail(1), ["flow_started succeeded"]);
}
