//! Whose turn it is, and whose word counts.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use trakt_core::UserId;
use trakt_core::link::LinkStatus;
use trakt_core::ports::{Asked, Lease, LinkStore, Unlink, WatchStore};
use trakt_core::watch::{Part, PullPhase};

use super::{Viewer, mark, rows};
use crate::scene::{LEASE, Scene, identity, stamp};

#[test]
fn one_pull_at_a_time_and_a_late_one_says_nothing_more() {
    let viewer = Viewer::new();
    let (first, _) = viewer.begin().unwrap();
    assert!(viewer.begin().is_none());
    let past = "UPDATE watch_states SET lease_until = now() - interval '1 s'";
    viewer.scene.db.sql(past);
    // A lease that ended is still its own as long as nobody has taken it, and is then renewed.
    let row = || rows(Part::MoviePlays);
    assert_eq!(viewer.store(first, Part::MoviePlays, row()), Lease::Kept);
    assert!(viewer.begin().is_none());
    viewer.scene.db.sql(past);
    let (second, _) = viewer.begin().unwrap();

    assert_eq!(viewer.store(first, Part::Watchlist, row()), Lease::Lost);
    assert_eq!(
        viewer.finish(first, Part::MoviePlays, &[1], mark(1)),
        Lease::Lost
    );
    assert_eq!(viewer.end(first, None, LEASE), Lease::Lost);
    assert_eq!(viewer.held(Part::MoviePlays).len(), 2);
    assert_eq!(viewer.held(Part::Watchlist).len(), 0);
    assert_eq!(
        viewer.finish(second, Part::MoviePlays, &[1], mark(2)),
        Lease::Kept
    );
    assert_eq!(viewer.end(second, None, LEASE), Lease::Kept);

    let (_, begun) = viewer.begin().unwrap();
    assert_eq!(begun.marks, [(Part::MoviePlays, mark(2).unwrap())]);
    assert_eq!(begun.pace.attempts, 1);
}

#[test]
fn a_link_that_is_gone_takes_no_more_rows() {
    let viewer = Viewer::new();
    let (pull, _) = viewer.begin().unwrap();
    viewer.scene.db.sql("DELETE FROM trakt_users");
    let stored = viewer.store(pull, Part::MoviePlays, rows(Part::MoviePlays));
    assert_eq!(stored, Lease::Lost);
    assert!(viewer.begin().is_none());
}

#[test]
fn who_unlinked_is_left_alone_and_what_is_held_stays() {
    let viewer = Viewer::new();
    let (pull, _) = viewer.begin().unwrap();
    let part = Part::MoviePlays;
    assert_eq!(viewer.store(pull, part, rows(part)), Lease::Kept);
    let cmd = Unlink {
        purge: false,
        user: viewer.user,
        stamp: stamp(),
    };
    viewer.scene.store.unlink(&cmd).unwrap();
    let state = viewer.scene.store.pull_state(viewer.user).unwrap();
    assert_eq!(state.unwrap().next_at, None);
    let past = "UPDATE watch_states SET lease_until = now() - interval '1 s'";
    viewer.scene.db.sql(past);
    assert_eq!(viewer.scene.store.claim_pulls(9, LEASE).unwrap(), []);
    assert_eq!(viewer.held(part).len(), 2);
}

#[test]
fn another_account_begins_anew() {
    let viewer = Viewer::new();
    let (pull, _) = viewer.begin().unwrap();
    for part in Part::ALL {
        assert_eq!(viewer.store(pull, *part, rows(*part)), Lease::Kept);
        assert_eq!(viewer.finish(pull, *part, &[], mark(1)), Lease::Kept);
    }
    assert_eq!(viewer.end(pull, None, LEASE), Lease::Kept);
    let (pull, begun) = viewer.begin().unwrap();
    assert_eq!(begun.marks.len(), Part::ALL.len());
    assert_eq!(viewer.end(pull, None, LEASE), Lease::Kept);

    let other = "UPDATE trakt_users SET trakt_uuid = 'other'";
    viewer.scene.db.sql(other);
    let (_, begun) = viewer.begin().unwrap();
    assert_eq!(begun.marks, []);
    for part in Part::ALL {
        assert_eq!(viewer.held(*part), BTreeMap::new(), "{part}");
    }
}

#[test]
fn whoever_is_due_is_given_to_one_alone() {
    let scene = Scene::new();
    let users: BTreeSet<UserId> = (0..20)
        .map(|n| {
            let user = scene.user(&format!("user{n}@example.org"));
            scene.link(
                user,
                &format!("token{n}"),
                &identity(&format!("uuid{n}"), &format!("slug{n}")),
            );
            user
        })
        .collect();
    let claim = || scene.store.claim_pulls(3, LEASE).unwrap();
    let given: Vec<UserId> = thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut all = Vec::new();
                    loop {
                        let some = claim();
                        // Others hold what is left, or have it.
                        if some.is_empty() {
                            break all;
                        }
                        assert!(some.len() <= 3);
                        all.extend(some);
                    }
                })
            })
            .collect();
        let all = workers.into_iter().map(|worker| worker.join().unwrap());
        all.flatten().collect()
    });
    let each: BTreeSet<UserId> = given.iter().copied().collect();
    assert_eq!(given.len(), each.len(), "somebody was given twice");
    assert!(each.is_subset(&users));
    // A claim that came to nothing ends by itself.
    scene.db.sql("UPDATE watch_states SET next_at = now()");
    let mut again = BTreeSet::new();
    while let some @ [_, ..] = &claim()[..] {
        again.extend(some.iter().copied());
    }
    assert_eq!(again, users);
}

#[test]
fn a_user_is_due_when_linked_when_asking_and_when_it_is_time() {
    let viewer = Viewer::new();
    let (store, user) = (&viewer.scene.store, viewer.user);
    let due = || store.claim_pulls(9, LEASE).unwrap();
    let state = || store.pull_state(user).unwrap().unwrap();
    assert_eq!(state().phase, PullPhase::Queued);
    assert_eq!(due(), [user]);
    assert_eq!(due(), []);
    let (pull, begun) = viewer.begin().unwrap();
    assert_eq!((begun.pace.seen, begun.pace.attempts), (None, 1));
    assert_eq!(state().phase, PullPhase::Running);
    // Asked for while it is under way: that is the one.
    assert_eq!(store.ask_pull(user, false).unwrap(), Asked::Due);
    assert_eq!(due(), []);
    assert_eq!(state().phase, PullPhase::Running);
    assert_eq!(
        viewer.finish(pull, Part::MoviePlays, &[], mark(1)),
        Lease::Kept
    );
    assert_eq!(viewer.end(pull, Some("partial"), LEASE), Lease::Kept);
    let failed = state();
    assert_eq!(failed.phase, PullPhase::Failed);
    assert_eq!(failed.reason.as_deref(), Some("partial"));
    assert_eq!(failed.counts, [(Part::MoviePlays, 0)]);
    assert_eq!(due(), []);

    let (pull, begun) = viewer.begin().unwrap();
    assert!(begun.pace.seen.unwrap() < Duration::from_secs(60));
    assert_eq!(begun.pace.attempts, 1, "asking begins anew");
    assert_eq!(viewer.end(pull, None, Duration::ZERO), Lease::Kept);
    assert_eq!(due(), [user]);
    assert_eq!(state().reason, None);
    // Somebody has taken it, and is about to begin.
    assert_eq!(state().phase, PullPhase::Queued);
    let (pull, _) = viewer.begin().unwrap();
    assert_eq!(viewer.end(pull, None, LEASE), Lease::Kept);
    assert_eq!(state().phase, PullPhase::Idle);

    viewer
        .scene
        .db
        .sql("UPDATE trakt_users SET status = 'needs_relink'");
    assert_eq!(
        store.ask_pull(user, false).unwrap(),
        Asked::Inactive(LinkStatus::NeedsRelink)
    );
    viewer.scene.db.sql("DELETE FROM trakt_users");
    assert_eq!(store.ask_pull(user, false).unwrap(), Asked::NotLinked);
    let stranger = viewer.scene.user("stranger@example.org");
    assert_eq!(store.pull_state(stranger).unwrap(), None);
}
