//! What is read.

use chrono::{DateTime, NaiveDate, Utc};
use trakt_api::endpoints::{
    Extended, GetCollectedMovies, GetCollectedShows, GetEpisode, GetFavorites, GetHistory,
    GetLastActivities, GetMovie, GetMyMovies, GetMyShows, GetPlayback, GetProfile, GetRatings,
    GetRecommendedMovies, GetRecommendedShows, GetSeason, GetSettings, GetShow, GetStats,
    GetUpNext, GetWatchedMovieIds, GetWatchedMovies, GetWatchedProgress, GetWatchedShowIds,
    GetWatchedShows, GetWatchlist, HistoryOf, Of, SearchById, SearchByText, Wanted,
};
use trakt_api::{IdType, Kind, PathId, Rating};

use super::{Called, calls, list, one};

fn time() -> Option<DateTime<Utc>> {
    "2014-09-01T09:10:11.123Z".parse().ok()
}

fn day() -> NaiveDate {
    "2026-11-23".parse().unwrap()
}

fn show() -> PathId<'static> {
    PathId::from("game-of-thrones")
}

const FULL: Option<Extended> = Some(Extended::Full);
const OF: [Of; 5] = [Of::All, Of::Movies, Of::Shows, Of::Seasons, Of::Episodes];

pub fn calls() -> Vec<Called> {
    let mut calls = Vec::new();
    calls!(calls, one GetSettings {});
    calls!(calls, one GetProfile { slug: "sean" });
    calls!(calls, one GetStats { slug: "me" });
    calls!(calls, one GetLastActivities {});
    calls!(calls, list GetHistory
        { ..GetHistory::default() }
        { of: HistoryOf::Movies, start_at: time(), end_at: time(), extended: FULL }
        { of: HistoryOf::Episodes, extended: FULL, ..GetHistory::default() }
        { of: HistoryOf::Movie(1), start_at: time(), end_at: time(), extended: FULL }
        { of: HistoryOf::Show(1), start_at: time(), ..GetHistory::default() }
        { of: HistoryOf::Season(1), end_at: time(), ..GetHistory::default() }
        { of: HistoryOf::Episode(1), ..GetHistory::default() });
    calls!(calls, list GetPlayback
        { ..GetPlayback::default() }
        { of: Of::Movies, start_at: time(), end_at: time(), extended: FULL }
        { of: Of::Episodes, ..GetPlayback::default() });
    calls!(calls, list GetWatchedMovies { extended: None } { extended: FULL });
    calls!(calls, list GetWatchedShows
        { extended: None, specials: false }
        { extended: Some(Extended::Progress), specials: true }
        { extended: Some(Extended::FullProgress), specials: false });
    calls!(calls, one GetWatchedMovieIds {});
    calls!(calls, one GetWatchedShowIds {});
    for of in OF {
        calls.push(list("GetWatchlist", move || GetWatchlist {
            of,
            extended: FULL,
        }));
        calls.push(list("GetRatings", move || GetRatings {
            of,
            rating: None,
            extended: None,
        }));
        calls.push(list("GetRatings", move || GetRatings {
            of,
            rating: Rating::new(10),
            extended: FULL,
        }));
    }
    calls!(calls, list GetFavorites
        { of: Of::All, extended: None }
        { of: Of::Movies, extended: FULL }
        { of: Of::Shows, extended: None });
    calls!(calls, list GetCollectedMovies { extended: None } { extended: FULL });
    calls!(calls, list GetCollectedShows { extended: None } { extended: FULL });
    calls!(calls, one GetWatchedProgress
        { show: show(), hidden: true, specials: true, count_specials: true }
        { show: 1.into(), hidden: false, specials: false, count_specials: false });
    calls!(calls, list GetUpNext {});
    let wanted = Wanted {
        limit: 100,
        ignore_collected: true,
        ignore_watchlisted: true,
        ignore_watched: true,
        extended: FULL,
    };
    for wanted in [wanted, Wanted::default()] {
        calls.push(list("GetRecommendedMovies", move || GetRecommendedMovies {
            wanted,
        }));
        calls.push(list("GetRecommendedShows", move || GetRecommendedShows {
            wanted,
        }));
    }
    calls!(calls, list SearchByText
        { kinds: &[Kind::Movie], query: "tron & co", extended: None }
        { kinds: &[Kind::Show, Kind::Episode], query: "", extended: FULL });
    calls!(calls, list SearchById
        { id_type: IdType::Imdb, id: "tt0848228", kinds: &[], extended: None }
        { id_type: IdType::Tmdb, id: "1", kinds: &[Kind::Movie, Kind::Show], extended: FULL });
    calls!(calls, one GetMovie
        { movie: "tron-legacy-2010".into(), extended: None }
        { movie: 1.into(), extended: FULL });
    calls!(calls, one GetShow { show: show(), extended: None } { show: 1.into(), extended: FULL });
    calls!(calls, one GetSeason
        { show: show(), season: 0, extended: None }
        { show: show(), season: 1, extended: FULL });
    calls!(calls, one GetEpisode
        { show: show(), season: 0, number: 1, extended: None }
        { show: show(), season: 1, number: 1, extended: FULL });
    calls!(calls, list GetMyShows
        { start_date: day(), days: 7, extended: None }
        { start_date: day(), days: 33, extended: FULL });
    calls!(calls, list GetMyMovies
        { start_date: day(), days: 7, extended: None }
        { start_date: day(), days: 33, extended: FULL });
    calls
}
