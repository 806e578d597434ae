//! Everything that can be asked for.

use serde_json::{Value, json};

use super::super::Viewer;
use super::Check;

pub fn lists_and_summaries(check: &mut Check, viewer: &Viewer) {
    let released = viewer.get("/movies/9?extended=full").ok()["released"].clone();
    let show = viewer.get("/sync/watched/shows").ok()[0]["show"]["ids"]["trakt"].clone();
    for (operation, paths) in [
        ("GET /users/settings", &["/users/settings"][..]),
        (
            "GET /users/{id}/",
            &["/users/me", "/users/sean?extended=full"],
        ),
        ("GET /users/{id}/stats", &["/users/me/stats"]),
        ("GET /sync/last_activities", &["/sync/last_activities"]),
        (
            "GET /sync/history/{type}/{id}",
            &[
                "/sync/history?limit=250",
                "/sync/history/shows/5?extended=full",
            ],
        ),
        (
            "GET /sync/watched/{type}",
            &[
                "/sync/watched/movies",
                "/sync/watched/shows?extended=progress",
            ],
        ),
        (
            "GET /sync/watchlist/{type}/{sort_by}/{sort_how}",
            &[
                "/sync/watchlist",
                "/sync/watchlist/all/rank/asc?extended=full",
            ],
        ),
        (
            "GET /sync/ratings/{type}/{rating}",
            &["/sync/ratings", "/sync/ratings/movies?extended=full"],
        ),
        (
            "GET /sync/favorites/{type}/{sort_by}/{sort_how}",
            &["/sync/favorites?extended=full"],
        ),
        (
            "GET /sync/playback/movies",
            &["/sync/playback/movies?extended=full"],
        ),
        (
            "GET /sync/progress/up_next",
            &[
                "/sync/progress/up_next?include_stats=true",
                "/sync/progress/up_next?extended=full",
            ],
        ),
        (
            "GET /sync/progress/up_next_nitro",
            &["/sync/progress/up_next_nitro?intent=all"],
        ),
        (
            "GET /sync/progress/watched",
            &["/sync/progress/watched?extended=full"],
        ),
        (
            "GET /shows/{id}/progress/watched",
            &["/shows/5/progress/watched?specials=true&include_stats=true&extended=full"],
        ),
        (
            "GET /recommendations/movies/",
            &["/recommendations/movies?limit=100&extended=full"],
        ),
        (
            "GET /recommendations/shows/",
            &["/recommendations/shows?limit=100&extended=full"],
        ),
        (
            "GET /search/{type}",
            &["/search/movie,show,episode?query=golden&extended=full"],
        ),
        (
            "GET /search/{id_type}/{id}",
            &["/search/trakt/7", "/search/tvdb/70011"],
        ),
        (
            "GET /movies/{id}",
            &["/movies/1", "/movies/2?extended=full"],
        ),
        ("GET /shows/{id}", &["/shows/1", "/shows/2?extended=full"]),
        (
            "GET /shows/{id}/seasons",
            &[
                "/shows/1/seasons",
                "/shows/2/seasons?extended=full,episodes",
            ],
        ),
        (
            "GET /shows/{id}/seasons/{season}",
            &["/shows/1/seasons/1?extended=full"],
        ),
        (
            "GET /shows/{id}/seasons/{season}/info",
            &["/shows/1/seasons/1/info?extended=full"],
        ),
        (
            "GET /shows/{id}/seasons/{season}/episodes/{episode}",
            &["/shows/1/seasons/1/episodes/1?extended=full"],
        ),
        (
            "GET /calendars/{target}/shows/{start_date}/{days}",
            &["/calendars/my/shows/2026-06-01/33?extended=full"],
        ),
        (
            "GET /calendars/{target}/movies/{start_date}/{days}",
            &["/calendars/my/movies/RELEASED/33?extended=full"],
        ),
    ] {
        for path in paths {
            let path = &path.replace("RELEASED", released.as_str().unwrap());
            let reply = viewer.get(path);
            assert_eq!(reply.status, 200, "{path}");
            assert_ne!(reply.json, json!([]), "{path} shows nothing");
            check.reply(operation, &reply);
        }
    }
    check.reply(
        "GET /shows/{id}/progress/watched",
        &viewer.get(&format!("/shows/{show}/progress/watched")),
    );
}

pub fn playback_and_collection(check: &mut Check, viewer: &Viewer) {
    let mut episodes = viewer.get("/sync/playback/episodes");
    let movie = viewer.get("/movies/1").ok();
    for pause in episodes.json.as_array_mut().unwrap() {
        assert_eq!(pause["type"], "episode");
        pause["type"] = json!("movie");
        pause["movie"] = movie.clone();
    }
    check.reply("GET /sync/playback/{type}", &episodes);
    let ten: Vec<Value> = (1..=10)
        .map(|id| json!({ "ids": { "trakt": id } }))
        .collect();
    viewer
        .post(
            "/sync/collection",
            &json!({ "movies": ten, "shows": ten[..2] }),
        )
        .ok();
    for kind in ["movies", "shows", "episodes", "media"] {
        check.reply(
            &format!("GET /sync/collection/{kind}"),
            &viewer.get(&format!("/sync/collection/{kind}?extended=full")),
        );
    }
    check.reply(
        "GET /sync/collection/{type}",
        &viewer.get("/sync/collection/media"),
    );
    for kind in ["movies", "shows", "episodes"] {
        check.reply(
            &format!("GET /sync/collection/minimal/{kind}"),
            &viewer.get(&format!("/sync/collection/minimal/{kind}")),
        );
    }
}
