//! Plays, and what follows from them.

use trakt_api::endpoints::{
    AddToHistory, Extended, GetHistory, GetLastActivities, GetStats, GetWatchedMovieIds,
    GetWatchedMovies, GetWatchedProgress, GetWatchedShowIds, GetWatchedShows, HistoryOf,
    RemoveFromHistory, ResetWatchedProgress, UndoWatchedReset,
};
use trakt_api::{Action, Batch, Call, Coverage, Ids, Plain, PlayedEpisode};
use trakt_sim::Fault;

use super::{DAY, UNKNOWN, Viewer, at, episodes, movies};

#[test]
fn plays_are_added_found_and_removed() {
    let viewer = Viewer::new("sean");
    let before = viewer.send(&GetLastActivities);
    let plays = movies(&[1, 2, 1], &at(DAY));
    let changed = viewer.send(&AddToHistory { plays: &plays });
    assert_eq!(changed.added.movies, 3);
    let unknown = movies(&[UNKNOWN], &at(DAY));
    let changed = viewer.send(&AddToHistory { plays: &unknown });
    assert_eq!(changed.not_found.movies.items[0].ids, Ids::trakt(UNKNOWN));

    let added = viewer.send(&GetLastActivities);
    assert_ne!(added.movies.watched_at, before.movies.watched_at);
    assert_eq!(added.episodes.watched_at, before.episodes.watched_at);
    let seen = viewer.all(&GetHistory::default());
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|play| play.watched_at == DAY.parse().ok()));
    assert!(seen.iter().all(|play| play.action == Some(Action::Watch)));
    let twice = viewer.all(&GetHistory {
        of: HistoryOf::Movie(1),
        ..GetHistory::default()
    });
    assert_eq!(twice.len(), 2);

    let ids: Vec<i64> = twice.iter().take(1).map(|play| play.id).collect();
    let nothing = Batch::default();
    let all_of = &nothing;
    let changed = viewer.send(&RemoveFromHistory { ids: &ids, all_of });
    assert_eq!(changed.deleted.movies, 1);
    let changed = viewer.send(&RemoveFromHistory { ids: &ids, all_of });
    assert_eq!(changed.not_found.ids.items, ids);
    let all_of = &movies(&[1, 2], &Plain {});
    viewer.send(&RemoveFromHistory { ids: &[], all_of });
    assert!(viewer.all(&GetHistory::default()).is_empty());
    let removed = viewer.send(&GetLastActivities);
    assert_ne!(removed.movies.watched_at, added.movies.watched_at);
}

#[test]
fn watched_sets_and_progress_follow_the_plays() {
    let viewer = Viewer::new("sean");
    let plays = movies(&[1, 2, 3], &at(DAY));
    viewer.send(&AddToHistory { plays: &plays });
    let plays = episodes(1, &[1, 2], &at(DAY));
    viewer.send(&AddToHistory { plays: &plays });

    assert_eq!(viewer.all(&GetWatchedMovies::default()).len(), 3);
    let watched_at = DAY.parse().ok();
    let ids = viewer.send(&GetWatchedMovieIds);
    let mut movies: Vec<_> = ids.plays.iter().map(|play| play.movie).collect();
    movies.sort_unstable();
    assert_eq!((movies, ids.bad), (vec![1, 2, 3], 0));
    assert!(ids.plays.iter().all(|play| play.watched_at == watched_at));
    let shows = viewer.all(&GetWatchedShows {
        extended: Some(Extended::Progress),
        specials: false,
    });
    let seasons = shows[0].seasons.as_ref().unwrap();
    let numbers: Vec<_> = seasons[0].episodes.iter().map(|one| one.number).collect();
    assert_eq!((shows.len(), numbers), (1, vec![1, 2]));
    let ids = viewer.send(&GetWatchedShowIds);
    let of = |play: &PlayedEpisode| (play.show, play.season, play.watched_at);
    let found: Vec<_> = ids.plays.iter().map(of).collect();
    assert_eq!((found, ids.bad), (vec![(1, 1, watched_at); 2], 0));
    assert_ne!(ids.plays[0].episode, ids.plays[1].episode);
    assert_eq!(viewer.all(&GetWatchedShows::default())[0].seasons, None);

    let progress = || {
        viewer.send(&GetWatchedProgress {
            show: 1.into(),
            hidden: false,
            specials: false,
            count_specials: false,
        })
    };
    let begun = progress();
    assert_eq!(begun.completed, 2);
    assert!(begun.aired >= 2);
    assert!(begun.seasons[0].episodes[1].completed);
    let next = begun.next_episode.unwrap();
    assert_eq!((next.season, next.number), (1, 3));
    viewer.send(&ResetWatchedProgress { show: 1.into() });
    assert!(progress().reset_at.is_some());
    assert_eq!(progress().completed, 0);
    viewer.send(&UndoWatchedReset { show: 1.into() });
    assert_eq!((progress().completed, progress().reset_at), (2, None));
    let stats = viewer.send(&GetStats { slug: "me" });
    assert_eq!((stats.movies.plays, stats.episodes.plays), (3, 2));
}

#[test]
fn a_page_that_fails_is_no_end_of_the_list() {
    let viewer = Viewer::new("sean");
    viewer.send(&AddToHistory {
        plays: &movies(&[1, 2, 3], &at(DAY)),
    });
    let history = GetHistory::default();
    let mut pages = viewer
        .client
        .pages(&history, Call::of(&viewer.token))
        .limit(2);
    assert_eq!(pages.next().unwrap().unwrap().items.len(), 2);
    viewer
        .sim
        .fault("GET /sync/history", Fault::status(502))
        .unwrap();
    assert!(pages.next().unwrap().is_err());
    assert!(matches!(pages.coverage(), Coverage::Incomplete(_)));
    pages.resume();
    assert_eq!(pages.next().unwrap().unwrap().items.len(), 1);
    assert_eq!(pages.coverage(), Coverage::Complete);
}
