//! Several applications, and how many of them an account may have connected.

use serde_json::json;
use trakt_sim::{AccountChange, Application, Config, Settings, Sim, TokenState};

use crate::client::{Client, pair, start};

fn application(client_id: &str, client_secret: Option<&str>) -> Application {
    Application {
        client_id: client_id.to_owned(),
        client_secret: client_secret.map(str::to_owned),
        redirect_uris: Vec::new(),
    }
}

/// The access and the refresh token of a link of this application.
fn link(sim: &Sim, client: &Client, client_id: &str, slug: &str) -> (String, String) {
    let asked = client.post("/oauth/device/code", &json!({ "client_id": client_id }));
    let code = asked.json();
    sim.approve(code["user_code"].as_str().unwrap(), slug)
        .unwrap();
    let secret = if client_id == "public" { "" } else { "secret" };
    let body = json!({
        "code": code["device_code"], "client_id": client_id, "client_secret": secret,
    });
    pair(&client.post("/oauth/device/token", &body))
}

fn live(sim: &Sim, slug: &str) -> Vec<String> {
    let tokens = sim.tokens().into_iter();
    tokens
        .filter(|pair| pair.slug == slug && pair.state == TokenState::Live)
        .map(|pair| pair.client_id)
        .collect()
}

fn any_client(one_app: bool) -> (Sim, Client) {
    start(Config {
        any_client: true,
        one_app,
        ..Config::default()
    })
}

#[test]
fn applications_are_known_by_their_own_secrets() {
    let (sim, client) = start(Config {
        applications: vec![
            application("other", Some("secret")),
            application("public", None),
        ],
        ..Config::default()
    });
    link(&sim, &client, "other", "sean");
    let (_, refresh) = link(&sim, &client, "public", "sean");
    let renew = |secret: Option<&str>| {
        let mut body = json!({
            "grant_type": "refresh_token", "refresh_token": refresh, "client_id": "public",
            "redirect_uri": "urn:ietf:wg:oauth:2.0:oob",
        });
        if let Some(secret) = secret {
            body["client_secret"] = json!(secret);
        }
        client.post("/oauth/token", &body).status
    };
    assert_eq!(renew(Some("secret")), 401, "it has none");
    assert_eq!(renew(None), 200);

    let code = json!({ "code": "x", "client_id": "other", "client_secret": "" });
    assert_eq!(client.post("/oauth/device/token", &code).status, 401);
    let code = json!({ "code": "x", "client_id": "public", "client_secret": "" });
    assert_eq!(client.post("/oauth/device/token", &code).status, 404);
}

#[test]
fn a_free_account_has_one_application() {
    let (sim, client) = any_client(true);
    let (first, first_refresh) = link(&sim, &client, "one", "justin");
    link(&sim, &client, "one", "justin");
    assert_eq!(live(&sim, "justin"), ["one", "one"], "the same one again");
    link(&sim, &client, "one", "ana-lucia");

    let (second, _) = link(&sim, &client, "two", "justin");
    assert_eq!(live(&sim, "justin"), ["two"]);
    assert_eq!(live(&sim, "ana-lucia"), ["one"], "another account's");
    let status = |key: &str, token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("trakt-api-key", key),
            ("trakt-api-version", "2"),
            ("authorization", &bearer),
        ];
        client.get("/users/settings", &headers).status
    };
    assert_eq!((status("one", &first), status("two", &second)), (401, 200));
    let body = json!({
        "grant_type": "refresh_token", "refresh_token": first_refresh, "client_id": "one",
        "client_secret": "secret", "redirect_uri": "x",
    });
    let answer = client.post("/oauth/token", &body);
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (400, &json!("invalid_grant"))
    );
}

#[test]
fn an_account_that_pays_has_fifty_applications() {
    let (sim, client) = any_client(true);
    for n in 0..50 {
        link(&sim, &client, &format!("app-{n}"), "sean");
    }
    assert_eq!(live(&sim, "sean").len(), 50);
    link(&sim, &client, "app-50", "sean");
    let left = live(&sim, "sean");
    assert_eq!(left.len(), 50);
    assert_eq!((left[0].as_str(), left[49].as_str()), ("app-1", "app-50"));

    // Without VIP, the next one is the only one.
    let lapsed = AccountChange {
        vip: Some(false),
        ..AccountChange::default()
    };
    sim.change_account("sean", lapsed).unwrap();
    assert_eq!(live(&sim, "sean").len(), 50, "earlier links go on working");
    link(&sim, &client, "app-51", "sean");
    assert_eq!(live(&sim, "sean"), ["app-51"]);
}

#[test]
fn several_applications_live_together_where_it_is_off() {
    let (sim, client) = any_client(false);
    link(&sim, &client, "one", "justin");
    link(&sim, &client, "two", "justin");
    assert_eq!(live(&sim, "justin"), ["one", "two"]);
    sim.set(Settings {
        one_app: Some(true),
        ..Settings::default()
    });
    link(&sim, &client, "three", "justin");
    assert_eq!(live(&sim, "justin"), ["three"]);
}
