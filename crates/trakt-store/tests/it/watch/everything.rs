//! A user of whom there is something in every table, and what of it goes when.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use trakt_core::ports::{
    AdminStore, ChangeChoices, ChoiceStore, Disassociate, Lease, LinkStore, RemoveUser, Unlink,
    UserStore,
};
use trakt_core::user::Email;
use trakt_core::watch::Part;

use super::{Viewer, mark, rows};
use crate::scene::{identity, stamp};

/// What stays when the data is purged: what the user said to us, and how links came to be.
const KEPT: [&str; 3] = ["device_flows", "sessions", "watch_choices"];

/// Fills every table that has rows of users. Where a new one comes up empty in the tests below, it
/// is to be filled here, and to be thought of in `watch/purge.rs` and `export.rs`.
pub fn everything(viewer: &Viewer) {
    let (pull, _) = viewer.begin().unwrap();
    for part in Part::ALL {
        assert_eq!(viewer.store(pull, *part, rows(*part)), Lease::Kept);
        assert_eq!(viewer.finish(pull, *part, &[], mark(1)), Lease::Kept);
    }
    assert_eq!(viewer.end(pull, None, crate::scene::LEASE), Lease::Kept);
    let (store, user) = (&viewer.scene.store, viewer.user);
    let cmd = ChangeChoices {
        user,
        pull: None,
        push: Some(false),
        recommendations: None,
        stamp: stamp(),
    };
    assert!(store.change_choices(&cmd).unwrap().is_some());
    viewer.scene.db.sql(&format!(
        "INSERT INTO outbox (id, user_id, trakt_uuid, deed, part, kind, item, wish, at, number, key) \
             VALUES (gen_random_uuid(), '{user}', 'viewer', 'ratings_add', 'ratings', 'movie', 1, \
                 'ratings_add 8 movie trakt:1', now(), 8, 'my-key'); \
         INSERT INTO outbox_keys (user_id, key, write, wish) \
             SELECT user_id, 'second-key', id, wish FROM outbox WHERE user_id = '{user}'; \
         INSERT INTO sessions (key, user_id, idle_at, ends_at) \
             VALUES ('\\x01', '{user}', now() + interval '1 day', now() + interval '1 day'); \
         INSERT INTO outbox_turns (user_id, next_at) VALUES ('{user}', now()); \
         INSERT INTO watch_holds (user_id, side, part, adds, removes, held) \
             VALUES ('{user}', 'pull', 'watchlist', 0, 60, 100); \
         INSERT INTO webhook_changes (user_id, part, stored, removed) \
             VALUES ('{user}', 'watchlist', 2, 1); \
         INSERT INTO recommendation_states (user_id, kind, trakt_uuid) \
             VALUES ('{user}', 'movie', 'viewer'); \
         INSERT INTO recommendations (user_id, kind, place, item) VALUES ('{user}', 'movie', 1, 1); \
         INSERT INTO recommendation_hides (user_id, kind, item) \
             VALUES ('{user}', 'movie', 1), ('{user}', 'show', 99)"
    ));
}

/// Every table that has rows of users.
pub fn tables(viewer: &Viewer) -> BTreeSet<String> {
    let tables = viewer.scene.db.texts(
        "SELECT c.table_name::text FROM information_schema.columns AS c \
         JOIN information_schema.tables AS t USING (table_schema, table_name) \
         WHERE c.table_schema = 'public' AND c.column_name = 'user_id' \
             AND t.table_type = 'BASE TABLE'",
    );
    tables.into_iter().flatten().collect()
}

/// Those in which there is something of the user.
fn filled(viewer: &Viewer) -> BTreeSet<String> {
    let has = |table: &String| {
        let of = format!("{table} WHERE user_id = '{}'", viewer.user);
        viewer.scene.count(&of) != "0"
    };
    tables(viewer).into_iter().filter(has).collect()
}

fn ending(viewer: &Viewer, purge: bool) -> Unlink {
    Unlink {
        user: viewer.user,
        purge,
        stamp: stamp(),
    }
}

#[test]
fn who_is_deleted_leaves_nothing_but_the_names_of_things_and_the_trail() {
    let viewer = Viewer::new();
    everything(&viewer);
    assert_eq!(filled(&viewer), tables(&viewer));
    assert!(filled(&viewer).len() > 10);
    let cmd = RemoveUser {
        email: Email::parse("viewer@example.org").unwrap(),
        stamp: stamp(),
    };
    viewer.scene.store.remove(&cmd).unwrap();
    assert_eq!(filled(&viewer), BTreeSet::new());
    assert_ne!(viewer.scene.count("media"), "0");
    let trail = format!("audit_log WHERE subject_id = '{}'", viewer.user);
    assert_ne!(viewer.scene.count(&trail), "0");
}

#[test]
fn a_purge_leaves_what_the_user_said_and_nothing_of_what_was_read() {
    for by_admin in [false, true] {
        let viewer = Viewer::new();
        everything(&viewer);
        let other = viewer.scene.user("other@example.org");
        let other_play = format!(
            "INSERT INTO plays (user_id, id, kind, item) VALUES ('{other}', 1, 'movie', 1)"
        );
        viewer.scene.db.sql(&other_play);
        let skip = viewer.scene.trail(0).len();
        let event = if by_admin {
            let link = viewer.scene.store.association(viewer.user).unwrap();
            let cmd = Disassociate {
                link: link.unwrap().unwrap().id,
                purge: true,
                stamp: stamp(),
            };
            let held = viewer.scene.store.disassociate(&cmd).unwrap();
            assert_eq!(held.unwrap().len(), 1);
            "admin_disassociated succeeded"
        } else {
            assert_eq!(
                viewer
                    .scene
                    .store
                    .unlink(&ending(&viewer, true))
                    .unwrap()
                    .len(),
                1
            );
            "unlinked succeeded"
        };
        assert_eq!(viewer.scene.trail(skip), [event, "data_purged succeeded"]);
        assert_eq!(filled(&viewer), KEPT.map(str::to_owned).into());
        assert_eq!(viewer.scene.count("plays"), "1", "another user's");
        // The same account begins anew.
        viewer
            .scene
            .link(viewer.user, "again", &identity("viewer", "viewer"));
        let (_, begun) = viewer.begin().unwrap();
        assert_eq!(begun.marks, []);
        assert_eq!(begun.holds, []);
    }
}

#[test]
fn without_a_link_what_is_left_is_purged() {
    let viewer = Viewer::new();
    everything(&viewer);
    let store = &viewer.scene.store;
    let skip = viewer.scene.trail(0).len();
    store.unlink(&ending(&viewer, false)).unwrap();
    assert!(filled(&viewer).contains("plays"), "kept");
    assert!(store.unlink(&ending(&viewer, true)).unwrap().is_empty());
    assert_eq!(filled(&viewer), KEPT.map(str::to_owned).into());
    store.unlink(&ending(&viewer, false)).unwrap();
    assert_eq!(
        viewer.scene.trail(skip),
        ["unlinked succeeded", "data_purged succeeded"]
    );
}

#[test]
fn a_pull_that_is_under_way_stores_nothing_after_a_purge() {
    let viewer = Viewer::new();
    let (pull, _) = viewer.begin().unwrap();
    let part = Part::MoviePlays;
    assert_eq!(viewer.store(pull, part, rows(part)), Lease::Kept);
    viewer.scene.store.unlink(&ending(&viewer, true)).unwrap();
    assert_eq!(viewer.store(pull, part, rows(part)), Lease::Lost);
    assert_eq!(viewer.finish(pull, part, &[], mark(1)), Lease::Lost);
    assert_eq!(viewer.end(pull, None, crate::scene::LEASE), Lease::Lost);
    // Nor does it when the account was linked again meanwhile.
    viewer
        .scene
        .link(viewer.user, "again", &identity("viewer", "viewer"));
    assert_eq!(viewer.store(pull, part, rows(part)), Lease::Lost);
    assert_eq!(viewer.held(part).len(), 0);
}

/// Whichever is first: the purge takes what was stored, or the store finds its lease gone.
#[test]
fn a_purge_and_a_pull_at_once_leave_nothing() {
    let viewer = Viewer::new();
    for round in 0..10 {
        let (pull, _) = viewer.begin().unwrap();
        let stored = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let part = Part::EpisodePlays;
                while viewer.store(pull, part, rows(part)) == Lease::Kept {
                    stored.store(true, Ordering::Release);
                }
            });
            while !stored.load(Ordering::Acquire) {
                thread::yield_now();
            }
            viewer.scene.store.unlink(&ending(&viewer, true)).unwrap();
        });
        assert_eq!(filled(&viewer), ["device_flows".to_owned()].into());
        let token = format!("token-{round}");
        viewer
            .scene
            .link(viewer.user, &token, &identity("viewer", "viewer"));
    }
}

/// A store that waits for the purge to end must not go by what it saw before.
#[test]
fn a_store_that_waited_for_a_purge_or_a_switch_is_too_late() {
    let take_away = [
        "DELETE FROM watch_states",
        "UPDATE watch_states SET pull = NULL, lease_until = NULL",
    ];
    for sql in take_away {
        let viewer = Viewer::new();
        let (pull, _) = viewer.begin().unwrap();
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                     AND datname = current_database()";
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                // Ends when the store waits for it.
                viewer.scene.db.try_sql(&format!(
                    "BEGIN; {sql}; DO $$ BEGIN \
                         FOR i IN 1..2000 LOOP \
                             EXIT WHEN ({waits}) > 0; \
                             PERFORM pg_sleep(0.005), pg_stat_clear_snapshot(); \
                         END LOOP; END $$; COMMIT"
                ))
            });
            let held = "SELECT count(*) FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation \
                        WHERE c.relname = 'watch_states' AND l.mode = 'RowExclusiveLock'";
            while viewer.scene.db.text(held) == "0" {
                thread::yield_now();
            }
            let part = Part::MoviePlays;
            assert_eq!(viewer.store(pull, part, rows(part)), Lease::Lost, "{sql}");
            other.join().unwrap().unwrap();
        });
        assert_eq!(viewer.held(Part::MoviePlays).len(), 0);
    }
}
