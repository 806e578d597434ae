//! What others are told of pulls.

use trakt_core::ports::{HoldPart, Lease, WatchStore, WebhookStore};
use trakt_core::watch::Part;

use super::{Viewer, mark, rows};
use crate::scene::LEASE;
use crate::webhook::endpoint;

/// A viewer whom somebody is told about.
fn telling() -> Viewer {
    let viewer = Viewer::new();
    let store = &viewer.scene.store;
    store.enrol_endpoints(&[endpoint(0)], true).unwrap();
    viewer
}

/// Events that are not of links: their kind, reason, parts and counts.
fn told(viewer: &Viewer) -> Vec<String> {
    let sql = "SELECT concat_ws(' ', kind, reason, parts, adds, removes, held) FROM \
               (SELECT * FROM webhook_events WHERE kind LIKE 'sync%' ORDER BY seq) AS e";
    viewer.scene.db.texts(sql).into_iter().flatten().collect()
}

#[test]
fn a_pull_that_changed_something_is_told_when_it_ends() {
    let viewer = telling();
    let (pull, _) = viewer.begin().unwrap();
    assert_eq!(
        viewer.store(pull, Part::MoviePlays, rows(Part::MoviePlays)),
        Lease::Kept
    );
    assert_eq!(
        viewer.store(pull, Part::ShowRatings, rows(Part::ShowRatings)),
        Lease::Kept
    );
    assert_eq!(
        viewer.finish(pull, Part::ShowRatings, &[], mark(1)),
        Lease::Kept
    );
    assert_eq!(told(&viewer), [""; 0]);
    assert_eq!(viewer.end(pull, None, LEASE), Lease::Kept);
    let first = "sync.finished {movie_plays,show_ratings} {2,1} {0,0} {}";
    assert_eq!(told(&viewer), [first]);
    assert_eq!(viewer.scene.count("webhook_changes"), "0");
    assert_eq!(viewer.scene.count("webhook_deliveries"), "1");

    // What changed nothing is not told.
    let (pull, _) = viewer.begin().unwrap();
    assert_eq!(viewer.end(pull, None, LEASE), Lease::Kept);
    assert_eq!(told(&viewer).len(), 1);

    // Of what is to be removed, what was there.
    let (pull, _) = viewer.begin().unwrap();
    assert_eq!(
        viewer.finish(pull, Part::MoviePlays, &[1, 2, 99], mark(2)),
        Lease::Kept
    );
    assert_eq!(viewer.end(pull, Some("partial"), LEASE), Lease::Kept);
    assert_eq!(
        told(&viewer)[1..],
        ["sync.finished partial {movie_plays} {0} {2} {}"]
    );
}

#[test]
fn what_a_pull_changed_that_died_is_told_by_the_next() {
    let viewer = telling();
    let (pull, _) = viewer.begin().unwrap();
    assert_eq!(
        viewer.store(pull, Part::MoviePlays, rows(Part::MoviePlays)),
        Lease::Kept
    );
    viewer
        .scene
        .db
        .sql("UPDATE watch_states SET lease_until = now()");
    let (second, _) = viewer.begin().unwrap();
    assert_eq!(viewer.end(pull, None, LEASE), Lease::Lost);
    assert_eq!(viewer.end(second, Some("unavailable"), LEASE), Lease::Kept);
    assert_eq!(told(&viewer), [""; 0], "trouble is not an end");
    let (third, _) = viewer.begin().unwrap();
    assert_eq!(
        viewer.store(third, Part::ShowRatings, rows(Part::ShowRatings)),
        Lease::Kept
    );
    assert_eq!(viewer.end(third, None, LEASE), Lease::Kept);
    assert_eq!(
        told(&viewer),
        ["sync.finished {movie_plays,show_ratings} {2,1} {0,0} {}"]
    );
}

#[test]
fn what_is_held_back_is_told_once() {
    let viewer = telling();
    let (pull, _) = viewer.begin().unwrap();
    let hold = |removes| {
        viewer.scene.store.hold_part(&HoldPart {
            user: viewer.user,
            pull,
            lease: LEASE,
            part: Part::Watchlist,
            removes,
            held: 100,
            mark: None,
            meant: false,
        })
    };
    for removes in [60, 60, 61] {
        assert_eq!(hold(removes), Ok(Lease::Kept));
    }
    let all = [60, 61].map(|n| format!("sync.held pull {{watchlist}} {{0}} {{{n}}} {{100}}"));
    assert_eq!(told(&viewer), all);
}

#[test]
fn what_is_of_another_account_is_not_told() {
    let viewer = telling();
    let (pull, _) = viewer.begin().unwrap();
    assert_eq!(
        viewer.store(pull, Part::MoviePlays, rows(Part::MoviePlays)),
        Lease::Kept
    );
    viewer
        .scene
        .db
        .sql("UPDATE trakt_users SET trakt_uuid = 'other'");
    viewer
        .scene
        .db
        .sql("UPDATE watch_states SET lease_until = now()");
    let (pull, _) = viewer.begin().unwrap();
    assert_eq!(viewer.end(pull, None, LEASE), Lease::Kept);
    assert_eq!(told(&viewer), [""; 0]);
}
