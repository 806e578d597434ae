//! The watchlist, the favorites and the collection.

use serde_json::{Value, json};
use trakt_sim::{AccountChange, ItemLimit, Limits, Settings};

use super::{Viewer, moved};

fn movies(ids: std::ops::RangeInclusive<u64>) -> Value {
    let movies: Vec<Value> = ids.map(|id| json!({ "ids": { "trakt": id } })).collect();
    json!({ "movies": movies })
}

#[test]
fn a_watchlist_knows_what_is_new_and_what_was_there() {
    let viewer = Viewer::new();
    let body = json!({
        "movies": [{ "ids": { "trakt": 1 }, "notes": "for VIPs" }, { "ids": { "imdb": "tt0000111" } }],
        "shows": [
            { "ids": { "trakt": 2 } },
            { "ids": { "trakt": 3 }, "seasons": [{ "number": 1 }] },
            { "ids": { "trakt": 4 }, "seasons": [{ "number": 1, "episodes": [{ "number": 1 }] }] },
        ],
    });
    let before = viewer.get("/sync/last_activities").ok();
    let reply = viewer.post("/sync/watchlist", &body);
    assert_eq!(reply.status, 201);
    let one_each = json!({ "movies": 1, "shows": 1, "seasons": 1, "episodes": 1 });
    let none = json!({ "movies": 0, "shows": 0, "seasons": 0, "episodes": 0 });
    let answer = reply.ok();
    assert_eq!(answer["added"], one_each);
    assert_eq!(answer["existing"], none);
    assert_eq!(
        answer["not_found"]["movies"],
        json!([{ "ids": { "imdb": "tt0000111" } }])
    );
    assert_eq!(answer["list"]["item_count"], 4);
    let after = viewer.get("/sync/last_activities").ok();
    assert_eq!(
        moved(&before, &after),
        [
            "episodes.watchlisted_at",
            "movies.watchlisted_at",
            "seasons.watchlisted_at",
            "shows.watchlisted_at",
            "watchlist.updated_at"
        ]
    );
    assert_eq!(
        after["watchlist"]["updated_at"],
        answer["list"]["updated_at"]
    );

    let again = viewer.post("/sync/watchlist", &body).ok();
    assert_eq!((&again["added"], &again["existing"]), (&none, &one_each));
    assert_eq!(
        viewer.get("/sync/last_activities").ok(),
        after,
        "nothing changed"
    );

    let list = viewer.get("/sync/watchlist").ok();
    let entries = list.as_array().unwrap();
    let ranks: Vec<_> = entries
        .iter()
        .map(|entry| entry["rank"].as_u64().unwrap())
        .collect();
    assert_eq!(ranks, [1, 2, 3, 4]);
    assert_eq!(entries[0]["notes"], Value::Null, "notes are for VIPs");
    assert_eq!(entries[2]["season"]["number"], 1);
    assert_eq!(entries[2]["show"]["ids"]["trakt"], 3);
    assert_eq!(viewer.get("/sync/watchlist/episodes").pagination()[3], 1);
    assert_eq!(
        viewer.get("/sync/watchlist/shows/rank/asc").pagination()[3],
        1
    );

    let gone = viewer
        .post(
            "/sync/watchlist/remove",
            &json!({ "shows": [{ "ids": { "trakt": 2 } }, { "ids": { "trakt": 8 } }] }),
        )
        .ok();
    assert_eq!(
        gone["deleted"],
        json!({ "movies": 0, "shows": 1, "seasons": 0, "episodes": 0 })
    );
    assert_eq!(gone["list"]["item_count"], 3);
    let removed = viewer.get("/sync/last_activities").ok();
    assert_eq!(
        moved(&after, &removed),
        ["shows.watchlisted_at", "watchlist.updated_at"]
    );
    let list = viewer.get("/sync/watchlist").ok();
    assert_eq!(list[1]["rank"], 2, "the ranks close up");
}

#[test]
fn a_list_is_sorted_as_asked_for() {
    let viewer = Viewer::vip();
    viewer
        .post(
            "/sync/watchlist",
            &json!({ "movies": [{ "ids": { "trakt": 9 }, "notes": "soon" }] }),
        )
        .ok();
    viewer.post("/sync/watchlist", &movies(1..=8)).ok();
    let titles = |path: &str| -> Vec<String> {
        let list = viewer.get(path).ok();
        let title = |entry: &Value| entry["movie"]["title"].as_str().unwrap().to_lowercase();
        list.as_array().unwrap().iter().map(title).collect()
    };
    let mut sorted = titles("/sync/watchlist/movies/rank/asc");
    assert_eq!(viewer.get("/sync/watchlist").ok()[0]["notes"], "soon");
    let ranked = sorted.clone();
    sorted.sort();
    assert_ne!(ranked, sorted);
    assert_eq!(titles("/sync/watchlist/movies/title/asc"), sorted);
    let mut reversed = ranked.clone();
    reversed.reverse();
    assert_eq!(titles("/sync/watchlist/movies/rank/desc"), reversed);
    let released = viewer
        .get("/sync/watchlist/movies/released/asc?extended=full")
        .ok();
    let days: Vec<_> = released
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["movie"]["released"].as_str().unwrap().to_owned())
        .collect();
    assert!(days.is_sorted());
    assert_eq!(viewer.get("/sync/watchlist/people").status, 404);
}

#[test]
fn notes_stay_until_there_are_others() {
    let viewer = Viewer::vip();
    let add = |notes: Value| {
        let before = viewer.get("/sync/last_activities").ok();
        let movie = json!({ "ids": { "trakt": 9 }, "notes": notes });
        let body = json!({ "movies": [movie] });
        viewer.post("/sync/watchlist", &body).ok();
        let after = viewer.get("/sync/last_activities").ok();
        let notes = viewer.get("/sync/watchlist").ok()[0]["notes"].clone();
        (notes, !moved(&before, &after).is_empty())
    };
    assert_eq!(add(json!("soon")), (json!("soon"), true));
    assert_eq!(add(json!("soon")), (json!("soon"), false));
    assert_eq!(add(Value::Null), (json!("soon"), false));
    assert_eq!(add(json!("later")), (json!("later"), true));
}

#[test]
fn a_full_list_takes_nothing_more() {
    let viewer = Viewer::new();
    let settings = viewer.get("/users/settings").ok();
    let limit = settings["limits"]["watchlist"]["item_count"]
        .as_u64()
        .unwrap();
    viewer.post("/sync/watchlist", &movies(1..=limit - 1)).ok();
    let before = viewer.get("/sync/last_activities").ok();
    // Two are one too many, so not even the first is taken.
    let over = viewer.post("/sync/watchlist", &movies(limit..=limit + 1));
    assert_eq!(over.status, 420);
    assert_eq!(over.header("x-account-limit"), limit.to_string());
    assert_eq!(over.header("x-vip-user"), "false");
    assert_eq!(over.json, Value::Null);
    assert_eq!(viewer.get("/sync/last_activities").ok(), before);
    assert_eq!(
        viewer
            .post("/sync/watchlist", &movies(limit..=limit))
            .status,
        201
    );
    // What is there already is no more, and twice the same is one.
    viewer.post("/sync/watchlist/remove", &movies(1..=1)).ok();
    let twice = json!({ "movies": [{ "ids": { "trakt": 1 } }, { "ids": { "trakt": 1 } }] });
    let answer = viewer.post("/sync/watchlist", &twice).ok();
    assert_eq!(
        (&answer["added"]["movies"], &answer["existing"]["movies"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        viewer.post("/sync/watchlist", &movies(1..=limit)).status,
        201
    );
    assert_eq!(
        viewer
            .post("/sync/watchlist", &movies(limit + 1..=limit + 1))
            .status,
        420
    );
    assert_eq!(
        viewer.get("/sync/watchlist").pagination()[3] as u64,
        limit,
        "it can still be read"
    );
    viewer.post("/sync/watchlist/remove", &movies(1..=1)).ok();
    assert_eq!(
        viewer
            .post("/sync/watchlist", &movies(limit + 1..=limit + 1))
            .status,
        201
    );

    let favorites = settings["limits"]["favorites"]["item_count"]
        .as_u64()
        .unwrap();
    viewer.post("/sync/favorites", &movies(1..=favorites)).ok();
    assert_eq!(
        viewer.post("/sync/favorites", &movies(999..=999)).status,
        420
    );
    viewer.post("/sync/collection", &movies(1..=100)).ok();
    assert_eq!(
        viewer.post("/sync/collection", &movies(999..=999)).status,
        420
    );
    let vip = Viewer::vip();
    vip.post("/sync/watchlist", &movies(1..=limit + 50)).ok();
}

#[test]
fn favorites_are_movies_and_shows() {
    let viewer = Viewer::new();
    let before = viewer.get("/sync/last_activities").ok();
    let body = json!({ "movies": [{ "ids": { "trakt": 1 } }], "shows": [{ "ids": { "trakt": 1 } }],
        "episodes": [{ "ids": { "trakt": 1 } }] });
    let answer = viewer.post("/sync/favorites", &body).ok();
    assert_eq!(answer["added"], json!({ "movies": 1, "shows": 1 }));
    let after = viewer.get("/sync/last_activities").ok();
    assert_eq!(
        moved(&before, &after),
        [
            "favorites.updated_at",
            "movies.favorited_at",
            "shows.favorited_at"
        ]
    );
    assert_eq!(viewer.get("/sync/favorites/shows").ok()[0]["type"], "show");
    let gone = viewer.post("/sync/favorites/remove", &body).ok();
    assert_eq!(gone["deleted"], json!({ "movies": 1, "shows": 1 }));
    let removed = viewer.get("/sync/last_activities").ok();
    assert_eq!(moved(&after, &removed).len(), 3);
    assert_eq!(viewer.get("/sync/favorites").pagination()[3], 0);
}

#[test]
fn a_collection_has_movies_and_the_episodes_of_shows() {
    let viewer = Viewer::new();
    let body = json!({
        "movies": [{ "ids": { "trakt": 1 }, "collected_at": "2023-05-06T07:08:09.000Z" }],
        "shows": [{ "ids": { "trakt": 5 }, "seasons": [{ "number": 1, "episodes": [{ "number": 1 }, { "number": 2 }] }] }],
    });
    let before = viewer.get("/sync/last_activities").ok();
    let reply = viewer.post("/sync/collection", &body);
    assert_eq!(reply.status, 201);
    let answer = reply.ok();
    assert_eq!(
        answer["added"],
        json!({ "movies": 1, "shows": 0, "seasons": 0, "episodes": 2 })
    );
    assert_eq!(answer["list"]["item_count"], 2);
    let after = viewer.get("/sync/last_activities").ok();
    assert_eq!(
        moved(&before, &after),
        ["episodes.collected_at", "movies.collected_at"]
    );
    let again = viewer.post("/sync/collection", &body).ok();
    assert_eq!(again["existing"]["episodes"], 2);

    let movie = viewer.get("/sync/collection/movies").ok();
    assert_eq!(movie[0]["collected_at"], "2023-05-06T07:08:09.000Z");
    let shows = viewer.get("/sync/collection/shows").ok();
    assert_eq!(shows[0]["show"]["ids"]["trakt"], 5);
    assert_eq!(
        shows[0]["seasons"][0]["episodes"].as_array().unwrap().len(),
        2
    );
    assert_eq!(viewer.get("/sync/collection/episodes").pagination()[3], 2);
    assert_eq!(viewer.get("/sync/collection/media").pagination()[3], 3);
    let minimal = viewer.get("/sync/collection/minimal/shows").ok();
    assert_eq!(minimal["5"]["1"].as_object().unwrap().len(), 2);
    assert_eq!(
        viewer.get("/sync/collection/movies?extended=min").ok()["1"],
        "2023-05-06T07:08:09.000Z"
    );

    let gone = viewer
        .post(
            "/sync/collection/remove",
            &json!({ "shows": [{ "ids": { "trakt": 5 } }] }),
        )
        .ok();
    assert_eq!(gone["deleted"]["episodes"], 2);
    assert_eq!(viewer.get("/sync/collection/shows").pagination()[3], 0);
}

#[test]
fn an_accounts_own_limits_hold_and_may_be_kept_secret() {
    let viewer = Viewer::new();
    let item = |item_count| ItemLimit { item_count };
    let limits = Limits {
        watchlist: item(1),
        favorites: item(2),
        collection: item(3),
        ..Limits::FREE
    };
    let change = AccountChange {
        limits: Some(limits),
        ..AccountChange::default()
    };
    viewer.sim.change_account("justin", change).unwrap();
    for limit_headers in [true, false] {
        viewer.sim.set(Settings {
            limit_headers: Some(limit_headers),
            ..Settings::default()
        });
        for (path, limit) in [
            ("/sync/watchlist", 1),
            ("/sync/favorites", 2),
            ("/sync/collection", 3),
        ] {
            viewer.post(path, &movies(1..=limit)).ok();
            let over = viewer.post(path, &movies(9..=9));
            assert_eq!((over.status, &over.json), (420, &Value::Null), "{path}");
            let (limit, vip, upgrade) = match limit_headers {
                true => (limit.to_string(), "false", "https://trakt.tv/vip"),
                false => (String::new(), "", ""),
            };
            assert_eq!(over.header("x-account-limit"), limit, "{path}");
            assert_eq!(over.header("x-vip-user"), vip, "{path}");
            assert_eq!(over.header("x-upgrade-url"), upgrade, "{path}");
        }
    }
}
