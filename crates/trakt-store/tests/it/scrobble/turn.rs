//! Turns at what waits, and what becomes of it.

use std::time::Duration;

use trakt_core::ports::{Lease, LinkStore, OutboxStore, Unlink};
use trakt_core::scrobble::{Wish, Written};
use trakt_core::{PortError, PushId, SystemEntropy};

use super::{Viewer, claiming, episode, refused, shown, stop, target};
use crate::scene::{identity, stamp};

#[test]
fn a_write_for_one_account_never_goes_to_the_next() {
    let viewer = Viewer::new();
    let listed = Wish::List { item: episode() };
    let (play, listed) = (viewer.watched(), viewer.take(listed, Some(target())));
    assert_eq!(viewer.shown(), shown("1", "1"));
    let (push, writes) = viewer.claim().unwrap();
    assert_eq!(writes.len(), 2);

    let unlink = Unlink {
        user: viewer.user,
        stamp: stamp(),
        purge: false,
    };
    viewer.scene.store.unlink(&unlink).unwrap();
    let other = identity("other", "other");
    viewer.scene.link(viewer.user, "token2", &other);

    assert_eq!(viewer.begin(push, play), Lease::Lost);
    for id in [play, listed] {
        assert_eq!(viewer.state(id), refused("account_changed"));
    }
    assert_eq!(viewer.shown(), shown("0", "0"));
    assert_eq!(viewer.scene.count("watchlist"), "0");
    assert!(viewer.claim().is_none_or(|(_, writes)| writes.is_empty()));
}

#[test]
fn what_trakt_refuses_counts_as_watched_no_more() {
    let viewer = Viewer::new();
    let play = viewer.watched();
    let (push, _) = viewer.claim().unwrap();
    assert_eq!(viewer.begin(push, play), Lease::Kept);
    let told = Written::Refused("account_limit");
    assert_eq!(viewer.end(push, play, told), Lease::Kept);
    assert_eq!(viewer.state(play), refused("account_limit"));
    assert_eq!(viewer.shown(), shown("0", "0"));
}

#[test]
fn a_send_outlasts_the_lease_it_began_with() {
    let viewer = Viewer::new();
    let play = viewer.watched();
    let (push, _) = viewer.claim().unwrap();
    viewer.sql("UPDATE outbox_turns SET lease_until = now() + interval '1 s'");
    assert_eq!(viewer.begin(push, play), Lease::Kept);
    let left = "SELECT lease_until > now() + interval '50 s' FROM outbox_turns";
    assert_eq!(viewer.scene.db.text(left), "true");
}

#[test]
fn a_write_is_remembered_while_its_play_waits_for_an_id() {
    let viewer = Viewer::new();
    let play = viewer.watched();
    let (push, _) = viewer.claim().unwrap();
    assert_eq!(viewer.begin(push, play), Lease::Kept);
    let told = Written::confirmed(None);
    assert_eq!(viewer.end(push, play, told), Lease::Kept);
    viewer.sql("UPDATE outbox SET settled_at = now() - interval '40 days'");
    let month = Duration::from_secs(30 * 86_400);
    assert_eq!(viewer.scene.store.forget_writes(month, 10), Ok(0));
    viewer.sql("UPDATE plays SET id = 5");
    assert_eq!(viewer.scene.store.forget_writes(month, 10), Ok(1));
}

#[test]
fn a_player_that_repeats_itself_over_the_minute_makes_one_play() {
    let viewer = Viewer::new();
    let first = viewer.take(stop(), Some(target()));
    let (push, _) = viewer.claim().unwrap();
    assert_eq!(viewer.begin(push, first), Lease::Kept);
    let told = Written::confirmed(None);
    assert_eq!(viewer.end(push, first, told), Lease::Kept);
    let earlier = |seconds: u32| {
        for (table, at) in [("outbox", "at"), ("plays", "watched_at")] {
            viewer.sql(&format!(
                "UPDATE {table} SET {at} = now() - interval '{seconds} s'"
            ));
        }
    };
    earlier(58);
    assert_eq!(viewer.take(stop(), Some(target())), first);
    // Much later it is watched again.
    earlier(200);
    assert_ne!(viewer.take(stop(), Some(target())), first);
    assert_eq!(viewer.scene.count("plays"), "2");
}

#[test]
fn a_user_whose_writes_cannot_be_read_holds_up_nobody() {
    let viewer = Viewer::new();
    viewer.watched();
    viewer.sql("UPDATE outbox SET deed = 'odd'");
    let claim = claiming(PushId::random(&SystemEntropy), 50);
    let claimed = viewer.scene.store.claim_writes(&claim);
    assert!(matches!(claimed, Err(PortError::Corrupt(_))), "{claimed:?}");
    assert_eq!(viewer.scene.store.claim_writes(&claim), Ok(None));
    viewer.sql("UPDATE outbox SET deed = 'history_add'");
    viewer.sql("UPDATE outbox_turns SET next_at = now()");
    assert_eq!(viewer.claim().unwrap().1.len(), 1);
}
