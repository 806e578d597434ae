//! `/sync/watched`: what follows from the plays.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trakt_sim::{Config, Generated, MediaType};

use super::Viewer;

/// Plays and the last of them, by movie or episode, counted one by one.
fn recount(viewer: &Viewer) -> BTreeMap<(MediaType, u64), (u32, u64)> {
    let mut counts = BTreeMap::new();
    for play in viewer.sim.plays(&viewer.slug).unwrap() {
        let count = counts.entry((play.media, play.trakt)).or_insert((0, 0));
        count.0 += 1;
        count.1 = count.1.max(play.watched_at_ms);
    }
    counts
}

fn derived(viewer: &Viewer) -> BTreeMap<(MediaType, u64), (u32, u64)> {
    let watched = viewer.sim.watched(&viewer.slug).unwrap();
    let of = |w: &trakt_sim::WatchedItem| ((w.media, w.trakt), (w.plays, w.last_watched_at_ms));
    watched.iter().map(of).collect()
}

#[test]
fn the_watched_sets_are_what_the_plays_say_whatever_happened() {
    for seed in 0..6 {
        let generated = Some(Generated {
            accounts: 3,
            seed,
            plays: 800,
        });
        let config = Config {
            generated,
            ..Config::default()
        };
        let viewer = Viewer::start(config, "viewer-1");
        assert_eq!(recount(&viewer).values().map(|c| c.0).sum::<u32>(), 800);
        let mut state = seed;
        for step in 0..25_u64 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(step);
            let item = json!({ "ids": { "trakt": (state >> 33) % 200 + 1 },
                "watched_at": format!("20{}-05-01T10:00:00.000Z", 10 + state % 16) });
            match (state >> 20) % 5 {
                0 => viewer.post("/sync/history", &json!({ "movies": [item] })),
                1 => viewer.post("/sync/history", &json!({ "shows": [item] })),
                2 => viewer.post("/sync/history/remove", &json!({ "shows": [item] })),
                3 => viewer.post("/sync/history/remove", &json!({ "movies": [item] })),
                _ => {
                    let plays = viewer.sim.plays("viewer-1").unwrap();
                    let ids: Vec<u64> = plays.iter().step_by(97).map(|play| play.id).collect();
                    viewer.post("/sync/history/remove", &json!({ "ids": ids }))
                }
            }
            .ok();
            assert_eq!(
                derived(&viewer),
                recount(&viewer),
                "seed {seed}, step {step}"
            );
        }
        check_answers(&viewer);
    }
}

/// What the endpoints say against the plays.
fn check_answers(viewer: &Viewer) {
    let counts = recount(viewer);
    let movies = viewer.pages("/sync/watched/movies", 250);
    let expected = counts.keys().filter(|(kind, _)| *kind == MediaType::Movie);
    assert_eq!(movies.len(), expected.count());
    for movie in &movies {
        let id = movie["movie"]["ids"]["trakt"].as_u64().unwrap();
        assert_eq!(movie["plays"], counts[&(MediaType::Movie, id)].0);
    }
    let shows = viewer.pages("/sync/watched/shows?extended=progress&specials=true", 100);
    let episodes: u64 = shows.iter().map(|show| sum(&show["seasons"])).sum();
    let of_shows: u64 = shows
        .iter()
        .map(|show| show["plays"].as_u64().unwrap())
        .sum();
    let expected = counts
        .iter()
        .filter(|((kind, _), _)| *kind == MediaType::Episode);
    let expected: u64 = expected.map(|(_, count)| u64::from(count.0)).sum();
    assert_eq!((episodes, of_shows), (expected, expected));

    let maps = viewer.get("/sync/watched/episodes?extended=min").ok();
    for ((kind, id), (plays, _)) in &counts {
        if *kind == MediaType::Episode {
            let times = maps[id.to_string()].as_array().unwrap();
            assert_eq!(times.len(), *plays as usize);
        }
    }
    let by_show = viewer.get("/sync/watched/shows?extended=min").ok();
    let times: usize = by_show
        .as_object()
        .unwrap()
        .values()
        .flat_map(|seasons| seasons.as_object().unwrap().values())
        .flat_map(|episodes| episodes.as_object().unwrap().values())
        .map(|times| times.as_array().unwrap().len())
        .sum();
    assert_eq!(times as u64, expected);
}

fn sum(seasons: &Value) -> u64 {
    let episodes = seasons.as_array().unwrap().iter();
    let episodes = episodes.flat_map(|season| season["episodes"].as_array().unwrap());
    episodes
        .map(|episode| episode["plays"].as_u64().unwrap())
        .sum()
}

#[test]
fn seasons_come_with_progress_only_and_specials_when_asked_for() {
    let viewer = Viewer::new();
    let found = viewer
        .show(|it| it["seasons"][0]["number"] == 0 && it["seasons"][0]["aired_episodes"] != 0);
    let ids = found["show"]["ids"].clone();
    let body = json!({ "shows": [{ "ids": ids, "seasons": [
        { "number": 0, "episodes": [{ "number": 1 }] },
        { "number": 1, "episodes": [{ "number": 1 }, { "number": 2 }, { "number": 2 }] },
    ] }] });
    viewer.post("/sync/history", &body).ok();
    let first = |query: &str| viewer.get(&format!("/sync/watched/shows{query}")).ok()[0].clone();
    for query in ["", "?extended=full"] {
        let plain = first(query);
        assert_eq!(plain["plays"], 4);
        assert_eq!(plain.get("seasons"), None);
        assert_eq!(plain["reset_at"], Value::Null);
        assert!(plain["show"]["aired_episodes"].as_u64().unwrap() > 0);
    }
    let progress = first("?extended=progress");
    let seasons = progress["seasons"].as_array().unwrap();
    assert_eq!(seasons.len(), 1);
    assert_eq!(seasons[0]["number"], 1);
    let plays = seasons[0]["episodes"].as_array().unwrap();
    assert_eq!(
        (plays[0]["plays"].as_u64(), plays[1]["plays"].as_u64()),
        (Some(1), Some(2))
    );
    assert_eq!(plays[1]["number"], 2);
    let with_specials = first("?extended=progress&specials=true");
    assert_eq!(with_specials["seasons"][0]["number"], 0);
    assert_eq!(with_specials["seasons"].as_array().unwrap().len(), 2);
    let both = first("?extended=full,progress");
    assert_eq!(both["show"]["overview"], "");
    assert_ne!(first("?extended=full")["show"]["overview"], "");
    assert_eq!(viewer.get("/sync/watched/episodes").status, 404);
}

#[test]
fn last_updated_at_moves_when_a_play_comes_and_stays_when_one_goes() {
    let viewer = Viewer::new();
    let play = |at: &str| json!({ "movies": [{ "ids": { "trakt": 1 }, "watched_at": at }] });
    let watched = || viewer.get("/sync/watched/movies").ok()[0].clone();
    viewer
        .post("/sync/history", &play("2020-01-01T00:00:00.000Z"))
        .ok();
    let first = watched();
    assert!(first["last_updated_at"].as_str() > first["last_watched_at"].as_str());
    viewer.sim.advance(60);
    viewer
        .post("/sync/history", &play("2019-01-01T00:00:00.000Z"))
        .ok();
    let second = watched();
    assert_eq!(second["last_watched_at"], first["last_watched_at"]);
    assert_ne!(second["last_updated_at"], first["last_updated_at"]);
    viewer.sim.advance(60);
    let newest = viewer.get("/sync/history").ok()[0]["id"].clone();
    viewer
        .post("/sync/history/remove", &json!({ "ids": [newest] }))
        .ok();
    let third = watched();
    assert_eq!(third["plays"], 1);
    assert_eq!(third["last_watched_at"], "2019-01-01T00:00:00.000Z");
    assert_eq!(third["last_updated_at"], second["last_updated_at"]);
}

#[test]
fn last_updated_at_of_an_old_show_stays_when_its_newest_play_goes() {
    let generated = Some(Generated {
        accounts: 1,
        seed: 2,
        plays: 400,
    });
    let config = Config {
        generated,
        ..Config::default()
    };
    let viewer = Viewer::start(config, "viewer-1");
    for (kind, ids) in [("shows", "show"), ("movies", "movie")] {
        let all = viewer.pages(&format!("/sync/watched/{kind}"), 250);
        let before = all
            .iter()
            .find(|it| it["plays"].as_u64() > Some(1))
            .unwrap();
        let id = &before[ids]["ids"]["trakt"];
        let newest = viewer
            .get(&format!("/sync/history/{kind}/{id}?limit=1"))
            .ok();
        assert_eq!(newest[0]["watched_at"], before["last_updated_at"]);
        let body = json!({ "ids": [newest[0]["id"]] });
        viewer.post("/sync/history/remove", &body).ok();
        let all = viewer.pages(&format!("/sync/watched/{kind}"), 250);
        let after = all
            .iter()
            .find(|it| it[ids]["ids"]["trakt"] == *id)
            .unwrap();
        assert_eq!(
            after["plays"].as_u64(),
            before["plays"].as_u64().map(|n| n - 1)
        );
        assert_eq!(after["last_updated_at"], before["last_updated_at"]);
    }
}
