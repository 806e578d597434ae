//! Refresh, revocation and what a token opens.

use serde_json::json;
use trakt_sim::{Config, TokenState};

use crate::client::{ID, SECRET, pair, refresh_body, start};

#[test]
fn a_refresh_token_works_once() {
    let (sim, client) = start(Config::default());
    let (access, refresh) = client.link(&sim, "sean");
    let (new_access, new_refresh) = pair(&client.refresh(&refresh));
    assert_ne!((&access, &refresh), (&new_access, &new_refresh));

    let again = client.refresh(&refresh);
    assert_eq!(again.status, 400);
    let expected = json!({ "error": "invalid_grant", "error_description": "session not found" });
    assert_eq!(again.json(), expected);

    // The failed attempt does no harm to the pair that replaced it.
    assert_eq!(client.api("/users/settings", Some(&new_access)).status, 200);
    assert_eq!(client.api("/users/settings", Some(&access)).status, 401);
    let (_, third) = pair(&client.refresh(&new_refresh));
    let states: Vec<_> = sim
        .tokens()
        .iter()
        .map(|t| (t.state, t.generation, t.session, t.slug.clone()))
        .collect();
    let expected = [
        (TokenState::Rotated, 1, 0, "sean".to_owned()),
        (TokenState::Rotated, 2, 0, "sean".to_owned()),
        (TokenState::Live, 3, 0, "sean".to_owned()),
    ];
    assert_eq!(states, expected);
    assert_eq!(sim.tokens()[2].refresh_token, third);
}

#[test]
fn of_many_refreshes_at_once_one_wins() {
    let (sim, client) = start(Config::default());
    let (_, refresh) = client.link(&sim, "sean");
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| client.refresh(&refresh).status))
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|s| **s == 400).count(), 15);
}

#[test]
fn what_a_refresh_must_say() {
    let (sim, client) = start(Config::default());
    let (_, refresh) = client.link(&sim, "sean");
    let cases = [
        ("client_id", json!("wrong"), 401, "invalid_client"),
        ("client_secret", json!("wrong"), 401, "invalid_client"),
        ("client_secret", json!(null), 400, "invalid_request"),
        ("redirect_uri", json!(""), 400, "invalid_request"),
        (
            "grant_type",
            json!("password"),
            400,
            "unsupported_grant_type",
        ),
        ("refresh_token", json!("wrong"), 400, "invalid_grant"),
        ("refresh_token", json!(""), 400, "invalid_grant"),
    ];
    for (field, value, status, error) in cases {
        let mut body = refresh_body(&refresh);
        body[field] = value;
        let answer = client.post("/oauth/token", &body);
        assert_eq!(answer.status, status, "{body}");
        assert_eq!(answer.json()["error"], error, "{body}");
    }
    assert_eq!(
        client.refresh(&refresh).status,
        200,
        "none of them used it up"
    );
}

#[test]
fn revocation_ends_a_pair_and_answers_the_same_to_everything() {
    let (sim, client) = start(Config::default());
    let (access, refresh) = client.link(&sim, "sean");
    let wrong = json!({ "token": access, "client_id": ID, "client_secret": "wrong" });
    for body in [wrong, json!({}), json!([1])] {
        let answer = client.post("/oauth/revoke", &body);
        assert_eq!((answer.status, answer.json()), (200, json!({})));
    }
    assert_eq!(client.revoke("unknown").status, 200);
    assert_eq!(client.api("/users/settings", Some(&access)).status, 200);

    assert_eq!(client.revoke(&access).json(), json!({}));
    assert_eq!(client.api("/users/settings", Some(&access)).status, 401);
    assert_eq!(client.refresh(&refresh).status, 400);
    assert_eq!(sim.tokens()[0].state, TokenState::Revoked);

    let (_, refresh) = client.link(&sim, "sean");
    assert_eq!(client.revoke(&refresh).status, 200);
    assert_eq!(sim.tokens()[1].state, TokenState::Revoked);
}

#[test]
fn an_access_token_expires_by_the_simulators_clock_and_can_still_be_refreshed() {
    let (sim, client) = start(Config {
        token_expires_in: 100,
        ..Config::default()
    });
    let (access, refresh) = client.link(&sim, "sean");
    sim.advance(90);
    assert_eq!(client.api("/users/settings", Some(&access)).status, 200);
    sim.advance(10);
    assert_eq!(client.api("/users/settings", Some(&access)).status, 401);
    let (access, _) = pair(&client.refresh(&refresh));
    assert_eq!(client.api("/users/settings", Some(&access)).status, 200);
}

#[test]
fn an_access_token_is_over_at_the_end_of_its_time() {
    let (sim, client) = start(Config::default());
    sim.set_speed(0);
    let (access, _) = client.link(&sim, "sean");
    let pair = &sim.tokens()[0];
    let end = (pair.created_at + pair.expires_in) * 1000;
    for (now, status) in [(end - 1, 200), (end, 401)] {
        sim.set_clock(now).unwrap();
        let answer = client.api("/users/settings", Some(&access));
        assert_eq!(answer.status, status);
    }
}

#[test]
fn a_token_serves_only_its_own_client() {
    let (sim, client) = start(Config {
        any_client: true,
        ..Config::default()
    });
    let (access, refresh) = client.link(&sim, "sean");
    let bearer = format!("Bearer {access}");
    let headers = [
        ("trakt-api-key", "b"),
        ("trakt-api-version", "2"),
        ("authorization", bearer.as_str()),
    ];
    assert_eq!(client.get("/users/settings", &headers).status, 401);
    let mut body = refresh_body(&refresh);
    body["client_id"] = json!("b");
    assert_eq!(
        client.post("/oauth/token", &body).json()["error"],
        "invalid_grant"
    );
    client.post(
        "/oauth/revoke",
        &json!({ "token": access, "client_id": "b", "client_secret": SECRET }),
    );
    assert_eq!(sim.tokens()[0].state, TokenState::Live);
}

#[test]
fn disconnecting_and_deleting_an_account_end_its_tokens() {
    let (sim, client) = start(Config::default());
    let (access, _) = client.link(&sim, "sean");
    let (other, refresh) = client.link(&sim, "justin");
    assert_eq!(sim.disconnect("sean"), Ok(1));
    assert_eq!(client.api("/users/settings", Some(&access)).status, 401);
    assert_eq!(client.api("/users/settings", Some(&other)).status, 200);
    sim.delete_account("justin").unwrap();
    assert_eq!(client.api("/users/settings", Some(&other)).status, 401);
    assert_eq!(client.refresh(&refresh).status, 400);
}
