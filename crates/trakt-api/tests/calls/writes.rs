//! What is written.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_api::endpoints::{
    AddRatings, AddToCollection, AddToFavorites, AddToHistory, AddToWatchlist, Checkin, HideMovie,
    HideShow, RemoveCheckin, RemoveFromCollection, RemoveFromFavorites, RemoveFromHistory,
    RemoveFromWatchlist, RemovePlayback, RemoveRatings, ResetWatchedProgress, ScrobblePause,
    ScrobbleStart, ScrobbleStop, UndoWatchedReset,
};
use trakt_api::{
    Batch, Changed, Client, Collect, Endpoint, Entry, EpisodeEntry, Error, Ids, Named, Note,
    Percent, Plain, Play, Playing, Rate, Rating, SeasonEntry, ShowEntry, WatchedAt,
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
        with: Some(with.clone()),
        seasons: Vec::new(),
    };
    let part = ShowEntry {
        item: Ids::tvdb(81189).into(),
        with: None,
        seasons: vec![SeasonEntry {
            number: 1,
            with: None,
            episodes: vec![EpisodeEntry {
                number: 2,
                with: with.clone(),
            }],
        }],
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

/// Every form in which whole things are named by ids.
fn by_ids<T: Clone>(with: T) -> Batch<T> {
    let mut batch = batch(with);
    batch.movies.retain(|entry| entry.item.title.is_none());
    batch
        .shows
        .retain(|entry| entry.item.title.is_none() && entry.seasons.is_empty());
    batch
}

/// What has no seasons and episodes, and no names but ids.
fn short<T: Clone>(with: &T) -> Batch<T> {
    let [movie, show] = [Ids::imdb("tt1104001"), Ids::tmdb(1)].map(Named::from);
    Batch {
        movies: vec![Entry {
            item: movie,
            with: with.clone(),
        }],
        shows: vec![ShowEntry {
            item: show,
            with: Some(with.clone()),
            seasons: Vec::new(),
        }],
        ..Batch::default()
    }
}

/// A write of a batch, which the endpoint borrows.
fn write<T: Serialize + 'static>(
    endpoint: &'static str,
    batch: Batch<T>,
    send: fn(&Client, &Batch<T>) -> Result<Changed, Error>,
) -> Called {
    Called {
        endpoint,
        send: Box::new(move |client| send(client, &batch).map(|_| (1, 0))),
    }
}

fn playing() -> [Playing; 3] {
    [
        Playing::Movie(Named {
            ids: Ids::trakt(28),
            ..titled()
        }),
        Playing::Episode(Ids::trakt(16)),
        Playing::EpisodeOf {
            show: Named {
                ids: Ids::trakt(1),
                ..titled()
            },
            season: 1,
            number: 1,
        },
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
        calls.push(Called {
            endpoint: "RemoveFromHistory",
            send: Box::new(move |client| {
                let (ids, all_of) = (&ids, &all_of);
                sent(client, &RemoveFromHistory { ids, all_of }).map(|_| (1, 0))
            }),
        });
    }
    let notes = Some("for the weekend".to_owned());
    for note in [Note::default(), Note { notes }] {
        calls.push(write(
            "AddToWatchlist",
            batch(note.clone()),
            |client, items| sent(client, &AddToWatchlist { items }),
        ));
        calls.push(write("AddToFavorites", short(&note), |client, items| {
            sent(client, &AddToFavorites { items })
        }));
    }
    calls.push(write(
        "RemoveFromWatchlist",
        batch(Plain {}),
        |client, items| sent(client, &RemoveFromWatchlist { items }),
    ));
    calls.push(write(
        "RemoveFromFavorites",
        short(&Plain {}),
        |client, items| sent(client, &RemoveFromFavorites { items }),
    ));
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
    for playing in playing() {
        let progress = Percent::new(81.5).unwrap();
        calls.extend([
            player("ScrobbleStart", playing.clone(), move |client, playing| {
                to(client, &ScrobbleStart { playing, progress })
            }),
            player("ScrobblePause", playing.clone(), move |client, playing| {
                to(client, &ScrobblePause { playing, progress })
            }),
            player("ScrobbleStop", playing.clone(), move |client, playing| {
                to(client, &ScrobbleStop { playing, progress })
            }),
            player("Checkin", playing, |client, playing| {
                let message = Some("Great");
                to(client, &Checkin { playing, message })?;
                to(
                    client,
                    &Checkin {
                        playing,
                        message: None,
                    },
                )
            }),
        ]);
    }
    calls!(calls, one RemovePlayback { id: 13 });
    calls!(calls, one ResetWatchedProgress { show: 1.into() });
    calls!(calls, one UndoWatchedReset { show: 1.into() });
    calls!(calls, one HideMovie { movie: 1.into() });
    calls!(calls, one HideShow { show: "game-of-thrones".into() });
    calls!(calls, one RemoveCheckin {});
    calls
}

fn to<E: Endpoint>(client: &Client, endpoint: &E) -> Result<(), Error> {
    sent(client, endpoint).map(drop)
}

fn player(
    endpoint: &'static str,
    playing: Playing,
    send: impl Fn(&Client, &Playing) -> Result<(), Error> + 'static,
) -> Called {
    Called {
        endpoint,
        send: Box::new(move |client| send(client, &playing).map(|()| (1, 0))),
    }
}
