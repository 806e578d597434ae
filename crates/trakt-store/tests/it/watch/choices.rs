//! Switches, and how far a pull is.

use std::time::Duration;

use trakt_core::choice::Choices;
use trakt_core::ports::{
    Asked, ChangeChoices, ChoiceStore, Lease, LinkStore, Unlink, WatchReads, WatchStore,
};
use trakt_core::watch::{Part, PullPhase, PullProgress};
use trakt_core::{SystemEntropy, UserId};

use super::{Viewer, mark, rows};
use crate::scene::{LEASE, Scene, identity, stamp};

fn pulls(scene: &Scene, user: UserId, on: bool) -> Option<Choices> {
    let cmd = ChangeChoices {
        user,
        pull: Some(on),
        push: None,
        recommendations: None,
        stamp: stamp(),
    };
    scene.store.change_choices(&cmd).unwrap()
}

#[test]
fn switches_are_on_until_somebody_says_otherwise() {
    let scene = Scene::new();
    let user = scene.user("user@example.org");
    assert_eq!(scene.store.choices(user).unwrap(), Choices::default());
    let skip = scene.trail(0).len();
    let cmd = |push, recommendations| ChangeChoices {
        user,
        pull: None,
        push,
        recommendations,
        stamp: stamp(),
    };
    let off = Choices {
        push: false,
        recommendations: false,
        ..Choices::default()
    };
    for _ in 0..2 {
        let now = scene.store.change_choices(&cmd(Some(false), Some(false)));
        assert_eq!(now.unwrap(), Some(off));
    }
    let now = scene.store.change_choices(&cmd(None, Some(true))).unwrap();
    let push = Choices {
        push: false,
        ..Choices::default()
    };
    assert_eq!(now, Some(push));
    assert_eq!(scene.store.choices(user).unwrap(), push);
    // What is as it was is no change.
    assert_eq!(
        scene.trail(skip),
        [
            "settings_changed succeeded push_off",
            "settings_changed succeeded recommendations_off",
            "settings_changed succeeded recommendations_on",
        ]
    );
    let stranger = UserId::random(&SystemEntropy);
    assert_eq!(pulls(&scene, stranger, false), None);
    assert_eq!(scene.store.choices(stranger).unwrap(), Choices::default());
}

#[test]
fn who_switched_pulls_off_is_left_alone_until_they_are_on_again() {
    let viewer = Viewer::new();
    let (store, user) = (&viewer.scene.store, viewer.user);
    let due = || store.claim_pulls(9, LEASE).unwrap();
    let (pull, _) = viewer.begin().unwrap();
    let part = Part::MoviePlays;
    assert_eq!(viewer.store(pull, part, rows(part)), Lease::Kept);
    pulls(&viewer.scene, user, false).unwrap();
    // The one that is under way ends, and what it brought stays.
    assert_eq!(viewer.store(pull, part, rows(part)), Lease::Lost);
    assert_eq!(viewer.finish(pull, part, &[], mark(1)), Lease::Lost);
    assert_eq!(viewer.end(pull, None, Duration::ZERO), Lease::Lost);
    assert_eq!(viewer.held(part).len(), 2);
    let state = store.pull_state(user).unwrap().unwrap();
    assert_eq!((state.phase, state.next_at), (PullPhase::Idle, None));

    // Neither asking nor being seen nor linking anew brings one.
    assert_eq!(store.ask_pull(user, false).unwrap(), Asked::SwitchedOff);
    store.see(user, Duration::ZERO, Duration::ZERO).unwrap();
    viewer
        .scene
        .link(user, "anew", &identity("viewer", "viewer"));
    assert_eq!(due(), []);
    assert!(viewer.begin().is_none());
    // A claim from before, or a due time that something else has set, comes to nothing, once.
    let soon = "UPDATE watch_states SET next_at = now()";
    viewer.scene.db.sql(soon);
    assert_eq!(due(), [user]);
    assert!(viewer.begin().is_none());
    let state = store.pull_state(user).unwrap().unwrap();
    assert_eq!(state.next_at, None);
    // What is held back may be the user's own writes.
    assert_eq!(store.ask_pull(user, true).unwrap(), Asked::Due);
    assert_eq!(due(), []);

    pulls(&viewer.scene, user, true).unwrap();
    assert_eq!(due(), [user]);
    assert!(viewer.begin().is_some());
}

#[test]
fn who_links_with_pulls_off_is_not_due_and_without_a_link_nobody_is() {
    let scene = Scene::new();
    let user = scene.user("user@example.org");
    pulls(&scene, user, false).unwrap();
    pulls(&scene, user, true).unwrap();
    assert_eq!(scene.store.claim_pulls(9, LEASE).unwrap(), []);
    pulls(&scene, user, false).unwrap();
    scene.link(user, "token", &identity("uuid", "slug"));
    assert_eq!(scene.store.claim_pulls(9, LEASE).unwrap(), []);
    scene
        .db
        .sql("UPDATE trakt_users SET status = 'needs_relink'");
    // A link that is not active may become so by itself, and is looked at from then on.
    pulls(&scene, user, true).unwrap();
    assert_eq!(scene.store.claim_pulls(9, LEASE).unwrap(), [user]);
    scene.db.sql("UPDATE trakt_users SET status = 'active'");
    pulls(&scene, user, false).unwrap();
    assert_eq!(scene.store.claim_pulls(9, LEASE).unwrap(), []);
    pulls(&scene, user, true).unwrap();
    assert_eq!(scene.store.claim_pulls(9, LEASE).unwrap(), [user]);
}

#[test]
fn data_of_one_account_is_not_shown_as_that_of_the_next() {
    for on in [true, false] {
        let viewer = Viewer::new();
        let (pull, _) = viewer.begin().unwrap();
        for part in Part::ALL {
            assert_eq!(viewer.store(pull, *part, rows(*part)), Lease::Kept);
        }
        pulls(&viewer.scene, viewer.user, on).unwrap();
        let (user, purge) = (viewer.user, false);
        let end = Unlink {
            user,
            purge,
            stamp: stamp(),
        };
        viewer.scene.store.unlink(&end).unwrap();
        let other = identity("other", "other");
        viewer.scene.link(user, "other", &other);
        // Before anybody has begun to read the other one.
        for part in Part::ALL {
            assert!(viewer.held(*part).is_empty(), "{part}");
        }
        // The pull of the first goes on, and finds that it is late.
        let part = Part::MoviePlays;
        assert_eq!(viewer.store(pull, part, rows(part)), Lease::Lost);
        let due = viewer.scene.store.claim_pulls(9, LEASE).unwrap();
        assert_eq!(due.len(), usize::from(on));
    }
}

#[test]
fn a_pull_shows_how_far_it_is() {
    let viewer = Viewer::new();
    let progress = || {
        let state = viewer.scene.store.pull_state(viewer.user).unwrap();
        state.unwrap().progress
    };
    let at = |part, rows| Some(PullProgress { part, rows });
    assert_eq!(progress(), None);
    let (pull, _) = viewer.begin().unwrap();
    assert_eq!(progress(), None);
    let part = Part::MoviePlays;
    assert_eq!(viewer.store(pull, part, rows(part)), Lease::Kept);
    assert_eq!(progress(), at(part, 2));
    assert_eq!(viewer.finish(pull, part, &[], mark(1)), Lease::Kept);
    assert_eq!(viewer.store(pull, Part::Watchlist, vec![]), Lease::Kept);
    assert_eq!(progress(), at(Part::Watchlist, 0));
    // One whose process died is none.
    let past = "UPDATE watch_states SET lease_until = now() - interval '1 s'";
    viewer.scene.db.sql(past);
    assert_eq!(progress(), None);
    let (pull, _) = viewer.begin().unwrap();
    assert_eq!(progress(), None);
    assert_eq!(viewer.store(pull, part, rows(part)), Lease::Kept);
    assert_eq!(viewer.end(pull, None, LEASE), Lease::Kept);
    assert_eq!(progress(), None);
}

#[test]
fn many_are_asked_about_at_once() {
    let viewer = Viewer::new();
    let stranger = viewer.scene.user("stranger@example.org");
    let gone = UserId::random(&SystemEntropy);
    let (pull, _) = viewer.begin().unwrap();
    assert_eq!(viewer.finish(pull, Part::Hidden, &[], mark(1)), Lease::Kept);
    viewer.scene.db.sql(&format!(
        "INSERT INTO watch_holds (user_id, side, part, adds, removes, held, meant) \
         VALUES ('{0}', 'push', 'history', 70, 0, 9, false), \
             ('{0}', 'pull', 'watchlist', 0, 60, 100, false), \
             ('{0}', 'pull', 'hidden', 0, 60, 100, true)",
        viewer.user
    ));
    let users = [viewer.user, stranger, gone];
    let mut states = viewer.scene.store.pull_states(&users).unwrap();
    states.sort_by_key(|(user, _)| *user != viewer.user);
    let [(first, Some(state)), (second, None)] = &states[..] else {
        panic!("{states:?}");
    };
    assert_eq!((*first, *second), (viewer.user, stranger));
    assert_eq!(state.phase, PullPhase::Running);
    assert_eq!(state.counts, [(Part::Hidden, 0)]);
    let held = state.held.iter();
    let held: Vec<_> = held
        .map(|held| {
            let (side, part) = (held.side.as_str(), held.part.as_str());
            (side, part, held.adds, held.removes, held.of)
        })
        .collect();
    assert_eq!(
        held,
        [
            ("pull", "watchlist", 0, 60, 100),
            ("push", "history", 70, 0, 9)
        ]
    );
    let own = viewer.scene.store.pull_state(viewer.user).unwrap();
    assert_eq!(own.as_ref(), Some(state));
    assert_eq!(viewer.scene.store.pull_states(&[]).unwrap(), []);
}
