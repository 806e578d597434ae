//! What a person may do at Trakt and here, in any order.

use proptest::prelude::{Strategy, any, prop_oneof};
use trakt_api::endpoints::{
    AddRatings, AddToHistory, AddToWatchlist, GetHistory, GetPlayback, RemoveFromHistory,
    RemoveFromWatchlist, RemovePlayback, RemoveRatings, ResetWatchedProgress, ScrobblePause,
    ScrobbleStop, UndoWatchedReset,
};
use trakt_api::{
    Batch, Entry, EpisodeEntry, Extent, Ids, Note, Percent, Plain, Play, Playing, Rate, Rating,
    SeasonEntry, ShowEntry, WatchedAt,
};

use trakt_core::scrobble::{Sought, SoughtIds, Wish};
use trakt_core::watch::ItemKind;
use trakt_sim::Sim;

use super::Person;

/// These movies.
pub fn movies<T: Clone>(numbers: impl IntoIterator<Item = i64>, with: &T) -> Batch<T> {
    let entry = |number| Entry {
        item: Ids::trakt(number).into(),
        with: with.clone(),
    };
    Batch {
        movies: numbers.into_iter().map(entry).collect(),
        ..Batch::default()
    }
}

/// Something that a user does. Movies and shows are few, so that it meets what was done before.
#[derive(Clone, Debug)]
pub enum Deed {
    Watch { movie: i64, second: i64 },
    WatchEpisode { show: i64, number: u32, second: i64 },
    Forget { movie: i64 },
    ForgetPlay { place: usize },
    Rate { movie: i64, rating: u8 },
    Unrate { movie: i64 },
    List { movie: i64 },
    Unlist { movie: i64 },
    Pause { movie: i64, percent: u8 },
    Stop { movie: i64 },
    RemovePause,
    Reset { show: i64 },
    Undo { show: i64 },
    Later,
}

pub fn deed() -> impl Strategy<Value = Deed> {
    let movie = || 1..6_i64;
    let second = || 0..4_i64;
    prop_oneof![
        3 => (movie(), second()).prop_map(|(movie, second)| Deed::Watch { movie, second }),
        3 => (1..3_i64, 1..4_u32, second())
            .prop_map(|(show, number, second)| Deed::WatchEpisode { show, number, second }),
        1 => movie().prop_map(|movie| Deed::Forget { movie }),
        2 => any::<usize>().prop_map(|place| Deed::ForgetPlay { place }),
        1 => (movie(), 1..=10_u8).prop_map(|(movie, rating)| Deed::Rate { movie, rating }),
        1 => movie().prop_map(|movie| Deed::Unrate { movie }),
        2 => movie().prop_map(|movie| Deed::List { movie }),
        1 => movie().prop_map(|movie| Deed::Unlist { movie }),
        2 => (movie(), 2..70_u8).prop_map(|(movie, percent)| Deed::Pause { movie, percent }),
        1 => movie().prop_map(|movie| Deed::Stop { movie }),
        1 => any::<bool>().prop_map(|_| Deed::RemovePause),
        1 => (1..3_i64).prop_map(|show| Deed::Reset { show }),
        1 => (1..3_i64).prop_map(|show| Deed::Undo { show }),
        1 => any::<bool>().prop_map(|_| Deed::Later),
    ]
}

fn at(second: i64) -> Play {
    let time = chrono::DateTime::from_timestamp(1_788_300_000 + second, 0);
    let watched_at = WatchedAt::At(time.unwrap());
    Play { watched_at }
}

/// What Trakt refuses, nobody did.
pub fn act(viewer: &Person, sim: &Sim, deed: &Deed) {
    let playing = |movie: i64| Playing::Movie(Ids::trakt(movie).into());
    match *deed {
        Deed::Watch { movie, second } => {
            let plays = &movies([movie], &at(second));
            viewer.does(&AddToHistory { plays });
        }
        Deed::WatchEpisode {
            show,
            number,
            second,
        } => {
            let episode = EpisodeEntry {
                number,
                with: at(second),
            };
            let season = SeasonEntry {
                number: 1,
                extent: Extent::Parts(vec![episode]),
            };
            let show = ShowEntry {
                item: Ids::trakt(show).into(),
                extent: Extent::Parts(vec![season]),
            };
            let plays = &Batch {
                shows: vec![show],
                ..Batch::default()
            };
            viewer.does(&AddToHistory { plays });
        }
        Deed::Forget { movie } => {
            let all_of = &movies([movie], &Plain {});
            let removal = RemoveFromHistory { ids: &[], all_of };
            viewer.does(&removal);
        }
        Deed::ForgetPlay { place } => {
            let plays = viewer.sees(&GetHistory::default());
            if !plays.is_empty() {
                let ids = &[plays[place % plays.len()].id];
                let all_of = &Batch::default();
                viewer.does(&RemoveFromHistory { ids, all_of });
            }
        }
        Deed::Rate { movie, rating } => {
            let rating = Rating::new(rating).unwrap();
            let rated_at = None;
            let ratings = &movies([movie], &Rate { rating, rated_at });
            viewer.does(&AddRatings { ratings });
        }
        Deed::Unrate { movie } => {
            let items = &movies([movie], &Plain {});
            viewer.does(&RemoveRatings { items });
        }
        Deed::List { movie } => {
            let items = &movies([movie], &Note::default());
            viewer.does(&AddToWatchlist { items });
        }
        Deed::Unlist { movie } => {
            let items = &movies([movie], &Plain {});
            viewer.does(&RemoveFromWatchlist { items });
        }
        Deed::Pause { movie, percent } => {
            let progress = Percent::new(percent.into()).unwrap();
            let playing = &playing(movie);
            viewer.does(&ScrobblePause { playing, progress });
        }
        Deed::Stop { movie } => {
            let progress = Percent::new(90.0).unwrap();
            let playing = &playing(movie);
            drop(viewer.send(&ScrobbleStop { playing, progress }));
        }
        Deed::RemovePause => {
            for half in viewer.sees(&GetPlayback::default()).into_iter().take(1) {
                viewer.does(&RemovePlayback { id: half.id });
            }
        }
        Deed::Reset { show } => {
            let show = show.into();
            viewer.does(&ResetWatchedProgress { show });
        }
        Deed::Undo { show } => {
            let show = show.into();
            viewer.does(&UndoWatchedReset { show });
        }
        Deed::Later => sim.advance(3600),
    }
}

/// Something that a user writes here.
#[derive(Clone, Debug)]
pub enum Own {
    Play { movie: i64, minute: i64 },
    PlayEpisode { number: i32, minute: i64 },
    ForgetPlay { place: usize },
    Rate { movie: i64, rating: i16 },
    Unrate { movie: i64 },
    List { movie: i64 },
    Unlist { movie: i64 },
    Pause { movie: i64, percent: u8 },
    Stop { movie: i64 },
}

pub fn own() -> impl Strategy<Value = Own> {
    let movie = || 1..6_i64;
    prop_oneof![
        3 => (movie(), 0..50_i64).prop_map(|(movie, minute)| Own::Play { movie, minute }),
        3 => (1..4_i32, 0..50_i64)
            .prop_map(|(number, minute)| Own::PlayEpisode { number, minute }),
        2 => any::<usize>().prop_map(|place| Own::ForgetPlay { place }),
        2 => (movie(), 1..=10_i16).prop_map(|(movie, rating)| Own::Rate { movie, rating }),
        1 => movie().prop_map(|movie| Own::Unrate { movie }),
        2 => movie().prop_map(|movie| Own::List { movie }),
        1 => movie().prop_map(|movie| Own::Unlist { movie }),
        2 => (movie(), 2..70_u8).prop_map(|(movie, percent)| Own::Pause { movie, percent }),
        1 => movie().prop_map(|movie| Own::Stop { movie }),
    ]
}

/// What a deed wishes; `plays` are Trakt's ids of those that are held. `None` where there is
/// nothing to forget.
pub fn write(own: &Own, plays: &[i64]) -> Option<Wish> {
    let movie = |trakt: i64| Sought::Own {
        kind: ItemKind::Movie,
        ids: SoughtIds {
            trakt: Some(trakt),
            ..SoughtIds::default()
        },
    };
    let minute = |minute: i64| chrono::DateTime::from_timestamp(1_788_000_000 + minute * 60, 0);
    let scrobble = |deed, trakt, progress| Wish::Scrobble {
        deed,
        item: movie(trakt),
        progress,
    };
    Some(match *own {
        Own::Play {
            movie: trakt,
            minute: at,
        } => Wish::AddPlay {
            item: movie(trakt),
            watched_at: minute(at),
        },
        Own::PlayEpisode { number, minute: at } => Wish::AddPlay {
            item: Sought::EpisodeOf {
                show: SoughtIds {
                    trakt: Some(1),
                    ..SoughtIds::default()
                },
                season: 1,
                number,
            },
            watched_at: minute(at),
        },
        Own::ForgetPlay { place } => Wish::RemovePlay {
            id: *plays.get(place % plays.len().max(1))?,
        },
        Own::Rate {
            movie: trakt,
            rating,
        } => Wish::Rate {
            item: movie(trakt),
            rating,
        },
        Own::Unrate { movie: trakt } => Wish::Unrate { item: movie(trakt) },
        Own::List { movie: trakt } => Wish::List { item: movie(trakt) },
        Own::Unlist { movie: trakt } => Wish::Unlist { item: movie(trakt) },
        Own::Pause {
            movie: trakt,
            percent,
        } => scrobble(trakt_core::scrobble::Deed::Pause, trakt, percent.into()),
        Own::Stop { movie: trakt } => scrobble(trakt_core::scrobble::Deed::Stop, trakt, 90.0),
    })
}
