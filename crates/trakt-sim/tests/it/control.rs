//! The control interface as HTTP, the log of requests, and that secrets leave by it only.

use serde_json::{Value, json};
use trakt_sim::{Account, Config, ControlError, Fault};

use crate::client::{ID, SECRET, eventually, start};

#[test]
fn codes_are_decided_over_http() {
    let (_sim, client) = start(Config::default());
    let states = || -> Vec<Value> {
        let codes = client.get("/_sim/device_codes", &[]).json();
        codes
            .as_array()
            .unwrap()
            .iter()
            .map(|code| code["state"].clone())
            .collect()
    };
    let (approved, approve) = client.code();
    let (denied, deny) = client.code();
    let (expired, expire) = client.code();
    let body = json!({ "user_code": approve, "slug": "sean" });
    assert_eq!(client.post("/_sim/approve", &body).status, 200);
    assert_eq!(
        client
            .post("/_sim/deny", &json!({ "user_code": deny }))
            .status,
        200
    );
    assert_eq!(
        client
            .post("/_sim/expire", &json!({ "user_code": expire }))
            .status,
        200
    );
    assert_eq!(states(), ["approved", "denied", "expired"]);
    for (code, status) in [(&approved, 200), (&denied, 418), (&expired, 410)] {
        assert_eq!(client.poll(code).status, status);
    }

    let again = client.post("/_sim/approve", &body);
    assert_eq!(
        (again.status, again.json()),
        (
            409,
            json!({ "error": "the user code is used, not pending" })
        )
    );
    let wrong = [
        (
            "/_sim/approve",
            json!({ "user_code": approve, "slug": "nobody" }),
            404,
        ),
        (
            "/_sim/approve",
            json!({ "user_code": "nonsense", "slug": "sean" }),
            404,
        ),
        ("/_sim/approve", json!({ "user_code": approve }), 400),
        ("/_sim/deny", json!({ "user_code": expire, "typo": 1 }), 400),
        ("/_sim/deny", json!({ "user_code": expire }), 409),
        ("/_sim/expire", json!({ "user_code": approve }), 409),
        ("/_sim/clock/advance", json!({ "seconds": -1 }), 400),
    ];
    for (path, body, status) in wrong {
        let answer = client.post(path, &body);
        assert_eq!(answer.status, status, "{path} {body}");
        assert!(answer.json()["error"].is_string(), "{path} {body}");
    }
    assert_eq!(
        client.form("/_sim/deny", &[("user_code", "x")]).status,
        400,
        "no foreign forms"
    );
    assert_eq!(client.get("/_sim/nothing", &[]).status, 404);
}

#[test]
fn the_clock_moves_forward() {
    let (sim, client) = start(Config::default());
    let (device_code, user_code) = client.code();
    sim.approve(&user_code, "sean").unwrap();
    let before = client.get("/_sim/clock", &[]).json()["now_ms"]
        .as_u64()
        .unwrap();
    let moved = client
        .post("/_sim/clock/advance", &json!({ "seconds": 600 }))
        .json();
    assert!(moved["now_ms"].as_u64().unwrap() >= before + 600_000);
    assert!(sim.now_ms() >= before + 600_000);
    assert_eq!(client.poll(&device_code).status, 410);
}

#[test]
fn the_clock_is_set_and_runs_at_another_speed() {
    let (sim, client) = start(Config::default());
    sim.set_speed(0);
    let stopped = sim.now_ms();
    client.code();
    assert_eq!(sim.now_ms(), stopped);
    sim.advance(5);
    assert_eq!(sim.now_ms(), stopped + 5_000, "it can still be moved");

    let set = |body: Value| client.post("/_sim/clock", &body);
    let later = stopped + 1_000_000;
    let expected = json!({ "now_ms": later, "speed": 0 });
    assert_eq!(set(json!({ "now_ms": later })).json(), expected);
    assert_eq!(sim.set_clock(later), Ok(()), "where it is");
    assert_eq!(sim.set_clock(later - 1), Err(ControlError::ClockBack));
    assert_eq!(set(json!({ "now_ms": later - 1 })).status, 409);
    assert_eq!(sim.now_ms(), later);

    assert_eq!(set(json!({ "speed": 100_000 })).json()["speed"], 100_000);
    eventually("a day in a second", || sim.now_ms() > later + 86_400_000);
    sim.set_speed(0);
    let stopped = sim.now_ms();
    assert!(stopped < later + 20 * 86_400_000, "what has passed stays");
    assert!(stopped > later + 86_400_000);
}

#[test]
fn faults_are_scripted_over_http() {
    let (sim, client) = start(Config::default());
    let script = |fault: Value| {
        let body = json!({ "on": "GET /users/sean", "fault": fault });
        client.post("/_sim/faults", &body).status
    };
    let all = [
        json!({ "kind": "answer", "status": 503, "headers": { "retry-after": "3" }, "body": "x" }),
        json!({ "kind": "answer", "status": 504, "processed": true }),
        json!({ "kind": "delay", "ms": 1 }),
        json!({ "kind": "late", "ms": 1 }),
        json!({ "kind": "cut_before" }),
        json!({ "kind": "cut_after" }),
        json!({ "kind": "cut_half" }),
        json!({ "kind": "truncate" }),
        json!({ "kind": "html" }),
        json!({ "kind": "huge", "bytes": 100 }),
        json!({ "kind": "drip", "every_ms": 1 }),
        json!({ "kind": "redirect", "location": "/x" }),
        json!({ "kind": "edge", "status": 520 }),
        json!({ "kind": "slow_head", "every_ms": 1 }),
        json!({ "kind": "garbage", "bytes": 16 }),
        json!({ "kind": "gzip_bomb", "bytes": 32 }),
        json!({ "kind": "account_limit", "limit": 5 }),
    ];
    for fault in all {
        assert_eq!(script(fault.clone()), 200, "{fault}");
    }
    let listed = client.get("/_sim/faults", &[]).json();
    assert_eq!(listed.as_array().unwrap().len(), 17);
    assert_eq!(
        listed[4],
        json!({ "on": "GET /users/sean", "times": 1, "fault": { "kind": "cut_before" } })
    );
    assert_eq!(listed[11]["fault"]["status"], 302);
    assert_eq!(sim.faults()[4].fault, Fault::CutBefore);
    assert_eq!(client.api("/users/sean", None).status, 503);

    let wrong = [
        json!({ "kind": "nonsense" }),
        json!({ "kind": "answer" }),
        json!({ "kind": "answer", "status": 99 }),
        json!({ "kind": "answer", "status": 200, "typo": 1 }),
        json!({ "kind": "huge", "bytes": 1 }),
    ];
    for fault in wrong {
        assert_eq!(script(fault.clone()), 400, "{fault}");
    }
    assert_eq!(client.delete("/_sim/faults").status, 200);
    assert_eq!(client.get("/_sim/faults", &[]).json(), json!([]));
    assert_eq!(client.api("/users/sean", None).status, 200);
}

#[test]
fn accounts_are_kept_over_http() {
    let (sim, client) = start(Config::default());
    let new = json!({ "slug": "zoe", "username": "Zoe", "private": true });
    assert_eq!(client.post("/_sim/accounts", &new).status, 200);
    assert_eq!(client.post("/_sim/accounts", &new).status, 409);
    let rename = json!({ "slug": "zoe-2", "username": "Zoe2" });
    assert_eq!(
        client.post("/_sim/accounts/zoe/rename", &rename).status,
        200
    );
    assert_eq!(
        client.post("/_sim/accounts/zoe/rename", &rename).status,
        404
    );
    client.link(&sim, "zoe-2");
    let answer = client.post("/_sim/accounts/zoe-2/disconnect", &json!({}));
    assert_eq!(answer.json(), json!({ "revoked": 1 }));
    assert_eq!(client.delete("/_sim/accounts/zoe-2").status, 200);
    assert_eq!(client.delete("/_sim/accounts/zoe-2").status, 404);
    let bad = json!({ "slug": "me", "username": "x" });
    assert_eq!(client.post("/_sim/accounts", &bad).status, 400);

    let listed: Vec<Account> =
        serde_json::from_value(client.get("/_sim/accounts", &[]).json()).unwrap();
    assert_eq!(listed, sim.accounts());
    assert_eq!(listed[3].slug, "zoe-2-deleted-4");
    assert!(listed[3].deleted && listed[3].private);
}

#[test]
fn the_log_tells_what_was_asked() {
    let (sim, client) = start(Config::default());
    let (access, refresh) = client.link(&sim, "sean");
    sim.clear_requests();
    sim.advance(1000);
    client.api("/users/settings?extended=browsing", Some(&access));
    client.api("/users/settings", Some("unknown"));
    client.api("/users/sean", None);
    client.refresh(&refresh);
    client.revoke(&access);
    client.get("/activate", &[]);

    let requests = client.get("/_sim/requests", &[]).json();
    let brief: Vec<Value> = requests
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            json!([
                r["method"],
                r["path"],
                r["authorization"],
                r["token"],
                r["slug"],
                r["status"]
            ])
        })
        .collect();
    let expected = [
        json!(["GET", "/users/settings", true, 0, "sean", 200]),
        json!(["GET", "/users/settings", true, null, null, 401]),
        json!(["GET", "/users/sean", false, null, null, 200]),
        json!(["POST", "/oauth/token", false, 0, "sean", 200]),
        json!(["POST", "/oauth/revoke", false, 0, "sean", 200]),
        json!(["GET", "/activate", false, null, null, 200]),
    ];
    assert_eq!(brief, expected);
    assert_eq!(requests[0]["bearer"], access);
    assert_eq!(requests[0]["query"], "extended=browsing");
    assert!(requests[3]["body"].as_str().unwrap().contains(&refresh));
    let headers = requests[0]["headers"].as_array().unwrap();
    assert!(
        headers.contains(&json!(["trakt-api-version", "2"])),
        "{headers:?}"
    );
    let at = requests[0]["at_ms"].as_u64().unwrap();
    assert!(
        at > sim.tokens()[0].created_at * 1000 + 999_000,
        "on the simulator's clock"
    );

    let some = client.get("/_sim/requests?on=POST%20/oauth/*", &[]).json();
    assert_eq!(some.as_array().unwrap().len(), 2);
    assert_eq!(sim.requests_to("POST /oauth/*").len(), 2);
    assert_eq!(client.delete("/_sim/requests").status, 200);
    assert_eq!(client.get("/_sim/requests", &[]).json(), json!([]));
    client.api("/users/sean", None);
    assert_eq!(
        (sim.requests()[0].seq, sim.requests()[0].status),
        (8, Some(200))
    );
}

#[test]
fn every_secret_is_listed_and_none_is_shown_by_debug() {
    let (sim, client) = start(Config::default());
    let (access, refresh) = client.link(&sim, "sean");
    let (device_code, user_code) = client.code();
    client.refresh(&refresh);
    let tokens = client.get("/_sim/tokens", &[]).json();
    assert_eq!(tokens[0]["access_token"], access);
    assert_eq!(tokens[0]["refresh_token"], refresh);
    assert_eq!(tokens[0]["state"], "rotated");
    assert_eq!(
        (&tokens[1]["state"], &tokens[1]["generation"]),
        (&json!("live"), &json!(2))
    );
    assert_eq!(
        (&tokens[1]["session"], &tokens[1]["client_id"]),
        (&json!(0), &json!(ID))
    );
    let codes = client.get("/_sim/device_codes", &[]).json();
    assert_eq!(
        (&codes[1]["device_code"], &codes[1]["user_code"]),
        (&json!(device_code), &json!(user_code))
    );

    let shown = format!(
        "{:?} {:?} {:?} {:?}",
        sim.tokens(),
        sim.device_codes(),
        sim.requests(),
        Config::default()
    );
    for secret in [
        &access,
        &refresh,
        &device_code,
        &user_code,
        &SECRET.to_owned(),
    ] {
        assert!(!shown.contains(secret.as_str()), "{shown}");
    }
    assert!(shown.contains("generation: 2"), "{shown}");
}

#[test]
fn errors_read_as_sentences() {
    let (sim, _client) = start(Config::default());
    assert_eq!(sim.approve("x", "sean"), Err(ControlError::UnknownCode));
    assert_eq!(
        ControlError::UnknownCode.to_string(),
        "there is no such user code"
    );
    assert_eq!(sim.disconnect("x"), Err(ControlError::UnknownAccount));
}
