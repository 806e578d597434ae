//! Flows that nobody asks about any more.

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use trakt_core::ports::LinkStore;
use trakt_store::PgStore;

use crate::scene::{Flow, Scene, tokens_of};

const EXPIRED: &str = "expired refused";

/// Lets the flow be of no interest to anybody any more.
fn age(scene: &Scene, flow: Flow) {
    over(scene, flow, "11 minutes", "11 minutes");
}

/// Ends its time, and the pause before the next poll, so long ago.
fn over(scene: &Scene, flow: Flow, time: &str, pause: &str) {
    let id = flow.id;
    scene.db.sql(&format!(
        "UPDATE device_flows SET expires_at = now() - interval '{time}', \
         next_poll_at = now() - interval '{pause}' WHERE id = '{id}'"
    ));
}

fn expire(store: &PgStore, limit: u32) -> Vec<String> {
    let mut tokens = tokens_of(&store.expire_flows(limit).unwrap());
    tokens.sort();
    tokens
}

fn states(scene: &Scene) -> Vec<Option<String>> {
    scene.db.texts(
        "SELECT concat_ws(' ', state, outcome) FROM device_flows ORDER BY created_at, state DESC",
    )
}

#[test]
fn an_abandoned_flow_ends_and_what_it_held_is_revoked() {
    let scene = Scene::new();
    let names = ["ana", "ben", "cleo", "dora"];
    let [ana, ben, _, dora] = names.map(|n| scene.flow(scene.user(&format!("{n}@example.org"))));
    scene.authorise(ben, "token-ben");
    scene.authorise(dora, "token-dora");
    // Cleo's and Dora's have time left.
    age(&scene, ana);
    age(&scene, ben);
    let before = scene.trail(0).len();
    assert_eq!(expire(&scene.store, 10), ["token-ben"]);
    assert_eq!(scene.trail(before), [EXPIRED, EXPIRED]);
    let expected = ["ended expired", "ended expired", "pending", "authorised"];
    let states: Vec<_> = states(&scene).into_iter().flatten().collect();
    assert_eq!(states, expected);
    assert_eq!(scene.queue(), ["token-ben"]);
    // Once.
    assert_eq!(expire(&scene.store, 10), [""; 0]);
    assert_eq!(scene.trail(before).len(), 2);
}

#[test]
fn a_flow_that_somebody_is_at_work_on_is_left_alone() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    // Pending, and somebody asked at the last moment.
    over(&scene, flow, "1 second", "-14 seconds");
    expire(&scene.store, 10);
    assert_eq!(scene.count("device_flows WHERE state = 'pending'"), "1");
    scene.authorise(flow, "token-1");
    // Approved: its client is told to come back, and can finish it after its time.
    for (time, pause) in [
        ("0", "0"),
        ("9 minutes", "9 minutes"),
        ("1 hour", "9 minutes"),
    ] {
        over(&scene, flow, time, pause);
        assert_eq!(expire(&scene.store, 10), [""; 0], "{time} {pause}");
    }

    age(&scene, flow);
    let mut other = PgConnection::establish(&scene.db.url).unwrap();
    other
        .batch_execute("BEGIN; SELECT FROM device_flows FOR UPDATE")
        .unwrap();
    assert_eq!(expire(&scene.store, 10), [""; 0], "it is locked");
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(expire(&scene.store, 10), ["token-1"]);
}

/// Trakt may ask for a pause that is longer than the flow lives.
#[test]
fn a_long_pause_keeps_no_flow_open() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    over(&scene, flow, "16 seconds", "-1 hour");
    expire(&scene.store, 10);
    assert_eq!(scene.count("device_flows WHERE state = 'ended'"), "1");
}

/// A replica that lacks a key must not throw away what it cannot read.
#[test]
fn a_flow_whose_key_is_missing_is_left_to_who_has_it() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    scene.authorise(flow, "token-1");
    age(&scene, flow);
    let other = "other:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";
    let stranger = scene.db.store_with(&scene.db.options(), other);
    assert_eq!(expire(&stranger, 10), [""; 0]);
    assert_eq!(expire(&scene.store, 10), ["token-1"]);
}

#[test]
fn a_batch_is_no_larger_than_asked() {
    let scene = Scene::new();
    for n in 0..5 {
        age(&scene, scene.flow(scene.user(&format!("u{n}@example.org"))));
    }
    let open = "device_flows WHERE state <> 'ended'";
    for left in ["3", "1", "0", "0"] {
        expire(&scene.store, 2);
        assert_eq!(scene.count(open), left);
    }
}

#[test]
fn an_end_is_forgotten_after_a_day() {
    let scene = Scene::new();
    for n in 0..2 {
        age(&scene, scene.flow(scene.user(&format!("u{n}@example.org"))));
    }
    expire(&scene.store, 10);
    scene.db.sql(
        "UPDATE device_flows SET ended_at = now() - interval '1 day' - interval '1 second' \
         WHERE id = (SELECT id FROM device_flows LIMIT 1)",
    );
    expire(&scene.store, 10);
    assert_eq!(scene.count("device_flows"), "1");
    expire(&scene.store, 10);
    assert_eq!(scene.count("device_flows"), "1");
}
