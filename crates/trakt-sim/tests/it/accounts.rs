//! Settings, public profiles and the headers that Trakt requires.

use serde_json::json;
use trakt_sim::{Account, Config, ControlError, Sim};

use crate::client::{Client, ID, start};

#[test]
fn settings_tell_who_a_token_is() {
    let (sim, client) = start(Config::default());
    let (access, _) = client.link(&sim, "ana-lucia");
    let answer = client.api("/users/settings?extended=browsing", Some(&access));
    assert_eq!(answer.status, 200);
    assert!(
        answer.kind.starts_with("application/json"),
        "{}",
        answer.kind
    );
    let user = &answer.json()["user"];
    assert_eq!(user["username"], "Ana.Lucia");
    assert_eq!(user["private"], true);
    assert_eq!(user["ids"]["slug"], "ana-lucia");
    assert_eq!(
        user["ids"]["uuid"],
        "da4b9237bacccdf19c0760cab7aec4a8359010b0"
    );

    for token in [None, Some(""), Some("wrong")] {
        let answer = client.api("/users/settings", token);
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (401, ""),
            "{token:?}"
        );
    }
}

#[test]
fn a_rename_keeps_the_uuid_and_the_tokens() {
    let (sim, client) = start(Config::default());
    let (access, _) = client.link(&sim, "sean");
    let before = client.api("/users/settings", Some(&access)).json();
    sim.rename_account("sean", "sean-2", "Sean2").unwrap();
    let after = client.api("/users/settings", Some(&access)).json();
    assert_eq!(after["user"]["ids"]["slug"], "sean-2");
    assert_eq!(after["user"]["username"], "Sean2");
    assert_eq!(after["user"]["ids"]["uuid"], before["user"]["ids"]["uuid"]);
    assert_eq!(client.api("/users/sean", None).status, 404);
    assert_eq!(client.api("/users/sean-2", None).status, 200);
    assert_eq!(sim.tokens()[0].slug, "sean-2");

    assert_eq!(
        sim.rename_account("sean-2", "JUSTIN", "x"),
        Err(ControlError::SlugTaken)
    );
    assert_eq!(
        sim.rename_account("sean", "x", "x"),
        Err(ControlError::UnknownAccount)
    );
    sim.rename_account("sean-2", "Sean-2", "SEAN2").unwrap();
}

#[test]
fn a_profile_is_found_by_slug_number_and_me() {
    let (sim, client) = start(Config::default());
    let (access, _) = client.link(&sim, "justin");
    let expected = json!({
        "username": "justin", "private": false, "deleted": false, "name": "Justin Nemeth",
        "vip": false, "vip_ep": false, "director": false, "ids": { "slug": "justin", "trakt": 2 },
    });
    for path in ["/users/justin", "/users/JUSTIN", "/users/2"] {
        assert_eq!(client.api(path, None).json(), expected, "{path}");
    }
    assert_eq!(client.api("/users/me", Some(&access)).json(), expected);
    assert_eq!(client.api("/users/me", None).status, 401);
    assert_eq!(client.api("/users/justin", Some("dead")).status, 401);
    let full = client.api("/users/justin?extended=full", None).json();
    assert_eq!(full["joined_at"], "2010-09-25T17:49:25.000Z");
    for path in ["/users/nobody", "/users/0", "/users/4", "/users/-1"] {
        assert_eq!(client.api(path, None).status, 404, "{path}");
    }
}

#[test]
fn a_private_profile_is_reduced_for_others() {
    let (sim, client) = start(Config::default());
    let (own, _) = client.link(&sim, "ana-lucia");
    let (other, _) = client.link(&sim, "sean");
    let reduced = json!({
        "username": "Ana.Lucia", "private": true, "deleted": false,
        "ids": { "slug": "ana-lucia", "trakt": 3 },
    });
    assert_eq!(client.api("/users/ana-lucia", None).json(), reduced);
    assert_eq!(client.api("/users/ana-lucia", Some(&other)).json(), reduced);
    let name = &client.api("/users/ana-lucia", Some(&own)).json()["name"];
    assert_eq!(name, "Ana Lucía Cortez");
}

#[test]
fn a_deleted_account_frees_its_slug() {
    let (sim, client) = start(Config::default());
    let (device_code, user_code) = client.code();
    sim.approve(&user_code, "sean").unwrap();
    sim.delete_account("sean").unwrap();
    assert_eq!(
        client.poll(&device_code).status,
        418,
        "nobody is left to have approved it"
    );
    assert_eq!(client.api("/users/sean", None).status, 404);
    let expected = json!({
        "username": "sean-deleted-1", "private": false, "deleted": true,
        "ids": { "slug": "sean-deleted-1", "trakt": 1 },
    });
    assert_eq!(client.api("/users/sean-deleted-1", None).json(), expected);

    sim.add_account(Account::new("sean", "sean", "Another Sean"))
        .unwrap();
    assert_eq!(client.api("/users/sean", None).json()["ids"]["trakt"], 4);
    let accounts = sim.accounts();
    assert_eq!(accounts[3].uuid.len(), 40);
    assert_ne!(accounts[0].uuid, accounts[3].uuid);
    assert_eq!(
        sim.delete_account("sean-deleted-1"),
        Err(ControlError::UnknownAccount)
    );
    let (_, user_code) = client.code();
    assert_eq!(
        sim.approve(&user_code, "sean-deleted-1"),
        Err(ControlError::UnknownAccount)
    );
}

#[test]
fn slugs_that_cannot_be_are_refused() {
    let (sim, _client) = start(Config::default());
    let add = |slug| sim.add_account(Account::new(slug, "x", ""));
    assert_eq!(add("sean"), Err(ControlError::SlugTaken));
    for slug in ["", "me", "settings"] {
        assert_eq!(add(slug), Err(ControlError::BadSlug), "{slug}");
    }
    let twice = vec![Account::new("a", "a", ""), Account::new("a", "b", "")];
    let error = Sim::start(Config {
        accounts: twice,
        ..Config::default()
    })
    .unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn the_api_requires_its_headers() {
    let (_sim, client) = start(Config::default());
    let status = |headers: &[_]| client.get("/users/sean", headers).status;
    assert_eq!(
        status(&[("trakt-api-key", ID), ("trakt-api-version", "2")]),
        200
    );
    assert_eq!(status(&[("trakt-api-version", "2")]), 403);
    assert_eq!(
        status(&[("trakt-api-key", "wrong"), ("trakt-api-version", "2")]),
        403
    );
    assert_eq!(status(&[("trakt-api-key", ID)]), 412);
    assert_eq!(
        status(&[("trakt-api-key", ID), ("trakt-api-version", "1")]),
        412
    );
}

#[test]
fn a_client_without_a_name_meets_a_html_403() {
    let (sim, client) = start(Config::default());
    let nameless = |client: &Client, head: &str, body: &str| {
        let length = body.len();
        client.raw(&format!(
            "{head} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
    };
    for (head, body) in [
        ("GET /users/sean", String::new()),
        (
            "POST /oauth/device/code",
            json!({ "client_id": ID }).to_string(),
        ),
    ] {
        let answer = nameless(&client, head, &body);
        assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
        assert!(answer.contains("content-type: text/html"), "{answer}");
        assert!(
            answer.contains("<h1>Sorry, you have been blocked</h1>"),
            "{answer}"
        );
    }
    assert!(sim.device_codes().is_empty(), "it was not processed");
    assert_eq!(sim.requests()[1].outcome, Some(403));
}
