//! The main job, from sign-in to unlink, and each way in which a flow can end.

use serde_json::{Value, json};
use trakt_sim::{Config, Fault, Sim, TokenState};

use crate::harness::{Database, Server, Service, issue_token, run_command, wait_for};

const CHECK: &str = "/trakt/auth/device/check";
const ASSOCIATION: &str = "/trakt/association";

fn code(flow: &Value) -> &str {
    flow["userCode"].as_str().unwrap()
}

#[test]
fn a_stranger_signs_in_links_and_unlinks() {
    let service = Service::start();
    let vars = [
        ("DATABASE_URL", service.database.url()),
        ("DATA_DIR", "/nonexistent"),
        (
            "TOKEN_KEYS",
            "e2e:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        ),
        ("AUTH_SECRET", crate::harness::AUTH_SECRET),
    ];
    let add = [
        "user",
        "add",
        "--email",
        "Ana@Example.org",
        "--role",
        "user",
        "--password-stdin",
    ];
    let added = run_command(&add, &vars, "correct horse\n");
    assert!(added.status.success(), "{added:?}");

    let server = &service.server;
    let wrong = json!({"email": "ana@example.org", "password": "wrong horse"});
    let refused = server.patiently("POST", "/auth/login", "", Some(&wrong));
    assert_eq!(refused.outcome(), "401 unauthenticated");
    let right = json!({"email": "ana@example.org", "password": "correct horse"});
    let signed_in = server.patiently("POST", "/auth/login", "", Some(&right));
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
    let token = signed_in.json()["token"].as_str().unwrap().to_owned();

    let none = server.get(ASSOCIATION, &token).json();
    assert_eq!(none["associated"], false);
    assert!(none["traktUsername"].is_null() && none["traktSlug"].is_null());

    let flow = server.start_flow(&token, false);
    assert_eq!(flow["success"], true);
    assert_eq!(flow["expiresIn"], 600);
    assert_eq!(flow["interval"], 1);
    assert_eq!(
        flow["codeUrl"],
        format!("{}/activate", service.sim.url().trim_end_matches('/'))
    );
    let device_codes = service.sim.device_codes();
    assert!(
        device_codes
            .iter()
            .all(|code| !flow.to_string().contains(&code.device_code))
    );

    let pending = server.post(CHECK, &token, &json!({"deviceCode": flow["deviceCode"]}));
    assert_eq!(pending.json(), json!({"success": false, "pending": true}));
    assert!(pending.header("retry-after").is_some());

    service.sim.approve(code(&flow), "ana-lucia").unwrap();
    let linked = server.finish_flow(&token, &flow);
    let expected = json!({"success": true, "traktUsername": "Ana.Lucia", "traktSlug": "ana-lucia"});
    assert_eq!(linked.json(), expected);

    let view = server.patiently("GET", ASSOCIATION, &token, None).json();
    assert_eq!(view["associated"], true);
    assert_eq!(view["traktSlug"], "ana-lucia");
    assert_eq!(view["status"], "active");
    assert!(view["linkedAt"].as_str().unwrap().ends_with('Z'));
    assert!(view["tokenExpiresAt"].as_str().unwrap().ends_with('Z'));

    let again = server.patiently(
        "POST",
        CHECK,
        &token,
        Some(&json!({"deviceCode": flow["deviceCode"]})),
    );
    assert_eq!(again.outcome(), "409 device_code_used");

    assert_eq!(
        server.patiently("DELETE", ASSOCIATION, &token, None).status,
        204
    );
    assert_eq!(
        server.patiently("GET", ASSOCIATION, &token, None).json()["associated"],
        false
    );
    let tokens = service.sim.tokens();
    assert!(
        tokens.iter().all(|pair| pair.state == TokenState::Revoked),
        "{tokens:?}"
    );
    assert_eq!(
        service.database.count("SELECT count(*) FROM trakt_users"),
        0
    );

    let user = service.database.rows("SELECT id FROM users", &[])[0].get(0);
    let events = service.database.events(user);
    let expected = [
        "user_added",
        "sign_in_failed",
        "sign_in_succeeded",
        "flow_started",
        "linked",
        "unlinked",
    ];
    assert_eq!(events, expected);
}

/// One service, many users: what a step of the table below works with.
struct Cast {
    service: Service,
    next: u32,
}

impl Cast {
    fn user(&mut self) -> String {
        self.next += 1;
        let user = self
            .service
            .database
            .user(&format!("user{}@example.org", self.next), "user");
        issue_token(user, 600)
    }
}

#[test]
fn every_end_of_a_flow_is_told_apart() {
    let mut cast = Cast {
        service: Service::start(),
        next: 0,
    };
    let html = "<html><body>nothing here</body></html>";
    for (status, outcome) in [
        (404, "404 device_code_unknown"),
        (409, "409 device_code_used"),
        (410, "410 device_code_expired"),
        (418, "403 device_code_denied"),
    ] {
        for body in ["", html, r#"{"error":"whatever"}"#] {
            let token = cast.user();
            let flow = cast.service.server.start_flow(&token, false);
            cast.service
                .sim
                .fault("POST /oauth/device/token", Fault::answer(status, body))
                .unwrap();
            let end = cast.service.server.finish_flow(&token, &flow);
            assert_eq!(end.outcome(), outcome, "Trakt said {status} {body:?}");
            let again = cast.service.server.finish_flow(&token, &flow);
            assert_eq!(again.outcome(), outcome, "the second time");
        }
    }
    for (status, body) in [(400, ""), (400, html), (429, ""), (429, html)] {
        let token = cast.user();
        let flow = cast.service.server.start_flow(&token, false);
        cast.service.sim.approve(code(&flow), "sean").unwrap();
        cast.service
            .sim
            .fault("POST /oauth/device/token", Fault::answer(status, body))
            .unwrap();
        let body = json!({"deviceCode": flow["deviceCode"]});
        let open = cast.service.server.post(CHECK, &token, &body);
        assert_eq!(open.json()["pending"], true, "Trakt said {status}");
    }
    let used = cast
        .service
        .database
        .count("SELECT count(*) FROM trakt_users");
    assert_eq!(used, 0, "none of these was linked");
}

/// Nobody comes back to ask: the service ends the flow by itself, and tells Trakt.
#[test]
fn an_abandoned_flow_ends_by_itself() {
    let sim = Sim::start(Config {
        interval: 1,
        code_expires_in: 2,
        ..Config::default()
    })
    .unwrap();
    let database = Database::fresh();
    let server = Server::builder().database(&database).sim(&sim).start();
    let [ana, bob] =
        ["ana@example.org", "bob@example.org"].map(|email| database.user(email, "user"));
    server.start_flow(&issue_token(ana, 600), false);
    // Bob approves and asks, but Trakt does not say who he is, and he never asks again.
    let token = issue_token(bob, 600);
    let flow = server.start_flow(&token, false);
    sim.fault("GET /users/settings", Fault::status(503))
        .unwrap();
    sim.approve(code(&flow), "sean").unwrap();
    let reply = server.finish_flow(&token, &flow);
    assert_eq!(reply.outcome(), "503 trakt_unavailable");
    assert_eq!(sim.tokens().len(), 1);

    // Bob approved, and may come back for a while: that while passes.
    database.execute(
        "UPDATE device_flows SET expires_at = now() - interval '11 minutes', \
         next_poll_at = now() - interval '11 minutes' WHERE state = 'authorised'",
        &[],
    );
    wait_for("the end of both flows", || {
        let open = "SELECT count(*) FROM device_flows WHERE state <> 'ended'";
        (database.count(open) == 0).then_some(())
    });
    wait_for("the end of the tokens", || {
        (sim.tokens()[0].state == TokenState::Revoked).then_some(())
    });
    for user in [ana, bob] {
        let trail = "SELECT event, actor_id IS NULL FROM audit_log WHERE subject_id = $1 \
                     ORDER BY id DESC LIMIT 1";
        let trail = database.rows(trail, &[&user]);
        let last: (String, bool) = (trail[0].get(0), trail[0].get(1));
        assert_eq!(
            last,
            ("expired".to_owned(), true),
            "time did it, nobody else"
        );
    }
}

#[test]
fn a_person_denies_and_a_code_expires() {
    let mut cast = Cast {
        service: Service::start(),
        next: 0,
    };
    let token = cast.user();
    let flow = cast.service.server.start_flow(&token, false);
    cast.service.sim.deny(code(&flow)).unwrap();
    assert_eq!(
        cast.service.server.finish_flow(&token, &flow).outcome(),
        "403 device_code_denied"
    );

    let flow = cast.service.server.start_flow(&token, false);
    cast.service.sim.expire(code(&flow)).unwrap();
    assert_eq!(
        cast.service.server.finish_flow(&token, &flow).outcome(),
        "410 device_code_expired"
    );
}

#[test]
fn a_check_too_soon_asks_nobody() {
    let sim = Sim::start(Config {
        interval: 5,
        ..Default::default()
    })
    .unwrap();
    let database = Database::fresh();
    let server = Server::builder().database(&database).sim(&sim).start();
    let token = issue_token(database.user("a@b", "user"), 600);
    let flow = server.start_flow(&token, false);
    let body = json!({"deviceCode": flow["deviceCode"]});
    for _ in 0..3 {
        let reply = server.patiently("POST", CHECK, &token, Some(&body));
        assert_eq!(reply.json()["pending"], true);
        let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=5).contains(&wait), "{wait}");
    }
    let polls = sim.requests_to("POST /oauth/device/token").len();
    assert!(polls <= 1, "{polls} polls within one interval");
}

#[test]
fn the_code_of_another_user_is_unknown() {
    let mut cast = Cast {
        service: Service::start(),
        next: 0,
    };
    let (one, other) = (cast.user(), cast.user());
    let flow = cast.service.server.start_flow(&one, false);
    let body = json!({"deviceCode": flow["deviceCode"]});
    let stolen = cast.service.server.post(CHECK, &other, &body);
    assert_eq!(stolen.outcome(), "404 device_code_unknown");
    let made_up = json!({"deviceCode": "x".repeat(43)});
    let unknown = cast
        .service
        .server
        .patiently("POST", CHECK, &other, Some(&made_up));
    assert_eq!(unknown.text, stolen.text, "a thief learns nothing");
}

#[test]
fn a_new_flow_ends_the_old_one() {
    let mut cast = Cast {
        service: Service::start(),
        next: 0,
    };
    let token = cast.user();
    let old = cast.service.server.start_flow(&token, false);
    let new = cast.service.server.start_flow(&token, false);
    assert_eq!(
        cast.service.server.finish_flow(&token, &old).outcome(),
        "410 device_code_expired"
    );
    cast.service.sim.approve(code(&new), "sean").unwrap();
    assert_eq!(cast.service.server.finish_flow(&token, &new).status, 200);
}

#[test]
fn one_account_one_user() {
    let mut cast = Cast {
        service: Service::start(),
        next: 0,
    };
    let (one, two) = (cast.user(), cast.user());
    let Service {
        server,
        sim,
        database,
    } = &cast.service;
    assert_eq!(server.link(sim, &one, "sean").status, 200);

    assert_eq!(
        server.link(sim, &two, "sean").outcome(),
        "409 account_taken"
    );
    let states: Vec<_> = sim.tokens().iter().map(|pair| pair.state).collect();
    assert_eq!(
        states,
        [TokenState::Live, TokenState::Revoked],
        "the loser's are handed back"
    );

    assert_eq!(
        server.link(sim, &one, "justin").outcome(),
        "409 already_linked"
    );
    let flow = server.start_flow(&one, true);
    sim.approve(code(&flow), "justin").unwrap();
    assert_eq!(
        server.finish_flow(&one, &flow).json()["traktSlug"],
        "justin"
    );
    let live: Vec<_> = sim
        .tokens()
        .into_iter()
        .filter(|p| p.state == TokenState::Live)
        .collect();
    assert_eq!(live.len(), 1);
    assert_eq!(live[0].slug, "justin");

    assert_eq!(
        server.link(sim, &two, "sean").status,
        200,
        "it is free again"
    );
    assert_eq!(database.count("SELECT count(*) FROM trakt_users"), 2);
    assert_eq!(
        database.count("SELECT count(*) FROM audit_log WHERE event = 'replaced'"),
        1
    );
    assert_eq!(
        database.count("SELECT count(*) FROM audit_log WHERE event = 'conflict'"),
        2
    );
}

#[test]
fn linking_the_same_account_again_renews_it_and_a_rename_is_followed() {
    let mut cast = Cast {
        service: Service::start(),
        next: 0,
    };
    let token = cast.user();
    let Service {
        server,
        sim,
        database,
    } = &cast.service;
    assert_eq!(server.link(sim, &token, "sean").status, 200);
    let row = "SELECT id::text || ' ' || trakt_uuid, access_token, generation FROM trakt_users";
    let before = &database.rows(row, &[])[0];
    sim.rename_account("sean", "sean-2", "Sean2").unwrap();
    let linked = server.link(sim, &token, "sean-2");
    assert_eq!(linked.json()["traktSlug"], "sean-2", "{linked:?}");
    let after = &database.rows(row, &[])[0];
    assert_eq!(
        before.get::<_, String>(0),
        after.get::<_, String>(0),
        "the same link"
    );
    assert_ne!(
        before.get::<_, String>(1),
        after.get::<_, String>(1),
        "other tokens"
    );
    assert!(after.get::<_, i64>(2) > before.get::<_, i64>(2));
}
