//! Everything that can be changed.

use serde_json::{Value, json};

use super::super::{Reply, Viewer};
use super::Check;
use crate::client::Client;

/// Something of each kind that is there, and something that is not.
fn items() -> Value {
    json!({
        "movies": [
            { "ids": { "trakt": 2500 }, "rating": 9 },
            { "ids": { "imdb": "tt0000111" }, "rating": 9 },
        ],
        "shows": [
            { "ids": { "trakt": 800 }, "rating": 9 },
            { "title": "No Such Show", "year": 1999, "ids": { "slug": "no-such-show" }, "rating": 9 },
        ],
        "seasons": [{ "ids": { "trakt": 99_999 }, "rating": 9 }],
        "episodes": [{ "ids": { "trakt": 5 }, "rating": 9 }, { "ids": { "tvdb": 1 }, "rating": 9 }],
    })
}

pub fn changes(check: &mut Check, viewer: &Viewer) {
    for path in [
        "/sync/history",
        "/sync/watchlist",
        "/sync/ratings",
        "/sync/favorites",
        "/sync/collection",
    ] {
        check.reply(&format!("POST {path}"), &viewer.post(path, &items()));
        let path = format!("{path}/remove");
        check.reply(&format!("POST {path}"), &viewer.post(&path, &items()));
    }
    let one =
        json!({ "movies": [{ "ids": { "trakt": 1 } }], "shows": [{ "ids": { "trakt": 1 } }] });
    check.reply(
        "POST /users/hidden/{section}",
        &viewer.post("/users/hidden/calendar", &one),
    );
    check.reply(
        "POST /users/hidden/{section}/remove",
        &viewer.post("/users/hidden/calendar/remove", &one),
    );
    let shows = json!({ "shows": [{ "ids": { "trakt": 1 } }] });
    viewer.post("/users/hidden/dropped", &shows).ok();
    check.reply(
        "GET /users/hidden/dropped",
        &viewer.get("/users/hidden/dropped"),
    );
    check.reply(
        "POST /shows/{id}/progress/watched/reset",
        &viewer.post("/shows/5/progress/watched/reset", &json!({})),
    );
    for (operation, path) in [
        (
            "DELETE /shows/{id}/progress/watched/reset",
            "/shows/5/progress/watched/reset",
        ),
        (
            "DELETE /recommendations/movies/{id}",
            "/recommendations/movies/7",
        ),
        (
            "DELETE /recommendations/shows/{id}",
            "/recommendations/shows/7",
        ),
    ] {
        check.reply(operation, &viewer.delete(path));
    }
}

pub fn players(check: &mut Check, viewer: &Viewer) {
    let movie = json!({ "movie": { "ids": { "trakt": 3 } }, "progress": 90 });
    let episode = json!({ "show": { "ids": { "trakt": 3 } }, "episode": { "season": 1, "number": 1 }, "progress": 90 });
    for body in [&movie, &episode] {
        for action in ["start", "pause", "stop"] {
            let path = format!("/scrobble/{action}");
            check.reply(&format!("POST {path}"), &viewer.post(&path, body));
        }
        check.reply("POST /checkin", &viewer.post("/checkin", body));
        let busy = viewer.post("/checkin", body);
        assert_eq!(busy.status, 409);
        check.reply("POST /checkin", &busy);
        check.reply("DELETE /checkin", &viewer.delete("/checkin"));
    }
    viewer
        .post(
            "/scrobble/pause",
            &json!({ "movie": { "ids": { "trakt": 8 } }, "progress": 5 }),
        )
        .ok();
    let id = viewer.get("/sync/playback").ok()[0]["id"].clone();
    check.reply(
        "DELETE /sync/playback/{id}",
        &viewer.delete(&format!("/sync/playback/{id}")),
    );
}

pub fn oauth(check: &mut Check, viewer: &Viewer) {
    let client = Client::new(viewer.sim.url());
    let mut answer = |operation: &str, answer: crate::client::Answer| {
        let reply = Reply {
            status: answer.status,
            headers: ureq::http::HeaderMap::new(),
            json: serde_json::from_str(&answer.text).unwrap_or(Value::Null),
        };
        check.reply(operation, &reply);
        reply.json
    };
    let code = answer(
        "POST /oauth/device/code",
        client.post(
            "/oauth/device/code",
            &json!({ "client_id": crate::client::ID }),
        ),
    );
    let device_code = code["device_code"].as_str().unwrap();
    viewer
        .sim
        .approve(code["user_code"].as_str().unwrap(), "sean")
        .unwrap();
    let pair = answer("POST /oauth/device/token", client.poll(device_code));
    let refreshed = answer(
        "POST /oauth/token",
        client.refresh(pair["refresh_token"].as_str().unwrap()),
    );
    answer(
        "POST /oauth/token",
        client.refresh(pair["refresh_token"].as_str().unwrap()),
    );
    answer(
        "POST /oauth/revoke",
        client.revoke(refreshed["access_token"].as_str().unwrap()),
    );
}
