//! What is written.

use chrono::{DateTime, Utc};
use trakt_api::endpoints::{
    AddRatings, AddToCollection, AddToFavorites, AddToHistory, AddToWatchlist, Checkin, HiddenFrom,
    HideMovie, HideShow, RemoveCheckin, RemoveFromCollection, RemoveFromFavorites,
    RemoveFromHistory, RemoveFromWatchlist, RemoveHidden, RemovePlayback, RemoveRatings,
    ResetWatchedProgress, ScrobblePause, ScrobbleStart, ScrobbleStop, UndoWatchedReset,
};
use trakt_api::{
    Batch, Changed, Client, Collect, Endpoint, Entry, EpisodeEntry, Error, Extent, Favorites, Ids,
    Named, Note, Percent, Plain, Play, Playing, Rate, Rating, SeasonEntry, ShowEntry, WatchedAt,
};

use super::{Called, calls, one, sent};

fn time() -> DateTime<Utc> {
    "2014-09-01T09:10:11.123Z".parse().unwrap()
}

fn titled() -> Named {
    Named {
        ids: Ids::default(),
        title: Some("TRON: Legacy".to_owned()),
        year: Some(2010),
    }
}

/// Every form in which things are named.
fn batch<T: Clone>(with: T) -> Batch<T> {
    let entry = |item: Named| Entry {
        item,
        with: with.clone(),
    };
    let show = |item: Named| ShowEntry {
        item,
        extent: Extent::Whole(with.clone()),
    };
    let episode = EpisodeEntry {
        number: 2,
        with: with.clone(),
    };
    let season = SeasonEntry {
        number: 0,
        extent: Extent::Parts(vec![episode]),
    };
    let part = ShowEntry {
        item: Ids::tvdb(81189).into(),
        extent: Extent::Parts(vec![season]),
    };
    let all = Ids {
        slug: Some("tron-legacy-2010".to_owned()),
        imdb: Some("tt1104001".to_owned()),
        tmdb: Some(20526),
        ..Ids::trakt(12601)
    };
    Batch {
        movies: vec![entry(all.into()), entry(titled())],
        shows: vec![show(Ids::trakt(4).into()), show(titled()), part],
        seasons: vec![entry(Ids::trakt(3).into()), entry(Ids::tvdb(4).into())],
        episodes: vec![entry(Ids::trakt(5).into()), entry(Ids::tvdb(6).into())],
    }
}

/// A whole season, by its number.
fn season<T>(with: T) -> Batch<T> {
    let season = SeasonEntry {
        number: 1,
        extent: Extent::Whole(with),
    };
    let show = ShowEntry {
        item: Ids::tvdb(81189).into(),
        extent: Extent::Parts(vec![season]),
    };
    Batch {
        shows: vec![show],
        ..Batch::default()
    }
}

/// Every form in which whole things are named by ids.
fn by_ids<T: Clone>(with: T) -> Batch<T> {
    let mut batch = batch(with);
    batch.movies.retain(|entry| entry.item.title.is_none());
    batch
        .shows
        .retain(|entry| entry.item.title.is_none() && matches!(entry.extent, Extent::Whole(_)));
    batch
}

/// What favorites are made of.
fn favorites<T: Clone>(with: &T) -> Favorites<T> {
    let [movies, shows] = [Ids::imdb("tt1104001"), Ids::tmdb(1)].map(|ids| {
        vec![Entry {
            item: ids.into(),
            with: with.clone(),
        }]
    });
    Favorites { movies, shows }
}

/// A write of a batch, which the endpoint borrows.
fn write<B: 'static>(
    endpoint: &'static str,
    batch: B,
    send: fn(&Client, &B) -> Result<Changed, Error>,
) -> Called {
    Called::new(endpoint, move |client| send(client, &batch).map(|_| (1, 0)))
}

fn playing() -> [(&'static str, Playing); 4] {
    let movie = Named {
        ids: Ids::trakt(28),
        ..titled()
    };
    let by_numbers = Playing::EpisodeOf {
        show: Ids::trakt(1).into(),
        season: 1,
        number: 1,
    };
    [
        ("", Playing::Movie(movie)),
        ("", Playing::Episode(Ids::trakt(16))),
        ("a movie by ids", Playing::Movie(Ids::trakt(28).into())),
        ("an episode by numbers", by_numbers),
    ]
}

pub fn calls() -> Vec<Called> {
    let mut calls = Vec::new();
    for watched_at in [
        WatchedAt::At(time()),
        WatchedAt::Released,
        WatchedAt::Unknown,
    ] {
        calls.push(write(
            "AddToHistory",
            batch(Play { watched_at }),
            |client, plays| sent(client, &AddToHistory { plays }),
        ));
    }
    let empty = Batch::default;
    for (ids, all_of) in [
        (vec![9_007_199_254_740_991], empty()),
        (vec![], batch(Plain {})),
    ] {
        calls.push(Called::new("RemoveFromHistory", move |client| {
            let (ids, all_of) = (&ids, &all_of);
            sent(client, &RemoveFromHistory { ids, all_of }).map(|_| (1, 0))
        }));
    }
    let notes = Some("for the weekend".to_owned());
    for note in [Note::default(), Note { notes }] {
        calls.push(write(
            "AddToWatchlist",
            batch(note.clone()),
            |client, items| sent(client, &AddToWatchlist { items }),
        ));
        calls.push(write(
            "AddToFavorites",
            favorites(&note),
            |client, items| sent(client, &AddToFavorites { items }),
        ));
    }
    calls.push(write(
        "RemoveFromWatchlist",
        batch(Plain {}),
        |client, items| sent(client, &RemoveFromWatchlist { items }),
    ));
    calls.push(write(
        "RemoveFromFavorites",
        favorites(&Plain {}),
        |client, items| sent(client, &RemoveFromFavorites { items }),
    ));
    for from in [HiddenFrom::Recommendations, HiddenFrom::ProgressWatched] {
        let items = favorites(&Plain {});
        calls.push(Called::new("RemoveHidden", move |client| {
            let items = &items;
            sent(client, &RemoveHidden { from, items }).map(|_| (1, 0))
        }));
    }
    for rated_at in [None, Some(time())] {
        let rating = Rating::new(10).unwrap();
        calls.push(write(
            "AddRatings",
            by_ids(Rate { rating, rated_at }),
            |client, ratings| sent(client, &AddRatings { ratings }),
        ));
    }
    calls.push(write("RemoveRatings", by_ids(Plain {}), |client, items| {
        sent(client, &RemoveRatings { items })
    }));
    for collected_at in [None, Some(time())] {
        calls.push(write(
            "AddToCollection",
            batch(Collect { collected_at }),
            |client, items| sent(client, &AddToCollection { items }),
        ));
    }
    calls.push(write(
        "RemoveFromCollection",
        batch(Plain {}),
        |client, items| sent(client, &RemoveFromCollection { items }),
    ));
    calls.extend(seasons().map(|call| call.form("a season by number")));
    for (form, playing) in playing() {
        let progress = Percent::new(81.5).unwrap();
        let mut players = vec![
            player("ScrobbleStart", &playing, move |client, playing| {
                to(client, &ScrobbleStart { playing, progress })
            }),
            player("ScrobblePause", &playing, move |client, playing| {
                to(client, &ScrobblePause { playing, progress })
            }),
            player("ScrobbleStop", &playing, move |client, playing| {
                to(client, &ScrobbleStop { playing, progress })
            }),
        ];
        for message in [None, Some("Great")] {
            players.push(player("Checkin", &playing, move |client, playing| {
                to(client, &Checkin { playing, message })
            }));
        }
        calls.extend(players.into_iter().map(|call| call.form(form)));
    }
    calls!(calls, one RemovePlayback { id: 13 });
    calls!(calls, one ResetWatchedProgress { show: 1.into() });
    calls!(calls, one UndoWatchedReset { show: 1.into() });
    calls!(calls, one HideMovie { movie: 1.into() });
    calls!(calls, one HideShow { show: "game-of-thrones".into() });
    calls!(calls, one RemoveCheckin {});
    calls
}

fn seasons() -> [Called; 6] {
    let watched_at = WatchedAt::Released;
    [
        write(
            "AddToHistory",
            season(Play { watched_at }),
            |client, plays| sent(client, &AddToHistory { plays }),
        ),
        write("RemoveFromHistory", season(Plain {}), |client, all_of| {
            sent(client, &RemoveFromHistory { ids: &[], all_of })
        }),
        write(
            "AddToWatchlist",
            season(Note::default()),
            |client, items| sent(client, &AddToWatchlist { items }),
        ),
        write("RemoveFromWatchlist", season(Plain {}), |client, items| {
            sent(client, &RemoveFromWatchlist { items })
        }),
        write(
            "AddToCollection",
            season(Collect::default()),
            |client, items| sent(client, &AddToCollection { items }),
        ),
        write("RemoveFromCollection", season(Plain {}), |client, items| {
            sent(client, &RemoveFromCollection { items })
        }),
    ]
}

fn to<E: Endpoint>(client: &Client, endpoint: &E) -> Result<(), Error> {
    sent(client, endpoint).map(drop)
}

fn player(
    endpoint: &'static str,
    playing: &Playing,
    send: impl Fn(&Client, &Playing) -> Result<(), Error> + 'static,
) -> Called {
    let playing = playing.clone();
    Called::new(endpoint, move |client| {
        send(client, &playing).map(|()| (1, 0))
    })
}
