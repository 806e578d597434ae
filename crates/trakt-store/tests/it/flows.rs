//! Opening and authorising flows.

use trakt_core::link::FlowEnd;
use trakt_core::ports::{AuthoriseOutcome, LinkStore, PollClaim};
use trakt_core::{SystemEntropy, UserId};

use crate::scene::{Scene, opening, tokens_of};

#[test]
fn a_flow_is_stored_sealed_and_on_the_trail() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let (flow, revocations) = scene.flow_with(user, true);
    assert!(revocations.is_empty());
    assert_eq!(
        scene.db.text(
            "SELECT concat_ws(' ', id, state, replace, interval_ms, attempt, key_id, \
             expires_at - created_at, next_poll_at - created_at) FROM device_flows"
        ),
        format!("{} pending t 5000 0 test 00:10:00 00:00:05", flow.id)
    );
    assert_eq!(scene.trail(1), ["flow_started succeeded"]);
    assert_eq!(
        scene.db.text(
            "SELECT concat_ws(' ', subject_id, ip, request_id) FROM audit_log \
             WHERE event = 'flow_started'"
        ),
        format!("{user} 192.0.2.7 request-1")
    );
}

#[test]
fn nobody_opens_no_flow() {
    let scene = Scene::new();
    let nobody = UserId::random(&SystemEntropy);
    assert!(
        scene
            .store
            .open_flow(&opening(nobody, false))
            .unwrap()
            .is_none()
    );
    assert_eq!(scene.count("device_flows"), "0");
    assert!(scene.trail(0).is_empty());
}

#[test]
fn a_new_flow_ends_the_old_one() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let old = scene.flow(user);
    let (_, revocations) = scene.flow_with(user, false);
    assert!(revocations.is_empty());
    assert!(matches!(
        scene.claim(old),
        PollClaim::Ended(FlowEnd::Superseded)
    ));
    assert_eq!(
        scene.trail(1),
        [
            "flow_started succeeded",
            "expired refused superseded",
            "flow_started succeeded"
        ]
    );
}

#[test]
fn a_new_flow_of_another_user_ends_nothing() {
    let scene = Scene::new();
    let (ana, ben) = (scene.user("ana@example.org"), scene.user("ben@example.org"));
    let flow = scene.flow(ana);
    scene.flow(ben);
    assert_eq!(scene.due(flow).attempt, 1);
}

#[test]
fn what_a_superseded_flow_had_received_is_revoked() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let old = scene.flow(user);
    assert!(matches!(
        scene.authorise(old, "token-1"),
        AuthoriseOutcome::Kept
    ));
    let (_, revocations) = scene.flow_with(user, false);
    assert_eq!(tokens_of(&revocations), ["token-1"]);
    assert_eq!(scene.queue(), ["token-1"]);
}

#[test]
fn ends_are_remembered_for_a_day_and_twenty_of_them() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let other = scene.user("ben@example.org");
    let kept = scene.flow(other);
    let old = scene.flow(user);
    let young = scene.flow(user);
    scene.flow(user);
    for (flow, age) in [(old, "25 hours"), (young, "23 hours")] {
        let id = flow.id;
        scene.db.sql(&format!(
            "UPDATE device_flows SET ended_at = now() - interval '{age}' WHERE id = '{id}'"
        ));
    }
    scene.flow(user);
    assert!(matches!(scene.claim(old), PollClaim::Unknown));
    assert!(matches!(scene.claim(young), PollClaim::Ended(_)));
    for _ in 0..25 {
        scene.flow(user);
    }
    let ended = format!("device_flows WHERE state = 'ended' AND user_id = '{user}'");
    assert_eq!(scene.count(&ended), "20");
    assert!(matches!(scene.claim(young), PollClaim::Unknown));
    assert_eq!(scene.due(kept).attempt, 1);
}

#[test]
fn tokens_take_the_place_of_the_codes() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    assert!(matches!(
        scene.authorise(flow, "token-1"),
        AuthoriseOutcome::Kept
    ));
    assert_eq!(
        scene.db.text(
            "SELECT concat_ws(' ', state, num_nulls(device_code, user_code), \
             num_nulls(access_token, refresh_token, token_expires_at, key_id)) FROM device_flows"
        ),
        "authorised 2 0"
    );
    assert!(scene.queue().is_empty());
}

#[test]
fn tokens_that_come_too_late_are_revoked() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let old = scene.flow(user);
    let flow = scene.flow(user);
    let AuthoriseOutcome::TooLate(revocations) = scene.authorise(old, "late") else {
        panic!("kept");
    };
    assert_eq!(tokens_of(&revocations), ["late"]);
    // Twice for one flow: the first pair is the one that is kept.
    assert!(matches!(
        scene.authorise(flow, "first"),
        AuthoriseOutcome::Kept
    ));
    let second = scene.authorise(flow, "second");
    assert!(matches!(second, AuthoriseOutcome::TooLate(_)));
    // The user is gone, and the flow with it.
    scene.db.sql("DELETE FROM users");
    let gone = scene.authorise(flow, "gone");
    assert!(matches!(gone, AuthoriseOutcome::TooLate(_)));
    assert_eq!(scene.queue(), ["gone", "late", "second"]);
}
