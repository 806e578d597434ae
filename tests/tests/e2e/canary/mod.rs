//! Every secret of a run, and every place that it might have leaked to: with logging at TRACE,
//! none is found, in no form.
//!
//! | file | what it does |
//! |---|---|
//! | `stage` | a service whose secrets are known, and a record of all it lets out |
//! | `echo` | Trakt's answers with the secrets in them |
//! | `needle` | the forms of a secret, and the search for them |

mod echo;
mod needle;
mod stage;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use trakt_sim::Fault;

use self::needle::{Needles, bytea, dumped, forms};
use self::stage::{CHECK, DATABASE_PASSWORD, Stage};
use crate::harness::issue_token;

const ASSOCIATION: &str = "/trakt/association";
const PASSWORD: &str = "canary pass'word\" \\ +/=&%41 é";
const MISTYPED: &str = "canary mistyped 'pass' \\ +/=&é";

#[test]
fn no_secret_leaves_at_trace() {
    nothing_leaks("text");
}

#[test]
fn no_secret_leaves_at_trace_as_json() {
    nothing_leaks("json");
}

fn nothing_leaks(format: &str) {
    let mut stage = Stage::set(format);
    let (ana, bob, root) = people(&mut stage);
    refusals(&mut stage, &ana);
    echo::polls(&mut stage);
    echo::identities(&mut stage);
    links(&mut stage, &ana, &bob);
    admin(&mut stage, &root);
    trouble_at_start(&mut stage);
    // Some of everything that is stored is there when the dump is made.
    stage.start(&ana, false);
    for (table, least) in [
        ("trakt_users", 1),
        ("device_flows", 5),
        ("token_revocations", 1),
    ] {
        let held = stage
            .database
            .count(&format!("SELECT count(*) FROM {table}"));
        assert!(held >= least, "{table} holds {held} rows");
    }
    for state in ["pending", "authorised"] {
        let flows = format!("SELECT count(*) FROM device_flows WHERE state = '{state}'");
        assert!(stage.database.count(&flows) > 0, "no {state} flow");
    }

    let leaks = stage.finish();
    let shown = leaks.iter().take(20).map(String::as_str);
    assert!(
        leaks.is_empty(),
        "{} leaks\n{}",
        leaks.len(),
        shown.collect::<Vec<_>>().join("\n")
    );
}

/// Users are added, sign in, and get tokens.
fn people(stage: &mut Stage) -> (String, String, String) {
    stage.secrets.add("password", PASSWORD);
    stage.secrets.add("mistyped password", MISTYPED);
    let stdin = format!("{PASSWORD}\n");
    for (email, role) in [("ana@example.org", "user"), ("root@example.org", "admin")] {
        let add = [
            "user",
            "add",
            "--email",
            email,
            "--role",
            role,
            "--password-stdin",
        ];
        stage.command(&add, &stdin, false);
    }
    stage.database.user("bob@example.org", "user");
    stage.command(&["user", "list"], "", false);

    let login = |password: &str| json!({ "email": "ana@example.org", "password": password });
    let wrong = stage.ask("POST", "/auth/login", "", Some(&login(MISTYPED)));
    assert_eq!(wrong.outcome(), "401 unauthenticated");
    for body in [
        format!("{{\"email\": \"ana@example.org\", \"password\": \"{PASSWORD}"),
        json!({ "email": PASSWORD, "password": [PASSWORD] }).to_string(),
        json!({ "email": "ana@example.org", "passwort": PASSWORD }).to_string(),
    ] {
        let reply = stage.ask_raw("POST", "/auth/login", "", &body, &[]);
        assert!([400, 422].contains(&reply.status), "{reply:?}");
    }
    let right = login(PASSWORD).to_string();
    let right = stage.ask_raw("POST", "/auth/login", "", &right, &["token"]);
    assert_eq!(right.status, 200, "{right:?}");
    let ana = right.json()["token"].as_str().unwrap().to_owned();
    let mut issue = |email| stage.command(&["token", "issue", "--email", email], "", true);
    let (bob, root) = (issue("bob@example.org"), issue("root@example.org"));
    for (name, token) in [("ana", &ana), ("bob", &bob), ("root", &root)] {
        stage.bearer(name, token);
    }
    for row in stage.database.rows("SELECT password_hash FROM users", &[]) {
        // The hash is in the database by right; what it is made of must not be elsewhere.
        let hash: Option<String> = row.get(0);
        assert!(hash.is_none_or(|hash| hash.starts_with("$argon2id$")));
    }
    (ana, bob, root)
}

/// Tokens that are refused, and bodies that are no good but hold a secret.
fn refusals(stage: &mut Stage, ana: &str) {
    let nobody = trakt_core::UserId::from(uuid::Uuid::nil());
    let expired = issue_token(nobody.uuid(), -3600);
    let gone = issue_token(nobody.uuid(), 3600);
    let (head, _) = ana.rsplit_once('.').unwrap();
    let forged = format!(
        "{head}.{}",
        URL_SAFE_NO_PAD.encode(b"canary of a forged signature 32b")
    );
    for (name, token) in [("expired", expired), ("gone", gone), ("forged", forged)] {
        stage.bearer(name, &token);
        for path in [
            ASSOCIATION,
            "/trakt/admin/audit",
            "/trakt/nowhere",
            "/metrics",
            "/",
        ] {
            stage.ask("GET", path, &token, None);
        }
        stage.ask(
            "GET",
            &format!("{ASSOCIATION}?access_token={token}"),
            "x",
            None,
        );
    }
    stage.ask("GET", &format!("/trakt/admin/audit?user={ana}"), ana, None);

    let flow = stage.start(ana, false);
    let handle = flow["deviceCode"].as_str().unwrap();
    for body in [
        format!("{{\"deviceCode\": \"{handle}"),
        format!("{{\"deviceCode\": [\"{handle}\"]}}"),
        format!("{{\"deviceCode\": \"{handle}\", \"also\": \"{handle}\"}}"),
        format!("deviceCode={handle}"),
    ] {
        let reply = stage.ask_raw("POST", CHECK, ana, &body, &[]);
        assert!([400, 422].contains(&reply.status), "{reply:?}");
    }
    stage.ask("GET", &format!("/trakt/auth/device/{handle}"), ana, None);
}

/// A link, a denial, a conflict, a replacement, an end that Trakt will not hear of.
fn links(stage: &mut Stage, ana: &str, bob: &str) {
    let link = |stage: &mut Stage, token: &str, slug: Option<&str>, replace| {
        let flow = stage.start(token, replace);
        let user_code = flow["userCode"].as_str().unwrap();
        match slug {
            Some(slug) => stage.sim.approve(user_code, slug).unwrap(),
            None => stage.sim.deny(user_code).unwrap(),
        }
        let end = stage.check(token, &flow);
        assert!(
            end.status != 200 || end.json()["success"] == true,
            "{end:?}"
        );
        end.outcome()
    };
    assert_eq!(link(stage, bob, Some("sean"), false), "200");
    assert_eq!(link(stage, ana, None, false), "403 device_code_denied");
    assert_eq!(link(stage, ana, Some("sean"), false), "409 account_taken");
    assert_eq!(link(stage, bob, Some("justin"), true), "200");
    assert_eq!(link(stage, ana, Some("sean"), false), "200");
    stage.ask("GET", ASSOCIATION, ana, None);
    let held = stage.sim.tokens().pop().unwrap();
    let echo = json!({ "error": held.access_token, "token": held.refresh_token }).to_string();
    stage
        .sim
        .fault("POST /oauth/revoke", Fault::answer(500, &echo))
        .unwrap();
    assert_eq!(stage.ask("DELETE", ASSOCIATION, ana, None).status, 204);
    assert!(stage.sim.faults().is_empty(), "Trakt was not told");
}

fn admin(stage: &mut Stage, root: &str) {
    let claim = json!({ "traktSlug": "ana-lucia", "userEmail": "ana@example.org" });
    let claimed = stage.ask("POST", "/trakt/admin/associate", root, Some(&claim));
    let id = claimed.json()["association"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for path in [
        "associations?limit=200",
        "audit?limit=200",
        &format!("associations?q={root}"),
    ] {
        stage.ask("GET", &format!("/trakt/admin/{path}"), root, None);
    }
    let path = format!("/trakt/admin/associations/{id}");
    assert_eq!(stage.ask("DELETE", &path, root, None).status, 204);
    stage.command(
        &["user", "remove", "--email", "newcomer12@example.org"],
        "",
        false,
    );
}

/// Settings that keep it from starting, each with a secret in it.
fn trouble_at_start(stage: &mut Stage) {
    let other: [u8; 32] = *b"canary of the wrong key 01234567";
    stage.secrets.add("wrong key", other);
    stage.secrets.add("short secret", "canary short secret");
    stage.refused("TOKEN_KEYS", &format!("k1:{}", STANDARD.encode(other)));
    stage.refused(
        "TOKEN_KEYS",
        &format!("k1:{}", STANDARD.encode(&other[1..])),
    );
    stage.refused("TOKEN_KEYS", "canary short secret");
    stage.refused("AUTH_SECRET", "canary short secret");
    let password = DATABASE_PASSWORD;
    stage.command(&["doctor"], "", false);
    stage.refused(
        "TRAKT_API_URL",
        &format!("http://user:{password}@example.org"),
    );
    stage.refused(
        "AUTH_JWKS_URL",
        &format!("http://user:{password}@example.org"),
    );
}

#[test]
fn a_secret_is_found_in_every_form() {
    let mut needles = Needles::default();
    needles.add("canary", PASSWORD);
    assert!(needles.leaks(MISTYPED.repeat(3).as_bytes()).is_empty());
    let found = |text: &[u8]| !needles.leaks(text).is_empty();
    for (form, name) in forms(PASSWORD.as_bytes()) {
        let planted = [b"before ".as_slice(), &form, b" after"].concat();
        assert!(found(&planted), "not found as {name}");
    }
    for before in ["", "a", "ab", "abc"] {
        let text = format!("{before}{PASSWORD}xyz");
        assert!(
            found(STANDARD.encode(&text).as_bytes()),
            "not found after {before:?}"
        );
        let dump = text.as_bytes().chunks(16).map(dumped);
        let dump: Vec<Vec<u8>> = dump.collect();
        assert!(
            found(&dump.join(&b'\n')),
            "not found in a dump after {before:?}"
        );
    }
    let value = json!({ "k": [PASSWORD, { "deep": PASSWORD }] });
    for text in [
        value.to_string(),
        format!("{value:?}"),
        format!("{:?}", PASSWORD.as_bytes()),
    ] {
        assert!(found(text.as_bytes()), "not found in {text}");
    }
    let dump = b"COPY t (b) FROM stdin;\n1\t\\\\x63616e617279\nVALUES ('\\x00ff')";
    assert_eq!(bytea(dump), b"canary\n\x00\xff\n");
}
