//! The device flow.

use serde_json::json;
use trakt_sim::{CodeState, Config, Sim};

use crate::client::{ID, SECRET, poll_body, start};

#[test]
fn a_code_has_trakts_shape() {
    let (sim, client) = start(Config {
        interval: 7,
        code_expires_in: 90,
        ..Config::default()
    });
    let answer = client.post("/oauth/device/code", &json!({ "client_id": ID }));
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["user_code"].as_str().unwrap().len(), 8);
    assert!(body["device_code"].as_str().unwrap().len() >= 32);
    assert_eq!(body["verification_url"], format!("{}/activate", sim.url()));
    assert_eq!(body["expires_in"], 90);
    assert_eq!(body["interval"], 7);
}

#[test]
fn pending_then_approved_then_used() {
    let (sim, client) = start(Config::default());
    let (device_code, user_code) = client.code();
    let pending = client.poll(&device_code);
    assert_eq!((pending.status, pending.text.as_str()), (400, ""));

    sim.approve(&user_code, "justin").unwrap();
    assert_eq!(sim.device_codes()[0].state, CodeState::Approved);
    sim.advance(5);
    let approved = client.poll(&device_code);
    assert_eq!(approved.status, 200);
    let body = approved.json();
    assert_eq!(body["token_type"], "bearer");
    assert_eq!(body["scope"], "public");
    assert_eq!(body["expires_in"], 604_800);
    assert_eq!(
        body["created_at"].as_u64().unwrap(),
        sim.tokens()[0].created_at
    );

    // No waiting is needed to hear what cannot change any more.
    let used = client.poll(&device_code);
    assert_eq!((used.status, used.text.as_str()), (409, ""));
    let code = &sim.device_codes()[0];
    assert_eq!(
        (code.state, code.slug.as_deref()),
        (CodeState::Used, Some("justin"))
    );
    assert_eq!(code.polls, 3);
    assert_eq!(sim.tokens().len(), 1);
}

#[test]
fn denied_expired_and_unknown_have_statuses_of_their_own() {
    let (sim, client) = start(Config::default());
    let (denied, user_code) = client.code();
    sim.deny(&user_code).unwrap();
    let (expired, user_code) = client.code();
    sim.expire(&user_code).unwrap();
    let (outlived, user_code) = client.code();
    sim.approve(&user_code, "sean").unwrap();
    sim.advance(600);

    for (code, status) in [
        (denied, 418),
        (expired, 410),
        (outlived, 410),
        ("nonsense".to_owned(), 404),
    ] {
        let answer = client.poll(&code);
        assert_eq!((answer.status, answer.text.as_str()), (status, ""));
    }
    assert!(sim.tokens().is_empty());
}

#[test]
fn polling_too_soon_is_counted_for_each_code() {
    let (sim, client) = start(Config {
        interval: 60,
        ..Config::default()
    });
    let (first, user_code) = client.code();
    let (second, _) = client.code();
    assert_eq!(client.poll(&first).status, 400);
    assert_eq!(client.poll(&first).status, 429);
    assert_eq!(client.poll(&second).status, 400);

    // A poll that came too soon counts too: 40 seconds after it, it is too soon again.
    sim.advance(40);
    assert_eq!(client.poll(&first).status, 429);
    sim.approve(&user_code, "sean").unwrap();
    sim.advance(40);
    assert_eq!(client.poll(&first).status, 429);
    sim.advance(60);
    assert_eq!(client.poll(&first).status, 200);
}

#[test]
fn with_no_interval_every_poll_is_in_time() {
    let (_sim, client) = start(Config {
        interval: 0,
        ..Config::default()
    });
    let (device_code, _) = client.code();
    for _ in 0..3 {
        assert_eq!(client.poll(&device_code).status, 400);
    }
}

#[test]
fn other_clients_are_not_found() {
    let (sim, client) = start(Config::default());
    let (device_code, user_code) = client.code();
    sim.approve(&user_code, "sean").unwrap();
    let wrong = [
        json!({ "code": device_code, "client_id": ID, "client_secret": "wrong" }),
        json!({ "code": device_code, "client_id": "wrong", "client_secret": SECRET }),
        json!({ "code": device_code, "client_id": ID }),
    ];
    for body in wrong {
        let answer = client.post("/oauth/device/token", &body);
        assert_eq!(answer.status, 401, "{body}");
        assert_eq!(answer.json()["error"], "invalid_client");
        assert_eq!(answer.json()["error_description"], "client not found");
    }
    let answer = client.post("/oauth/device/code", &json!({ "client_id": "wrong" }));
    assert_eq!(
        (answer.status, answer.json()["error"].as_str()),
        (401, Some("invalid_client"))
    );
    assert_eq!(client.poll(&device_code).status, 200);
}

#[test]
fn any_client_is_taken_when_asked_for_but_not_with_anothers_code() {
    let (_sim, client) = start(Config {
        any_client: true,
        ..Config::default()
    });
    let answer = client.post("/oauth/device/code", &json!({ "client_id": "a" }));
    let code = answer.json()["device_code"].as_str().unwrap().to_owned();
    let poll = |id| {
        let body = json!({ "code": code, "client_id": id, "client_secret": "x" });
        client.post("/oauth/device/token", &body).status
    };
    assert_eq!(poll("b"), 404);
    assert_eq!(poll("a"), 400);
    assert_eq!(poll(""), 401);
}

#[test]
fn a_form_is_taken_too_and_nonsense_is_not() {
    let (_sim, client) = start(Config::default());
    assert_eq!(
        client
            .form("/oauth/device/code", &[("client_id", ID)])
            .status,
        200
    );
    for body in [json!([]), json!({ "client_id": 1 }), json!("x")] {
        let answer = client.post("/oauth/device/code", &body);
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["error"], "invalid_request");
    }
    assert_eq!(client.get("/oauth/device/code", &[]).status, 405);
    assert_eq!(client.get("/oauth/nothing", &[]).status, 404);
}

#[test]
fn a_seed_repeats_a_run() {
    let run = |seed| {
        let (sim, client) = start(Config {
            seed,
            ..Config::default()
        });
        (client.code(), client.link(&sim, "sean"))
    };
    assert_eq!(run(Some(3)), run(Some(3)));
    assert_ne!(run(None), run(None));
}

#[test]
fn many_poll_at_once_and_one_gets_the_tokens() {
    let (sim, client) = start(Config {
        interval: 0,
        ..Config::default()
    });
    let (device_code, user_code) = client.code();
    sim.approve(&user_code, "sean").unwrap();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let polls: Vec<_> = (0..32)
            .map(|_| scope.spawn(|| client.poll(&device_code).status))
            .collect();
        polls.into_iter().map(|poll| poll.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|s| **s == 409).count(), 31);
    assert_eq!(sim.tokens().len(), 1);
}

#[test]
fn stopping_frees_the_port_and_ends_open_connections() {
    let (sim, client) = start(Config::default());
    let port = sim.url().rsplit(':').next().unwrap().parse().unwrap();
    assert_eq!(client.poll("x").status, 404);
    assert!(
        Sim::start(Config {
            port,
            ..Config::default()
        })
        .is_err(),
        "the port is taken"
    );
    drop(sim);
    assert!(
        client
            .try_post("/oauth/device/token", &poll_body("x"))
            .is_err()
    );
    let again = Sim::start(Config {
        port,
        ..Config::default()
    })
    .unwrap();
    assert_eq!(client.poll("x").status, 404);
    drop(again);
}
