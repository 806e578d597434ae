//! What an operator does: claims for users, the removal of users, the keys.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use trakt_sim::TokenState;

use crate::harness::{Database, Server, Service, issue_token, run_command, sim};

const DEVICE: &str = "/trakt/auth/device";
const ASSOCIATION: &str = "/trakt/association";

#[test]
fn an_admin_associates_lists_and_disassociates() {
    let service = Service::start();
    let Service {
        server,
        sim,
        database,
    } = &service;
    let admin = issue_token(database.user("root@example.org", "admin"), 600);
    let user = database.user("Ana@example.org", "user");
    database.user("bob@example.org", "user");
    let post =
        |body: Value| server.patiently("POST", "/trakt/admin/associate", &admin, Some(&body));

    let unknown = json!({"traktSlug": "nobody-there", "userEmail": "ana@example.org"});
    assert_eq!(post(unknown).outcome(), "404 trakt_account_not_found");
    let unknown = json!({"traktSlug": "sean", "userEmail": "nobody@example.org"});
    assert_eq!(post(unknown).outcome(), "404 user_not_found");

    let claim = json!({"traktSlug": "sean", "userEmail": "ANA@example.org"});
    let first = post(claim.clone());
    assert_eq!(first.status, 200, "{first:?}");
    let association = &first.json()["association"];
    assert_eq!(association["traktSlug"], "sean");
    assert_eq!(association["userEmail"], "ana@example.org");
    assert_eq!(post(claim).text, first.text, "once more is a no-op");

    let token = issue_token(user, 600);
    let view = server.get(ASSOCIATION, &token).json();
    assert_eq!(
        (&view["associated"], &view["status"]),
        (&json!(true), &json!("unverified"))
    );

    let taken = json!({"traktSlug": "sean", "userEmail": "bob@example.org"});
    assert_eq!(post(taken).outcome(), "409 account_taken");
    let other = json!({"traktSlug": "justin", "userEmail": "ana@example.org"});
    assert_eq!(post(other.clone()).outcome(), "409 already_linked");
    let mut replace = other;
    replace["replace"] = json!(true);
    assert_eq!(post(replace).json()["association"]["traktSlug"], "justin");

    assert_eq!(
        server.link(sim, &token, "justin").status,
        200,
        "the claim becomes a link"
    );
    let list = server
        .get(
            "/trakt/admin/associations?status=active&q=JUST&limit=10",
            &admin,
        )
        .json();
    assert_eq!(list["total"], 1);
    assert_eq!(list["items"][0]["userEmail"], "ana@example.org");
    let id = list["items"][0]["id"].as_str().unwrap();

    let path = format!("/trakt/admin/associations/{id}");
    assert_eq!(server.patiently("DELETE", &path, &admin, None).status, 204);
    assert_eq!(
        server.patiently("DELETE", &path, &admin, None).outcome(),
        "404 not_found"
    );
    assert!(
        sim.tokens()
            .iter()
            .all(|pair| pair.state == TokenState::Revoked)
    );

    let trail = server
        .get(&format!("/trakt/admin/audit?user={user}&limit=200"), &admin)
        .json();
    let all = trail["items"].as_array().unwrap().iter().rev();
    let events: Vec<&str> = all.filter_map(|entry| entry["event"].as_str()).collect();
    let events: Vec<&str> = events
        .into_iter()
        .filter(|event| *event != "limit_hit")
        .collect();
    let expected = [
        // Refused: there is no such account.
        "admin_associated",
        "admin_associated",
        "conflict",
        "replaced",
        "admin_associated",
        "flow_started",
        "linked",
        "admin_disassociated",
    ];
    assert_eq!(events, expected, "{trail}");

    // What was refused for want of a user is on the trail too; a user is found by address.
    let refused = "/trakt/admin/audit?event=admin_associated";
    let refused = server.get(refused, &admin).json();
    let details: BTreeSet<&str> = refused["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["outcome"] == "refused")
        .filter_map(|entry| entry["detail"].as_str())
        .collect();
    let expected = BTreeSet::from(["trakt_account_not_found", "user_not_found"]);
    assert_eq!(details, expected, "{refused}");
    let by_email = "/trakt/admin/audit?limit=200&user=Ana@Example.org";
    assert_eq!(server.get(by_email, &admin).json(), trail);
}

#[test]
fn a_deleted_user_is_out_at_once_and_leaves_no_token() {
    let service = Service::start();
    let Service {
        server,
        sim,
        database,
    } = &service;
    let user = database.user("gone@example.org", "user");
    let token = issue_token(user, 600);
    assert_eq!(server.link(sim, &token, "sean").status, 200);
    let vars = [
        ("DATABASE_URL", database.url()),
        ("DATA_DIR", "/nonexistent"),
        (
            "TOKEN_KEYS",
            "e2e:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        ),
        ("AUTH_SECRET", crate::harness::AUTH_SECRET),
    ];
    let removed = run_command(
        &["user", "remove", "--email", "gone@example.org"],
        &vars,
        "",
    );
    assert!(removed.status.success(), "{removed:?}");
    for (method, path) in [
        ("GET", ASSOCIATION),
        ("DELETE", ASSOCIATION),
        ("POST", DEVICE),
    ] {
        let reply = server.patiently(method, path, &token, None);
        assert_eq!(reply.outcome(), "401 unauthenticated", "{method} {path}");
    }
    assert_eq!(database.count("SELECT count(*) FROM trakt_users"), 0);
    assert!(database.events(user).contains(&"user_removed".to_owned()));
    crate::harness::wait_for("the worker to revoke at Trakt", || {
        (sim.tokens()[0].state == TokenState::Revoked).then_some(())
    });
}

#[test]
fn a_secret_service_starts_only_with_its_keys() {
    let (sim, database) = (sim(), Database::fresh());
    let server = Server::builder().database(&database).sim(&sim).start();
    let token = issue_token(database.user("a@b", "user"), 600);
    assert_eq!(server.link(&sim, &token, "sean").status, 200);
    assert!(server.stop().0.success());
    sim.clear_requests();
    for keys in [
        "e2e:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "other:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    ] {
        let builder = Server::builder()
            .database(&database)
            .sim(&sim)
            .var("TOKEN_KEYS", keys);
        let (status, log) = builder.fails();
        assert_eq!(status.code(), Some(1));
        assert!(log.contains("TOKEN_KEYS"), "{log}");
    }
    assert!(sim.requests().is_empty(), "Trakt was called");
}
