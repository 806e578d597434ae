//! Changes that are too many to be meant wait for the user's word.

use serde_json::{Value, json};
use trakt_api::endpoints::RemoveFromHistory;
use trakt_sim::Sim;

use super::{Writer, movie, watched};
use crate::harness::{call, wait_for};

fn confirm(writer: &Writer) {
    wait_for("the user's turn", || {
        let body = json!({ "confirm": true });
        let reply = writer.server().post("/trakt/sync", &writer.token, &body);
        (reply.status != 429).then(|| assert_eq!(reply.status, 202, "{reply:?}"))
    });
}

/// As the user does elsewhere.
fn remove(sim: &Sim, ids: &[i64]) {
    let token = sim.tokens().pop().unwrap().access_token;
    let config = trakt_sim::Config::default();
    let url = || trakt_api::BaseUrl::parse(sim.url()).unwrap();
    let client = trakt_api::Client::new(trakt_api::Config {
        api_url: url(),
        auth_url: url(),
        client_id: config.client_id,
        client_secret: Some(config.client_secret.into()),
        redirect_uri: "urn:ietf:wg:oauth:2.0:oob".to_owned(),
        user_agent: "the-user/1".to_owned(),
    });
    let all_of = &trakt_api::Batch::default();
    let removal = RemoveFromHistory { ids, all_of };
    let token = trakt_api::AccessToken::from(token);
    let done = client.unwrap().send(&removal, trakt_api::Call::of(&token));
    done.unwrap();
}

#[test]
fn a_pull_that_would_remove_too_much_waits() {
    let plays: Vec<_> = (0..100).map(|n| watched(n % 7 + 1, n * 60)).collect();
    let writer = Writer::with_plays(&plays);
    let ids: Vec<i64> = writer
        .theirs()
        .iter()
        .map(|play| i64::try_from(play.id).unwrap())
        .collect();
    remove(writer.sim(), &ids[..60]);
    let ask = json!({});
    wait_for("a pull that is held", || {
        writer.server().post("/trakt/sync", &writer.token, &ask);
        (writer.state()["state"] == "held").then_some(())
    });
    let held = json!([{ "side": "pull", "part": "movie_plays", "adds": 0, "removes": 60,
        "of": 100 }]);
    assert_eq!(writer.state()["held"], held);
    assert_eq!(writer.list("/trakt/history?limit=200").len(), 100);
    // It is not read again for nothing.
    writer.sim().clear_requests();
    let before = writer.state()["lastFinishedAt"].clone();
    wait_for("another pull", || {
        writer.server().post("/trakt/sync", &writer.token, &ask);
        let state = writer.state();
        (state["lastFinishedAt"] != before && state["state"] == "held").then_some(())
    });
    assert_eq!(
        writer.sim().requests_to("GET /sync/history/movies").len(),
        0
    );

    confirm(&writer);
    writer.wait_idle();
    assert_eq!(writer.state()["held"], json!([]));
    assert_eq!(writer.list("/trakt/history?limit=200").len(), 40);
}

#[test]
fn writes_that_are_too_many_wait() {
    let writer = Writer::new();
    let rated = json!({ "movie": movie(1), "rating": 5 });
    writer.confirmed(&writer.write("POST", "/trakt/ratings", &rated));
    let url = writer.server().url("/trakt/history");
    let mut taken = Vec::new();
    for n in 0..60 {
        let at = format!("2026-09-01T20:{n:02}:00Z");
        let body = json!({ "movie": movie(1), "watchedAt": at });
        let id = wait_for("the user's turn", || {
            let reply = call("POST", &url, Some(&writer.token), Some(&body));
            (reply.status != 429).then(|| reply.json()["id"].as_str().unwrap().to_owned())
        });
        taken.push(id);
    }
    wait_for("the brake", || {
        let held = writer.state()["held"].clone();
        let part = held[0]["part"].clone();
        (part == "history").then_some(())
    });
    let last = writer.outbox(taken.last().unwrap());
    assert_eq!(
        (&last["state"], &last["reason"]),
        (&json!("queued"), &json!("held"))
    );
    // Whatever else there is goes on.
    let rated = json!({ "movie": movie(1), "rating": 9 });
    writer.confirmed(&writer.write("POST", "/trakt/ratings", &rated));
    assert!(writer.theirs().len() < 60);
    confirm(&writer);
    for id in &taken {
        writer.confirmed(id);
    }
    assert_eq!(writer.theirs().len(), 60);
    assert_eq!(writer.state()["held"], Value::Array(Vec::new()));
}
