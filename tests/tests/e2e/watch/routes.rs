//! Reading what a user watches, as the service does it by itself and as the user asks for it.

use serde_json::{Value, json};
use trakt_sim::{Action, MediaType, NewPlay};

use crate::harness::{Server, Service, issue_token, wait_for};

fn asked(server: &Server, token: &str) -> String {
    server.post("/trakt/sync", token, &json!({})).outcome()
}

fn state(server: &Server, token: &str) -> Value {
    let reply = server.patiently("GET", "/trakt/sync", token, None);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

/// As soon as a pull that began after the last has ended.
fn pulled(server: &Server, token: &str, before: &Value) -> Value {
    wait_for("a pull", || {
        let state = state(server, token);
        let ended = state["lastFinishedAt"] != before["lastFinishedAt"];
        (ended && state["state"] == "idle").then_some(state)
    })
}

#[test]
fn a_link_is_read_by_itself_and_again_when_the_user_asks() {
    let Service {
        server,
        sim,
        database,
    } = Service::start();
    let token = issue_token(database.user("user@example.org", "user"), 600);
    assert_eq!(asked(&server, &token), "409 not_linked");
    let nothing = state(&server, &token);
    assert_eq!(nothing["state"], "idle");
    assert_eq!(nothing["counts"]["moviePlays"], Value::Null);

    let plays = |movies: std::ops::Range<u64>| {
        let play = |trakt| NewPlay {
            media: MediaType::Movie,
            trakt,
            watched_at_ms: 1_788_300_000_000,
            action: Action::default(),
        };
        let plays: Vec<_> = movies.map(play).collect();
        sim.add_plays("sean", &plays).unwrap();
    };
    plays(1..4);
    assert_eq!(server.link(&sim, &token, "sean").status, 200);
    let first = pulled(&server, &token, &nothing);
    assert_eq!(first["counts"]["moviePlays"], 3);
    assert_eq!(first["counts"]["dropped"], 0);
    assert_eq!(first["reason"], Value::Null);
    let link = server.get("/trakt/association", &token).json();
    assert!(link["lastSyncedAt"].is_string(), "{link}");

    plays(4..6);
    // The first `POST` was refused for want of a link, and counts.
    let asking = wait_for("the user's turn", || {
        let outcome = asked(&server, &token);
        (outcome != "429 rate_limited").then_some(outcome)
    });
    assert_eq!(asking, "202");
    assert_eq!(asked(&server, &token), "429 rate_limited");
    let second = pulled(&server, &token, &first);
    assert_eq!(second["counts"]["moviePlays"], 5);
    // Whoever was just seen is pulled for again before long.
    let next = second["nextRunAt"].as_str().unwrap();
    let soon =
        "SELECT $1::text::timestamptz - now() BETWEEN interval '5 min' AND interval '15 min'";
    assert!(database.rows(soon, &[&next])[0].get::<_, bool>(0), "{next}");
}

#[test]
fn a_link_that_is_dead_or_locked_is_not_read() {
    let service = Service::start();
    let (server, database) = (&service.server, &service.database);
    for (n, (status, outcome)) in [
        ("needs_relink", "409 needs_relink"),
        ("locked", "409 trakt_account_locked"),
        ("unverified", "409 not_linked"),
    ]
    .into_iter()
    .enumerate()
    {
        let user = database.user(&format!("user{n}@example.org"), "user");
        let link = "INSERT INTO trakt_users (user_id, trakt_slug, trakt_uuid, status) \
                    VALUES ($1, $2, $2, $3)";
        database.execute(link, &[&user, &status, &status]);
        assert_eq!(asked(server, &issue_token(user, 600)), outcome);
    }
    assert!(service.sim.requests().is_empty());
}

#[test]
fn a_link_ends_with_its_data_where_the_user_wants_that() {
    let Service {
        server,
        sim,
        database,
    } = Service::start();
    let token = issue_token(database.user("user@example.org", "user"), 600);
    let play = NewPlay {
        media: MediaType::Movie,
        trakt: 1,
        watched_at_ms: 1_788_300_000_000,
        action: Action::default(),
    };
    sim.add_plays("sean", &[play]).unwrap();
    assert_eq!(server.link(&sim, &token, "sean").status, 200);
    let count = || {
        let list = server
            .patiently("GET", "/trakt/history", &token, None)
            .json();
        list["items"].as_array().unwrap().len()
    };
    wait_for("the play", || (count() == 1).then_some(()));
    let end = |query: &str| {
        let path = format!("/trakt/association{query}");
        server.patiently("DELETE", &path, &token, None).outcome()
    };
    assert_eq!(end("?data=all"), "422 validation_failed");
    assert_eq!(end("?purge=true"), "422 validation_failed");
    assert_eq!(end("?data=keep"), "204");
    assert_eq!(count(), 1);
    assert_eq!(end("?data=purge"), "204");
    assert_eq!(count(), 0);
    assert_eq!(state(&server, &token)["counts"]["moviePlays"], Value::Null);
}
