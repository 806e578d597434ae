//! Reads of the media that lag behind writes, with the clock standing still.

use serde_json::{Value, json};
use trakt_sim::{Lag, Settings};

use super::Viewer;

fn lagging(on: &str) -> Viewer {
    let viewer = Viewer::new();
    viewer.sim.set_speed(0);
    viewer.sim.set(Settings {
        lag: Some(Lag {
            on: on.to_owned(),
            ms: 3_000,
        }),
        ..Settings::default()
    });
    viewer
}

fn episode(number: u64) -> Value {
    let seasons = json!([{ "number": 1, "episodes": [{ "number": number }] }]);
    json!({ "shows": [{ "ids": { "trakt": 1 }, "seasons": seasons }] })
}

fn completed(viewer: &Viewer) -> Value {
    viewer.get("/shows/1/progress/watched").ok()["completed"].clone()
}

fn plays(viewer: &Viewer) -> usize {
    viewer.get("/sync/history?limit=7").pagination()[3]
}

#[test]
fn the_progress_of_a_show_is_seconds_behind() {
    let viewer = lagging("GET /shows/*/progress/watched");
    viewer.post("/sync/history", &episode(1)).ok();
    // Nothing was read before the write.
    assert_eq!(completed(&viewer), 0);
    assert_eq!(plays(&viewer), 1, "only that path lags");
    viewer.sim.advance(2);
    assert_eq!(completed(&viewer), 0);
    viewer.sim.advance(1);
    assert_eq!(completed(&viewer), 1);

    viewer.post("/sync/history/remove", &episode(1)).ok();
    assert_eq!(completed(&viewer), 1, "a removal lags too");
    viewer.post("/sync/history", &episode(2)).ok();
    viewer.post("/sync/history", &episode(3)).ok();
    viewer.sim.advance(2);
    assert_eq!(completed(&viewer), 1, "as before the first of the writes");
    viewer.sim.advance(1);
    assert_eq!(completed(&viewer), 2);
}

#[test]
fn every_read_of_the_library_can_lag() {
    let viewer = lagging("GET /*");
    let all = || {
        [
            "/sync/last_activities",
            "/sync/history",
            "/sync/history/episodes?page=1&limit=1",
            "/sync/watched/shows?extended=progress",
            "/sync/watchlist",
            "/sync/ratings",
            "/sync/collection/movies",
            "/sync/playback",
            "/sync/progress/watched",
            "/shows/1/progress/watched",
            "/users/me/stats",
            "/users/hidden/dropped",
        ]
        .map(|path| (path, viewer.get(path).ok()))
    };
    let before = all();
    let movies = json!({ "movies": [{ "ids": { "trakt": 1 }, "rating": 7 }] });
    let show = json!({ "shows": [{ "ids": { "trakt": 2 } }] });
    let half = json!({ "movie": { "ids": { "trakt": 3 } }, "progress": 50 });
    viewer.post("/sync/history", &episode(1)).ok();
    viewer.post("/sync/watchlist", &movies).ok();
    viewer.post("/sync/ratings", &movies).ok();
    viewer.post("/sync/collection", &movies).ok();
    viewer.post("/scrobble/pause", &half).ok();
    viewer.post("/users/hidden/dropped", &show).ok();
    assert_eq!(all(), before);
    viewer.sim.advance(3);
    for (now, then) in all().into_iter().zip(before) {
        assert_ne!(now, then);
    }
}

#[test]
fn a_write_sees_what_reads_do_not_yet() {
    let viewer = lagging("GET /*");
    let movie = json!({ "movies": [{ "ids": { "trakt": 1 } }] });
    viewer.post("/sync/watchlist", &movie).ok();
    let again = viewer.post("/sync/watchlist", &movie).ok();
    assert_eq!(again["existing"]["movies"], 1);
    assert_eq!(viewer.get("/sync/watchlist").pagination()[3], 0);
    assert_eq!(plays(&viewer), 0);
}
