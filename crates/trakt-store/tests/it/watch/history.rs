//! The history between two moments.

use chrono::{DateTime, Utc};
use trakt_core::ports::{Lease, WatchStore};
use trakt_core::watch::{HistoryQuery, ItemKind, Part};

use super::{Viewer, episode, movie, play};

fn at(second: u32) -> Option<DateTime<Utc>> {
    format!("2026-09-01T20:00:0{second}Z").parse().ok()
}

#[test]
fn a_history_begins_with_since_and_ends_before_until() {
    let viewer = Viewer::new();
    let (pull, _) = viewer.begin().unwrap();
    let movies = [(1, at(1)), (3, at(3)), (5, None)];
    let movies = movies.map(|(key, at)| play(key, movie(1), at)).to_vec();
    let episodes = [(2, at(2)), (4, at(4)), (6, None)];
    let episodes = episodes.map(|(key, at)| play(key, episode(1), at)).to_vec();
    for (part, rows) in [(Part::MoviePlays, movies), (Part::EpisodePlays, episodes)] {
        assert_eq!(viewer.store(pull, part, rows), Lease::Kept);
    }
    let all = |kind, since, until| {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let query = HistoryQuery {
                user: viewer.user,
                kind,
                since,
                until,
                after,
                limit: 2,
            };
            let page = viewer.scene.store.history(&query).unwrap();
            ids.extend(page.items.iter().map(|play| play.id));
            after = page.next;
            if after.is_none() {
                break ids;
            }
        }
    };
    // Those without a time come last, and are between no two moments.
    assert_eq!(all(None, None, None), [4, 3, 2, 1, 6, 5]);
    assert_eq!(all(None, at(2), None), [4, 3, 2]);
    assert_eq!(all(None, None, at(3)), [2, 1]);
    assert_eq!(all(None, at(2), at(4)), [3, 2]);
    assert!(all(None, at(2), at(2)).is_empty());
    assert!(all(None, at(5), None).is_empty());
    assert!(all(None, None, at(1)).is_empty());
    let movies = Some(ItemKind::Movie);
    assert_eq!(all(movies, None, None), [3, 1, 5]);
    assert_eq!(all(movies, at(2), None), [3]);
    assert_eq!(all(movies, None, at(3)), [1]);
}
