//! Watchlist, favorites, ratings and collection: what is not found, and which of the times in
//! `last_activities` move.

use trakt_api::endpoints::{
    AddRatings, AddToCollection, AddToFavorites, AddToWatchlist, GetCollectedMovies, GetFavorites,
    GetLastActivities, GetRatings, GetWatchlist, RemoveFromCollection, RemoveFromFavorites,
    RemoveFromWatchlist, RemoveRatings,
};
use trakt_api::{Changed, Collect, Ids, LastActivities, Note, Plain, Rate, Rating};

use super::{UNKNOWN, Viewer, movies};

/// Adds one movie that there is and one that there is not, and takes both away.
fn life(
    of: impl Fn(&LastActivities) -> Vec<Option<chrono::DateTime<chrono::Utc>>>,
    add: impl Fn(&Viewer) -> Changed,
    length: impl Fn(&Viewer) -> usize,
    remove: impl Fn(&Viewer) -> Changed,
) {
    let viewer = Viewer::new("sean");
    let mut before = viewer.send(&GetLastActivities);
    let mut moved = || {
        let now = viewer.send(&GetLastActivities);
        let moves = of(&before).iter().zip(of(&now)).all(|(a, b)| *a < b);
        assert!(moves && before.all < now.all, "{before:?} {now:?}");
        assert_eq!(before.movies.watched_at, now.movies.watched_at);
        before = now;
    };
    let unknown = |changed: &Changed| {
        assert_eq!(changed.not_found.movies.sent(), 1, "{changed:?}");
        assert_eq!(changed.not_found.movies.items[0].ids, Ids::trakt(UNKNOWN));
    };
    let added = add(&viewer);
    assert_eq!((added.added.movies, added.deleted.movies), (1, 0));
    unknown(&added);
    assert_eq!(length(&viewer), 1);
    moved();
    let removed = remove(&viewer);
    assert_eq!((removed.added.movies, removed.deleted.movies), (0, 1));
    unknown(&removed);
    assert_eq!(length(&viewer), 0);
    moved();
}

const BOTH: [i64; 2] = [1, UNKNOWN];

#[test]
fn the_watchlist() {
    let items = &movies(&BOTH, &Note::default());
    let gone = &movies(&BOTH, &Plain {});
    life(
        |all| vec![all.watchlist.updated_at, all.movies.watchlisted_at],
        |viewer| viewer.send(&AddToWatchlist { items }),
        |viewer| viewer.all(&GetWatchlist::default()).len(),
        |viewer| viewer.send(&RemoveFromWatchlist { items: gone }),
    );
}

#[test]
fn the_favorites() {
    let items = &movies(&BOTH, &Note::default());
    let gone = &movies(&BOTH, &Plain {});
    life(
        |all| vec![all.favorites.updated_at, all.movies.favorited_at],
        |viewer| viewer.send(&AddToFavorites { items }),
        |viewer| viewer.all(&GetFavorites::default()).len(),
        |viewer| viewer.send(&RemoveFromFavorites { items: gone }),
    );
}

#[test]
fn the_ratings() {
    let rating = Rating::new(9).unwrap();
    let ratings = &movies(
        &BOTH,
        &Rate {
            rating,
            rated_at: None,
        },
    );
    let gone = &movies(&BOTH, &Plain {});
    life(
        |all| vec![all.movies.rated_at],
        |viewer| viewer.send(&AddRatings { ratings }),
        |viewer| viewer.all(&GetRatings::default()).len(),
        |viewer| viewer.send(&RemoveRatings { items: gone }),
    );
}

#[test]
fn the_collection() {
    let items = &movies(&BOTH, &Collect::default());
    let gone = &movies(&BOTH, &Plain {});
    life(
        |all| vec![all.movies.collected_at],
        |viewer| viewer.send(&AddToCollection { items }),
        |viewer| viewer.all(&GetCollectedMovies::default()).len(),
        |viewer| viewer.send(&RemoveFromCollection { items: gone }),
    );
}
