//! What is read.

use chrono::{DateTime, NaiveDate, Utc};
use trakt_api::endpoints::{
    Extended, FavoritesOf, GetCollectedMovies, GetCollectedShows, GetEpisode, GetFavorites,
    GetHiddenShows, GetHistory, GetLastActivities, GetMovie, GetMyMovies, GetMyShows, GetPlayback,
    GetProfile, GetRatings, GetRecommendedMovies, GetRecommendedShows, GetSeason, GetSeasons,
    GetSettings, GetShow, GetStats, GetUpNext, GetWatchedMovieIds, GetWatchedMovies,
    GetWatchedProgress, GetWatchedShowIds, GetWatchedShows, GetWatchlist, HiddenFrom, HistoryOf,
    Of, PlaybackOf, SearchById, SearchByText, Wanted,
};
use trakt_api::{IdType, Kind, PathId, Rating};

use super::{Called, calls, list, one, page};

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
    calls!(calls, page GetHistory
        { ..GetHistory::default() }
        { of: HistoryOf::Movies, start_at: time(), end_at: time(), extended: FULL }
        { of: HistoryOf::Episodes, extended: FULL, ..GetHistory::default() }
        { of: HistoryOf::Movie(1), start_at: time(), end_at: time(), extended: FULL }
        { of: HistoryOf::Show(1), start_at: time(), ..GetHistory::default() }
        { of: HistoryOf::Season(1), end_at: time(), ..GetHistory::default() }
        { of: HistoryOf::Episode(1), ..GetHistory::default() });
    calls!(calls, page GetPlayback
        { ..GetPlayback::default() }
        { of: PlaybackOf::Movies, start_at: time(), end_at: time(), extended: FULL }
        { of: PlaybackOf::Episodes, ..GetPlayback::default() });
    calls!(calls, page GetWatchedMovies { extended: None } { extended: FULL });
    calls!(calls, page GetWatchedShows
        { extended: None, specials: false }
        { extended: Some(Extended::Progress), specials: true }
        { extended: Some(Extended::FullProgress), specials: false });
    calls!(calls, one GetWatchedMovieIds {});
    calls!(calls, one GetWatchedShowIds {});
    for of in OF {
        calls.push(page("GetWatchlist", move || GetWatchlist {
            of,
            extended: FULL,
        }));
        calls.push(page("GetRatings", move || GetRatings {
            of,
            rating: None,
            extended: None,
        }));
        calls.push(page("GetRatings", move || GetRatings {
            of,
            rating: Rating::new(10),
            extended: FULL,
        }));
    }
    calls!(calls, page GetFavorites
        { of: FavoritesOf::All, extended: None }
        { of: FavoritesOf::Movies, extended: FULL }
        { of: FavoritesOf::Shows, extended: None });
    calls!(calls, page GetHiddenShows
        { from: HiddenFrom::Calendar, extended: None }
        { from: HiddenFrom::ProgressWatched, extended: FULL }
        { from: HiddenFrom::Recommendations, extended: None }
        { from: HiddenFrom::Dropped, extended: None });
    calls!(calls, page GetCollectedMovies { extended: None } { extended: FULL });
    calls!(calls, page GetCollectedShows { extended: None } { extended: FULL });
    calls!(calls, one GetWatchedProgress
        { show: show(), hidden: true, specials: true, count_specials: true }
        { show: 1.into(), hidden: false, specials: false, count_specials: false });
    calls!(calls, page GetUpNext {});
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
    calls!(calls, page SearchByText
        { kinds: &[Kind::Movie], query: "tron & co", extended: None }
        { kinds: &[Kind::Show, Kind::Episode], query: "", extended: FULL });
    calls!(calls, page SearchById
        { id_type: IdType::Imdb, id: "tt0848228", kinds: &[], extended: None }
        { id_type: IdType::Tmdb, id: "1", kinds: &[Kind::Movie, Kind::Show], extended: FULL });
    calls!(calls, one GetMovie
        { movie: "tron-legacy-2010".into(), extended: None }
        { movie: 1.into(), extended: FULL });
    calls!(calls, one GetShow { show: show(), extended: None } { show: 1.into(), extended: FULL });
    calls.push(Called::new("GetSeasons", |client| {
        let seasons = super::sent(client, &GetSeasons { show: show() })?;
        Ok((seasons.seasons.len(), usize::from(!seasons.whole())))
    }));
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
