//! What a refresh says of the refresh token, which works once: a wrong class costs a user the link.

use std::time::Duration;

use trakt_core::RefreshToken;
use trakt_core::ports::{RefreshFault, TokenGrant, TraktGateway};

use crate::fake::{
    Answer, CANARY, PAGE, WITHIN, cut_off, gateway, no_answer, not_sent, oauth, reply, with_header,
};

const TOKEN: &str = "a-refresh-token";

fn refresh(answer: Answer) -> Result<TokenGrant, RefreshFault> {
    gateway(answer).refresh(&RefreshToken::from(TOKEN.to_owned()), WITHIN)
}

#[test]
fn a_new_pair() {
    let body = r#"{"access_token":"new-access","refresh_token":"new-refresh","expires_in":86400}"#;
    for status in [200, 201] {
        let grant = refresh(reply(status, body)).unwrap();
        assert_eq!(grant.access.expose(), "new-access");
        assert_eq!(grant.refresh.expose(), "new-refresh");
        assert_eq!(grant.expires_in, 86_400);
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Class {
    NotSent,
    Refused,
    Uncertain,
    InvalidGrant,
    Misconfigured,
}
use Class::{InvalidGrant, Misconfigured, NotSent, Refused, Uncertain};

fn class(fault: &RefreshFault) -> Class {
    match fault {
        RefreshFault::NotSent { .. } => NotSent,
        RefreshFault::Refused { .. } => Refused,
        RefreshFault::Uncertain { .. } => Uncertain,
        RefreshFault::InvalidGrant => InvalidGrant,
        RefreshFault::Misconfigured { .. } => Misconfigured,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check(answer: Answer, expected: Class) {
    let what = answer.as_ref().map_or_else(ToString::to_string, |reply| {
        format!("{} {}", reply.status, String::from_utf8_lossy(&reply.body))
    });
    let fault = refresh(answer).unwrap_err();
    assert_eq!(class(&fault), expected, "{what}");
    let shown = format!("{fault} {fault:?}");
    for secret in [CANARY, TOKEN] {
        assert!(!shown.contains(secret), "{what}: {shown}");
    }
}

const JSON: &str = r#"{"error":"server_error","message":"a-canary-in-the-body"}"#;

/// Bodies that name no OAuth error of the token's or of ours.
const OTHER: &[&str] = &[
    "",
    "null",
    "[]",
    "{}",
    "Forbidden",
    PAGE,
    JSON,
    r#"{"error":"invalid_request"}"#,
    r#"{"error":"unsupported_grant_type"}"#,
    r#"{"error":["invalid_grant"]}"#,
    r#"{"error":"invalid_grant""#,
    r#"{"error_description":"invalid_grant"}"#,
    r#"{"error":"invalid_grant","error":"invalid_client"}"#,
];

/// Every outcome once, or in the forms that it is known to take.
#[test]
fn every_outcome_has_its_class() {
    let html = Some(("content-type", "text/html; charset=utf-8"));
    let json = Some(("content-type", "application/json"));
    let grant = oauth("invalid_grant");
    let (client, unauthorized) = (oauth("invalid_client"), oauth("unauthorized_client"));
    for (answer, expected) in [
        (not_sent(), NotSent),
        // A word on us is one at any status, and a word on the token at two alone.
        (reply(400, &client), Misconfigured),
        (reply(401, &client), Misconfigured),
        (reply(403, &client), Misconfigured),
        (reply(500, &client), Misconfigured),
        (reply(400, &unauthorized), Misconfigured),
        (reply(401, &unauthorized), Misconfigured),
        (reply(403, &unauthorized), Misconfigured),
        (reply(400, &grant), InvalidGrant),
        (reply(401, &grant), InvalidGrant),
        (reply(403, &grant), Refused),
        (reply(404, &grant), Refused),
        (reply(429, &grant), Refused),
        (reply(500, &grant), Refused),
        (reply(503, &grant), Refused),
        (reply(502, &grant), Uncertain),
        (reply(520, &grant), Uncertain),
        (reply(302, &grant), Uncertain),
        // The network's edge, captchas, limits.
        (reply(400, PAGE), Refused),
        (reply(400, ""), Refused),
        (reply(401, PAGE), Refused),
        (reply(401, ""), Refused),
        (reply(403, PAGE), Refused),
        (reply(403, "Forbidden"), Refused),
        (reply(403, "{}"), Refused),
        (reply(403, ""), Refused),
        (reply(429, PAGE), Refused),
        (reply(429, ""), Refused),
        (reply(503, PAGE), Refused),
        (reply(503, JSON), Refused),
        // A 500 of Trakt's own says that nothing was done; one that a proxy wrote says nothing.
        (reply(500, JSON), Refused),
        (reply(500, " {} "), Refused),
        (with_header(500, JSON, json), Refused),
        (with_header(500, JSON, html), Uncertain),
        (with_header(500, "", json), Uncertain),
        (reply(500, ""), Uncertain),
        (reply(500, "null"), Uncertain),
        (reply(500, "[]"), Uncertain),
        (reply(500, "oops"), Uncertain),
        (reply(500, PAGE), Uncertain),
        (reply(500, r#"{"error":"server_error""#), Uncertain),
        // It may have been done.
        (no_answer(), Uncertain),
        (cut_off(), Uncertain),
        (reply(502, JSON), Uncertain),
        (reply(504, PAGE), Uncertain),
        (reply(520, ""), Uncertain),
        (reply(522, PAGE), Uncertain),
        (reply(302, ""), Uncertain),
        (reply(200, PAGE), Uncertain),
        (reply(200, ""), Uncertain),
        (reply(200, &grant), Uncertain),
        (reply(200, &client), Uncertain),
        (reply(204, ""), Uncertain),
    ] {
        check(answer, expected);
    }
}

#[test]
fn every_status_without_a_word_on_the_token() {
    for body in OTHER {
        for status in 400..500 {
            check(reply(status, body), Refused);
        }
        check(reply(503, body), Refused);
        for status in (100..200).chain(300..400).chain(501..503).chain(504..600) {
            check(reply(status, body), Uncertain);
        }
        for status in [200, 201, 202, 204] {
            check(reply(status, body), Uncertain);
        }
    }
}

#[test]
fn a_success_that_cannot_be_used() {
    for body in [
        r#"{"access_token":"a-canary-in-the-body","expires_in":1}"#,
        r#"{"refresh_token":"a-canary-in-the-body","expires_in":1}"#,
        r#"{"access_token":"","refresh_token":"a-canary-in-the-body","expires_in":1}"#,
        r#"{"access_token":"a-canary-in-the-body","refresh_token":"","expires_in":1}"#,
        r#"{"access_token":"a-canary-in-the-body","refresh_token":"r","expires_in":1"#,
    ] {
        check(reply(200, body), Uncertain);
    }
}

#[test]
fn a_refusal_says_how_long() {
    for status in [400, 403, 429, 503] {
        for (header, seconds) in [
            (None, None),
            (Some(("retry-after", "300")), Some(300)),
            (Some(("retry-after", "0")), Some(1)),
            (Some(("retry-after", "-1")), Some(1)),
            (Some(("retry-after", "999999")), Some(3600)),
        ] {
            let fault = refresh(with_header(status, PAGE, header)).unwrap_err();
            let expected = RefreshFault::Refused {
                detail: format!("status {status}"),
                retry_after: seconds.map(Duration::from_secs),
            };
            assert_eq!(fault, expected);
        }
    }
}

/// By an answer whose fate is not known too: everybody is to wait.
#[test]
fn a_wait_that_is_asked_for_is_passed_on() {
    for status in [429, 500, 502, 503, 504, 522] {
        let header = Some(("retry-after", "120"));
        match refresh(with_header(status, PAGE, header)).unwrap_err() {
            RefreshFault::Refused { retry_after, .. }
            | RefreshFault::Uncertain { retry_after, .. } => {
                assert_eq!(retry_after, Some(Duration::from_secs(120)), "{status}");
            }
            other => panic!("{status}: {other:?}"),
        }
    }
}
