//! Watchlist, favorites, ratings and collection: what is not found, and which of the times in
//! `last_activities` move.

use trakt_api::endpoints::{
    AddRatings, AddToCollection, AddToFavorites, AddToWatchlist, FavoritesOf, GetCollectedMovies,
    GetCollectedShows, GetFavorites, GetLastActivities, GetRatings, GetWatchlist, Of,
    RemoveFromCollection, RemoveFromFavorites, RemoveFromWatchlist, RemoveRatings,
};
use trakt_api::{Changed, Collect, Favorites, Ids, LastActivities, Note, Plain, Rate, Rating};

use super::{DAY, UNKNOWN, Viewer, episodes, movies};

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

fn favorites<T: Clone>(ids: &[i64], with: &T) -> Favorites<T> {
    let movies = movies(ids, with).movies;
    Favorites {
        movies,
        ..Favorites::default()
    }
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
    let items = &favorites(&BOTH, &Note::default());
    let gone = &favorites(&BOTH, &Plain {});
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

#[test]
fn a_list_is_in_order_and_has_nothing_twice() {
    let viewer = Viewer::new("sean");
    let items = &movies(&[3, 1, 2], &Note::default());
    let added = viewer.send(&AddToWatchlist { items });
    let held = added.list.unwrap().item_count;
    assert_eq!((added.added.movies, held), (3, Some(3)));
    let again = viewer.send(&AddToWatchlist { items });
    assert_eq!((again.added.movies, again.existing.movies), (0, 3));
    for of in [Of::All, Of::Movies] {
        let extended = None;
        let list = viewer.all(&GetWatchlist { of, extended });
        let ranks: Vec<_> = list.iter().map(|item| item.rank).collect();
        assert_eq!(ranks, [1, 2, 3].map(Some));
    }

    let items = &favorites(&[1, 2, 3], &Note::default());
    viewer.send(&AddToFavorites { items });
    for (of, length) in [(FavoritesOf::Movies, 3), (FavoritesOf::Shows, 0)] {
        let extended = None;
        assert_eq!(viewer.all(&GetFavorites { of, extended }).len(), length);
    }
}

#[test]
fn a_rating_is_what_was_given_and_when() {
    let viewer = Viewer::new("sean");
    let rated_at = DAY.parse().ok();
    let rating = Rating::new(9).unwrap();
    let ratings = &movies(&[1, 2, 3], &Rate { rating, rated_at });
    viewer.send(&AddRatings { ratings });
    let rated = viewer.all(&GetRatings::default());
    let given: Vec<_> = rated.iter().map(|one| (one.rating, one.rated_at)).collect();
    assert_eq!(given, [(9, rated_at); 3]);
    for (rating, length) in [(9, 3), (8, 0)] {
        let of = Of::Movies;
        let (rating, extended) = (Rating::new(rating), None);
        let endpoint = GetRatings {
            of,
            rating,
            extended,
        };
        assert_eq!(viewer.all(&endpoint).len(), length);
    }
}

#[test]
fn a_collection_says_since_when() {
    let viewer = Viewer::new("sean");
    let collected_at = DAY.parse().ok();
    let since = Collect { collected_at };
    let items = &movies(&[1], &since);
    viewer.send(&AddToCollection { items });
    let items = &episodes(1, &[1], &since);
    viewer.send(&AddToCollection { items });
    let owned = viewer.all(&GetCollectedMovies::default());
    assert_eq!((owned.len(), owned[0].collected_at), (1, collected_at));
    let owned = viewer.all(&GetCollectedShows::default());
    let seasons = owned[0].seasons.as_ref().unwrap();
    assert_eq!((owned.len(), seasons[0].episodes[0].number), (1, 1));
}
