//! `/sync/history`: adding, listing and removing plays.

use serde_json::json;

use super::{Viewer, moved};

#[test]
fn the_same_item_twice_makes_two_plays() {
    let viewer = Viewer::new();
    let movie = json!({ "ids": { "trakt": 7 }, "watched_at": "2024-03-01T20:15:00.250Z" });
    let body = json!({ "movies": [movie, movie] });
    let added = viewer.post("/sync/history", &body).ok();
    assert_eq!(added["added"], json!({ "movies": 2, "episodes": 0 }));
    viewer.post("/sync/history", &body).ok();

    let history = viewer.get("/sync/history").ok();
    let plays = history.as_array().unwrap();
    assert_eq!(plays.len(), 4);
    for play in plays {
        assert_eq!(play["watched_at"], "2024-03-01T20:15:00.250Z");
        assert_eq!(play["action"], "watch");
        assert_eq!(play["type"], "movie");
        assert_eq!(play["movie"]["ids"]["trakt"], 7);
        assert!(play["id"].as_u64().unwrap() > u64::from(u32::MAX));
    }
    assert_ne!(plays[0]["id"], plays[1]["id"]);
    let watched = viewer.get("/sync/watched/movies").ok();
    assert_eq!(watched[0]["plays"], 4);
}

#[test]
fn an_item_is_found_by_each_of_its_ids_and_by_title_and_year() {
    let viewer = Viewer::new();
    let movie = viewer.known("movies");
    let show = viewer.known("shows");
    for (group, item, names) in [
        ("movies", &movie, &["trakt", "slug", "imdb", "tmdb"][..]),
        ("shows", &show, &["trakt", "slug", "imdb", "tmdb", "tvdb"]),
    ] {
        for name in names {
            let mut named = json!({ "ids": { *name: item["ids"][*name] } });
            named["seasons"] = json!([{ "number": 1, "episodes": [{ "number": 1 }] }]);
            let answer = viewer
                .post("/sync/history", &json!({ group: [named] }))
                .ok();
            let added = answer["added"]["movies"].as_u64().unwrap()
                + answer["added"]["episodes"].as_u64().unwrap();
            assert_eq!(added, 1, "{group} by {name}: {answer}");
        }
        let titled = json!({ group: [{ "title": item["title"], "year": item["year"] }] });
        let answer = viewer.post("/sync/history", &titled).ok();
        assert_eq!(answer["not_found"][group], json!([]), "{answer}");
    }
    let path = format!("/shows/{}/seasons/1/episodes/1", show["ids"]["trakt"]);
    let episode = viewer.get(&path).ok();
    for name in ["trakt", "tvdb", "imdb", "tmdb"] {
        let body = json!({ "episodes": [{ "ids": { name: episode["ids"][name] } }] });
        if !episode["ids"][name].is_null() {
            let answer = viewer.post("/sync/history", &body).ok();
            assert_eq!(answer["added"]["episodes"], 1, "{name}");
        }
    }
}

#[test]
fn what_is_not_there_comes_back_as_it_was_sent() {
    let viewer = Viewer::new();
    let movie = json!({ "ids": { "imdb": "tt0000111" } });
    let show = json!({ "title": "No Such Show", "year": 1999 });
    let half = json!({ "ids": { "trakt": 3 }, "seasons": [
        { "number": 1, "episodes": [{ "number": 1 }, { "number": 999 }] },
        { "number": 99, "episodes": [{ "number": 1 }] },
    ] });
    let body = json!({ "movies": [movie, { "ids": { "trakt": 1 } }], "shows": [show, half],
        "seasons": [{ "ids": { "trakt": 9_999_999 } }], "episodes": [{ "ids": { "tvdb": 2 } }] });
    let answer = viewer.post("/sync/history", &body).ok();
    assert_eq!(answer["added"], json!({ "movies": 1, "episodes": 1 }));
    assert_eq!(answer["updated"], json!({ "movies": 0, "episodes": 0 }));
    assert_eq!(
        answer["not_found"],
        json!({
            "movies": [movie],
            "shows": [show, { "ids": { "trakt": 3 }, "seasons": [
                { "number": 1, "episodes": [{ "number": 999 }] },
                { "number": 99, "episodes": [{ "number": 1 }] },
            ] }],
            "seasons": [{ "ids": { "trakt": 9_999_999 } }],
            "episodes": [{ "ids": { "tvdb": 2 } }],
        })
    );
    for bad in ["[]", "nonsense", "\"text\""] {
        let body = serde_json::from_str(bad).unwrap_or(json!(bad));
        assert_eq!(viewer.post("/sync/history", &body).status, 400, "{bad}");
    }
    let when = json!({ "movies": [{ "ids": { "trakt": 1 }, "watched_at": "soon" }] });
    assert_eq!(viewer.post("/sync/history", &when).status, 422);
    assert_eq!(viewer.sim.plays("justin").unwrap().len(), 2);
}

#[test]
fn a_show_marks_what_has_aired_and_no_specials() {
    let viewer = Viewer::new();
    let found = viewer.show(|it| {
        let specials = it["seasons"][0]["number"] == 0;
        specials && it["show"]["status"] == "returning series"
    });
    let show = &found["show"];
    let aired = show["aired_episodes"].as_u64().unwrap();
    let id = show["ids"]["trakt"].as_u64().unwrap();
    let body = json!({ "shows": [{ "ids": { "trakt": id } }] });
    let answer = viewer.post("/sync/history", &body).ok();
    assert_eq!(answer["added"]["episodes"], aired);
    let seasons = viewer
        .get(&format!("/shows/{id}/seasons?extended=full,episodes"))
        .ok();
    let all: usize = seasons
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["episodes"].as_array().unwrap().len())
        .sum();
    assert!(aired < all as u64, "some are still to come");

    let season = &seasons[1];
    let body = json!({ "seasons": [{ "ids": season["ids"] }] });
    let answer = viewer.post("/sync/history", &body).ok();
    assert_eq!(answer["added"]["episodes"], season["aired_episodes"]);
    let body = json!({ "shows": [{ "ids": show["ids"], "seasons": [{ "number": 0 }] }] });
    let answer = viewer.post("/sync/history", &body).ok();
    assert_eq!(answer["added"]["episodes"], seasons[0]["aired_episodes"]);
}

#[test]
fn released_unknown_and_nothing_are_times_too() {
    let viewer = Viewer::new();
    let episode = viewer
        .get("/shows/5/seasons/1/episodes/1?extended=full")
        .ok();
    let seasons = json!([{ "number": 1, "episodes": [{ "number": 1 }] }]);
    let before = viewer.sim.now_ms();
    for watched_at in [json!("released"), json!("unknown"), json!(null)] {
        // Said of the show, it holds for the episode.
        let show = json!({ "ids": { "trakt": 5 }, "seasons": seasons, "watched_at": watched_at });
        viewer
            .post("/sync/history", &json!({ "shows": [show] }))
            .ok();
    }
    let after = viewer.sim.now_ms();
    let plays = viewer.sim.plays("justin").unwrap();
    let [now, released, unknown] = [0, 1, 2].map(|at| plays[at].watched_at_ms);
    assert!((before..=after).contains(&now));
    assert_eq!(unknown, 0);
    let runtime = episode["runtime"].as_u64().unwrap() * 60_000;
    let history = viewer.get("/sync/history").ok();
    assert_eq!(history[2]["watched_at"], "1970-01-01T00:00:00.000Z");
    viewer.post(
        "/sync/history",
        &json!({ "episodes": [{ "ids": episode["ids"], "watched_at": episode["first_aired"] }] }),
    );
    let aired = viewer.sim.plays("justin").unwrap()[2].watched_at_ms;
    assert_eq!(released, aired + runtime);
}

#[test]
fn removing_an_item_takes_all_its_plays_and_an_id_takes_one() {
    let viewer = Viewer::new();
    let movie = |id: u64| json!({ "ids": { "trakt": id } });
    viewer.post(
        "/sync/history",
        &json!({ "movies": [movie(1), movie(1), movie(1), movie(2)] }),
    );
    viewer.post(
        "/sync/history",
        &json!({ "shows": [{ "ids": { "trakt": 5 }, "seasons": [{ "number": 1 }] }] }),
    );
    let before = viewer.get("/sync/last_activities").ok();
    let one = viewer.get("/sync/history/movies/1").ok()[0]["id"]
        .as_u64()
        .unwrap();
    let answer = viewer
        .post("/sync/history/remove", &json!({ "ids": [one, 23] }))
        .ok();
    assert_eq!(answer["deleted"], json!({ "movies": 1, "episodes": 0 }));
    assert_eq!(answer["not_found"]["ids"], json!([23]));
    assert_eq!(
        viewer
            .get("/sync/history/movies/1")
            .ok()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let after = viewer.get("/sync/last_activities").ok();
    assert_eq!(moved(&before, &after), ["movies.watched_at"]);

    let body = json!({ "movies": [movie(1), movie(3)], "shows": [movie(5)] });
    let answer = viewer.post("/sync/history/remove", &body).ok();
    assert_eq!(
        answer["deleted"]["movies"], 1,
        "one item, however many plays"
    );
    assert!(answer["deleted"]["episodes"].as_u64().unwrap() > 1);
    let again = viewer.get("/sync/last_activities").ok();
    assert_eq!(
        moved(&after, &again),
        ["episodes.watched_at", "movies.watched_at"]
    );
    let left = viewer.sim.plays("justin").unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].trakt, 2);
    let nothing = viewer.post("/sync/history/remove", &body).ok();
    assert_eq!(nothing["deleted"], json!({ "movies": 0, "episodes": 0 }));
    assert_eq!(
        again,
        viewer.get("/sync/last_activities").ok(),
        "nothing changed"
    );
}

#[test]
fn a_history_is_asked_for_by_type_item_and_time() {
    let viewer = Viewer::new();
    let seasons = json!([{ "number": 1 }]);
    let body = json!({
        "movies": [
            { "ids": { "trakt": 1 }, "watched_at": "2024-01-01T00:00:00.000Z" },
            { "ids": { "trakt": 2 }, "watched_at": "2024-01-02T00:00:00.000Z" },
        ],
        "shows": [
            { "ids": { "trakt": 5 }, "seasons": seasons, "watched_at": "2024-01-03T00:00:00.000Z" },
            { "ids": { "trakt": 6 }, "seasons": seasons, "watched_at": "2024-01-04T00:00:00.000Z" },
        ],
    });
    viewer.post("/sync/history", &body).ok();
    let count = |path: &str| viewer.get(path).pagination()[3];
    let of = |show: u64| {
        let season = viewer.get(&format!("/shows/{show}/seasons/1")).ok();
        season.as_array().unwrap().len()
    };
    assert_eq!(count("/sync/history/movies"), 2);
    assert_eq!(count("/sync/history/movies/2"), 1);
    assert_eq!(count("/sync/history/episodes"), of(5) + of(6));
    assert_eq!(count("/sync/history/shows/5"), of(5));
    let slug = viewer.get("/shows/6").ok()["ids"]["slug"].clone();
    assert_eq!(
        count(&format!("/sync/history/shows/{}", slug.as_str().unwrap())),
        of(6)
    );
    let seasons = viewer.get("/shows/5/seasons").ok();
    let first = seasons
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["number"] == 1)
        .unwrap();
    assert_eq!(
        count(&format!("/sync/history/seasons/{}", first["ids"]["trakt"])),
        of(5)
    );
    let episode = viewer.get("/shows/5/seasons/1/episodes/1").ok();
    assert_eq!(
        count(&format!(
            "/sync/history/episodes/{}",
            episode["ids"]["trakt"]
        )),
        1
    );
    assert_eq!(viewer.get("/sync/history/shows/no-such-show").status, 404);
    assert_eq!(viewer.get("/sync/history/people").status, 404);

    // Both ends belong to it.
    let window = "start_at=2024-01-02T00:00:00.000Z&end_at=2024-01-03T00:00:00.000Z";
    assert_eq!(count(&format!("/sync/history?{window}")), 1 + of(5));
    assert_eq!(count("/sync/history?end_at=2024-01-01T23:59:59.999Z"), 1);
    let newest = viewer.get("/sync/history?limit=1").ok();
    assert_eq!(newest[0]["show"]["ids"]["trakt"], 6);
    assert_eq!(newest[0]["episode"]["season"], 1);
}

#[test]
fn all_of_it_needs_a_token() {
    let viewer = Viewer::new();
    for path in [
        "/sync/last_activities",
        "/sync/history",
        "/sync/watched/shows",
        "/sync/playback",
        "/sync/watchlist",
        "/sync/ratings",
        "/sync/collection/movies",
        "/sync/favorites",
        "/sync/progress/up_next",
        "/shows/1/progress/watched",
        "/recommendations/movies",
        "/calendars/my/shows",
        "/users/hidden/dropped",
        "/users/me/stats",
    ] {
        assert_eq!(viewer.anonymous(path).status, 401, "{path}");
        assert_eq!(viewer.get(path).status, 200, "{path}");
    }
}
