//! What is served of what was read: progress, watched, ratings and the watchlist.

use serde_json::{Value, json};
use trakt_api::endpoints::{AddRatings, AddToHistory, AddToWatchlist, ScrobblePause};
use trakt_api::{
    Batch, EpisodeEntry, Extent, Ids, Note, Percent, Play, Playing, Rate, Rating, SeasonEntry,
    ShowEntry, WatchedAt,
};
use uuid::Uuid;

use crate::harness::{Person, Server, Service, issue_token, movies, wait_for};

struct Viewer {
    service: Service,
    person: Person,
    user: Uuid,
    token: String,
}

impl Viewer {
    fn new() -> Self {
        let service = Service::start();
        let user = service.database.user("user@example.org", "user");
        let token = issue_token(user, 600);
        let linked = service.server.link(&service.sim, &token, "sean");
        assert_eq!(linked.status, 200);
        let person = Person::last_linked(&service.sim, user);
        Self {
            service,
            person,
            user,
            token,
        }
    }

    fn server(&self) -> &Server {
        &self.service.server
    }

    fn get(&self, path: &str) -> Value {
        let reply = self.server().patiently("GET", path, &self.token, None);
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.json()
    }

    fn items(&self, path: &str) -> Vec<Value> {
        self.get(path)["items"].as_array().unwrap().clone()
    }

    /// Waits until a list has so many items: what was done at Trakt is pulled.
    fn list_of(&self, path: &str, count: usize) -> Vec<Value> {
        wait_for("a list to be as long as it should be", || {
            let now = "UPDATE watch_states SET next_at = now() WHERE user_id = $1 AND pull IS NULL";
            self.service.database.execute(now, &[&self.user]);
            let items = self.items(path);
            (items.len() == count).then_some(items)
        })
    }

    fn watch(&self, show: i64, numbers: std::ops::RangeInclusive<u32>, at: &str) {
        let watched_at = WatchedAt::At(at.parse().unwrap());
        let episodes = numbers.map(|number| EpisodeEntry {
            number,
            with: Play { watched_at },
        });
        let season = SeasonEntry {
            number: 1,
            extent: Extent::Parts(episodes.collect()),
        };
        let show = ShowEntry {
            item: Ids::trakt(show).into(),
            extent: Extent::Parts(vec![season]),
        };
        let plays = &Batch {
            shows: vec![show],
            ..Batch::default()
        };
        self.person.does(&AddToHistory { plays });
    }
}

#[test]
fn what_to_go_on_with_is_one_list() {
    let viewer = Viewer::new();
    viewer.watch(1, 1..=2, "2026-09-01T20:00:00Z");
    viewer.watch(2, 1..=1, "2026-09-02T20:00:00Z");
    let playing = &Playing::Movie(Ids::trakt(7).into());
    let progress = Percent::new(33.3).unwrap();
    viewer.person.does(&ScrobblePause { playing, progress });
    let items = viewer.list_of("/trakt/progress", 3);
    let said: Vec<Value> = items
        .iter()
        .map(|item| {
            json!([
                item["kind"],
                item["type"],
                item["show"]["ids"]["trakt"],
                item["episode"]["season"],
                item["episode"]["number"]
            ])
        })
        .collect();
    assert_eq!(
        said,
        [
            json!(["resume", "movie", null, null, null]),
            json!(["next", "episode", 2, 1, 2]),
            json!(["next", "episode", 1, 1, 3]),
        ]
    );
    assert_eq!(
        (&items[0]["progress"], &items[0]["left"]),
        (&json!(33.3), &Value::Null)
    );
    assert_eq!(items[2]["lastWatchedAt"], "2026-09-01T20:00:00Z");
    let show = viewer.get("/trakt/progress/shows/1");
    assert_eq!(show["completed"], 2);
    assert_eq!(show["left"], items[2]["left"]);
    assert_eq!(show["nextEpisode"]["number"], 3);
    assert_eq!(show["seasons"][0]["episodes"][1]["completed"], true);
    assert_eq!(show["seasons"][0]["episodes"][2]["completed"], false);
    let slug = show["show"]["ids"]["slug"].as_str().unwrap();
    assert_eq!(viewer.get(&format!("/trakt/progress/shows/{slug}")), show);
    for name in ["3", "%00", "a%00b", "99999999999999999999", "Severance"] {
        let path = format!("/trakt/progress/shows/{name}");
        let other = viewer.server().patiently("GET", &path, &viewer.token, None);
        assert_eq!(other.outcome(), "404 not_found", "{name}");
    }

    // Page by page it is the same.
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = viewer.get(&format!("/trakt/progress?limit=1{cursor}"));
        paged.extend(page["items"].as_array().unwrap().clone());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, items);

    // What is written here counts at once, before Trakt has it.
    let played = json!({ "show": { "ids": { "trakt": 1 } },
        "episode": { "season": 1, "number": 3 }, "progress": 97 });
    let path = "/trakt/scrobble/stop";
    let reply = viewer
        .server()
        .patiently("POST", path, &viewer.token, Some(&played));
    assert_eq!(reply.status, 202, "{reply:?}");
    let items = viewer.items("/trakt/progress");
    assert_eq!(items[0]["episode"]["number"], 4);
    // Where a player stopped in an episode that is where to go on with the show.
    let played = json!({ "show": { "ids": { "trakt": 1 } },
        "episode": { "season": 1, "number": 4 }, "progress": 50 });
    let path = "/trakt/scrobble/pause";
    let reply = viewer
        .server()
        .patiently("POST", path, &viewer.token, Some(&played));
    assert_eq!(reply.status, 202, "{reply:?}");
    let items = viewer.items("/trakt/progress");
    assert_eq!(items.len(), 3);
    assert_eq!(
        (&items[0]["kind"], &items[0]["progress"]),
        (&json!("resume"), &json!(50.0))
    );
    assert_eq!(
        items[0]["left"],
        viewer.get("/trakt/progress/shows/1")["left"]
    );
    // A show that was given up is not among them.
    let hide = "INSERT INTO hidden (user_id, list, show) VALUES ($1, 'dropped', 1)";
    viewer.service.database.execute(hide, &[&viewer.user]);
    assert_eq!(viewer.items("/trakt/progress").len(), 2);
}

#[test]
fn what_was_watched_is_found_by_any_id() {
    let viewer = Viewer::new();
    let at = |minute: u32| Play {
        watched_at: WatchedAt::At(format!("2026-09-01T20:{minute:02}:00Z").parse().unwrap()),
    };
    for (movie, minute) in [(1, 1), (2, 2), (1, 3)] {
        let plays = &movies([movie], &at(minute));
        viewer.person.does(&AddToHistory { plays });
    }
    viewer.watch(1, 1..=2, "2026-09-01T20:00:00Z");
    viewer.watch(1, 2..=2, "2026-09-03T20:00:00Z");
    let watched = viewer.list_of("/trakt/watched/movies", 2);
    assert_eq!(
        (&watched[0]["plays"], &watched[1]["plays"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(watched[0]["lastWatchedAt"], "2026-09-01T20:03:00Z");
    assert!(watched[0].get("seasons").is_none());
    let shows = viewer.list_of("/trakt/watched/shows", 1);
    assert_eq!(
        (&shows[0]["plays"], &shows[0]["resetAt"]),
        (&json!(3), &Value::Null)
    );
    let episodes = json!([
        { "number": 1, "plays": 1, "lastWatchedAt": "2026-09-01T20:00:00Z" },
        { "number": 2, "plays": 2, "lastWatchedAt": "2026-09-03T20:00:00Z" },
    ]);
    assert_eq!(
        shows[0]["seasons"],
        json!([{ "number": 1, "episodes": episodes }])
    );

    let ids = &watched[1]["movie"]["ids"];
    for name in ["trakt", "slug", "imdb", "tmdb"] {
        if ids[name].is_null() {
            continue;
        }
        let id = ids[name]
            .as_str()
            .map_or(ids[name].to_string(), str::to_owned);
        let path = format!("/trakt/watched/movies?ids=imdb:tt0,{name}:{id}");
        let found = viewer.get(&path);
        assert_eq!(found["items"], json!([watched[1]]), "{name}");
        assert_eq!(found["nextCursor"], Value::Null);
    }
    let many = vec!["tmdb:1"; 201].join(",");
    for bad in [
        "ids=",
        "ids=plex:1",
        "ids=tmdb:x",
        "ids=tmdb",
        &format!("ids={many}"),
        "id=1",
        "cursor=x",
        "limit=0",
    ] {
        let path = format!("/trakt/watched/shows?{bad}");
        let reply = viewer.server().patiently("GET", &path, &viewer.token, None);
        assert_eq!(reply.outcome(), "422 validation_failed", "{bad}");
    }
}

#[test]
fn ratings_and_the_watchlist_come_by_kind_and_page_by_page() {
    let viewer = Viewer::new();
    for (movie, rating) in [(1, 7), (2, 9), (3, 1)] {
        let rating = Rating::new(rating).unwrap();
        let rated_at = format!("2026-09-0{movie}T20:00:00Z").parse().ok();
        let ratings = &movies([movie], &Rate { rating, rated_at });
        viewer.person.does(&AddRatings { ratings });
    }
    let items = &movies(1..=3, &Note::default());
    viewer.person.does(&AddToWatchlist { items });
    let rated = viewer.list_of("/trakt/ratings", 3);
    let said: Vec<_> = rated.iter().map(|item| item["rating"].clone()).collect();
    assert_eq!(said, [1, 9, 7]);
    assert_eq!(
        (&rated[0]["type"], &rated[0]["movie"]["ids"]["trakt"]),
        (&json!("movie"), &json!(3))
    );
    let listed = viewer.list_of("/trakt/watchlist", 3);
    let ranks: Vec<_> = listed.iter().map(|item| item["rank"].clone()).collect();
    assert_eq!(ranks, [1, 2, 3]);
    assert!(listed[0]["id"].is_i64(), "{}", listed[0]);
    for (path, all) in [("/trakt/ratings", rated), ("/trakt/watchlist", listed)] {
        assert!(viewer.items(&format!("{path}?type=show")).is_empty());
        assert_eq!(viewer.items(&format!("{path}?type=movie")).len(), 3);
        let first = viewer.get(&format!("{path}?limit=2"));
        let next = first["nextCursor"].as_str().unwrap();
        let second = viewer.get(&format!("{path}?limit=2&cursor={next}"));
        let mut both = first["items"].as_array().unwrap().clone();
        both.extend(second["items"].as_array().unwrap().clone());
        assert_eq!(both, all, "{path}");
        assert_eq!(second["nextCursor"], Value::Null);
        for bad in ["type=person", "cursor=1", "cursor=x.y", "limit=201"] {
            let path = format!("{path}?{bad}");
            let reply = viewer.server().patiently("GET", &path, &viewer.token, None);
            assert_eq!(reply.outcome(), "422 validation_failed", "{path}");
        }
    }
}
