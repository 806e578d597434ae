//! The queue of tokens to be revoked.

use std::time::Duration;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use trakt_core::ports::{LinkStore, RevocationStore, Unlink};

use crate::scene::{LEASE, Scene, identity, stamp, tokens_of};

/// Queues this many tokens, `token-0` first.
fn queued(count: usize) -> Scene {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    for i in 0..count {
        scene.link(user, &format!("token-{i}"), &identity("u1", "sean"));
        scene
            .store
            .unlink(&Unlink {
                purge: false,
                user,
                stamp: stamp(),
            })
            .unwrap();
    }
    scene
}

fn make_due(scene: &Scene) {
    scene.db.sql(
        "UPDATE token_revocations SET next_try_at = now() - interval '1 hour' + \
         (created_at - '2000-01-01') / 1000000",
    );
}

#[test]
fn a_new_row_has_a_head_start() {
    let scene = queued(1);
    assert!(scene.store.due(10, LEASE).unwrap().is_empty());
    assert_eq!(
        scene
            .db
            .text("SELECT next_try_at - created_at FROM token_revocations"),
        "00:00:15"
    );
}

#[test]
fn what_is_due_is_taken_once_oldest_first_and_up_to_the_limit() {
    let scene = queued(3);
    make_due(&scene);
    assert_eq!(tokens_of(&scene.store.due(2, LEASE).unwrap()).len(), 2);
    assert_eq!(tokens_of(&scene.store.due(2, LEASE).unwrap()), ["token-2"]);
    assert!(scene.store.due(2, LEASE).unwrap().is_empty());
}

#[test]
fn a_lease_that_ran_out_is_taken_again_and_later_each_time() {
    let scene = queued(1);
    for lease in [
        "00:00:15", "00:00:30", "00:01:00", "00:02:00", "00:04:00", "00:08:00", "00:08:00",
    ] {
        make_due(&scene);
        assert_eq!(tokens_of(&scene.store.due(10, LEASE).unwrap()), ["token-0"]);
        let left = "SELECT date_trunc('second', next_try_at - now() + interval '0.9 s') \
                    FROM token_revocations";
        assert_eq!(scene.db.text(left), lease);
    }
}

#[test]
fn what_trakt_was_told_is_forgotten() {
    let scene = queued(2);
    make_due(&scene);
    let due = scene.store.due(10, Duration::ZERO).unwrap();
    scene.store.done(due[0].id).unwrap();
    scene.store.done(due[0].id).unwrap();
    assert_eq!(scene.queue(), [due[1].token.expose()]);
}

#[test]
fn a_token_that_has_died_of_age_is_dropped() {
    let scene = queued(2);
    make_due(&scene);
    scene.db.sql(
        "UPDATE token_revocations SET created_at = now() - interval '91 days' \
         WHERE id = (SELECT min(id::text)::uuid FROM token_revocations)",
    );
    assert_eq!(scene.store.due(10, LEASE).unwrap().len(), 1);
    assert_eq!(scene.count("token_revocations"), "1");
}

#[test]
fn a_row_that_does_not_open_holds_up_no_other() {
    let scene = queued(2);
    make_due(&scene);
    scene.db.sql(
        "UPDATE token_revocations SET access_token = 'v1.test.AAAA' \
         WHERE id = (SELECT min(id::text)::uuid FROM token_revocations)",
    );
    assert_eq!(scene.store.due(10, LEASE).unwrap().len(), 1);
    assert!(scene.store.due(10, LEASE).unwrap().is_empty());
}

#[test]
fn a_worker_waits_for_no_other() {
    let scene = queued(3);
    make_due(&scene);
    let mut other = PgConnection::establish(&scene.db.url).unwrap();
    let take = "BEGIN; UPDATE token_revocations SET next_try_at = now() + interval '1 hour' \
                WHERE id = (SELECT id FROM token_revocations ORDER BY next_try_at LIMIT 1)";
    other.batch_execute(take).unwrap();
    let rest = tokens_of(&scene.store.due(10, LEASE).unwrap());
    assert_eq!(rest.len(), 2);
    assert!(!rest.contains(&"token-0".to_owned()), "{rest:?}");
    other.batch_execute("COMMIT").unwrap();
    assert!(scene.store.due(10, LEASE).unwrap().is_empty());
}
