//! Summaries, searches, recommendations, calendars and the numbers of a profile.

use serde_json::{Value, json};
use trakt_sim::{Config, Generated};

use super::{Viewer, moved};

#[test]
fn a_summary_is_found_by_trakt_id_slug_and_imdb_id() {
    let viewer = Viewer::new();
    for kind in ["movies", "shows"] {
        let known = viewer.known(kind)["ids"]["trakt"].clone();
        let short = viewer.anonymous(&format!("/{kind}/{known}")).ok();
        assert_eq!(short.as_object().unwrap().len(), 3, "title, year and ids");
        for name in ["trakt", "slug", "imdb"] {
            let id = short["ids"][name].to_string().replace('"', "");
            assert_eq!(
                viewer.anonymous(&format!("/{kind}/{id}")).ok(),
                short,
                "{kind} by {name}"
            );
        }
        let full = viewer.get(&format!("/{kind}/7?extended=full")).ok();
        assert!(full["overview"].is_string());
        assert_eq!(viewer.get(&format!("/{kind}/7?extended=images")).ok(), full);
        for id in ["0", "999999", "no-such-title", "tt9999999"] {
            assert_eq!(
                viewer.get(&format!("/{kind}/{id}")).status,
                404,
                "{kind} {id}"
            );
        }
    }
    let seasons = viewer.get("/shows/7/seasons?extended=full,episodes").ok();
    for season in seasons.as_array().unwrap() {
        let path = format!("/shows/7/seasons/{}", season["number"]);
        let episodes = season["episodes"].as_array().unwrap();
        assert_eq!(season["episode_count"], episodes.len());
        assert_eq!(
            viewer.get(&format!("{path}?extended=full")).ok(),
            season["episodes"]
        );
        let last = viewer
            .get(&format!("{path}/episodes/{}?extended=full", episodes.len()))
            .ok();
        assert_eq!(last, episodes[episodes.len() - 1]);
        assert_eq!(
            viewer
                .get(&format!("{path}/episodes/{}", episodes.len() + 1))
                .status,
            404
        );
    }
    assert_eq!(viewer.get("/shows/7/seasons").ok()[0].get("episodes"), None);
    assert_eq!(viewer.get("/shows/7/seasons/99").status, 404);
}

#[test]
fn a_search_by_id_finds_what_has_that_id() {
    let viewer = Viewer::new();
    let kinds = |path: &str| -> Vec<String> {
        let found = viewer.anonymous(path).ok();
        let kind = |entry: &Value| entry["type"].as_str().unwrap().to_owned();
        found.as_array().unwrap().iter().map(kind).collect()
    };
    assert_eq!(kinds("/search/trakt/7"), ["movie", "show", "episode"]);
    assert_eq!(kinds("/search/trakt/7?type=show,movie"), ["movie", "show"]);
    let show = viewer.known("shows");
    for (name, id) in [
        ("imdb", &show["ids"]["imdb"]),
        ("tvdb", &show["ids"]["tvdb"]),
    ] {
        let id = id.to_string().replace('"', "");
        let found = viewer.get(&format!("/search/{name}/{id}")).ok();
        assert_eq!(found[0]["show"]["ids"], show["ids"], "{name}");
    }
    let path = format!("/shows/{}/seasons/1/episodes/2", show["ids"]["trakt"]);
    let episode = viewer.get(&path).ok();
    let found = viewer
        .get(&format!(
            "/search/trakt/{}?type=episode",
            episode["ids"]["trakt"]
        ))
        .ok();
    assert_eq!(found[0]["episode"]["ids"], episode["ids"]);
    assert_eq!(found[0]["show"]["ids"], show["ids"]);
    assert_eq!(kinds("/search/imdb/tt9999999"), [""; 0]);
    assert_eq!(viewer.get("/search/plex/1").status, 404);
}

#[test]
fn a_search_by_text_finds_all_words_in_any_case() {
    let viewer = Viewer::new();
    let show = viewer.get("/shows/7").ok();
    let title = show["title"]
        .as_str()
        .unwrap()
        .to_uppercase()
        .replace(' ', "%20");
    let found = viewer.pages(&format!("/search/movie,show?query={title}"), 250);
    assert!(
        found
            .iter()
            .any(|entry| entry["show"]["ids"] == show["ids"])
    );
    let words: Vec<String> = show["title"]
        .as_str()
        .unwrap()
        .to_lowercase()
        .split(' ')
        .map(str::to_owned)
        .collect();
    for entry in &found {
        let title = entry[entry["type"].as_str().unwrap()]["title"]
            .as_str()
            .unwrap()
            .to_lowercase();
        assert!(words.iter().all(|word| title.contains(word)), "{title}");
    }
    let only = viewer.pages("/search/episode?query=golden", 250);
    assert!(only.len() > 100);
    assert!(
        only.iter()
            .all(|entry| entry["type"] == "episode" && entry["show"].is_object())
    );
    assert_eq!(viewer.get("/search/person?query=x").ok(), json!([]));
    assert_eq!(viewer.get("/search/movie").ok(), json!([]));
    assert_eq!(viewer.get("/search/podcast?query=x").status, 404);
}

#[test]
fn recommendations_leave_out_what_is_asked_and_what_was_hidden() {
    let viewer = Viewer::new();
    let ids = |query: &str| -> Vec<u64> {
        let list = viewer.get(&format!("/recommendations/shows{query}"));
        assert_eq!(list.header("x-pagination-page"), "");
        let list = list.ok();
        list.as_array()
            .unwrap()
            .iter()
            .map(|s| s["ids"]["trakt"].as_u64().unwrap())
            .collect()
    };
    let ten = ids("");
    assert_eq!(ten.len(), 10);
    assert_eq!(ids("?limit=10"), ten);
    assert_eq!(ids("/?limit=3"), ten[..3]);
    assert_eq!(ids("?limit=1000").len(), 100);
    let named = |id: u64| json!({ "shows": [{ "ids": { "trakt": id } }] });
    viewer.post("/sync/history", &named(ten[0])).ok();
    viewer.post("/sync/collection", &named(ten[1])).ok();
    viewer.post("/sync/watchlist", &named(ten[2])).ok();
    assert_eq!(ids(""), ten);
    assert_eq!(ids("?ignore_watched=true")[0], ten[1]);
    assert_eq!(ids("?ignore_collected=true")[..2], [ten[0], ten[2]]);
    assert_eq!(
        ids("?ignore_watchlisted=true")[..3],
        [ten[0], ten[1], ten[3]]
    );
    assert_eq!(
        ids("?ignore_watched=true&ignore_collected=true&ignore_watchlisted=true")[0],
        ten[3]
    );
    let before = viewer.get("/sync/last_activities").ok();
    assert_eq!(
        viewer
            .delete(&format!("/recommendations/shows/{}", ten[0]))
            .status,
        204
    );
    let after = viewer.get("/sync/last_activities").ok();
    assert_eq!(moved(&before, &after), ["shows.hidden_at"]);
    assert_eq!(ids("")[..9], ten[1..]);
    let hidden = viewer.get("/users/hidden/recommendations").ok();
    assert_eq!(hidden[0]["show"]["ids"]["trakt"], ten[0]);
    assert_eq!(viewer.get("/users/hidden/watched").status, 404);
    assert_eq!(
        viewer.delete("/recommendations/shows/no-such-show").status,
        404
    );
    assert_eq!(
        viewer
            .get("/recommendations/movies")
            .ok()
            .as_array()
            .unwrap()
            .len(),
        10
    );
    assert_eq!(viewer.get("/recommendations/books").status, 404);
    // What is not out yet is not recommended.
    let movies = viewer
        .get("/recommendations/movies?limit=100&extended=full")
        .ok();
    let noted = viewer.activity("movies", "watched_at");
    let stamp = json!({ "movies": [{ "ids": { "trakt": 1 } }] });
    viewer.post("/sync/history", &stamp).ok();
    let now = viewer.activity("movies", "watched_at");
    assert_ne!(now, noted);
    for movie in movies.as_array().unwrap() {
        assert!(
            movie["released"].as_str().unwrap() < now.as_str(),
            "{movie}"
        );
    }
}

#[test]
fn a_calendar_has_what_airs_of_what_is_followed() {
    let viewer = Viewer::new();
    let found = viewer.show(|it| it["show"]["status"] == "returning series");
    let id = found["show"]["ids"]["trakt"].as_u64().unwrap();
    let seasons = viewer
        .get(&format!("/shows/{id}/seasons?extended=full,episodes"))
        .ok();
    let next = seasons
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .find(|s| s["number"] != 0)
        .unwrap();
    let first = next["episodes"][0].clone();
    let aired = first["first_aired"].as_str().unwrap();
    let path = format!("/calendars/my/shows/{}", &aired[..10]);
    assert_eq!(viewer.get(&path).ok(), json!([]), "nothing is followed yet");
    viewer
        .post(
            "/sync/watchlist",
            &json!({ "shows": [{ "ids": { "trakt": id } }] }),
        )
        .ok();
    let week = viewer.get(&path).ok();
    assert_eq!(week[0]["first_aired"], aired);
    assert_eq!(week[0]["episode"]["ids"], first["ids"]);
    assert_eq!(week[0]["show"]["ids"]["trakt"], id);
    let most = viewer.get(&format!("{path}/400")).ok();
    let last = most.as_array().unwrap().last().unwrap()["first_aired"]
        .as_str()
        .unwrap()
        .to_owned();
    let end = viewer.get(&format!("{path}/33")).ok();
    assert_eq!(most, end, "33 days are the most");
    assert!(last.as_str() >= aired);
    assert_eq!(viewer.get(&format!("{path}/0")).ok(), json!([]));
    viewer
        .post(
            "/users/hidden/dropped",
            &json!({ "shows": [{ "ids": { "trakt": id } }] }),
        )
        .ok();
    assert_eq!(viewer.get(&path).ok(), json!([]));

    let shows = json!({ "shows": [{ "ids": { "trakt": id } }] });
    viewer.post("/users/hidden/dropped/remove", &shows).ok();
    assert_eq!(viewer.get(&path).ok(), week);
    viewer.post("/users/hidden/calendar", &shows).ok();
    assert_eq!(viewer.get(&path).ok(), json!([]));

    let movie = viewer.get("/movies/9?extended=full").ok();
    viewer
        .post(
            "/sync/watchlist",
            &json!({ "movies": [{ "ids": { "trakt": 9 } }] }),
        )
        .ok();
    let day = viewer
        .get(&format!(
            "/calendars/my/movies/{}/1",
            movie["released"].as_str().unwrap()
        ))
        .ok();
    assert_eq!(day[0]["movie"]["ids"], movie["ids"]);
    assert_eq!(day[0]["released"], movie["released"]);
    let movies = json!({ "movies": [{ "ids": { "trakt": 9 } }] });
    viewer.post("/users/hidden/calendar", &movies).ok();
    let path = format!(
        "/calendars/my/movies/{}/1",
        movie["released"].as_str().unwrap()
    );
    assert_eq!(viewer.get(&path).ok(), json!([]));
    assert_eq!(viewer.get("/calendars/my/movies/soon/1").status, 422);
}

#[test]
fn the_numbers_of_a_profile_follow_from_its_plays() {
    let generated = Some(Generated {
        accounts: 30,
        seed: 9,
        plays: 1_000,
    });
    let viewer = Viewer::start(
        Config {
            generated,
            ..Config::default()
        },
        "viewer-1",
    );
    let stats = viewer.anonymous("/users/viewer-1/stats").ok();
    assert_eq!(viewer.get("/users/me/stats").ok(), stats);
    let movies = viewer.get("/sync/history/movies").pagination()[3];
    assert_eq!(stats["movies"]["plays"], movies);
    assert_eq!(stats["episodes"]["plays"], 1_000 - movies);
    assert_eq!(
        stats["movies"]["watched"],
        viewer.get("/sync/watched/movies").pagination()[3]
    );
    assert_eq!(
        stats["shows"]["watched"],
        viewer.get("/sync/watched/shows").pagination()[3]
    );
    let ratings = viewer.pages("/sync/ratings", 250);
    assert_eq!(stats["ratings"]["total"], ratings.len());
    let tens = ratings
        .iter()
        .filter(|rating| rating["rating"] == 10)
        .count();
    assert_eq!(stats["ratings"]["distribution"]["10"], tens);
    assert_eq!(viewer.get("/users/nobody/stats").status, 404);
    assert_eq!(
        viewer.anonymous("/users/ana-lucia/stats").status,
        401,
        "it is private"
    );
}
