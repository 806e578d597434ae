//! `/shows/{id}/progress/watched`, its reset, and the lists of shows to go on with.

use serde_json::{Value, json};

use super::{Viewer, moved};

/// A show that still runs and has specials of which one has aired.
fn running(viewer: &Viewer) -> (u64, Value) {
    let found = viewer.show(|it| {
        let first = &it["seasons"][0];
        first["number"] == 0
            && first["aired_episodes"].as_u64() > Some(0)
            && it["show"]["status"] == "returning series"
            && it["seasons"][1]["aired_episodes"] == it["seasons"][1]["episode_count"]
            && it["seasons"][2]["aired_episodes"].as_u64() > Some(0)
    });
    (found["show"]["ids"]["trakt"].as_u64().unwrap(), found)
}

fn watch(viewer: &Viewer, show: u64, season: u64, episodes: &[u64]) {
    let episodes: Vec<Value> = episodes.iter().map(|n| json!({ "number": n })).collect();
    let seasons = json!([{ "number": season, "episodes": episodes }]);
    let body = json!({ "shows": [{ "ids": { "trakt": show }, "seasons": seasons }] });
    viewer.post("/sync/history", &body).ok();
}

#[test]
fn only_what_has_aired_counts() {
    let viewer = Viewer::new();
    let (id, found) = running(&viewer);
    let path = format!("/shows/{id}/progress/watched");
    let nothing = viewer.get(&path).ok();
    assert_eq!(nothing["aired"], found["show"]["aired_episodes"]);
    assert_eq!(nothing["completed"], 0);
    assert_eq!(nothing["last_watched_at"], Value::Null);
    assert_eq!(nothing["last_episode"], Value::Null);
    let next = &nothing["next_episode"];
    assert_eq!((&next["season"], &next["number"]), (&json!(1), &json!(1)));

    watch(&viewer, id, 1, &[1, 2, 4]);
    let some = viewer.get(&path).ok();
    assert_eq!(some["completed"], 3);
    assert_eq!(some["last_episode"]["number"], 4);
    assert_eq!(
        some["next_episode"]["number"], 5,
        "what was left out is not next"
    );
    let season = &some["seasons"][0];
    assert_eq!(
        (&season["number"], &season["completed"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(
        season["episodes"][2],
        json!({ "number": 3, "completed": false, "last_watched_at": null })
    );
    assert_eq!(season["episodes"][3]["completed"], true);
    let aired: u64 = some["seasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["aired"].as_u64().unwrap())
        .sum();
    assert_eq!(some["aired"], aired);

    viewer
        .post(
            "/sync/history",
            &json!({ "shows": [{ "ids": { "trakt": id } }] }),
        )
        .ok();
    let all = viewer.get(&path).ok();
    assert_eq!(all["completed"], all["aired"]);
    assert_eq!(all["next_episode"], Value::Null);
    // The next season airs.
    viewer.sim.advance(2 * 365 * 24 * 60 * 60);
    let later = viewer.get(&path).ok();
    assert!(later["aired"].as_u64() > all["aired"].as_u64());
    assert_ne!(later["next_episode"], Value::Null);
}

#[test]
fn specials_show_and_count_when_asked_for() {
    let viewer = Viewer::new();
    let (id, found) = running(&viewer);
    watch(&viewer, id, 0, &[1]);
    watch(&viewer, id, 1, &[1]);
    let specials = found["seasons"][0]["aired_episodes"].as_u64().unwrap();
    let get = |query: &str| {
        viewer
            .get(&format!("/shows/{id}/progress/watched{query}"))
            .ok()
    };
    let without = get("");
    let regular = without["aired"].as_u64().unwrap();
    assert_eq!(
        (
            without["completed"].as_u64(),
            &without["seasons"][0]["number"]
        ),
        (Some(1), &json!(1))
    );
    let with = get("?specials=true");
    assert_eq!(with["aired"], regular + specials);
    assert_eq!(with["completed"], 2);
    assert_eq!(with["seasons"][0]["number"], 0);
    let uncounted = get("?specials=true&count_specials=false");
    assert_eq!(
        (uncounted["aired"].as_u64(), uncounted["completed"].as_u64()),
        (Some(regular), Some(1))
    );
    assert_eq!(uncounted["seasons"][0]["completed"], 1);
    assert_eq!(get("?count_specials=true")["aired"], regular);
    let stats = get("?include_stats=true");
    let runtime = found["show"]["runtime"].as_u64().unwrap();
    assert_eq!(
        stats["stats"],
        json!({ "play_count": 1, "minutes_watched": runtime, "minutes_left": runtime * (regular - 1) })
    );
    assert_eq!(
        viewer.get("/shows/no-such-show/progress/watched").status,
        404
    );
}

#[test]
fn stats_count_each_play_and_what_is_left() {
    let viewer = Viewer::new();
    let (id, found) = running(&viewer);
    watch(&viewer, id, 1, &[1, 1, 1, 2]);
    let path = format!("/shows/{id}/progress/watched?include_stats=true");
    let progress = viewer.get(&path).ok();
    let aired = found["show"]["aired_episodes"].as_u64().unwrap();
    let runtime = found["show"]["runtime"].as_u64().unwrap();
    let stats = |plays: u64, left: u64| json!({ "play_count": plays, "minutes_watched": runtime * plays, "minutes_left": runtime * left });
    assert_eq!(progress["stats"], stats(4, aired - 2));
    let season = &progress["seasons"][0];
    assert_eq!(season["episodes"][0]["stats"], stats(3, 0));
    assert_eq!(season["episodes"][2]["stats"], stats(0, 1));
}

#[test]
fn the_last_activity_can_decide_what_is_next() {
    let viewer = Viewer::new();
    let (id, _) = running(&viewer);
    watch(&viewer, id, 1, &[4]);
    viewer.sim.advance(60);
    watch(&viewer, id, 1, &[1]);
    let next = |query: &str| {
        let progress = viewer
            .get(&format!("/shows/{id}/progress/watched{query}"))
            .ok();
        progress["next_episode"]["number"].as_u64()
    };
    assert_eq!(next(""), Some(5));
    assert_eq!(next("?last_activity=watched"), Some(2));
}

#[test]
fn a_reset_begins_the_show_anew_and_can_be_undone() {
    let viewer = Viewer::new();
    let (id, _) = running(&viewer);
    let path = format!("/shows/{id}/progress/watched");
    watch(&viewer, id, 1, &[1, 2, 3]);
    viewer.sim.advance(60);
    let before = viewer.get("/sync/last_activities").ok();
    viewer.post(&format!("{path}/reset"), &json!({})).ok();
    let after = viewer.get("/sync/last_activities").ok();
    assert_eq!(moved(&before, &after), ["episodes.watched_at"]);
    let reset = viewer.get(&path).ok();
    assert_eq!(reset["completed"], 0);
    assert_eq!(reset["next_episode"]["number"], 1);
    assert_ne!(reset["reset_at"], Value::Null);
    assert_ne!(
        reset["seasons"][0]["episodes"][0]["last_watched_at"],
        Value::Null
    );
    assert_eq!(
        viewer.get("/sync/watched/shows").ok()[0]["reset_at"],
        reset["reset_at"]
    );
    assert_eq!(
        viewer.get("/sync/history").pagination()[3],
        3,
        "the plays stay"
    );

    viewer.sim.advance(60);
    watch(&viewer, id, 1, &[1]);
    assert_eq!(viewer.get(&path).ok()["completed"], 1);
    assert_eq!(viewer.delete(&format!("{path}/reset")).status, 204);
    let undone = viewer.get(&path).ok();
    assert_eq!(
        (undone["completed"].as_u64(), &undone["reset_at"]),
        (Some(3), &Value::Null)
    );
}

#[test]
fn hidden_seasons_are_left_out() {
    let viewer = Viewer::new();
    let (id, found) = running(&viewer);
    let first = &found["seasons"][1];
    let path = format!("/shows/{id}/progress/watched");
    let before = viewer.get(&path).ok();
    let body = json!({ "seasons": [{ "ids": first["ids"] }] });
    let activity = viewer.activity("seasons", "hidden_at");
    viewer.post("/users/hidden/progress_watched", &body).ok();
    assert_ne!(viewer.activity("seasons", "hidden_at"), activity);
    let hidden = viewer.get(&path).ok();
    let less = before["aired"].as_u64().unwrap() - first["episode_count"].as_u64().unwrap();
    assert_eq!(hidden["aired"], less);
    assert_eq!(hidden["hidden_seasons"][0]["ids"], first["ids"]);
    assert_eq!(hidden["next_episode"]["season"], 2);
    assert_eq!(
        viewer.get(&format!("{path}?hidden=true")).ok()["aired"],
        before["aired"]
    );
    viewer
        .post("/users/hidden/progress_watched/remove", &body)
        .ok();
    assert_eq!(viewer.get(&path).ok()["aired"], before["aired"]);
}

#[test]
fn up_next_goes_on_with_what_was_begun() {
    let viewer = Viewer::new();
    let (id, _) = running(&viewer);
    let ended = viewer.show(|it| {
        it["show"]["status"] == "ended" && it["show"]["aired_episodes"].as_u64() > Some(2)
    });
    let other = ended["show"]["ids"]["trakt"].as_u64().unwrap();
    watch(&viewer, id, 1, &[1]);
    viewer.sim.advance(60);
    viewer
        .post(
            "/sync/history",
            &json!({ "shows": [{ "ids": { "trakt": other } }] }),
        )
        .ok();
    viewer
        .post(
            "/sync/watchlist",
            &json!({ "shows": [{ "ids": { "trakt": 700 } }] }),
        )
        .ok();
    let shows = |path: &str| -> Vec<u64> {
        let list = viewer.get(path).ok();
        let id = |entry: &Value| entry["show"]["ids"]["trakt"].as_u64().unwrap();
        list.as_array().unwrap().iter().map(id).collect()
    };
    assert_eq!(shows("/sync/progress/up_next"), [id]);
    assert_eq!(shows("/sync/progress/up_next_nitro?intent=continue"), [id]);
    assert_eq!(
        shows("/sync/progress/up_next_nitro?intent=completed"),
        [other]
    );
    assert_eq!(shows("/sync/progress/up_next_nitro?intent=start"), [700]);
    assert_eq!(shows("/sync/progress/up_next_nitro"), [id, 700]);
    assert_eq!(shows("/sync/progress/watched"), [other, id]);
    assert_eq!(viewer.get("/sync/progress/watched").pagination()[3], 2);
    assert_eq!(shows("/sync/progress/watched?hide_completed=true"), [id]);
    let first = viewer.get("/sync/progress/up_next").ok()[0].clone();
    assert_eq!(first["progress"]["next_episode"]["number"], 2);

    assert_eq!(
        shows("/sync/progress/watched?hide_not_completed=true"),
        [other]
    );
    assert_eq!(
        shows("/sync/progress/up_next_nitro?sort_how=asc"),
        [700, id]
    );
    // What was begun is not to begin, on the watchlist or not.
    let begun = json!({ "shows": [{ "ids": { "trakt": id } }] });
    viewer.post("/sync/watchlist", &begun).ok();
    assert_eq!(shows("/sync/progress/up_next_nitro?intent=start"), [700]);
    let path = format!("/shows/{other}/progress/watched/reset");
    viewer.post(&path, &json!({})).ok();
    let again = shows("/sync/progress/watched?only_rewatching=true");
    assert_eq!(again, [other]);
    viewer.delete(&path);

    let dropped = viewer.activity("shows", "dropped_at");
    viewer
        .post(
            "/users/hidden/dropped",
            &json!({ "shows": [{ "ids": { "trakt": id } }] }),
        )
        .ok();
    assert_ne!(viewer.activity("shows", "dropped_at"), dropped);
    assert_eq!(shows("/sync/progress/up_next"), [0; 0]);
    assert_eq!(
        viewer.get("/users/hidden/dropped").ok()[0]["show"]["ids"]["trakt"],
        id
    );
}
