//! What a test adds and reads without going through Trakt's endpoints.

use serde_json::{Value, json};
use trakt_sim::{Action, ControlError, MediaType, NewPlay};

use super::Viewer;
use crate::client::Client;

#[test]
fn a_test_adds_plays_and_reads_what_follows() {
    let viewer = Viewer::new();
    let play = |trakt, watched_at_ms| NewPlay {
        media: MediaType::Episode,
        trakt,
        watched_at_ms,
        action: Action::Scrobble,
    };
    let ids = viewer
        .sim
        .add_plays("justin", &[play(3, 1_000), play(3, 2_000), play(4, 500)])
        .unwrap();
    let plays = viewer.sim.plays("justin").unwrap();
    assert_eq!(
        plays.iter().map(|p| p.id).collect::<Vec<_>>(),
        [ids[1], ids[0], ids[2]]
    );
    let watched = viewer.sim.watched("justin").unwrap();
    assert_eq!(
        (
            watched[0].trakt,
            watched[0].plays,
            watched[0].last_watched_at_ms
        ),
        (3, 2, 2_000)
    );
    assert_eq!(viewer.get("/sync/history").ok()[0]["action"], "scrobble");
    let wrong = viewer.sim.add_plays("justin", &[play(1, 1), play(0, 1)]);
    assert_eq!(wrong, Err(ControlError::UnknownItem));
    assert_eq!(
        viewer.sim.plays("justin").unwrap().len(),
        3,
        "nothing of it was added"
    );
    assert_eq!(
        viewer.sim.plays("nobody"),
        Err(ControlError::UnknownAccount)
    );
}

#[test]
fn the_same_calls_are_there_over_http() {
    let viewer = Viewer::new();
    let client = Client::new(viewer.sim.url());
    let path = "/_sim/accounts/justin/plays";
    let body = json!([{ "type": "movie", "trakt": 2, "watched_at_ms": 5_000 },
        { "type": "episode", "trakt": 2, "watched_at_ms": 6_000, "action": "checkin" }]);
    let ids = client.post(path, &body).json()["ids"].clone();
    let plays = client.get(path, &[]).json();
    let expected = json!([
        { "id": ids[1], "type": "episode", "trakt": 2, "watched_at_ms": 6_000, "action": "checkin" },
        { "id": ids[0], "type": "movie", "trakt": 2, "watched_at_ms": 5_000, "action": "watch" },
    ]);
    assert_eq!(plays, expected);
    let watched = client.get("/_sim/accounts/justin/watched", &[]).json();
    assert_eq!(
        watched[0],
        json!({ "type": "movie", "trakt": 2, "plays": 1, "last_watched_at_ms": 5_000 })
    );
    let unknown = json!([{ "type": "movie", "trakt": 99_999, "watched_at_ms": 0 }]);
    assert_eq!(client.post(path, &unknown).status, 404);
    assert_eq!(
        client.post("/_sim/accounts/nobody/plays", &body).status,
        404
    );
    assert_eq!(client.post(path, &Value::Null).status, 400);
}
