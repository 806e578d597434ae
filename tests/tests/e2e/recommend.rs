//! What Trakt recommends: held, and served also while Trakt is away.

use serde_json::{Value, json};
use trakt_api::endpoints::{AddToHistory, GetRecommendedMovies, Wanted};
use trakt_api::{Play, WatchedAt};
use trakt_sim::Fault;
use uuid::Uuid;

use crate::harness::{Person, Service, issue_token, movies, wait_for};

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
        Self {
            person: Person::last_linked(&service.sim, user),
            service,
            user,
            token,
        }
    }

    fn get(&self, query: &str) -> Value {
        let path = format!("/trakt/recommendations/{query}");
        let server = &self.service.server;
        let reply = server.patiently("GET", &path, &self.token, None);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    fn outcome(&self, query: &str) -> String {
        let path = format!("/trakt/recommendations/{query}");
        let server = &self.service.server;
        server.patiently("GET", &path, &self.token, None).outcome()
    }

    fn write(&self, method: &str, path: &str) {
        let server = &self.service.server;
        let path = format!("/trakt/recommendations/{path}");
        let reply = server.patiently(method, &path, &self.token, Some(&json!({})));
        assert_eq!(reply.status, 202, "{reply:?}");
        let id = reply.json()["id"].as_str().unwrap().to_owned();
        wait_for("the end of a write", || {
            let path = format!("/trakt/outbox/{id}");
            let write = server.patiently("GET", &path, &self.token, None).json();
            (write["state"] == "confirmed").then_some(())
        });
    }

    /// What Trakt recommends now.
    fn theirs(&self) -> Vec<i64> {
        let wanted = Wanted {
            limit: 100,
            ignore_watched: true,
            ..Wanted::default()
        };
        let list = self.person.send(&GetRecommendedMovies { wanted }).unwrap();
        list.items
            .iter()
            .map(|movie| movie.ids.trakt.unwrap())
            .collect()
    }
}

fn ids(list: &Value) -> Vec<i64> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["movie"]["ids"]["trakt"].as_i64().unwrap())
        .collect()
}

#[test]
fn the_list_is_that_of_trakt_without_what_was_watched_or_hidden_since() {
    let viewer = Viewer::new();
    let theirs = viewer.theirs();
    assert!(theirs.len() > 20, "{theirs:?}");
    let list = viewer.get("movies?limit=100");
    assert_eq!(ids(&list), theirs);
    assert_eq!(list["stale"], false);
    assert!(list["asOf"].is_string());
    assert_eq!(ids(&viewer.get("movies")).len(), 10);
    assert!(viewer.get("shows")["items"][0]["show"]["title"].is_string());
    // From our own database: Trakt is asked once.
    let asked = || {
        viewer
            .service
            .sim
            .requests_to("GET /recommendations/movies")
            .len()
    };
    let before = asked();
    viewer.get("movies");
    assert_eq!(asked(), before);

    viewer.write("DELETE", &format!("movies/{}", theirs[0]));
    assert_eq!(ids(&viewer.get("movies?limit=100")), theirs[1..]);
    // Trakt has another one for the last place.
    assert_eq!(viewer.theirs()[..theirs.len() - 1], theirs[1..]);
    let watched = json!({ "movie": { "ids": { "trakt": theirs[1] } } });
    let server = &viewer.service.server;
    let path = "/trakt/history";
    let reply = server.patiently("POST", path, &viewer.token, Some(&watched));
    assert_eq!(reply.status, 202, "{reply:?}");
    assert_eq!(ids(&viewer.get("movies?limit=100")), theirs[2..]);
    viewer.write("POST", &format!("movies/{}/undo", theirs[0]));
    let shown = ids(&viewer.get("movies?limit=100"));
    assert_eq!((shown[0], &shown[1..]), (theirs[0], &theirs[2..]));
    assert!(viewer.theirs().contains(&theirs[0]));
    for bad in ["movies?limit=0", "movies?limit=101", "movies?page=1"] {
        assert_eq!(viewer.outcome(bad), "422 validation_failed", "{bad}");
    }
}

/// After a reading what is hidden is not in the list any more.
#[test]
fn what_is_shown_again_comes_back_also_after_a_reading() {
    let viewer = Viewer::new();
    let theirs = viewer.theirs();
    assert_eq!(ids(&viewer.get("movies?limit=100")), theirs);
    viewer.write("DELETE", &format!("movies/{}", theirs[0]));
    let now = "UPDATE recommendation_states SET next_at = now() WHERE user_id = $1";
    viewer.service.database.execute(now, &[&viewer.user]);
    wait_for("a list without it that is whole", || {
        (ids(&viewer.get("movies?limit=100")) == viewer.theirs()).then_some(())
    });
    viewer.write("POST", &format!("movies/{}/undo", theirs[0]));
    wait_for("the list as it was", || {
        (ids(&viewer.get("movies?limit=100")) == theirs).then_some(())
    });
}

/// An answer that nobody can read, a slow edge or a refused token costs no list.
#[test]
fn what_nobody_can_read_takes_no_lists_place() {
    let viewer = Viewer::new();
    let theirs = ids(&viewer.get("movies?limit=100"));
    let (sim, database) = (&viewer.service.sim, &viewer.service.database);
    let movies = "GET /recommendations/movies";
    let nameless = Fault::answer(200, r#"[{"title":"Heat","year":1995,"ids":{}},{},null]"#);
    sim.fault_times(movies, 1000, nameless).unwrap();
    let now = "UPDATE recommendation_states SET next_at = now() WHERE user_id = $1";
    database.execute(now, &[&viewer.user]);
    let failed = "SELECT count(*) FROM recommendation_states \
                  WHERE attempts > 0 AND next_at > now() AND next_at < now() + interval '80 s'";
    wait_for("a reading that failed", || {
        (database.count(failed) == 1).then_some(())
    });
    assert_eq!(ids(&viewer.get("movies?limit=100")), theirs);

    // As long as there is a token, the first list is there.
    sim.clear_faults();
    let old = "UPDATE trakt_users SET token_issued_at = now() - interval '1 h'";
    database.execute(old, &[]);
    sim.fault("GET /recommendations/shows", Fault::status(401))
        .unwrap();
    assert_eq!(viewer.outcome("shows"), "200");
}

#[test]
fn while_trakt_is_away_the_old_list_is_served_and_says_so() {
    let viewer = Viewer::new();
    let sim = &viewer.service.sim;
    sim.fault_times("GET /recommendations/movies", 1000, Fault::status(503))
        .unwrap();
    assert_eq!(viewer.outcome("movies"), "503 trakt_unavailable");
    sim.clear_faults();
    let database = &viewer.service.database;
    let now = "UPDATE recommendation_states SET next_at = now() WHERE user_id = $1";
    wait_for("the list", || {
        // A reading that failed a moment ago may put it off once more.
        database.execute(now, &[&viewer.user]);
        (viewer.outcome("movies") == "200").then_some(())
    });

    sim.fault_times("GET /recommendations/movies", 1000, Fault::status(503))
        .unwrap();
    let old = "UPDATE recommendation_states SET next_at = now(), read_at = now() - interval '8 h' \
               WHERE user_id = $1";
    database.execute(old, &[&viewer.user]);
    let list = wait_for("a list that is stale", || {
        let list = viewer.get("movies");
        (list["stale"] == true).then_some(list)
    });
    assert_eq!(ids(&list).len(), 10);
    // A link that has ended leaves it as well.
    let ended = "UPDATE trakt_users SET status = 'needs_relink' WHERE user_id = $1";
    database.execute(ended, &[&viewer.user]);
    assert_eq!(ids(&viewer.get("movies")).len(), 10);
    assert_eq!(viewer.outcome("shows"), "409 needs_relink");
}

#[test]
fn the_list_is_read_again_by_itself() {
    let viewer = Viewer::new();
    let theirs = viewer.theirs();
    assert_eq!(ids(&viewer.get("movies?limit=100")), theirs);
    // Watched elsewhere, and not pulled yet.
    let watched_at = WatchedAt::At("2026-09-01T20:00:00Z".parse().unwrap());
    let plays = &movies([theirs[0]], &Play { watched_at });
    viewer.person.does(&AddToHistory { plays });
    let now = "UPDATE recommendation_states SET next_at = now() WHERE user_id = $1";
    viewer.service.database.execute(now, &[&viewer.user]);
    wait_for("the new list", || {
        let list = ids(&viewer.get("movies?limit=100"));
        (list.len() == theirs.len() && list[..list.len() - 1] == theirs[1..]).then_some(())
    });
}
