//! What is asked for while a pull is under way, and pulls that never end.

use std::time::Duration;

use trakt_core::PullId;
use trakt_core::ports::{Asked, HoldPart, Lease, LinkStore, Unlink, WatchStore};
use trakt_core::watch::Part;

use super::{Viewer, mark};
use crate::scene::{LEASE, identity, stamp};

impl Viewer {
    fn due(&self) -> bool {
        let due = self.scene.store.claim_pulls(9, LEASE).unwrap();
        assert!(due.is_empty() || due == [self.user]);
        !due.is_empty()
    }

    fn ask(&self, confirm: bool) {
        let asked = self.scene.store.ask_pull(self.user, confirm).unwrap();
        assert_eq!(asked, Asked::Due);
    }

    fn link(&self) {
        let account = identity("viewer", "viewer");
        self.scene.link(self.user, "another", &account);
    }

    fn hold(&self, pull: PullId, meant: bool) {
        let cmd = HoldPart {
            user: self.user,
            pull,
            lease: LEASE,
            part: Part::Watchlist,
            removes: 60,
            held: 100,
            mark: mark(1),
            meant,
        };
        assert_eq!(self.scene.store.hold_part(&cmd), Ok(Lease::Kept));
    }
}

#[test]
fn what_is_confirmed_while_a_pull_is_under_way_is_for_the_next_one() {
    let viewer = Viewer::new();
    for (asked, again) in [(None, false), (Some(false), false), (Some(true), true)] {
        let (pull, _) = viewer.begin().unwrap();
        if let Some(confirm) = asked {
            viewer.ask(confirm);
        }
        assert!(!viewer.due(), "two at once");
        assert_eq!(viewer.end(pull, None, LEASE), Lease::Kept);
        assert_eq!(viewer.due(), again, "{asked:?}");
        // It was for that one alone.
        let (pull, _) = viewer.begin().unwrap();
        assert_eq!(viewer.end(pull, None, LEASE), Lease::Kept);
        assert!(!viewer.due());
    }
}

#[test]
fn whoever_unlinks_while_a_pull_is_under_way_is_left_alone_after_it() {
    let viewer = Viewer::new();
    let (pull, _) = viewer.begin().unwrap();
    let unlink = Unlink {
        user: viewer.user,
        stamp: stamp(),
        purge: false,
    };
    viewer.scene.store.unlink(&unlink).unwrap();
    assert_eq!(viewer.end(pull, None, Duration::ZERO), Lease::Kept);
    assert!(!viewer.due());
    let state = viewer.scene.store.pull_state(viewer.user).unwrap();
    assert_eq!(state.unwrap().next_at, None);

    // Who links again before its end is due after it.
    viewer.link();
    let (pull, _) = viewer.begin().unwrap();
    viewer.scene.store.unlink(&unlink).unwrap();
    viewer.link();
    assert!(!viewer.due(), "two at once");
    assert_eq!(viewer.end(pull, None, LEASE), Lease::Kept);
    assert!(viewer.due());
}

#[test]
fn what_the_user_means_while_a_pull_is_under_way_stays_meant() {
    let viewer = Viewer::new();
    let held = || {
        let past = "UPDATE watch_states SET lease_until = lease_until - interval '1 hour'";
        viewer.scene.db.sql(past);
        let (pull, begun) = viewer.begin().unwrap();
        let [hold] = &begun.holds[..] else {
            panic!("{:?}", begun.holds);
        };
        (pull, hold.meant)
    };
    let (pull, _) = viewer.begin().unwrap();
    viewer.hold(pull, false);
    let (pull, meant) = held();
    assert!(!meant);
    viewer.ask(true);
    // It began before that, and does not know.
    viewer.hold(pull, false);
    let (pull, meant) = held();
    assert!(meant);
    // It knows, and there are more by now than were meant.
    viewer.hold(pull, true);
    assert!(!held().1);
}

#[test]
fn pulls_that_never_end_are_tried_less_and_less_often() {
    let viewer = Viewer::new();
    let next_in = |interval: &str| {
        let after = format!("SELECT next_at > now() + interval '{interval}' FROM watch_states");
        viewer.scene.db.text(&after) == "true"
    };
    let begin = || {
        let past = "UPDATE watch_states SET lease_until = lease_until - interval '1 hour'";
        viewer.scene.db.sql(past);
        viewer.begin().unwrap()
    };
    for attempt in 1..=5 {
        assert_eq!(begin().1.pace.attempts, attempt);
        assert!(!next_in("15 s"), "{attempt}");
    }
    for longer in ["10 minutes", "30 minutes", "1 hour"] {
        begin();
        assert!(next_in(longer), "{longer}");
        assert!(!next_in("6 hours 1 s"));
    }
    // It comes to an end after all.
    let (pull, _) = begin();
    assert_eq!(viewer.end(pull, Some("partial"), LEASE), Lease::Kept);
    assert!(!next_in("15 s"));
    let (pull, begun) = begin();
    assert_eq!(begun.pace.attempts, 10);
    // What waits for a person is no trouble.
    assert_eq!(viewer.end(pull, Some("held"), LEASE), Lease::Kept);
    assert_eq!(begin().1.pace.attempts, 1);
}
