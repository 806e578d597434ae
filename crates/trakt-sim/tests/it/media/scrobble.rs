//! `/scrobble`, `/sync/playback` and `/checkin`.

use serde_json::{Value, json};

use super::{Viewer, moved};

fn movie(progress: f64) -> Value {
    json!({ "movie": { "ids": { "trakt": 4 } }, "progress": progress })
}

#[test]
fn eighty_percent_is_watched_and_one_percent_is_not_worth_it() {
    for (progress, status, action) in [
        (0.0, 422, ""),
        (0.99, 422, ""),
        (1.0, 201, "pause"),
        (79.99, 201, "pause"),
        (80.0, 201, "scrobble"),
        (100.0, 201, "scrobble"),
        (100.01, 422, ""),
        (-1.0, 422, ""),
    ] {
        let viewer = Viewer::new();
        let reply = viewer.post("/scrobble/stop", &movie(progress));
        assert_eq!(reply.status, status, "{progress}");
        let history = viewer.get("/sync/history").ok();
        let playback = viewer.get("/sync/playback").ok();
        let plays = history.as_array().unwrap().len();
        assert_eq!(plays, usize::from(action == "scrobble"), "{progress}");
        assert_eq!(
            playback.as_array().unwrap().len(),
            usize::from(action == "pause")
        );
        if status == 201 {
            assert_eq!(reply.json["action"], action, "{progress}");
            assert_eq!(reply.json["progress"], progress);
            assert_eq!(reply.json["movie"]["ids"]["trakt"], 4);
        }
        match action {
            "scrobble" => {
                assert_eq!(reply.json["id"], history[0]["id"]);
                assert_eq!(history[0]["action"], "scrobble");
            }
            "pause" => {
                assert_eq!(reply.json["id"], 0);
                assert_eq!(playback[0]["progress"], progress);
            }
            _ => {}
        }
    }
}

#[test]
fn the_same_scrobble_again_is_a_conflict_until_it_expires() {
    let viewer = Viewer::new();
    viewer.post("/scrobble/stop", &movie(95.0)).ok();
    let again = viewer.post("/scrobble/stop", &movie(95.0));
    assert_eq!(again.status, 409);
    assert_eq!(
        again.json["watched_at"],
        viewer.get("/sync/history").ok()[0]["watched_at"]
    );
    let runtime = viewer.get("/movies/4?extended=full").ok()["runtime"]
        .as_u64()
        .unwrap();
    assert!(again.json["expires_at"].as_str() > again.json["watched_at"].as_str());
    // A pause is no scrobble, and another movie another one.
    assert_eq!(viewer.post("/scrobble/stop", &movie(40.0)).status, 201);
    let other = json!({ "movie": { "ids": { "trakt": 5 } }, "progress": 90 });
    assert_eq!(viewer.post("/scrobble/stop", &other).status, 201);
    viewer.sim.advance(runtime * 60 - 30);
    assert_eq!(viewer.post("/scrobble/stop", &movie(95.0)).status, 409);
    viewer.sim.advance(31);
    assert_eq!(viewer.post("/scrobble/stop", &movie(95.0)).status, 201);
    assert_eq!(viewer.get("/sync/history/movies/4").pagination()[3], 2);
}

#[test]
fn playback_is_remembered_until_playing_goes_on() {
    let viewer = Viewer::new();
    let before = viewer.get("/sync/last_activities").ok();
    viewer.post("/scrobble/pause", &movie(12.5)).ok();
    let paused = viewer.get("/sync/last_activities").ok();
    assert_eq!(moved(&before, &paused), ["movies.paused_at"]);
    viewer.sim.advance(60);
    viewer.post("/scrobble/pause", &movie(25.25)).ok();
    let playback = viewer.get("/sync/playback/movies").ok();
    assert_eq!(playback.as_array().unwrap().len(), 1, "one for each item");
    assert_eq!(playback[0]["progress"], 25.25);
    assert!(playback[0]["id"].as_u64().unwrap() > u64::from(u32::MAX));
    assert_eq!(viewer.get("/sync/playback/episodes").ok(), json!([]));

    let paused = viewer.get("/sync/last_activities").ok();
    let started = viewer.post("/scrobble/start", &movie(25.25));
    assert_eq!(
        (started.status, &started.json["action"], &started.json["id"]),
        (201, &json!("start"), &json!(0))
    );
    assert_eq!(viewer.get("/sync/playback").ok(), json!([]));
    let after = viewer.get("/sync/last_activities").ok();
    assert_eq!(moved(&paused, &after), ["movies.paused_at"]);
    viewer.post("/scrobble/pause", &movie(50.0)).ok();
    viewer.post("/scrobble/stop", &movie(99.0)).ok();
    assert_eq!(
        viewer.get("/sync/playback").ok(),
        json!([]),
        "it was watched to the end"
    );
    for (progress, status) in [(0.0, 422), (0.99, 422), (1.0, 201), (100.0, 201)] {
        let paused = viewer.post("/scrobble/pause", &movie(progress));
        assert_eq!(paused.status, status, "{progress}");
    }
}

#[test]
fn a_pause_is_removed_by_its_id_and_forgotten_after_half_a_year() {
    let viewer = Viewer::new();
    viewer.post("/scrobble/pause", &movie(50.0)).ok();
    let episode = json!({ "show": { "ids": { "trakt": 5 } }, "episode": { "season": 1, "number": 2 }, "progress": 10 });
    viewer.sim.advance(60);
    viewer.post("/scrobble/pause", &episode).ok();
    let all = viewer.get("/sync/playback").ok();
    assert_eq!(all[0]["type"], "episode", "newest first");
    assert_eq!(all[0]["show"]["ids"]["trakt"], 5);
    let paged = viewer.get("/sync/playback?page=2&limit=1");
    assert_eq!(paged.pagination(), [2, 1, 2, 2]);
    assert_eq!(paged.ok()[0]["id"], all[1]["id"]);
    let path = format!("/sync/playback/{}", all[1]["id"]);
    let before = viewer.get("/sync/last_activities").ok();
    assert_eq!(viewer.delete(&path).status, 204);
    let after = viewer.get("/sync/last_activities").ok();
    assert_eq!(moved(&before, &after), ["movies.paused_at"]);
    assert_eq!(viewer.delete(&path).status, 404);
    assert_eq!(viewer.delete("/sync/playback/13").status, 404);
    let since = all[0]["paused_at"].as_str().unwrap().to_owned();
    let window = |from: &str| viewer.get(&format!("/sync/playback?start_at={from}")).ok();
    assert_eq!(window(&since).as_array().unwrap().len(), 1);
    assert_eq!(window("2999-01-01T00:00:00.000Z"), json!([]));
    let day = 24 * 60 * 60;
    viewer.sim.advance(182 * day);
    let kept = viewer.get("/sync/playback").ok();
    assert_eq!(kept.as_array().unwrap().len(), 1);
    viewer.sim.advance(2 * day);
    assert_eq!(viewer.get("/sync/playback").ok(), json!([]));
}

#[test]
fn a_player_names_the_episode_as_it_knows_it() {
    let viewer = Viewer::new();
    let found = viewer.show(|it| {
        it["seasons"][0]["number"] == 0 && it["seasons"][2]["aired_episodes"].as_u64() > Some(0)
    });
    let show = &found["show"];
    let id = show["ids"]["trakt"].as_u64().unwrap();
    let episode = viewer
        .get(&format!("/shows/{id}/seasons/2/episodes/1?extended=full"))
        .ok();
    for body in [
        json!({ "episode": { "ids": { "trakt": episode["ids"]["trakt"] } }, "progress": 5 }),
        json!({ "show": { "ids": { "slug": show["ids"]["slug"] } }, "episode": { "season": 2, "number": 1 }, "progress": 5 }),
        json!({ "show": { "title": show["title"], "year": show["year"] }, "episode": { "season": 2, "number": 1 }, "progress": 5 }),
        json!({ "show": { "ids": { "trakt": id } }, "episode": { "number_abs": episode["number_abs"] }, "progress": 5 }),
    ] {
        let started = viewer.post("/scrobble/start", &body).ok();
        assert_eq!(started["episode"]["ids"], episode["ids"], "{body}");
        assert_eq!(started["show"]["ids"]["trakt"], id);
    }
    for body in [
        json!({ "movie": { "ids": { "trakt": 999_999 } }, "progress": 5 }),
        json!({ "show": { "ids": { "trakt": id } }, "episode": { "season": 99, "number": 1 }, "progress": 5 }),
        json!({ "progress": 5 }),
    ] {
        assert_eq!(viewer.post("/scrobble/start", &body).status, 404, "{body}");
    }
    assert_eq!(
        viewer
            .post(
                "/scrobble/start",
                &json!({ "movie": { "ids": { "trakt": 1 } } })
            )
            .status,
        422
    );
}

#[test]
fn a_checkin_is_a_play_when_its_time_is_over() {
    let viewer = Viewer::new();
    let body = json!({ "movie": { "ids": { "trakt": 4 } }, "sharing": { "mastodon": true }, "message": "!" });
    let checkin = viewer.post("/checkin", &body);
    assert_eq!(checkin.status, 200);
    assert_eq!(checkin.json["sharing"], json!({ "mastodon": true }));
    let id = checkin.json["id"].as_u64().unwrap();
    assert_eq!(viewer.get("/sync/history").ok(), json!([]));

    let other =
        json!({ "show": { "ids": { "trakt": 5 } }, "episode": { "season": 1, "number": 1 } });
    let busy = viewer.post("/checkin", &other);
    assert_eq!(busy.status, 409);
    assert!(busy.json["expires_at"].as_str() > checkin.json["watched_at"].as_str());
    let runtime = viewer.get("/movies/4?extended=full").ok()["runtime"]
        .as_u64()
        .unwrap();
    let before = viewer.get("/sync/last_activities").ok();
    viewer.sim.advance(runtime * 60);
    let after = viewer.get("/sync/last_activities").ok();
    assert_eq!(moved(&before, &after), ["movies.watched_at"]);
    let play = viewer.get("/sync/history").ok()[0].clone();
    assert_eq!(
        (play["id"].as_u64(), &play["action"]),
        (Some(id), &json!("checkin"))
    );
    assert_eq!(play["watched_at"], checkin.json["watched_at"]);

    assert_eq!(viewer.post("/checkin", &other).status, 200);
    assert_eq!(viewer.delete("/checkin").status, 204);
    viewer.sim.advance(24 * 60 * 60);
    assert_eq!(
        viewer.get("/sync/history").pagination()[3],
        1,
        "it was called off"
    );
    assert_eq!(viewer.post("/checkin", &other).status, 200);
    assert_eq!(viewer.post("/checkin", &json!({})).status, 404);
}
