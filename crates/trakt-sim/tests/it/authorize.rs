//! The authorization code grant: by the page's form, with a secret and with PKCE.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use trakt_sim::{Application, CodeState, Config, Rotation, Sim, TokenState};

use crate::client::{Answer, Client, ID, SECRET, pair, start};

const BACK: &str = "https://app.example/back?x=1";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// RFC 7636, appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn begin() -> (Sim, Client) {
    start(Config {
        redirect_uris: vec![BACK.to_owned()],
        applications: vec![Application {
            client_id: "public".to_owned(),
            client_secret: None,
            redirect_uris: vec!["app.example:/back".to_owned()],
        }],
        ..Config::default()
    })
}

/// What an application asks for, with some fields otherwise.
fn asked<'a>(otherwise: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", ID),
        ("redirect_uri", BACK),
        ("state", "s&t=a te/é"),
    ];
    fields.retain(|(name, _)| !otherwise.iter().any(|(other, _)| other == name));
    fields.extend(otherwise);
    fields
}

const PUBLIC: [(&str, &str); 4] = [
    ("client_id", "public"),
    ("redirect_uri", "app.example:/back"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];

fn decide(client: &Client, fields: &[(&str, &str)], decision: &str, slug: &str) -> Answer {
    let mut fields = fields.to_vec();
    fields.extend([("decision", decision), ("account", slug)]);
    client.form("/oauth/authorize", &fields)
}

/// The code that an approval sends back.
fn code(client: &Client, fields: &[(&str, &str)]) -> String {
    let answer = decide(client, fields, "approve", "justin");
    assert_eq!(answer.status, 302, "{answer:?}");
    let (_, code) = answer.location.split_once("code=").unwrap();
    code.split('&').next().unwrap().to_owned()
}

fn exchange(client: &Client, code: &str, otherwise: &Value) -> Answer {
    let mut body = json!({
        "grant_type": "authorization_code",
        "code": code,
        "client_id": ID,
        "client_secret": SECRET,
        "redirect_uri": BACK,
    });
    for (name, value) in otherwise.as_object().unwrap() {
        body[name] = value.clone();
    }
    client.post("/oauth/token", &body)
}

fn public(verifier: &str) -> Value {
    json!({
        "client_id": "public", "client_secret": "", "redirect_uri": "app.example:/back",
        "code_verifier": verifier,
    })
}

fn refused(answer: &Answer, error: &str) {
    let status = if error == "invalid_client" { 401 } else { 400 };
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.json()["error"], error);
    assert!(answer.json()["error_description"].is_string());
}

#[test]
fn a_person_approves_and_the_code_is_exchanged_once() {
    let (sim, client) = begin();
    let query = "/oauth/authorize?response_type=code&client_id=trakt-sim-client-id\
                 &redirect_uri=https%3A%2F%2Fapp.example%2Fback%3Fx%3D1&state=s&prompt=login";
    let page = client.get(query, &[]);
    assert_eq!(page.status, 200);
    for text in [
        "name=\"redirect_uri\" value=\"https://app.example/back?x=1\"",
        "name=\"state\" value=\"s\"",
        "value=\"justin\"",
        "value=\"deny\"",
    ] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' https:;"), "{policy}");
    assert!(sim.authorization_codes().is_empty(), "nobody has approved");

    let answer = decide(&client, &asked(&[]), "approve", "justin");
    assert_eq!(answer.status, 302);
    let code = sim.authorization_codes()[0].code.clone();
    let back = format!("{BACK}&code={code}&state=s%26t%3Da%20te%2F%C3%A9");
    assert_eq!(answer.location, back);

    let (access, refresh) = pair(&exchange(&client, &code, &json!({})));
    let user = client.api("/users/settings", Some(&access)).json();
    assert_eq!(user["user"]["ids"]["slug"], "justin");
    let (access, _) = pair(&client.refresh(&refresh));
    assert_eq!(sim.authorization_codes()[0].state, CodeState::Used);

    // A second time ends what the first began.
    refused(&exchange(&client, &code, &json!({})), "invalid_grant");
    assert_eq!(client.api("/users/settings", Some(&access)).status, 401);
    assert_eq!(sim.tokens()[1].state, TokenState::Revoked);

    let listed = client.get("/_sim/authorization_codes", &[]).json();
    assert_eq!(listed[0]["code"], code);
    assert_eq!(listed[0]["state"], "used");
    let shown = format!("{:?}", sim.authorization_codes());
    assert!(!shown.contains(&code) && shown.contains("state: Used"));
}

#[test]
fn a_person_denies() {
    let (sim, client) = begin();
    let answer = decide(&client, &asked(&[("state", "s")]), "deny", "justin");
    let back = format!("{BACK}&error=access_denied&state=s");
    assert_eq!((answer.status, answer.location), (302, back));
    let answer = decide(&client, &asked(&[("state", "")]), "", "justin");
    assert_eq!(answer.location, format!("{BACK}&error=access_denied"));
    assert!(sim.authorization_codes().is_empty());
}

#[test]
fn an_application_without_a_secret_proves_itself_by_its_verifier() {
    let (sim, client) = begin();
    assert_eq!(
        URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)),
        CHALLENGE,
        "the test's own figures"
    );
    let code = code(&client, &asked(&PUBLIC));
    let listed = &sim.authorization_codes()[0];
    assert_eq!(listed.redirect_uri, "app.example:/back");

    for verifier in ["", "short", &VERIFIER.replace('d', "e"), &"x".repeat(129)] {
        refused(
            &exchange(&client, &code, &public(verifier)),
            "invalid_grant",
        );
    }
    let mut with_secret = public(VERIFIER);
    with_secret["client_secret"] = json!(SECRET);
    refused(&exchange(&client, &code, &with_secret), "invalid_client");
    let (_, refresh) = pair(&exchange(&client, &code, &public(VERIFIER)));
    let body = json!({
        "grant_type": "refresh_token", "refresh_token": refresh, "client_id": "public",
        "redirect_uri": "app.example:/back",
    });
    assert_eq!(client.post("/oauth/token", &body).status, 200);
}

#[test]
fn an_application_with_a_secret_may_use_pkce_too() {
    let (_sim, client) = begin();
    let pkce = asked(&PUBLIC[2..]);
    let no_secret = json!({ "client_secret": "", "code_verifier": VERIFIER });
    let first = code(&client, &pkce);
    assert_eq!(exchange(&client, &first, &no_secret).status, 200);
    let second = code(&client, &pkce);
    let both = json!({ "code_verifier": VERIFIER });
    refused(&exchange(&client, &second, &json!({})), "invalid_grant");
    let wrong = json!({ "client_secret": "wrong", "code_verifier": VERIFIER });
    refused(&exchange(&client, &second, &wrong), "invalid_client");
    assert_eq!(exchange(&client, &second, &both).status, 200);

    // A code that was asked for without a challenge takes no verifier.
    let plain = code(&client, &asked(&[]));
    refused(&exchange(&client, &plain, &no_secret), "invalid_grant");
    refused(&exchange(&client, &plain, &both), "invalid_grant");
    let neither = json!({ "client_secret": "" });
    refused(&exchange(&client, &plain, &neither), "invalid_client");
    assert_eq!(exchange(&client, &plain, &json!({})).status, 200);
}

#[test]
fn what_a_code_must_come_with() {
    let (sim, client) = begin();
    let code = code(&client, &asked(&[]));
    let wrong = [
        (
            json!({ "redirect_uri": "https://app.example/back" }),
            "invalid_grant",
        ),
        (json!({ "redirect_uri": "" }), "invalid_request"),
        (json!({ "code": "unknown" }), "invalid_grant"),
        (json!({ "client_secret": "wrong" }), "invalid_client"),
        (json!({ "client_id": "unknown" }), "invalid_client"),
        (public(VERIFIER), "invalid_grant"),
        (
            json!({ "grant_type": "implicit" }),
            "unsupported_grant_type",
        ),
    ];
    for (otherwise, error) in wrong {
        refused(&exchange(&client, &code, &otherwise), error);
    }
    assert!(sim.tokens().is_empty());
    sim.advance(300);
    refused(&exchange(&client, &code, &json!({})), "invalid_grant");
    assert_eq!(sim.authorization_codes()[0].state, CodeState::Expired);

    let code = self::code(&client, &asked(&[]));
    sim.delete_account("justin").unwrap();
    refused(&exchange(&client, &code, &json!({})), "invalid_grant");
}

#[test]
fn what_is_wrong_is_told_to_the_person_or_to_the_application() {
    let (sim, client) = begin();
    let to_person = [
        (("client_id", "unknown"), 401),
        (("redirect_uri", "https://app.example/Back?x=1"), 400),
        (("redirect_uri", ""), 400),
        (("redirect_uri", "urn:ietf:wg:oauth:2.0:oob"), 400),
    ];
    for (otherwise, status) in to_person {
        let answer = decide(&client, &asked(&[otherwise]), "approve", "justin");
        assert_eq!((answer.status, answer.location.as_str()), (status, ""));
        assert!(answer.text.contains("role=\"alert\""), "{}", answer.text);
    }
    let nobody = decide(&client, &asked(&[]), "approve", "nobody");
    assert_eq!(nobody.status, 404);

    let plain = ("code_challenge_method", "plain");
    let to_application = [
        (
            asked(&[("response_type", "token")]),
            "unsupported_response_type",
        ),
        (asked(&[("code_challenge", CHALLENGE)]), "invalid_request"),
        (
            asked(&[("code_challenge", CHALLENGE), plain]),
            "invalid_request",
        ),
        (
            asked(&[("code_challenge", "short"), PUBLIC[3]]),
            "invalid_request",
        ),
        (asked(&PUBLIC[..2]), "invalid_request"),
    ];
    for (fields, error) in to_application {
        let answer = decide(&client, &fields, "approve", "justin");
        assert_eq!(answer.status, 302);
        let told = format!("error={error}&");
        assert!(answer.location.contains(&told), "{}", answer.location);
        assert!(answer.location.contains("&state=s%26"));
    }
    assert!(sim.authorization_codes().is_empty());
}

#[test]
fn any_client_may_be_sent_anywhere() {
    let (_sim, client) = start(Config {
        any_client: true,
        ..Config::default()
    });
    let fields = asked(&[
        ("client_id", "mine"),
        ("redirect_uri", "http://127.0.0.1:9/"),
    ]);
    let code = code(&client, &fields);
    let otherwise = json!({ "client_id": "mine", "redirect_uri": "http://127.0.0.1:9/" });
    assert_eq!(exchange(&client, &code, &otherwise).status, 200);
    for uri in ["/back", "https://a.example/#x", "https://a b", "1:x", "x:"] {
        let fields = asked(&[("client_id", "mine"), ("redirect_uri", uri)]);
        let answer = decide(&client, &fields, "approve", "sean");
        assert_eq!(answer.status, 400, "{uri}");
    }
}

#[test]
fn the_rotation_modes_hold_for_its_sessions() {
    let (sim, client) = begin();
    let link = || {
        let code = code(&client, &asked(&[]));
        pair(&exchange(&client, &code, &json!({})))
    };
    let (_, used) = link();
    client.refresh(&used);
    refused(&client.refresh(&used), "invalid_grant");
    sim.set_rotation(Rotation::Grace);
    assert_eq!(client.refresh(&used).status, 200);

    let (_, other) = link();
    sim.set_rotation(Rotation::RevokeFamily);
    refused(&client.refresh(&used), "invalid_grant");
    let states: Vec<_> = sim.tokens().iter().map(|pair| pair.state).collect();
    let expected = [
        TokenState::Rotated,
        TokenState::Revoked,
        TokenState::Revoked,
        TokenState::Live,
    ];
    assert_eq!(states, expected);
    assert_eq!(client.refresh(&other).status, 200);
}
