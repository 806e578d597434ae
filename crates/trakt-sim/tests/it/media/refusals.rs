//! What the endpoints of the media answer to who may not call them, or not so often.

use serde_json::{Value, json};
use trakt_sim::{AccountChange, Config, RateLimits, Settings};

use super::{Reply, Viewer};
use crate::client::Client;

/// One endpoint of each area, reads before writes.
const READS: &[&str] = &[
    "/sync/last_activities",
    "/sync/history",
    "/sync/watched/shows",
    "/sync/playback",
    "/sync/watchlist",
    "/sync/ratings",
    "/sync/collection/movies",
    "/sync/progress/up_next",
    "/shows/1/progress/watched",
    "/users/hidden/dropped",
    "/users/me/stats",
    "/recommendations/movies?limit=10",
    "/calendars/my/shows",
    "/search/movie?query=the",
    "/movies/1",
];
const WRITES: &[&str] = &[
    "/sync/history",
    "/sync/history/remove",
    "/sync/watchlist",
    "/sync/ratings",
    "/sync/collection",
    "/scrobble/start",
    "/checkin",
];

fn everywhere(viewer: &Viewer) -> Vec<(String, Reply)> {
    let body = movie();
    let reads = READS.iter();
    let reads = reads.map(|path| (format!("GET {path}"), viewer.get(path)));
    let writes = WRITES.iter();
    let writes = writes.map(|path| (format!("POST {path}"), viewer.post(path, &body)));
    reads.chain(writes).collect()
}

fn movie() -> Value {
    let movie = json!({ "ids": { "trakt": 1 } });
    json!({ "movies": [movie], "movie": movie, "progress": 10, "rating": 5 })
}

#[test]
fn a_locked_account_is_told_so_everywhere_and_does_nothing() {
    let viewer = Viewer::new();
    for (locked, deactivated) in [(true, false), (false, true)] {
        let change = AccountChange {
            locked: Some(locked),
            deactivated: Some(deactivated),
            ..AccountChange::default()
        };
        viewer.sim.change_account("justin", change).unwrap();
        for (asked, reply) in everywhere(&viewer) {
            assert_eq!((reply.status, &reply.json), (423, &Value::Null), "{asked}");
            let told = |name| reply.header(name).to_owned();
            assert_eq!(told("x-account-locked"), locked.to_string(), "{asked}");
            let told = told("x-account-deactivated");
            assert_eq!(told, deactivated.to_string(), "{asked}");
        }
    }
    assert_eq!(viewer.anonymous("/movies/1").status, 200);
    let change = AccountChange {
        deactivated: Some(false),
        ..AccountChange::default()
    };
    viewer.sim.change_account("justin", change).unwrap();
    assert_eq!(viewer.get("/sync/history").pagination()[3], 0);
    assert_eq!(viewer.get("/sync/watchlist").pagination()[3], 0);
}

#[test]
fn what_only_payers_may_do_is_a_426() {
    let viewer = Viewer::new();
    viewer.sim.set(Settings {
        vip_only: Some(vec!["POST /sync/*".to_owned()]),
        ..Settings::default()
    });
    for (asked, reply) in everywhere(&viewer) {
        let expected = asked.starts_with("POST /sync/");
        assert_eq!(reply.status == 426, expected, "{asked}");
    }
    assert_eq!(viewer.get("/sync/history").pagination()[3], 0);
}

fn limited() -> Viewer {
    let rate_limits = RateLimits {
        on: true,
        ..RateLimits::default()
    };
    let config = Config {
        rate_limits,
        ..Config::default()
    };
    let viewer = Viewer::start(config, "justin");
    viewer.sim.set_speed(0);
    viewer
}

#[test]
fn the_501st_read_is_too_much() {
    let viewer = limited();
    for _ in 0..499 {
        assert_eq!(viewer.get("/sync/history").status, 200);
    }
    assert_eq!(viewer.get("/sync/last_activities").status, 200);
    let refused = viewer.get("/sync/history");
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), "300");
    let limit: Value = serde_json::from_str(refused.header("x-ratelimit")).unwrap();
    assert_eq!(limit["name"], "AUTHED_API_GET_LIMIT");
    assert_eq!(
        (&limit["limit"], &limit["remaining"]),
        (&json!(500), &json!(0))
    );
    viewer.sim.advance(299);
    assert_eq!(viewer.get("/sync/history").status, 429);
    viewer.sim.advance(1);
    assert_eq!(viewer.get("/sync/history").status, 200);
}

#[test]
fn a_second_write_in_a_second_is_refused_and_does_nothing() {
    let viewer = limited();
    viewer.post("/sync/history", &movie()).ok();
    let refused = viewer.post("/sync/history", &movie());
    assert_eq!(refused.status, 429);
    let limit: Value = serde_json::from_str(refused.header("x-ratelimit")).unwrap();
    assert_eq!(limit["name"], "AUTHED_API_POST_LIMIT");
    assert_eq!(viewer.post("/sync/ratings", &movie()).status, 429);
    assert_eq!(viewer.get("/sync/history").pagination()[3], 1);
    viewer.sim.advance(1);
    viewer.post("/sync/history", &movie()).ok();
    assert_eq!(viewer.get("/sync/history").pagination()[3], 2);
}

#[test]
fn another_application_ends_the_link_of_a_free_account() {
    let config = Config {
        any_client: true,
        one_app: true,
        ..Config::default()
    };
    let viewer = Viewer::start(config, "justin");
    viewer.post("/sync/history", &movie()).ok();
    let client = Client::new(viewer.sim.url());
    let asked = client.post("/oauth/device/code", &json!({ "client_id": "other" }));
    let code = asked.json();
    let user_code = code["user_code"].as_str().unwrap();
    viewer.sim.approve(user_code, "justin").unwrap();
    assert_eq!(viewer.get("/sync/history").status, 200);
    let body = json!({
        "code": code["device_code"], "client_id": "other", "client_secret": "x",
    });
    assert_eq!(client.post("/oauth/device/token", &body).status, 200);
    assert_eq!(viewer.get("/sync/history").status, 401);
    assert_eq!(viewer.post("/sync/history", &movie()).status, 401);
    assert_eq!(viewer.sim.plays("justin").unwrap().len(), 1);
}
