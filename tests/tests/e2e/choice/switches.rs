//! Switching things off and on again.

use serde_json::{Value, json};
use trakt_sim::Fault;

use super::{Chooser, add_plays};
use crate::harness::wait_for;

const ALL_ON: [(&str, bool); 3] = [("pull", true), ("push", true), ("recommendations", true)];

fn all_but(off: &str) -> Value {
    let all = ALL_ON
        .iter()
        .map(|(name, _)| ((*name).to_owned(), json!(*name != off)));
    Value::Object(all.collect())
}

#[test]
fn what_is_given_is_changed_and_noted() {
    let chooser = Chooser::new();
    assert_eq!(chooser.get("/trakt/settings"), all_but(""));
    let reply = chooser.patch(&json!({"push": false}));
    assert_eq!((reply.status, reply.json()), (200, all_but("push")));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let reply = chooser.patch(&json!({"push": true, "recommendations": false}));
    assert_eq!(reply.json(), all_but("recommendations"));
    assert_eq!(chooser.get("/trakt/settings"), all_but("recommendations"));
    for (body, fields) in [
        (json!({}), &[""][..]),
        (json!({"pull": "no"}), &["pull"]),
        (json!({"pull": null}), &["", "pull"]),
        (json!({"push": 1, "pulls": false}), &["push", "pulls"]),
        (json!({"push": true, "userId": "x"}), &["userId"]),
    ] {
        let reply = chooser.patch(&body);
        assert_eq!(reply.outcome(), "422 validation_failed", "{body}");
        let errors = reply.json()["errors"].clone();
        let mut named: Vec<_> = errors.as_array().unwrap().iter().collect();
        named.sort_by_key(|error| error["field"] == "pulls");
        let named: Vec<_> = named.iter().map(|error| &error["field"]).collect();
        let mut expected: Vec<_> = fields.to_vec();
        expected.sort_unstable();
        let mut named: Vec<_> = named.iter().map(|field| field.as_str().unwrap()).collect();
        named.sort_unstable();
        assert_eq!(named, expected, "{body}");
    }
    assert_eq!(chooser.get("/trakt/settings"), all_but("recommendations"));
    let trail = "SELECT detail FROM audit_log WHERE event = 'settings_changed' \
                 AND subject_id = $1 AND actor_id = $1 AND ip = '127.0.0.1' ORDER BY id";
    let trail = chooser.service.database.rows(trail, &[&chooser.user]);
    let trail: Vec<String> = trail.iter().map(|row| row.get(0)).collect();
    assert_eq!(trail, ["push_off", "push_on", "recommendations_off"]);
}

#[test]
fn without_pulls_nothing_is_read_and_what_is_held_is_served() {
    let chooser = Chooser::linked(3);
    let sim = &chooser.service.sim;
    let before = chooser.get("/trakt/sync");
    assert_eq!(chooser.patch(&json!({"pull": false})).status, 200);
    sim.clear_requests();
    add_plays(sim, 10..=12);
    let asked = wait_for("an answer other than 429", || {
        let reply = chooser
            .server()
            .post("/trakt/sync", &chooser.token, &json!({}));
        (reply.status != 429).then_some(reply)
    });
    assert_eq!(asked.outcome(), "409 switched_off");
    assert!(
        asked.json()["detail"]
            .as_str()
            .unwrap()
            .contains("\"pull\"")
    );
    let state = chooser.get("/trakt/sync");
    assert_eq!(state["nextRunAt"], Value::Null);
    assert_eq!(state["state"], "idle");
    // A new link of the same account reads nothing either.
    chooser.link();
    let items = chooser.get("/trakt/history")["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 3);
    assert_eq!(chooser.get("/trakt/sync")["nextRunAt"], Value::Null);
    assert!(sim.requests_to("GET /sync/last_activities").is_empty());

    assert_eq!(chooser.patch(&json!({"pull": true})).status, 200);
    let state = chooser.wait_pulled(&before["lastFinishedAt"]);
    assert_eq!(state["counts"]["moviePlays"], 6);
}

/// The pull that is under way ends with its next word, and shows until then how far it is.
#[test]
fn a_pull_that_is_under_way_ends() {
    let chooser = Chooser::new();
    let sim = &chooser.service.sim;
    add_plays(sim, 1..=3000);
    let slow = Fault::Delay { ms: 400 };
    let history = "GET /sync/history/movies";
    sim.fault_times(history, 100, slow).unwrap();
    chooser.link();
    let progress = wait_for("a pull that has read something", || {
        let state = chooser.get("/trakt/sync");
        (!state["progress"].is_null()).then_some(state)
    });
    assert_eq!(progress["state"], "running");
    assert_eq!(progress["progress"]["part"], "movie_plays");
    assert!(progress["progress"]["rows"].as_u64().unwrap() >= 1000);
    assert_eq!(progress["counts"]["moviePlays"], Value::Null);
    assert_eq!(chooser.patch(&json!({"pull": false})).status, 200);
    let held = chooser.rows("plays");
    assert!((1000..3000).contains(&held), "{held}");
    let state = chooser.get("/trakt/sync");
    assert_eq!(
        (&state["state"], &state["progress"]),
        (&json!("idle"), &Value::Null)
    );
    // It may be in the middle of four pages, and then hears that its lease is gone.
    wait_for("the end of the pull", || {
        let asked = sim.requests_to(history).len();
        let log = chooser.server().log();
        assert!(asked < 12, "it reads on");
        log.contains("the pull has lost its lease").then_some(())
    });
    assert_eq!(chooser.rows("plays"), held);
    sim.clear_faults();
    assert_eq!(chooser.patch(&json!({"pull": true})).status, 200);
    let state = chooser.wait_pulled(&Value::Null);
    assert_eq!(state["counts"]["moviePlays"], 3000);
    assert_eq!(state["progress"], Value::Null);
}

/// What waits stays, seen by the user alone, and goes when writing is on again.
#[test]
fn without_push_nothing_is_taken_and_nothing_sent() {
    let chooser = Chooser::linked(0);
    let sim = &chooser.service.sim;
    let write = |method: &str, path: &str, body: &Value| {
        let server = chooser.server();
        server.patiently(method, path, &chooser.token, Some(body))
    };
    let play = |trakt: u64| json!({"movie": {"ids": {"trakt": trakt}}});
    let theirs = "POST /sync/history";
    sim.fault_times(theirs, 1_000, Fault::status(503)).unwrap();
    let taken = write("POST", "/trakt/history", &play(1));
    assert_eq!(taken.status, 202, "{taken:?}");
    let taken = taken.json()["id"].clone();
    wait_for("a first try", || {
        (!sim.requests_to(theirs).is_empty()).then_some(())
    });
    assert_eq!(chooser.patch(&json!({"push": false})).status, 200);
    sim.clear_faults();
    for (method, path, body) in [
        ("POST", "/trakt/history", play(2)),
        ("POST", "/trakt/ratings", {
            let mut body = play(2);
            body["rating"] = json!(7);
            body
        }),
        ("DELETE", "/trakt/recommendations/movies/3", json!({})),
    ] {
        let refused = write(method, path, &body);
        assert_eq!(refused.outcome(), "409 switched_off", "{path}");
        assert!(
            refused.json()["detail"]
                .as_str()
                .unwrap()
                .contains("\"push\"")
        );
    }
    // What asks for its turn now finds nothing to send.
    let tried = sim.requests_to(theirs).len();
    assert_eq!(write("POST", "/trakt/sync", &json!({})).status, 202);
    wait_for("a turn without writes", || {
        let sql = "SELECT 1 FROM outbox_turns WHERE next_at IS NULL AND push IS NULL";
        (!chooser.service.database.rows(sql, &[]).is_empty()).then_some(())
    });
    assert_eq!(sim.requests_to(theirs).len(), tried);
    let waits = chooser.get(&format!("/trakt/outbox/{}", taken.as_str().unwrap()));
    assert_ne!(waits["state"], "confirmed");
    let items = chooser.get("/trakt/history")["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 1);

    assert_eq!(chooser.patch(&json!({"push": true})).status, 200);
    wait_for("the write at Trakt", || {
        let path = format!("/trakt/outbox/{}", taken.as_str().unwrap());
        (chooser.get(&path)["state"] == "confirmed").then_some(())
    });
}

#[test]
fn without_recommendations_none_are_read_or_shown() {
    let chooser = Chooser::linked(0);
    let sim = &chooser.service.sim;
    let path = "/trakt/recommendations/movies";
    let asked = || sim.requests_to("GET /recommendations/movies").len();
    let outcome = || {
        let server = chooser.server();
        server
            .patiently("GET", path, &chooser.token, None)
            .outcome()
    };
    let off = json!({"recommendations": false});
    assert_eq!(chooser.patch(&off).status, 200);
    assert_eq!((outcome().as_str(), asked()), ("409 switched_off", 0));
    assert_eq!(chooser.patch(&json!({"recommendations": true})).status, 200);
    let list = chooser.get(path);
    assert_eq!(asked(), 1);
    assert_eq!(chooser.patch(&off).status, 200);
    assert_eq!(outcome(), "409 switched_off");
    assert_eq!(chooser.patch(&json!({"recommendations": true})).status, 200);
    assert_eq!((chooser.get(path), asked()), (list, 1));
}
