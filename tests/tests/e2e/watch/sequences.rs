//! Whatever a user does at Trakt, we have the same after each pull.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use trakt_api::endpoints::{
    AddRatings, AddToHistory, AddToWatchlist, GetHistory, GetPlayback, RemoveFromHistory,
    RemoveFromWatchlist, RemovePlayback, RemoveRatings, ResetWatchedProgress, ScrobblePause,
    ScrobbleStop, UndoWatchedReset,
};
use trakt_api::{
    Batch, EpisodeEntry, Extent, Ids, Note, Percent, Plain, Play, Playing, Rate, Rating,
    SeasonEntry, ShowEntry, WatchedAt,
};

use super::movies;
use super::viewer::Viewer;

/// Something that a user does. Movies and shows are few, so that it meets what was done before.
#[derive(Clone, Debug)]
enum Deed {
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

fn deed() -> impl Strategy<Value = Deed> {
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
fn act(viewer: &Viewer, deed: &Deed) {
    let playing = |movie: i64| Playing::Movie(Ids::trakt(movie).into());
    match *deed {
        Deed::Watch { movie, second } => {
            let plays = &movies([movie], &at(second));
            viewer.send(&AddToHistory { plays }).unwrap();
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
            viewer.send(&AddToHistory { plays }).unwrap();
        }
        Deed::Forget { movie } => {
            let all_of = &movies([movie], &Plain {});
            let removal = RemoveFromHistory { ids: &[], all_of };
            viewer.send(&removal).unwrap();
        }
        Deed::ForgetPlay { place } => {
            let plays = viewer.all(&GetHistory::default());
            if !plays.is_empty() {
                let ids = &[plays[place % plays.len()].id];
                let all_of = &Batch::default();
                viewer.send(&RemoveFromHistory { ids, all_of }).unwrap();
            }
        }
        Deed::Rate { movie, rating } => {
            let rating = Rating::new(rating).unwrap();
            let rated_at = None;
            let ratings = &movies([movie], &Rate { rating, rated_at });
            viewer.send(&AddRatings { ratings }).unwrap();
        }
        Deed::Unrate { movie } => {
            let items = &movies([movie], &Plain {});
            viewer.send(&RemoveRatings { items }).unwrap();
        }
        Deed::List { movie } => {
            let items = &movies([movie], &Note::default());
            viewer.send(&AddToWatchlist { items }).unwrap();
        }
        Deed::Unlist { movie } => {
            let items = &movies([movie], &Plain {});
            viewer.send(&RemoveFromWatchlist { items }).unwrap();
        }
        Deed::Pause { movie, percent } => {
            let progress = Percent::new(percent.into()).unwrap();
            let playing = &playing(movie);
            viewer.send(&ScrobblePause { playing, progress }).unwrap();
        }
        Deed::Stop { movie } => {
            let progress = Percent::new(90.0).unwrap();
            let playing = &playing(movie);
            drop(viewer.send(&ScrobbleStop { playing, progress }));
        }
        Deed::RemovePause => {
            for half in viewer.all(&GetPlayback::default()).into_iter().take(1) {
                viewer.send(&RemovePlayback { id: half.id }).unwrap();
            }
        }
        Deed::Reset { show } => {
            let show = show.into();
            viewer.send(&ResetWatchedProgress { show }).unwrap();
        }
        Deed::Undo { show } => {
            let show = show.into();
            viewer.send(&UndoWatchedReset { show }).unwrap();
        }
        Deed::Later => viewer.sim.advance(3600),
    }
}

/// A viewer costs a database and a simulator: one serves all sequences, which go on from where the
/// one before ended.
#[test]
fn after_any_sequence_both_are_the_same() {
    let viewer = Viewer::new();
    let config = proptest::test_runner::Config {
        failure_persistence: None,
        max_shrink_iters: 0,
        ..proptest::test_runner::Config::with_cases(24)
    };
    proptest!(config, |(deeds in vec(deed(), 1..12))| {
        for deed in &deeds {
            act(&viewer, deed);
        }
        viewer.watch.pull(viewer.id()).unwrap();
        assert_eq!(viewer.ours(), viewer.theirs(), "after {deeds:?}");
        // Twice is once.
        let again = viewer.watch.pull(viewer.id()).unwrap();
        assert_eq!((again.whole, again.partial), (vec![], vec![]));
    });
}
