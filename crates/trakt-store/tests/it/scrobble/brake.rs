//! What the writes of a day change, for the brake, and what is held back.

use trakt_core::PushId;
use trakt_core::ports::{HoldWrites, Lease, OutboxStore, WatchStore};
use trakt_core::scrobble::{Pressure, Sought, SoughtIds, Target, Wish, WritePart};
use trakt_core::watch::ItemKind;

use super::{Viewer, confirmed, earlier, play, queued, refused, stop, target};

fn movie(trakt: i64) -> (Sought, Option<Target>) {
    let kind = ItemKind::Movie;
    let ids = SoughtIds {
        trakt: Some(trakt),
        ..SoughtIds::default()
    };
    (Sought::Own { kind, ids }, Some(Target { kind, trakt }))
}

fn rate(viewer: &Viewer, trakt: i64) {
    let (item, target) = movie(trakt);
    viewer.take(Wish::Rate { item, rating: 8 }, target);
}

fn of(part: WritePart, adds: u64, removes: u64, held: u64) -> Pressure {
    Pressure {
        part,
        adds,
        removes,
        held,
    }
}

#[test]
fn removals_are_counted_against_what_there_was_before_them() {
    let viewer = Viewer::new();
    viewer.sql(
        "INSERT INTO plays (user_id, id, kind, item, watched_at) \
         SELECT '$', n, 'episode', 72, now() - n * interval '1 hour' \
         FROM generate_series(1, 300) AS n",
    );
    for id in 1..=55 {
        viewer.take(Wish::RemovePlay { id }, None);
    }
    assert_eq!(viewer.pressure(), [of(WritePart::History, 0, 55, 300)]);
    // What is not at Trakt yet is none of it.
    viewer.watched();
    assert_eq!(viewer.pressure(), [of(WritePart::History, 1, 55, 300)]);
}

#[test]
fn what_changes_nothing_at_trakt_does_not_count() {
    let viewer = Viewer::new();
    viewer.sql(&format!(
        "INSERT INTO plays (user_id, id, kind, item, watched_at) \
         VALUES ('$', 5, 'episode', 71, '{}')",
        earlier(0)
    ));
    let there = viewer.take(play(Some(earlier(1))), Some(target()));
    assert_eq!(viewer.state(there), confirmed("already_there"));
    let gone = viewer.take(play(Some(earlier(60))), Some(target()));
    let back = viewer.take(Wish::TakeBack { write: gone }, None);
    assert_eq!(viewer.state(gone), refused("withdrawn"));
    assert_eq!(viewer.state(back), confirmed("never_sent"));
    viewer.take(stop(), Some(target()));
    assert_eq!(viewer.pressure(), []);
    viewer.take(play(Some(earlier(120))), Some(target()));
    assert_eq!(viewer.pressure(), [of(WritePart::History, 1, 0, 1)]);
}

#[test]
fn ratings_are_counted_against_what_there_was_before_them() {
    let viewer = Viewer::new();
    viewer.sql(
        "INSERT INTO ratings (user_id, kind, item, rating) \
         SELECT '$', 'movie', n, 5 FROM generate_series(1, 10) AS n",
    );
    for trakt in 11..=13 {
        rate(&viewer, trakt);
    }
    assert_eq!(viewer.pressure(), [of(WritePart::Ratings, 3, 0, 10)]);
    let (item, target) = movie(1);
    viewer.take(Wish::Unrate { item }, target);
    assert_eq!(viewer.pressure(), [of(WritePart::Ratings, 3, 1, 10)]);
}

#[test]
fn what_comes_while_a_part_is_held_back_is_counted_with_it() {
    let viewer = Viewer::new();
    viewer.sql(
        "INSERT INTO plays (user_id, id, kind, item, watched_at) \
         VALUES ('$', 5, 'episode', 72, now() - interval '1 day')",
    );
    viewer.take(play(Some(earlier(300))), Some(target()));
    let (push, _) = viewer.claim().unwrap();
    hold(&viewer, push);
    let held = || {
        let state = viewer.scene.store.pull_state(viewer.user).unwrap();
        let held = state.unwrap().held.into_iter();
        held.map(|one| (one.part, one.adds, one.removes, one.of))
            .collect::<Vec<_>>()
    };
    let history = |adds, removes| vec![("history".to_owned(), adds, removes, 100)];
    assert_eq!(held(), history(60, 2));
    let late = viewer.take(play(Some(earlier(0))), Some(target()));
    assert_eq!(held(), history(61, 2));
    assert_eq!(viewer.state(late).1.as_deref(), Some("held"));
    viewer.take(Wish::RemovePlay { id: 5 }, None);
    assert_eq!(held(), history(61, 3));
    // What a player says is not held back, nor are other parts; what is there is no other write.
    let said = viewer.take(stop(), Some(target()));
    assert_eq!(viewer.state(said), queued());
    rate(&viewer, 11);
    assert_eq!(viewer.take(play(Some(earlier(1))), Some(target())), late);
    assert_eq!(held(), history(61, 3));
}

fn hold(viewer: &Viewer, push: PushId) {
    let hold = HoldWrites {
        user: viewer.user,
        push,
        parts: vec![of(WritePart::History, 60, 2, 100)],
    };
    assert_eq!(viewer.scene.store.hold_writes(&hold), Ok(Lease::Kept));
}
