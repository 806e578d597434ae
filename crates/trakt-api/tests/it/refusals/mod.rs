//! What an error tells of a refusal, and what it keeps to itself.

mod classes;
mod properties;

use std::time::Duration;

use trakt_api::{AccessToken, Error, RefreshToken};

use crate::fake::{WITHIN, answering, reply};

const HTML: &str = include_str!("../../fixtures/edge_403.html");
const INVALID_CLIENT: &str = include_str!("../../fixtures/invalid_client.json");
const INVALID_GRANT: &str = include_str!("../../fixtures/invalid_grant.json");

fn settings(status: u16, headers: &[(&str, &str)], body: &str) -> Error {
    let (client, _) = answering(Ok(reply(status, headers, body)));
    let token = AccessToken::from("access".to_owned());
    client.settings(&token, WITHIN).unwrap_err()
}

fn refresh(status: u16, body: &str) -> Error {
    let (client, _) = answering(Ok(reply(status, &[], body)));
    let token = RefreshToken::from("refresh".to_owned());
    client.refresh(&token, WITHIN).unwrap_err()
}

fn oauth_error(error: &Error) -> Option<&'static str> {
    match error {
        Error::Refused(refusal) => refusal.oauth_error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dead_refresh_token_is_told_by_its_code_alone() {
    for status in [400, 401] {
        let error = refresh(status, INVALID_GRANT);
        assert_eq!(oauth_error(&error), Some("invalid_grant"));
        assert!(!error.is_config() && !error.retryable());
    }
    for body in ["", HTML, "{}", r#"{"error":"something new"}"#] {
        assert_eq!(oauth_error(&refresh(400, body)), None, "{body}");
    }
}

#[test]
fn whose_fault_it_is() {
    for status in [400, 401, 403] {
        assert!(refresh(status, INVALID_CLIENT).is_config());
    }
    // An application that Trakt blocks: nine bytes, no JSON. One that is gone: nothing at all.
    assert!(settings(403, &[("content-type", "text/plain")], "Forbidden").is_config());
    assert!(settings(403, &[], "").is_config());
    // A page of the network's edge.
    assert!(!settings(403, &[], HTML).is_config());
    let html = ("content-type", "Text/HTML; charset=UTF-8");
    assert!(!settings(403, &[html], "").is_config());
    for status in [400, 401, 404, 423, 429, 500] {
        assert!(!settings(status, &[], "{}").is_config(), "{status}");
    }
}

#[test]
fn whether_trakt_itself_spoke() {
    let is_json = |headers: &[(&str, &str)], body| match settings(500, headers, body) {
        Error::Refused(refusal) => refusal.is_json(),
        other => panic!("{other:?}"),
    };
    for body in ["{}", " {\"error\":{\"a\":[1]}}\n", INVALID_CLIENT] {
        assert!(is_json(&[], body), "{body}");
    }
    for body in ["", "null", "[]", "1", "Forbidden", "{", "{} x", HTML] {
        assert!(!is_json(&[], body), "{body}");
        assert!(!is_json(&[("content-type", "application/json")], body));
    }
    assert!(!is_json(&[("content-type", "text/html")], "{}"));
    // A 401 with a page says nothing of the token.
    assert!(settings(401, &[], HTML).is_html());
    assert!(settings(401, &[("content-type", "text/html")], "").is_html());
    assert!(!settings(401, &[], "").is_html());
    assert!(!settings(401, &[("content-type", "text/htmlx")], "{}").is_html());
    assert!(!Error::Unknown(HTML.to_owned()).is_html());
}

#[test]
fn how_long_to_wait() {
    let wait = |headers: &[(&str, &str)]| settings(429, headers, HTML).retry_after();
    assert_eq!(
        wait(&[("retry-after", "300")]),
        Some(Duration::from_secs(300))
    );
    let date = ("date", "Mon, 23 Nov 2026 10:00:00 GMT");
    let until = ("retry-after", "Mon, 23 Nov 2026 10:01:30 GMT");
    assert_eq!(wait(&[date, until]), Some(Duration::from_secs(90)));
    // Without its own date the answer says nothing that can be trusted.
    assert_eq!(wait(&[until]), None);
    assert_eq!(wait(&[date]), None);
    let error = settings(503, &[("retry-after", "30")], "");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    assert!(error.retryable());
}

#[test]
fn headers_that_explain_are_kept_and_no_others() {
    let limit = r#"{"name":"AUTHED_API_GET_LIMIT","period":300,"limit":500,"remaining":0}"#;
    let error = settings(
        429,
        &[
            ("x-ratelimit", limit),
            ("x-request-id", "42"),
            ("set-cookie", "__cf_bm=canary"),
            ("location", "https://example.org/?code=canary"),
        ],
        "canary",
    );
    let Error::Refused(refusal) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(refusal.header("x-ratelimit"), Some(limit));
    assert_eq!(refusal.header("x-request-id"), Some("42"));
    assert_eq!(refusal.header("set-cookie"), None);
    assert!(!format!("{error} {error:?}").contains("canary"));

    let error = settings(423, &[("x-account-locked", "true")], "");
    let Error::Refused(refusal) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(refusal.header("x-account-locked"), Some("true"));
    assert!(!error.retryable());
}
