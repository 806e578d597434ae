//! Who may do what: every route by every kind of caller, and each user's things for that user
//! alone.

mod rows;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Reply, Service, call, issue_token, sign};
use rows::{ASSOCIATE, CHECK, FORBIDDEN, ROWS, UNAUTHENTICATED};

/// The file of the service that holds its routes.
fn routes_file() -> String {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../crates/trakt-server/src/routes.rs"
    );
    std::fs::read_to_string(path).expect("the routes of the service")
}

/// The texts in quotes of a piece of Rust.
fn literals(rust: &str) -> impl Iterator<Item = &str> {
    rust.split('"').skip(1).step_by(2)
}

#[test]
fn no_route_is_left_out() {
    let file = routes_file();
    let (_, rest) = file.split_once("const TABLE").unwrap();
    let (table, code) = rest.split_once("];").unwrap();
    let table: Vec<&str> = literals(table).collect();
    let served: BTreeSet<_> = table
        .chunks(3)
        .map(|row| (row[0], row[1], row[2]))
        .collect();
    let tested: BTreeSet<_> = ROWS.iter().map(|row| (row.0, row.1, row.2)).collect();
    assert_eq!(served, tested);
    assert_eq!(served.len() * 3, table.len(), "a route stands there twice");

    // That the table is the whole of what is served: what is built below it is as much.
    let code: String = code.split_whitespace().collect();
    let handlers = code.matches("().to(").count();
    assert_eq!(handlers, ROWS.len(), "the handlers in the code");
    for path in literals(&code).filter(|text| text.starts_with('/')) {
        let known = ROWS
            .iter()
            .any(|row| row.1.ends_with(path) || row.1.starts_with(&format!("{path}/")));
        assert!(known, "{path} is served and not in the table");
    }
}

fn body(method: &str, path: &str, device_code: &Value) -> Option<Value> {
    let body = match (method, path) {
        ("POST", "/auth/login") => json!({"email": "nobody@example.org", "password": "a password"}),
        ("POST", CHECK) => json!({ "deviceCode": device_code }),
        ("POST", ASSOCIATE) => {
            json!({"traktSlug": "sean", "userEmail": "holder@example.org"})
        }
        (_, "/trakt/ratings") if method == "POST" => {
            json!({"movie": {"ids": {"trakt": 1}}, "rating": 5})
        }
        (_, "/trakt/history" | "/trakt/ratings" | "/trakt/watchlist") if method != "GET" => {
            json!({ "movie": {"ids": {"trakt": 1}} })
        }
        ("PATCH", "/trakt/settings") => json!({"recommendations": true}),
        (_, path) if path.starts_with("/trakt/scrobble") => {
            json!({"movie": {"ids": {"trakt": 1}}, "progress": 5})
        }
        _ => return None,
    };
    Some(body)
}

#[test]
fn every_route_for_every_caller() {
    let Service {
        server,
        sim: _sim,
        database,
    } = Service::start();
    database.user("holder@example.org", "user");
    let user = database.user("user@example.org", "user");
    let admin = issue_token(database.user("admin@example.org", "admin"), 600);
    let deleted = database.user("deleted@example.org", "admin");
    let callers = [
        ("nobody", None),
        ("garbage", Some("not.a.token".to_owned())),
        ("expired", Some(issue_token(user, -60))),
        ("user", Some(issue_token(user, 600))),
        (
            "other",
            Some(issue_token(database.user("other@example.org", "user"), 600)),
        ),
        ("admin", Some(admin.clone())),
        ("deleted", Some(issue_token(deleted, 600))),
    ];
    let user = callers[3].1.as_deref().unwrap();
    // Shows that the token is good but for the deletion.
    let before = server.get("/trakt/admin/audit", callers[6].1.as_deref().unwrap());
    assert_eq!(before.status, 200, "{before:?}");
    database.execute("DELETE FROM users WHERE id = $1", &[&deleted]);

    let mut wrong = Vec::new();
    for (method, route, _, expected) in ROWS {
        // What the row is about is there: an open flow, a claim to take away.
        let flow = match *route {
            CHECK => server.start_flow(user, false),
            _ => Value::Null,
        };
        let mut path = (*route).to_owned();
        if path.contains("{id}") {
            let claim = body("POST", ASSOCIATE, &Value::Null);
            let claim = server.patiently("POST", ASSOCIATE, &admin, claim.as_ref());
            let id = claim.json()["association"]["id"]
                .as_str()
                .unwrap()
                .to_owned();
            path = path.replace("{id}", &id);
        }
        let body = body(method, route, &flow["deviceCode"]);
        for ((name, token), expected) in callers.iter().zip(expected) {
            let reply = crate::harness::wait_for("an answer other than 429", || {
                let reply = call(method, &server.url(&path), token.as_deref(), body.as_ref());
                (reply.status != 429).then_some(reply)
            });
            if reply.outcome() != *expected {
                wrong.push(format!("{method} {route} by {name}: {}", reply.outcome()));
            }
            let challenge = reply.header("www-authenticate");
            let bearer = challenge.is_some_and(|text| text.starts_with("Bearer "));
            assert_eq!(
                bearer,
                reply.status == 401,
                "{method} {route} by {name}: {reply:?}"
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_other_method_is_refused_with_those_that_work() {
    let service = Service::start();
    let paths: BTreeSet<&str> = ROWS.iter().map(|row| row.1).collect();
    for path in paths {
        let mut works: BTreeSet<&str> = ROWS
            .iter()
            .filter(|row| row.1 == path)
            .map(|row| row.0)
            .collect();
        if works.contains("GET") {
            works.insert("HEAD");
        }
        let url = path.replace("{id}", &Uuid::nil().to_string());
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"];
        for method in methods.iter().filter(|method| !works.contains(*method)) {
            // Each by an admin of its own, so that no limit holds it up.
            let admin = service.database.user(&format!("{method}@{path}"), "admin");
            let token = issue_token(admin, 600);
            let reply = call(method, &service.server.url(&url), Some(&token), None);
            assert_eq!(reply.outcome(), "405 method_not_allowed", "{method} {path}");
            let allow = reply.header("allow").unwrap_or_default();
            let allow: BTreeSet<&str> = allow.split(", ").collect();
            assert_eq!(allow, works, "{method} {path}");
        }
    }
}

/// RFC 9110 section 9.3.2: what watches a service asks with HEAD.
#[test]
fn head_is_answered_as_get_without_the_body() {
    let service = Service::start();
    let admin = issue_token(service.database.user("admin@example.org", "admin"), 600);
    for (_, route, ..) in ROWS.iter().filter(|row| row.0 == "GET") {
        let url = service.server.url(route);
        for token in [Some(admin.as_str()), None] {
            let [get, head] = ["GET", "HEAD"].map(|method| {
                crate::harness::wait_for("an answer other than 429", || {
                    let reply = call(method, &url, token, None);
                    (reply.status != 429).then_some(reply)
                })
            });
            assert_eq!(head.status, get.status, "{route}");
            assert_eq!(
                head.header("content-type"),
                get.header("content-type"),
                "{route}"
            );
            assert!(head.text.is_empty() && !get.text.is_empty(), "{route}");
        }
    }
}

#[test]
fn the_things_of_another_user_are_out_of_reach() {
    let Service {
        server,
        sim,
        database,
    } = Service::start();
    let [ana, bob] = ["ana@example.org", "bob@example.org"]
        .map(|email| issue_token(database.user(email, "user"), 600));
    assert_eq!(server.link(&sim, &ana, "sean").status, 200);
    let whole = "SELECT to_jsonb(t)::text FROM trakt_users t";
    let before: String = database.rows(whole, &[])[0].get(0);
    let id: Uuid = database.rows("SELECT id FROM trakt_users", &[])[0].get(0);
    let flow = server.start_flow(&ana, false);

    let check = json!({"deviceCode": flow["deviceCode"]});
    let stolen = server.patiently("POST", CHECK, &bob, Some(&check));
    assert_eq!(stolen.outcome(), "404 device_code_unknown");
    let view = server.get("/trakt/association", &bob).json();
    assert_eq!(view["associated"], false);
    assert!(view["traktSlug"].is_null());
    assert_eq!(server.delete("/trakt/association", &bob).status, 204);
    let path = format!("/trakt/admin/associations/{id}");
    assert_eq!(server.delete(&path, &bob).outcome(), FORBIDDEN);
    // His own flow is his own: hers goes on.
    server.start_flow(&bob, true);

    let after: String = database.rows(whole, &[])[0].get(0);
    assert_eq!(before, after, "her link is as it was");
    assert!(sim.requests_to("POST /oauth/revoke").is_empty());
    sim.approve(flow["userCode"].as_str().unwrap(), "sean")
        .unwrap();
    assert_eq!(server.finish_flow(&ana, &flow).status, 200, "her flow too");
}

#[test]
fn the_role_is_what_the_database_says_now() {
    let Service {
        server,
        sim: _sim,
        database,
    } = Service::start();
    let user = database.user("user@example.org", "user");
    let list = |token: &str| {
        server
            .patiently("GET", "/trakt/admin/associations", token, None)
            .outcome()
    };
    let token = issue_token(user, 600);
    assert_eq!(list(&token), FORBIDDEN);
    let set_role = "UPDATE users SET role = $2 WHERE id = $1";
    database.execute(set_role, &[&user, &"admin"]);
    assert_eq!(list(&token), "200", "promoted");
    database.execute(set_role, &[&user, &"user"]);
    assert_eq!(list(&token), FORBIDDEN, "demoted");

    let exp = trakt_core::Clock::now(&trakt_core::SystemClock).timestamp() + 600;
    let mut claims = json!({
        "iss": crate::harness::ISSUER, "aud": "trakt", "sub": user.to_string(), "exp": exp,
    });
    assert_eq!(list(&sign(&claims)), FORBIDDEN, "a token as good as any");
    for role in [json!("admin"), json!(["admin"]), json!({"admin": true})] {
        claims["role"] = role;
        let outcome = list(&sign(&claims));
        assert_eq!(outcome, FORBIDDEN, "a role of its own making: {claims}");
    }
}

#[test]
fn a_wrong_body_tells_a_stranger_nothing() {
    let service = Service::start();
    let (server, database) = (&service.server, &service.database);
    let user = issue_token(database.user("user@example.org", "user"), 600);
    let gone = database.user("gone@example.org", "admin");
    database.execute("DELETE FROM users WHERE id = $1", &[&gone]);
    let gone = issue_token(gone, 600);
    for (path, token, expected) in [
        (ASSOCIATE, &user, FORBIDDEN),
        (ASSOCIATE, &gone, UNAUTHENTICATED),
        ("/trakt/auth/device", &gone, UNAUTHENTICATED),
        (CHECK, &gone, UNAUTHENTICATED),
    ] {
        for wrong in [json!([]), json!("x".repeat(70_000))] {
            let reply = server.patiently("POST", path, token, Some(&wrong));
            assert_eq!(reply.outcome(), expected, "{path}");
        }
    }
}

/// The one entry about a refusal, found by the id of its request.
fn refusal(service: &Service, reply: &Reply) -> (Option<Uuid>, String) {
    let id = reply.header("x-request-id").unwrap();
    let sql = "SELECT actor_id, concat_ws(' ', event, outcome, detail, ip) FROM audit_log \
               WHERE request_id = $1";
    let rows = service.database.rows(sql, &[&id]);
    assert_eq!(rows.len(), 1, "{reply:?}");
    (rows[0].get(0), rows[0].get(1))
}

#[test]
fn refusals_are_on_the_audit_trail() {
    let service = Service::start();
    let (server, database) = (&service.server, &service.database);
    let none = call("GET", &server.url("/trakt/association"), None, None);
    assert_eq!(none.outcome(), UNAUTHENTICATED);
    let entry = "access_refused refused unauthenticated 127.0.0.1";
    assert_eq!(refusal(&service, &none), (None, entry.to_owned()));

    let user = database.user("user@example.org", "user");
    let token = issue_token(user, 600);
    // A limit that was hit has an entry of its own and does not take the place of this one.
    crate::harness::wait_for("a limit to be hit", || {
        (server.get("/trakt/association", &token).status == 429).then_some(())
    });
    let reply = server.get("/trakt/admin/audit", &token);
    assert_eq!(reply.outcome(), FORBIDDEN);
    let entry = "access_refused refused forbidden 127.0.0.1";
    assert_eq!(refusal(&service, &reply), (Some(user), entry.to_owned()));

    let gone = database.user("gone@example.org", "user");
    database.execute("DELETE FROM users WHERE id = $1", &[&gone]);
    let reply = server.get("/trakt/association", &issue_token(gone, 600));
    assert_eq!(reply.outcome(), UNAUTHENTICATED);
    let entry = "access_refused refused unauthenticated 127.0.0.1";
    assert_eq!(refusal(&service, &reply), (Some(gone), entry.to_owned()));
}
