//! `/sync/ratings`.

use serde_json::{Value, json};

use super::{Viewer, moved};

#[test]
fn ratings_are_given_changed_and_taken_back() {
    let viewer = Viewer::new();
    let before = viewer.get("/sync/last_activities").ok();
    let body = json!({
        "movies": [{ "ids": { "trakt": 1 }, "rating": 10, "rated_at": "2020-02-02T02:02:02.002Z" }, { "ids": { "trakt": 0 }, "rating": 3 }],
        "shows": [
            { "ids": { "trakt": 5 }, "rating": 7 },
            { "ids": { "trakt": 6 }, "seasons": [{ "number": 1, "rating": 6, "episodes": [{ "number": 1, "rating": 5 }] }, { "number": 2, "rating": 4 }] },
        ],
    });
    let reply = viewer.post("/sync/ratings", &body);
    assert_eq!(reply.status, 201);
    let answer = reply.ok();
    let seasons = answer["added"]["seasons"].as_u64().unwrap();
    assert_eq!(
        answer["added"],
        json!({ "movies": 1, "shows": 1, "seasons": seasons, "episodes": 1 })
    );
    assert_eq!(
        answer["not_found"]["movies"],
        json!([{ "ids": { "trakt": 0 }, "rating": 3 }])
    );
    let after = viewer.get("/sync/last_activities").ok();
    let changed = moved(&before, &after);
    assert!(
        changed.iter().all(|leaf| leaf.ends_with(".rated_at")),
        "{changed:?}"
    );

    let one = viewer.get("/sync/ratings/movies").ok()[0].clone();
    assert_eq!(one["rating"], 10);
    assert_eq!(one["rated_at"], "2020-02-02T02:02:02.002Z");
    assert_eq!(viewer.get("/sync/ratings/all/10").pagination()[3], 1);
    assert_eq!(viewer.get("/sync/ratings/all/5,7").pagination()[3], 2);
    assert_eq!(viewer.get("/sync/ratings/episodes").ok()[0]["rating"], 5);
    viewer
        .post(
            "/sync/ratings",
            &json!({ "movies": [{ "ids": { "trakt": 1 }, "rating": 2 }] }),
        )
        .ok();
    assert_eq!(viewer.get("/sync/ratings/movies").ok()[0]["rating"], 2);

    let shows = json!({ "shows": [{ "ids": { "trakt": 5 } }, { "ids": { "trakt": 9 } }] });
    let now = viewer.get("/sync/last_activities").ok();
    let gone = viewer.post("/sync/ratings/remove", &shows).ok();
    assert_eq!(
        gone["deleted"],
        json!({ "movies": 0, "shows": 1, "seasons": 0, "episodes": 0 })
    );
    let then = viewer.get("/sync/last_activities").ok();
    assert_eq!(moved(&now, &then), ["shows.rated_at"]);
}

#[test]
fn a_rating_is_a_whole_number_from_1_to_10() {
    let viewer = Viewer::new();
    for rating in [
        json!(0),
        json!(11),
        json!(7.5),
        json!("8"),
        Value::Null,
        json!(256 + 5),
    ] {
        let movies = json!([{ "ids": { "trakt": 1 }, "rating": 5 }, { "ids": { "trakt": 2 }, "rating": rating }]);
        let reply = viewer.post("/sync/ratings", &json!({ "movies": movies }));
        assert_eq!(reply.status, 422, "{rating}");
    }
    assert_eq!(viewer.get("/sync/ratings").pagination()[3], 0);
}
