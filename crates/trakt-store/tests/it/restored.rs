//! What is done to a database that comes from a backup, or to one whose key is lost.

use std::time::Duration;

use trakt_store::PoolOptions;

use crate::database::KEYS;
use crate::scene::{Scene, identity};

const HOUR: Duration = Duration::from_secs(3600);
/// A key of 32 bytes `b`.
const OTHER: &str = "new:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";

/// Statements on this table that nobody would let go through millions of rows fail.
fn large(scene: &Scene, table: &str) {
    scene.db.sql(&format!(
        "CREATE OR REPLACE FUNCTION large() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF current_setting('statement_timeout')::interval < '10 minutes' THEN \
                 RAISE query_canceled; END IF; RETURN NULL; END $$; \
         CREATE TRIGGER large BEFORE UPDATE OR DELETE ON {table} EXECUTE FUNCTION large()"
    ));
}

#[test]
fn a_restore_is_on_the_trail_and_has_the_time_it_needs() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    scene.link(user, "token-1", &identity("u1", "sean"));
    large(&scene, "outbox");
    large(&scene, "trakt_users");
    let before = scene.trail(0).len();
    scene.store.restored(HOUR).unwrap();
    assert_eq!(
        scene.trail(before),
        ["database_restored succeeded links=1 writes=0"]
    );
}

/// Who takes the larger number takes no new event for an old one.
#[test]
fn events_after_a_restore_have_numbers_that_none_had_before() {
    let scene = Scene::new();
    let event = |scene: &Scene| -> i64 {
        scene.db.sql(
            "INSERT INTO webhook_events (kind, subject_id) VALUES ('link.ended', gen_random_uuid())",
        );
        let last = scene.db.text("SELECT max(seq) FROM webhook_events");
        last.parse().unwrap()
    };
    assert_eq!(event(&scene), 1);
    for times in [1, 2] {
        scene.store.restored(HOUR).unwrap();
        assert!(event(&scene) > times * 1_000_000_000);
    }
}

#[test]
fn who_is_at_work_is_seen_and_commands_are_not() {
    let scene = Scene::new();
    let options = PoolOptions {
        command: true,
        ..scene.db.options()
    };
    let command = scene.db.store_with(&options, KEYS);
    scene.store.ping().unwrap();
    let found = command.at_work().unwrap();
    assert!(!found.is_empty());
    assert!(found.iter().all(|name| name.starts_with("session ")));
    drop(scene.store);
    let end = std::time::Instant::now() + Duration::from_secs(5);
    while !command.at_work().unwrap().is_empty() {
        assert!(std::time::Instant::now() < end, "they are gone");
    }
}

#[test]
fn a_key_that_is_given_up_is_on_the_trail_with_what_it_sealed() {
    let scene = Scene::new();
    let names: Vec<String> = (0..60).map(|n| format!("u{n}")).collect();
    for name in &names {
        let user = scene.user(&format!("{name}@example.org"));
        scene.link(user, name, &identity(name, name));
    }
    scene.flow(scene.user("ana@example.org"));
    large(&scene, "token_revocations");
    let new = scene.db.store_with(&scene.db.options(), OTHER);
    assert!(new.has_key("new") && !new.has_key("test"));
    let before = scene.trail(0).len();
    let done = new.forget_key("test").unwrap();
    assert_eq!((done.links, done.flows), (60, 1));
    let trail = scene.trail(before);
    assert_eq!(trail.len(), 63);
    assert_eq!(trail[0], "audit_key_made succeeded key_lost");
    assert_eq!(
        trail[62],
        "key_forgotten succeeded key=test links=60 flows=1 revocations=0"
    );
    // Others who write on the trail never wait for long.
    let most = "SELECT max(count) FROM (SELECT count(*) FROM audit_log GROUP BY xmin) AS c";
    assert_eq!(scene.db.text(most), "50");
}
