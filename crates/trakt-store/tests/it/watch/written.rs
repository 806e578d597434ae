//! What a pull makes of what the user wrote meanwhile.

use std::collections::BTreeMap;

use trakt_core::ports::{AcceptWrite, Accepted, ClaimWrites, EndPush, Lease, OutboxStore, Stored};
use trakt_core::scrobble::{Sought, SoughtIds, Target, Wish, Written};
use trakt_core::watch::{Fact, ItemKind, Part, Row};
use trakt_core::{PushId, SystemEntropy, WriteId};

use super::{Viewer, episode, fingerprints, mark, movie, play, rows, show, time};
use crate::scene::LEASE;

fn thing(kind: ItemKind, trakt: i64) -> (Sought, Option<Target>) {
    let ids = SoughtIds {
        trakt: Some(trakt),
        ..SoughtIds::default()
    };
    (Sought::Own { kind, ids }, Some(Target { kind, trakt }))
}

fn take(viewer: &Viewer, wish: Wish, target: Option<Target>) -> WriteId {
    let cmd = AcceptWrite {
        id: WriteId::random(&SystemEntropy),
        user: viewer.user,
        wish,
        target,
        item: None,
        refused: None,
        key: None,
        daily: 100,
    };
    match viewer.scene.store.accept(&cmd).unwrap() {
        Accepted::Kept { id, .. } => id,
        other => panic!("not taken: {other:?}"),
    }
}

fn rate(viewer: &Viewer, trakt: i64, rating: i16) -> WriteId {
    let (item, target) = thing(ItemKind::Movie, trakt);
    take(viewer, Wish::Rate { item, rating }, target)
}

/// These are about to be sent.
fn send(viewer: &Viewer, writes: &[WriteId]) -> PushId {
    let push = PushId::random(&SystemEntropy);
    let claim = ClaimWrites {
        push,
        lease: LEASE,
        limit: 10,
        count_from: 50,
    };
    let store = &viewer.scene.store;
    assert!(store.claim_writes(&claim).unwrap().is_some());
    let begun = store.begin_send(viewer.user, push, writes).unwrap();
    assert_eq!(begun, Lease::Kept);
    push
}

fn end(viewer: &Viewer, push: PushId, write: WriteId) {
    let end = EndPush {
        user: viewer.user,
        push,
        writes: vec![(write, Written::confirmed(None))],
        next: LEASE,
        trouble: None,
    };
    assert_eq!(viewer.scene.store.end_push(&end), Ok(Lease::Kept));
}

fn rated(trakt: i64, rating: i16) -> Row {
    let rated_at = time();
    Row {
        key: trakt,
        item: movie(trakt),
        fact: Fact::Rating { rating, rated_at },
    }
}

#[test]
fn a_show_of_which_a_play_waits_to_be_sent_stays_and_others_go() {
    let viewer = Viewer::new();
    let (pull, _) = viewer.begin().unwrap();
    let watching = |trakt| Row {
        key: trakt,
        item: show(trakt),
        fact: Fact::Watching { reset_at: None },
    };
    let shows = [4, 5, 6].map(watching).to_vec();
    assert_eq!(viewer.store(pull, Part::Shows, shows), Lease::Kept);
    // Of show 4 the first episode is at Trakt, and the second is not yet.
    let at_trakt = vec![play(3, episode(1), time())];
    let stored = viewer.store(pull, Part::EpisodePlays, at_trakt);
    assert_eq!(stored, Lease::Kept);
    viewer.scene.db.sql(
        "INSERT INTO media (kind, trakt, show, season, number) \
         VALUES ('episode', 51, 5, 1, 1), ('episode', 2, 4, 1, 3)",
    );
    let (item, target) = thing(ItemKind::Episode, 2);
    let watched_at = None;
    take(&viewer, Wish::AddPlay { item, watched_at }, target);
    let missing = [4, 5, 6];
    assert_eq!(
        viewer.finish(pull, Part::Shows, &missing, mark(1)),
        Lease::Kept
    );
    assert_eq!(
        viewer
            .scene
            .db
            .text("SELECT string_agg(show::text, ' ') FROM watching"),
        "4"
    );
    // Nor is it missing at Trakt, which was not told of it.
    assert!(viewer.held(Part::Shows).is_empty());
    // That is not a reason to read them again.
    assert_eq!(viewer.scene.count("watch_marks"), "1");
    // Once Trakt has the play it is Trakt's word that counts.
    viewer.scene.db.sql("UPDATE plays SET id = 9 WHERE id < 0");
    assert_eq!(
        viewer.finish(pull, Part::Shows, &missing, mark(1)),
        Lease::Kept
    );
    assert_eq!(viewer.held(Part::Shows), BTreeMap::new());
}

#[test]
fn a_removal_that_trakt_was_not_told_of_makes_nothing_be_read_again() {
    let viewer = Viewer::new();
    let (part, listed) = (Part::MoviePlays, rows(Part::MoviePlays));
    let (pull, _) = viewer.begin().unwrap();
    assert_eq!(viewer.stored(pull, part, listed.clone()), Stored::Whole);
    let removal = take(&viewer, Wish::RemovePlay { id: 1 }, None);
    let left = fingerprints(&listed[1..]);
    assert_eq!(viewer.held(part), left);
    assert_eq!(viewer.stored(pull, part, listed.clone()), Stored::Whole);
    assert_eq!(viewer.held(part), left);
    // From here on Trakt may have changed it, before or after it gave the list.
    let push = send(&viewer, &[removal]);
    assert_eq!(viewer.stored(pull, part, listed.clone()), Stored::Without);
    assert_eq!(viewer.held(part), left);
    end(&viewer, push, removal);
    assert_eq!(viewer.stored(pull, part, listed.clone()), Stored::Without);
    assert_eq!(viewer.held(part), left);
    // A pull that begins long after it finds what is there.
    viewer
        .scene
        .db
        .sql("UPDATE outbox SET settled_at = now() - interval '1 minute'");
    assert_eq!(viewer.stored(pull, part, listed.clone()), Stored::Whole);
    assert_eq!(viewer.held(part), fingerprints(&listed));
}

#[test]
fn of_what_was_rated_twice_the_first_word_may_come_back_from_trakt() {
    let viewer = Viewer::new();
    let part = Part::MovieRatings;
    let (pull, _) = viewer.begin().unwrap();
    let first = rate(&viewer, 1, 5);
    let told = |rating| viewer.stored(pull, part, vec![rated(1, rating)]);
    assert_eq!(told(3), Stored::Whole);
    send(&viewer, &[first]);
    assert_eq!(told(3), Stored::Without);
    rate(&viewer, 1, 8);
    assert_eq!(told(5), Stored::Without);
    let shown = "SELECT rating FROM ratings";
    assert_eq!(viewer.scene.db.text(shown), "8");
}

#[test]
fn a_rating_that_waits_to_be_sent_is_not_missing_at_trakt() {
    let viewer = Viewer::new();
    let part = Part::MovieRatings;
    let (pull, _) = viewer.begin().unwrap();
    let listed = [1, 2].map(|trakt| rated(trakt, 5)).to_vec();
    assert_eq!(viewer.stored(pull, part, listed.clone()), Stored::Whole);
    assert_eq!(viewer.held(part), fingerprints(&listed));
    let keys = || viewer.held(part).into_keys().collect::<Vec<i64>>();
    // One that is there is rated anew, one for the first time, and one about something else.
    let again = rate(&viewer, 1, 8);
    let first = rate(&viewer, 3, 8);
    let (item, target) = thing(ItemKind::Show, 2);
    take(&viewer, Wish::Rate { item, rating: 8 }, target);
    assert_eq!(keys(), [2]);
    let push = send(&viewer, &[again]);
    assert_eq!(keys(), [2]);
    end(&viewer, push, again);
    assert_eq!(keys(), [1, 2]);
    viewer
        .scene
        .db
        .sql("UPDATE outbox_turns SET next_at = now()");
    let push = send(&viewer, &[first]);
    end(&viewer, push, first);
    assert_eq!(keys(), [1, 2, 3]);
}
