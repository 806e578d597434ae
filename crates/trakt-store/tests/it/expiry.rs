//! Flows that nobody asks about any more.

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use trakt_core::ports::LinkStore;
use trakt_store::PgStore;

use crate::scene::{Flow, Scene, tokens_of};

const EXPIRED: &str = "expired refused";

fn age(scene: &Scene, flow: Flow) {
    let id = flow.id;
    scene.db.sql(&format!(
        "UPDATE device_flows SET expires_at = now(), next_poll_at = now() WHERE id = '{id}'"
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
    scene.authorise(flow, "token-1");
    scene.due(flow);
    let id = flow.id;
    scene.db.sql(&format!(
        "UPDATE device_flows SET expires_at = now() WHERE id = '{id}'"
    ));
    assert_eq!(expire(&scene.store, 10), [""; 0], "its lease runs");

    age(&scene, flow);
    let mut other = PgConnection::establish(&scene.db.url).unwrap();
    other
        .batch_execute("BEGIN; SELECT FROM device_flows FOR UPDATE")
        .unwrap();
    assert_eq!(expire(&scene.store, 10), [""; 0], "it is locked");
    other.batch_execute("ROLLBACK").unwrap();
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
