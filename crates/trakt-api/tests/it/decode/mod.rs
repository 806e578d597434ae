//! What is made of the bodies that Trakt sends.

mod lenient;
mod lists;

use trakt_api::{AccessToken, Class, DeviceCode, Edge, Error, RefreshToken};

use crate::fake::{WITHIN, client};

const DEVICE_CODE: &str = include_str!("../../fixtures/device_code.json");
const TOKEN: &str = include_str!("../../fixtures/token.json");

fn refresh_token() -> RefreshToken {
    RefreshToken::from("old".to_owned())
}

fn access_token() -> AccessToken {
    AccessToken::from("access".to_owned())
}

#[test]
fn device_codes() {
    let code = client(200, DEVICE_CODE).device_code(WITHIN).unwrap();
    assert!(code.device_code.expose().starts_with("d9c126"));
    assert_eq!(code.user_code, "5055CC52");
    assert_eq!(code.verification_url.as_str(), "https://trakt.tv/activate");
    assert_eq!((code.expires_in, code.interval), (600, Some(5)));

    let new = include_str!("../../fixtures/device_code_new.json");
    let code = client(200, new).device_code(WITHIN).unwrap();
    assert_eq!(code.device_code.expose(), "q0Zr_x-9Yk2");
    assert_eq!(code.user_code, "ABCDE-FGHIJ");
    assert_eq!((code.expires_in, code.interval), (900, None));
}

#[test]
fn a_verification_url_is_one_that_nobody_reads_along() {
    let read = |url: &str| {
        let body = DEVICE_CODE.replace("https://trakt.tv/activate", url);
        client(200, &body).device_code(WITHIN)
    };
    for good in ["http://127.0.0.1:4180/activate", "https://other.example/"] {
        assert_eq!(read(good).unwrap().verification_url.as_str(), good);
    }
    for bad in [
        "http://trakt.tv/activate",
        "javascript:alert(1)",
        "data:text/html,x",
        "/activate",
        "",
    ] {
        assert!(matches!(read(bad), Err(Error::Unreadable { .. })), "{bad}");
    }
}

#[test]
fn token_grants() {
    let grant = client(200, TOKEN)
        .refresh(&refresh_token(), WITHIN)
        .unwrap();
    assert!(grant.access_token.expose().starts_with("dbaf97"));
    assert!(grant.refresh_token.expose().starts_with("76ba4c"));
    assert_eq!(grant.expires_in, 604_800);
    assert_eq!(grant.created_at, Some(1_790_000_000));
    assert_eq!(grant.scope.as_deref(), Some("public"));
    assert_eq!(grant.token_type.as_deref(), Some("bearer"));

    let bare = include_str!("../../fixtures/token_bare.json");
    let grant = client(201, bare).refresh(&refresh_token(), WITHIN).unwrap();
    assert_eq!(grant.expires_in, 86_400);
    assert_eq!(grant.created_at, None);
}

/// A refresh has used the old pair up: what stands beside the new tokens is no reason to lose
/// the link.
#[test]
fn tokens_are_taken_whatever_stands_beside_them() {
    for (expires_in, life) in [
        ("0", 0),
        ("-1", -1),
        ("86400.5", 86_400),
        ("9223372036854775808", i64::MAX),
        ("1e99", i64::MAX),
        ("-1e99", i64::MIN),
        ("\"604800\"", 604_800),
        ("\"x\"", 86_400),
        ("null", 86_400),
        ("{\"seconds\":1}", 86_400),
    ] {
        let body = format!(
            r#"{{"access_token":"a","refresh_token":"r","expires_in":{expires_in},
                "created_at":"now","scope":["public"],"token_type":7}}"#
        );
        let grant = client(200, &body)
            .refresh(&refresh_token(), WITHIN)
            .unwrap();
        assert_eq!(grant.expires_in, life, "{expires_in}");
        assert_eq!(grant.access_token.expose(), "a");
        let rest = (grant.created_at, grant.scope, grant.token_type);
        assert_eq!(rest, (None, None, None));
    }
    let bare = r#"{"access_token":"a","refresh_token":"r"}"#;
    let grant = client(200, bare).refresh(&refresh_token(), WITHIN).unwrap();
    assert_eq!(grant.expires_in, 86_400);
}

/// Both calls that give tokens, and no text of the error quotes what came.
#[test]
fn a_success_without_usable_tokens_is_unreadable() {
    let canary = "a-canary-in-the-body";
    for body in [
        "",
        "{}",
        "null",
        "[]",
        "<html>a-canary-in-the-body</html>",
        r#"{"access_token":"a-canary-in-the-body","refresh_token":"r","expires_in":1"#,
        r#"{"access_token":"a-canary-in-the-body","expires_in":1}"#,
        r#"{"refresh_token":"a-canary-in-the-body","expires_in":1}"#,
        r#"{"access_token":"","refresh_token":"a-canary-in-the-body","expires_in":1}"#,
        r#"{"access_token":"a-canary-in-the-body","refresh_token":"","expires_in":1}"#,
        r#"{"access_token":"a","refresh_token":null,"expires_in":1}"#,
        r#"{"access_token":["a-canary-in-the-body"],"refresh_token":"r","expires_in":1}"#,
    ] {
        let client = client(200, body);
        let refreshed = client.refresh(&refresh_token(), WITHIN).unwrap_err();
        let code = DeviceCode::from("d".to_owned());
        let polled = client.device_token(&code, WITHIN).unwrap_err();
        for error in [refreshed, polled] {
            let unreadable = matches!(error, Error::Unreadable { status: 200, .. });
            assert!(unreadable, "{body}: {error}");
            assert!(!format!("{error} {error:?}").contains(canary), "{error:?}");
            assert!(!error.is_config());
        }
    }
}

#[test]
fn settings() {
    let read = |body| client(200, body).settings(&access_token(), WITHIN);
    let user = read(include_str!("../../fixtures/settings.json"))
        .unwrap()
        .user;
    assert_eq!(user.username, "sean");
    assert_eq!(user.ids.slug.as_deref(), Some("sean"));
    assert_eq!(user.ids.trakt, Some(42));
    assert!(user.ids.uuid.unwrap().starts_with("b6589fc6"));

    let user = read(include_str!("../../fixtures/settings_bare.json"))
        .unwrap()
        .user;
    assert_eq!(user.username, "Sean R.");
    assert_eq!(user.ids.trakt, None);

    for bad in ["", "{}", r#"{"user":null}"#, "<html>"] {
        assert!(matches!(read(bad), Err(Error::Unreadable { .. })), "{bad}");
    }
}

#[test]
fn profiles() {
    let read = |body| client(200, body).profile("sean", WITHIN).unwrap().unwrap();
    let profile = read(include_str!("../../fixtures/profile.json"));
    assert_eq!(profile.username.as_deref(), Some("sean"));
    assert_eq!(profile.ids.trakt, Some(42));
    assert!(!profile.deleted && !profile.private);

    let profile = read(include_str!("../../fixtures/profile_private.json"));
    assert!(profile.private && !profile.deleted);
    assert_eq!(profile.ids.slug, None);

    let profile = read(include_str!("../../fixtures/profile_deleted.json"));
    assert!(profile.deleted);
}

#[test]
fn a_profile_that_is_not_there_is_none_whatever_the_body() {
    for body in ["", "<html>", "{}", r#"{"error":"not_found"}"#] {
        let found = client(404, body).profile("nobody", WITHIN).unwrap();
        assert!(found.is_none(), "{body}");
    }
    for (status, body) in [(500, ""), (200, "{}"), (200, r#"{"private":true}"#)] {
        let found = client(status, body).profile("nobody", WITHIN);
        assert!(found.is_err(), "{body}");
    }
}

#[test]
fn a_revocation_is_done_once_trakt_says_so() {
    for (status, body) in [(200, "{}"), (200, ""), (204, "")] {
        let revoked = client(status, body).revoke(&access_token(), WITHIN);
        assert_eq!(revoked, Ok(()), "{status} {body}");
    }
    // A riddle of the edge's is no word of Trakt's.
    let riddle = client(200, "<html>").revoke(&access_token(), WITHIN);
    let class = riddle.unwrap_err().class().cloned();
    assert_eq!(class, Some(Class::Edge(Edge::Challenge)));
    let error = client(503, "{}").revoke(&access_token(), WITHIN);
    assert_eq!(error.unwrap_err().status(), Some(503));
}
