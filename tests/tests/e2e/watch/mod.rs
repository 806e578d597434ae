//! What a user watches: read from the simulator into PostgreSQL until both say the same.

mod history;
mod reads;
mod routes;
mod sequences;
mod viewer;

use trakt_api::endpoints::{AddRatings, AddToHistory, RemoveFromHistory};
use trakt_api::{Plain, Play, Rate, Rating, WatchedAt};
use trakt_core::ports::TraktFault;
use trakt_core::watch::{Part, PullError};
use trakt_sim::Fault;

use crate::harness::movies;
use viewer::Viewer;

fn play() -> Play {
    let watched_at = WatchedAt::At("2026-09-01T20:00:00.123Z".parse().unwrap());
    Play { watched_at }
}

fn paths(requests: &[trakt_sim::Request]) -> Vec<&str> {
    requests.iter().map(|one| one.path.as_str()).collect()
}

/// 1, and for each part that changed as many as it has pages.
#[test]
fn a_pull_makes_as_few_calls_as_there_can_be() {
    let viewer = Viewer::new();
    let pull = || drop(viewer.watch.pull(viewer.id()).unwrap());
    let first = viewer.calls(pull);
    assert_eq!(first.len(), 1 + Part::ALL.len(), "{:?}", paths(&first));
    assert_eq!(paths(&viewer.calls(pull)), ["/sync/last_activities"]);

    let plays = movies((1..=300).map(|number| number % 50 + 1), &play());
    viewer.send(&AddToHistory { plays: &plays }).unwrap();
    let rating = Rating::new(7).unwrap();
    let rated_at = None;
    let ratings = movies([4], &Rate { rating, rated_at });
    viewer.send(&AddRatings { ratings: &ratings }).unwrap();
    let second = viewer.calls(pull);
    let expected = [
        "/sync/last_activities",
        "/sync/history/movies",
        "/sync/history/movies",
        "/sync/ratings/movies",
    ];
    assert_eq!(paths(&second), expected);
    assert_eq!(viewer.ours(), viewer.theirs());
    assert_eq!(viewer.ours().len(), 301);
    assert_eq!(paths(&viewer.calls(pull)).len(), 1);
}

#[test]
fn a_page_that_never_comes_removes_nothing() {
    let viewer = Viewer::new();
    let plays = movies(1..=300, &play());
    viewer.send(&AddToHistory { plays: &plays }).unwrap();
    viewer.watch.pull(viewer.id()).unwrap();
    let before = viewer.ours();
    assert_eq!(before.len(), 300);

    let all_of = &movies(1..=60, &Plain {});
    let removal = RemoveFromHistory { ids: &[], all_of };
    viewer.send(&removal).unwrap();
    let history = "GET /sync/history/movies";
    viewer
        .sim
        .fault_times(history, 100, Fault::status(404))
        .unwrap();
    // The other list that changed is read all the same.
    let (rating, rated_at) = (Rating::new(7).unwrap(), None);
    let ratings = movies([4], &Rate { rating, rated_at });
    viewer.send(&AddRatings { ratings: &ratings }).unwrap();
    let pulled = viewer.watch.pull(viewer.id()).unwrap();
    assert_eq!(pulled.partial, [Part::MoviePlays]);
    assert_eq!(pulled.whole, [Part::MovieRatings]);
    assert_eq!(viewer.ours().len(), before.len() + 1);
    // One that gives no second list either is asked for no third.
    let rated = "GET /sync/ratings/movies";
    viewer.send(&AddRatings { ratings: &ratings }).unwrap();
    viewer
        .sim
        .fault_times(rated, 100, Fault::status(404))
        .unwrap();
    let failed = viewer.watch.pull(viewer.id()).unwrap_err();
    let unavailable = matches!(failed, PullError::Trakt(TraktFault::Unavailable { .. }));
    assert!(unavailable, "{failed:?}");
    assert_eq!(viewer.ours().len(), before.len() + 1);

    viewer.sim.clear_faults();
    viewer.watch.pull(viewer.id()).unwrap();
    assert_eq!(viewer.ours().len(), 241);
    assert_eq!(viewer.ours(), viewer.theirs());
}

#[test]
fn a_page_that_comes_at_the_second_try_costs_no_other() {
    let viewer = Viewer::new();
    let plays = movies(1..=300, &play());
    viewer.send(&AddToHistory { plays: &plays }).unwrap();
    let history = "GET /sync/history/movies";
    viewer.sim.fault(history, Fault::status(502)).unwrap();
    let calls = viewer.calls(|| drop(viewer.watch.pull(viewer.id()).unwrap()));
    let pages = paths(&calls);
    let pages = pages.iter().filter(|path| path.ends_with("/movies"));
    // Two pages of plays, one of them twice, and one of ratings.
    assert_eq!(pages.count(), 4);
    assert_eq!(viewer.ours(), viewer.theirs());
}

#[test]
fn another_account_begins_anew_and_nothing_is_read_without_a_link() {
    let viewer = Viewer::new();
    let plays = movies(1..=3, &play());
    viewer.send(&AddToHistory { plays: &plays }).unwrap();
    viewer.watch.pull(viewer.id()).unwrap();
    assert_eq!(viewer.ours().len(), 3);

    let unlink = "UPDATE trakt_users SET status = 'needs_relink' WHERE user_id = $1";
    viewer.database.execute(unlink, &[&viewer.user]);
    let failed = viewer.watch.pull(viewer.id()).unwrap_err();
    assert_eq!(failed, PullError::Nothing);
    assert_eq!(viewer.ours().len(), 3);

    let other = trakt_sim::Account::new("other", "other", "other");
    viewer.sim.add_account(other).unwrap();
    let gone = "DELETE FROM trakt_users WHERE user_id = $1";
    viewer.database.execute(gone, &[&viewer.user]);
    viewer.linker.link_again(&viewer.sim, viewer.user, "other");
    viewer.watch.pull(viewer.id()).unwrap();
    assert_eq!(viewer.ours().len(), 0);
}
