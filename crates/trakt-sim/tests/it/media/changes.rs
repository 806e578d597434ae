//! What moves, what stays, and what is refused.

use serde_json::{Value, json};
use trakt_sim::{Action, Lag, MediaType, NewPlay, Settings};

use super::{Viewer, moved};

fn movie(trakt: u64) -> Value {
    json!({ "movies": [{ "ids": { "trakt": trakt } }] })
}

/// Where a show comes in a list of what is to be watched next.
fn shows(viewer: &Viewer, intent: &str) -> Vec<u64> {
    let path = format!("/sync/progress/up_next_nitro?intent={intent}");
    let list = viewer.get(&path).ok();
    let list = list.as_array().unwrap().iter();
    list.map(|one| one["show"]["ids"]["trakt"].as_u64().unwrap())
        .collect()
}

#[test]
fn settings_and_names_have_a_time_of_their_own() {
    let viewer = Viewer::new();
    let mut before = viewer.get("/sync/last_activities").ok();
    let mut changed = |what: &str| {
        let after = viewer.get("/sync/last_activities").ok();
        assert_eq!(moved(&before, &after), ["account.settings_at"], "{what}");
        assert_ne!(before["all"], after["all"], "{what}");
        before = after;
    };
    let put = json!({ "user": { "name": "New" } });
    assert_eq!(viewer.put("/users/settings", &put).status, 201);
    changed("settings");
    let sim = &viewer.sim;
    sim.rename_account(&viewer.slug, "justin-2", "Justin2")
        .unwrap();
    changed("a rename");
}

#[test]
fn a_body_that_is_not_called_json_is_not_read() {
    let viewer = Viewer::new();
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let reply = viewer.post_as("/sync/history", kind, &movie(1));
        assert_eq!(reply.status, 412, "{kind}");
    }
    assert_eq!(viewer.get("/sync/history").ok(), json!([]));
    let with_charset = "application/json; charset=utf-8";
    viewer
        .post_as("/sync/history", with_charset, &movie(1))
        .ok();
}

#[test]
fn the_log_forgets_bodies_that_are_too_many() {
    let viewer = Viewer::new();
    let body = json!({ "filler": "x".repeat(900_000) });
    for _ in 0..80 {
        viewer.post("/sync/history", &body);
    }
    let kept = viewer.sim.requests();
    let bytes: usize = kept.iter().map(|request| request.body.len()).sum();
    assert!(bytes <= 64 * 1024 * 1024, "{bytes}");
    assert!(kept.len() > 60, "{}", kept.len());
}

#[test]
fn what_is_collected_again_keeps_its_time() {
    let viewer = Viewer::new();
    let since = json!({ "movies": [
        { "ids": { "trakt": 3 }, "collected_at": "2015-01-01T00:00:00.000Z" },
    ] });
    viewer.post("/sync/collection", &since).ok();
    let before = viewer.get("/sync/last_activities").ok();
    let again = viewer.post("/sync/collection", &movie(3)).ok();
    assert_eq!(again["existing"]["movies"], 1);
    let after = viewer.get("/sync/last_activities").ok();
    assert_eq!(moved(&before, &after), [""; 0]);
    let list = viewer.get("/sync/collection/movies").ok();
    assert_eq!(list[0]["collected_at"], "2015-01-01T00:00:00.000Z");
}

#[test]
fn a_show_is_begun_by_whatever_was_watched_of_it() {
    let viewer = Viewer::new();
    let listed = json!({ "shows": [{ "ids": { "trakt": 5 } }] });
    viewer.post("/sync/watchlist", &listed).ok();
    assert_eq!(shows(&viewer, "start"), [5]);
    let unknown = json!({ "shows": [{ "ids": { "trakt": 5 }, "seasons": [
        { "number": 1, "episodes": [{ "number": 1, "watched_at": "unknown" }] },
    ] }] });
    viewer.post("/sync/history", &unknown).ok();
    assert!(shows(&viewer, "start").is_empty());
    assert_eq!(shows(&viewer, "all"), [5]);
}

#[test]
fn a_show_with_a_gap_is_not_complete() {
    let viewer = Viewer::new();
    let id = 5;
    let all = json!({ "shows": [{ "ids": { "trakt": id } }] });
    viewer.post("/sync/history", &all).ok();
    assert_eq!(shows(&viewer, "completed"), [id]);
    let second = json!({ "shows": [{ "ids": { "trakt": id }, "seasons": [
        { "number": 1, "episodes": [{ "number": 1 }] },
    ] }] });
    viewer.post("/sync/history/remove", &second).ok();
    assert!(shows(&viewer, "completed").is_empty());
}

#[test]
fn a_section_hides_what_can_be_hidden_there() {
    let viewer = Viewer::new();
    let before = viewer.get("/sync/last_activities").ok();
    let hidden = viewer.post("/users/hidden/dropped", &movie(1)).ok();
    assert_eq!(hidden["added"]["movies"], 0);
    let after = viewer.get("/sync/last_activities").ok();
    assert_eq!(moved(&before, &after), [""; 0]);
    let hidden = viewer.post("/users/hidden/recommendations", &movie(1)).ok();
    assert_eq!(hidden["added"]["movies"], 1);
}

#[test]
fn lag_that_was_off_shows_nothing_old() {
    let viewer = Viewer::new();
    let lag = |ms| {
        let lag = Some(Lag {
            ms,
            on: "GET /sync/*".to_owned(),
        });
        viewer.sim.set(Settings {
            lag,
            ..Settings::default()
        });
    };
    let listed = || viewer.get("/sync/watchlist").ok().as_array().unwrap().len();
    lag(60_000);
    viewer.post("/sync/watchlist", &movie(1)).ok();
    assert_eq!(listed(), 0);
    lag(0);
    viewer.post("/sync/watchlist", &movie(2)).ok();
    lag(60_000);
    assert_eq!(listed(), 2);
}

#[test]
fn plays_come_in_any_order_and_their_ids_in_that_of_the_call() {
    let viewer = Viewer::new();
    let play = |trakt, second: u64| NewPlay {
        media: MediaType::Movie,
        trakt,
        watched_at_ms: 1_788_300_000_000 + second * 1000,
        action: Action::Watch,
    };
    let plays = [play(1, 30), play(2, 10), play(3, 20)];
    let ids = viewer.sim.add_plays(&viewer.slug, &plays).unwrap();
    let all = viewer.sim.plays(&viewer.slug).unwrap();
    for (id, play) in ids.iter().zip(plays) {
        let found = all.iter().find(|one| one.id == *id).unwrap();
        assert_eq!(
            (found.trakt, found.watched_at_ms),
            (play.trakt, play.watched_at_ms)
        );
    }
}
