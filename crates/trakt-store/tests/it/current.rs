//! The flow that a user is to see, without its handle.

use std::time::Duration;

use trakt_core::link::FlowEnd;
use trakt_core::ports::{CurrentFlow, FlowState, LinkStore, PollOutcome, SettlePoll};
use trakt_core::{SystemEntropy, UserId};

use crate::scene::{Flow, INTERVAL, Scene, identity, stamp};

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn current(scene: &Scene, user: UserId) -> CurrentFlow {
    scene.store.current_flow(user).unwrap().unwrap()
}

/// Moves the start of a flow back, and with it all that was counted from there.
fn age(scene: &Scene, flow: Flow, by: &str) {
    scene.db.sql(&format!(
        "UPDATE device_flows SET created_at = created_at - interval '{by}', \
         expires_at = expires_at - interval '{by}', \
         next_poll_at = next_poll_at - interval '{by}', \
         ended_at = ended_at - interval '{by}' WHERE id = '{}'",
        flow.id
    ));
}

#[test]
fn an_open_flow_is_shown_with_what_is_left_of_it() {
    let scene = Scene::new();
    let (user, other) = (scene.user("ana@example.org"), scene.user("ben@example.org"));
    assert!(scene.store.current_flow(user).unwrap().is_none());
    let (flow, _) = scene.flow_with(user, true);
    scene.flow(other);
    age(&scene, flow, "1 minute");
    let shown = current(&scene, user);
    assert_eq!((shown.key, shown.replace), (flow.key, true));
    let FlowState::Open {
        user_code,
        verification_url,
        left,
        lifetime,
        wait,
    } = shown.state
    else {
        panic!("not open: {shown:?}");
    };
    assert_eq!(user_code, "user-canary");
    assert_eq!(verification_url, "https://trakt.tv/activate");
    assert!(left <= secs(540) && left > secs(480), "{left:?}");
    assert_eq!(lifetime, secs(600));
    assert_eq!(
        wait,
        secs(1),
        "it is due; but nobody asks twice within a second"
    );

    // Somebody asks right now: that may be done before its lease is over.
    scene.due(flow);
    let FlowState::Open { wait, .. } = current(&scene, user).state else {
        panic!("not open");
    };
    assert_eq!(wait, INTERVAL);
    let nobody = UserId::random(&SystemEntropy);
    assert!(scene.store.current_flow(nobody).unwrap().is_none());
}

#[test]
fn an_approved_flow_has_no_code_any_more() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let flow = scene.flow(user);
    scene.authorise(flow, "token-1");
    // With its tokens here, it does not matter how old it is.
    age(&scene, flow, "1 hour");
    let wait = secs(1);
    assert_eq!(current(&scene, user).state, FlowState::Approved { wait });
}

#[test]
fn an_end_is_shown_with_its_age() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    for end in [FlowEnd::Denied, FlowEnd::AccountLocked] {
        let flow = scene.flow(user);
        let due = scene.due(flow);
        let settle = SettlePoll {
            flow: due.flow,
            attempt: due.attempt,
            outcome: PollOutcome::End(end),
            stamp: stamp(),
        };
        scene.store.settle_poll(&settle).unwrap();
        age(&scene, flow, "90 seconds");
        let shown = current(&scene, user);
        assert_eq!(shown.key, flow.key);
        let FlowState::Ended { end: shown, ago } = shown.state else {
            panic!("not over: {shown:?}");
        };
        assert_eq!(shown, end);
        assert!(ago >= secs(90) && ago < secs(150), "{ago:?}");
        age(&scene, flow, "10 minutes");
    }
    scene.link(user, "token-1", &identity("uuid-1", "sean"));
    assert!(matches!(
        current(&scene, user).state,
        FlowState::Ended {
            end: FlowEnd::Linked,
            ..
        }
    ));
}

/// Its row still says pending.
#[test]
fn a_flow_whose_time_is_over_has_expired_when_it_had_to() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let flow = scene.flow(user);
    age(&scene, flow, "15 minutes");
    let FlowState::Ended { end, ago } = current(&scene, user).state else {
        panic!("not over");
    };
    assert_eq!(end, FlowEnd::Expired);
    assert!(ago >= secs(300) && ago < secs(360), "{ago:?}");
    assert_eq!(scene.count("device_flows WHERE state = 'ended'"), "0");
}

/// A transaction that began first may be the last to open its flow: what is open counts.
#[test]
fn the_open_flow_is_shown_even_where_another_seems_younger() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    scene.flow(user);
    let flow = scene.flow(user);
    age(&scene, flow, "2 minutes");
    assert_eq!(current(&scene, user).key, flow.key);
}
