//! Each status by itself, with what Trakt may say beside it and without.

use std::time::Duration;

use chrono::{DateTime, Utc};
use trakt_api::{Class, Edge, Error, Fault, Outcome, RateLimit, Refusal, TransportError};

use super::{HTML, INVALID_CLIENT, INVALID_GRANT, settings};
use crate::fake::{self, WITHIN, answering};

/// As Cloudflare writes it.
const BAN: &str =
    r#"<h1><span data-translate="error">Error</span> <span class="cf-error-code">1015</span></h1>"#;

fn refusal(status: u16, headers: &[(&str, &str)], body: &str) -> Refusal {
    match settings(status, headers, body) {
        Error::Refused(refusal) => *refusal,
        other => panic!("{other:?}"),
    }
}

fn class(status: u16, headers: &[(&str, &str)], body: &str) -> Class {
    refusal(status, headers, body).class().clone()
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

#[test]
fn a_bare_status_has_its_class() {
    let conflict = Class::Conflict {
        watched_at: None,
        expires_at: None,
    };
    let full = Class::AccountLimit {
        vip: None,
        limit: None,
    };
    let locked = Class::Locked {
        locked: None,
        deactivated: None,
    };
    for (status, expected, fault) in [
        (302, Class::Other, Fault::Call),
        (400, Class::Other, Fault::Call),
        (401, Class::TokenRefused, Fault::User),
        (402, Class::Other, Fault::Call),
        (403, Class::Forbidden, Fault::Application),
        (404, Class::NotFound, Fault::Call),
        (405, Class::Other, Fault::Call),
        (409, conflict, Fault::Call),
        (412, Class::Precondition, Fault::Call),
        (420, full, Fault::User),
        (422, Class::Unprocessable, Fault::Call),
        (423, locked, Fault::User),
        (426, Class::VipOnly { upgrade: None }, Fault::User),
        (429, Class::RateLimited { limit: None }, Fault::Pace),
        (408, Class::Overloaded, Fault::Trakt),
        (499, Class::Overloaded, Fault::Trakt),
        (500, Class::Overloaded, Fault::Trakt),
        (503, Class::Overloaded, Fault::Trakt),
        (520, Class::Overloaded, Fault::Trakt),
        (599, Class::Overloaded, Fault::Trakt),
        (600, Class::Other, Fault::Call),
    ] {
        assert_eq!(settings(status, &[], "").class(), Some(&expected));
        for body in ["", "Forbidden", "{}", "[1]", "{\"error\":7}"] {
            let refusal = refusal(status, &[], body);
            assert_eq!(*refusal.class(), expected, "{status} {body}");
            assert_eq!(refusal.class().fault(), fault, "{status}");
            let retryable = matches!(status, 408 | 429 | 499 | 500..);
            assert_eq!(refusal.retryable(), retryable, "{status}");
        }
    }
}

#[test]
fn the_edge_is_known_by_its_codes_and_pages() {
    for (status, body, edge) in [
        (401, "<html>", Edge::Blocked),
        (403, "error code: 1020", Edge::Blocked),
        (403, "error code: 1010", Edge::Blocked),
        (403, r#"{"error_code":1020}"#, Edge::Blocked),
        (403, "error code: 1006", Edge::Banned),
        (403, "error code: 1015", Edge::Banned),
    ] {
        let class = class(status, &[], body);
        assert_eq!(class, Class::Edge(edge), "{status} {body}");
        assert_eq!(class.fault(), Fault::Trakt);
        assert!(!settings(status, &[], body).is_config(), "{body}");
    }
}

#[test]
fn a_429_says_by_its_bucket_how_long_to_wait() {
    let date = ("date", "Mon, 23 Nov 2026 10:00:00 GMT");
    let bucket = |until: &str| format!(r#"{{"name":"AUTHED_API_GET_LIMIT","until":"{until}"}}"#);
    let wait = |status, headers: &[(&str, &str)]| refusal(status, headers, "").retry_after;
    let later = &bucket("2026-11-23T10:03:00Z");
    let three_minutes = Some(Duration::from_secs(180));
    assert_eq!(wait(429, &[date, ("x-ratelimit", later)]), three_minutes);
    let both = [date, ("x-ratelimit", later), ("retry-after", "7")];
    assert_eq!(wait(429, &both), Some(Duration::from_secs(7)));
    let past = &bucket("2026-11-23T09:00:00Z");
    let second = Some(Duration::from_secs(1));
    assert_eq!(wait(429, &[date, ("x-ratelimit", past)]), second);
    assert_eq!(wait(503, &[date, ("x-ratelimit", later)]), None);
}

#[test]
fn an_oauth_error_has_its_own() {
    for status in [400, 401, 403, 500] {
        let client = class(status, &[], INVALID_CLIENT);
        assert_eq!(client, Class::OAuth("invalid_client"));
        assert_eq!(client.fault(), Fault::Application);
    }
    for status in [400, 401, 403] {
        let grant = class(status, &[], INVALID_GRANT);
        assert_eq!(grant, Class::OAuth("invalid_grant"));
        assert_eq!(grant.fault(), Fault::User);
    }
    // A server that is out of its depth says nothing of the token.
    assert_eq!(class(503, &[], INVALID_GRANT), Class::Overloaded);
    let limited = class(429, &[], INVALID_GRANT);
    assert_eq!(limited, Class::RateLimited { limit: None });
    for (code, fault) in [
        ("invalid_request", Fault::Application),
        ("unauthorized_client", Fault::Application),
        ("access_denied", Fault::User),
        ("expired_token", Fault::User),
        ("authorization_pending", Fault::Pace),
        ("slow_down", Fault::Pace),
    ] {
        let body = format!(r#"{{"error":"{code}"}}"#);
        assert_eq!(class(400, &[], &body).fault(), fault, "{code}");
    }
    // Any other text is the server's own.
    assert_eq!(class(400, &[], r#"{"error":"new"}"#), Class::Other);
}

#[test]
fn a_conflict_says_until_when() {
    let body =
        r#"{"watched_at":"2014-10-15T22:21:29.000Z","expires_at":"2014-10-15T23:21:29.000Z"}"#;
    let expected = Class::Conflict {
        watched_at: time("2014-10-15T22:21:29Z"),
        expires_at: time("2014-10-15T23:21:29Z"),
    };
    assert_eq!(class(409, &[], body), expected);
    let checkin = Class::Conflict {
        watched_at: None,
        expires_at: time("2014-10-15T22:21:29.500Z"),
    };
    for body in [
        r#"{"expires_at":"2014-10-15T22:21:29.500Z"}"#,
        r#"{"expires_at":"2014-10-16T00:21:29.500+02:00","watched_at":null}"#,
        r#"{"expires_at":" 2014-10-15T22:21:29.500Z ","watched_at":"soon"}"#,
    ] {
        assert_eq!(class(409, &[], body), checkin, "{body}");
    }
}

#[test]
fn an_account_that_is_full_or_locked_says_so() {
    let headers = [("x-vip-user", "false"), ("x-account-limit", " 250 ")];
    let expected = Class::AccountLimit {
        vip: Some(false),
        limit: Some(250),
    };
    assert_eq!(class(420, &headers, ""), expected);
    let headers = [("x-vip-user", "perhaps"), ("x-account-limit", "-1")];
    let nothing = Class::AccountLimit {
        vip: None,
        limit: None,
    };
    assert_eq!(class(420, &headers, ""), nothing);

    for (value, read) in [
        ("true", Some(true)),
        ("True", Some(true)),
        ("1", Some(true)),
        (" yes ", Some(true)),
        ("false", Some(false)),
        ("0", Some(false)),
        ("no", Some(false)),
        ("", None),
    ] {
        let locked = Class::Locked {
            locked: read,
            deactivated: None,
        };
        assert_eq!(class(423, &[("x-account-locked", value)], ""), locked);
        let gone = Class::Locked {
            locked: None,
            deactivated: read,
        };
        assert_eq!(class(423, &[("x-account-deactivated", value)], ""), gone);
    }
}

#[test]
fn an_upgrade_is_offered_over_https_alone() {
    let upgrade = |url| match class(426, &[("x-upgrade-url", url)], "") {
        Class::VipOnly { upgrade } => upgrade.map(String::from),
        other => panic!("{other:?}"),
    };
    let good = "https://trakt.tv/vip";
    assert_eq!(upgrade(good).as_deref(), Some(good));
    for bad in [
        "http://trakt.tv/vip",
        "javascript:alert(1)",
        "/vip",
        "",
        "https://trakt.tv@evil.example/",
        "https://:x@evil.example/",
    ] {
        assert_eq!(upgrade(bad), None, "{bad}");
    }
}

#[test]
fn a_rate_limit_tells_which_bucket() {
    let json = r#"{"name":"AUTHED_API_GET_LIMIT","period":300,"limit":500,"remaining":0,"until":"2026-11-23T10:02:00Z"}"#;
    let limit = RateLimit {
        name: Some("AUTHED_API_GET_LIMIT".to_owned()),
        period: Some(Duration::from_secs(300)),
        limit: Some(500),
        remaining: Some(0),
        until: time("2026-11-23T10:02:00Z"),
    };
    let refusal = refusal(429, &[("x-ratelimit", json), ("retry-after", "12")], "");
    assert_eq!(*refusal.class(), Class::RateLimited { limit: Some(limit) });
    assert_eq!(refusal.retry_after, Some(Duration::from_secs(12)));
}

#[test]
fn the_edge_is_not_trakt() {
    let page = [("content-type", "text/html; charset=UTF-8")];
    let challenge = [("cf-mitigated", "Challenge")];
    let plain = [("content-type", "text/plain")];
    for (status, headers, body, expected) in [
        (403, &page[..], "", Edge::Blocked),
        (403, &[], HTML, Edge::Blocked),
        (429, &page, "", Edge::Banned),
        (429, &[], HTML, Edge::Banned),
        (429, &plain, "error code: 1015", Edge::Banned),
        (403, &plain, "error code: 1015", Edge::Banned),
        (429, &[], r#"{"error_code":1015}"#, Edge::Banned),
        (403, &page, BAN, Edge::Banned),
        (403, &page, "<h1>Error 1015</h1>", Edge::Banned),
        (429, &challenge, HTML, Edge::Banned),
        (403, &challenge, HTML, Edge::Challenge),
        (403, &challenge, "", Edge::Challenge),
        (429, &challenge, "", Edge::Challenge),
        (503, &challenge, HTML, Edge::Challenge),
    ] {
        let refusal = refusal(status, headers, body);
        assert_eq!(*refusal.class(), Class::Edge(expected), "{status} {body}");
        assert_eq!(refusal.class().fault(), Fault::Trakt);
        let retryable = status != 403 || expected == Edge::Banned;
        assert_eq!(refusal.retryable(), retryable, "{status} {body}");
    }
    // Trakt's own words, and a proxy's on the way.
    let limited = Class::RateLimited { limit: None };
    assert_eq!(class(429, &plain, "error code: 1014"), limited);
    assert_eq!(class(429, &[("cf-mitigated", "no")], ""), limited);
    assert_eq!(class(404, &page, "error code: 1015"), Class::NotFound);
    assert_eq!(class(502, &page, HTML), Class::Overloaded);
    assert_eq!(class(500, &challenge, ""), Class::Overloaded);
    // An OAuth error is Trakt's, whatever it is called.
    assert_eq!(
        class(403, &page, INVALID_CLIENT),
        Class::OAuth("invalid_client")
    );
}

#[test]
fn a_riddle_in_place_of_a_success_is_the_edges() {
    for (headers, body) in [
        (&[][..], HTML),
        (&[("content-type", "text/html")][..], "solve me"),
    ] {
        let error = settings(200, headers, body);
        assert!(matches!(error, Error::Unreadable { status: 200, .. }));
        assert_eq!(error.class(), Some(&Class::Edge(Edge::Challenge)));
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert!(error.retryable());
    }
    for body in ["", "{", "{}", "nothing"] {
        assert_eq!(settings(200, &[], body).class(), None, "{body}");
    }
}

#[test]
fn both_names_of_the_call_are_kept() {
    let named = refusal(500, &[("x-request-id", "42"), ("cf-ray", "8a-AMS")], "");
    assert_eq!(named.request_id(), Some("42"));
    assert_eq!(named.ray(), Some("8a-AMS"));
    let bare = refusal(500, &[], "");
    assert_eq!((bare.request_id(), bare.ray()), (None, None));
}

#[test]
fn what_is_known_of_the_effect() {
    for (status, expected) in [
        (302, Outcome::Unknown),
        (399, Outcome::Unknown),
        (400, Outcome::Refused),
        (409, Outcome::Refused),
        (408, Outcome::Unknown),
        (428, Outcome::Refused),
        (429, Outcome::Unknown),
        (498, Outcome::Refused),
        (499, Outcome::Unknown),
        (500, Outcome::Unknown),
        (502, Outcome::Unknown),
        (503, Outcome::Unknown),
        (504, Outcome::Unknown),
        (520, Outcome::Unknown),
    ] {
        assert_eq!(settings(status, &[], "").outcome(), expected, "{status}");
    }
    let failing = |error| {
        let (client, sent) = answering(Err(error));
        let error = client.device_code(WITHIN).unwrap_err();
        assert_eq!(sent.sent.lock().unwrap().len(), 1, "made once, and no more");
        (error.outcome(), error.class().is_none())
    };
    let why = || "why".to_owned();
    assert_eq!(
        failing(TransportError::NotSent(why())),
        (Outcome::NotSent, true)
    );
    assert_eq!(
        failing(TransportError::Unknown(why())),
        (Outcome::Unknown, true)
    );
    let cut = TransportError::Body {
        status: 200,
        why: "cut",
    };
    assert_eq!(failing(cut), (Outcome::Unknown, true));
    let over = Error::OverBudget {
        retry_after: Duration::from_millis(1500),
    };
    assert_eq!(over.outcome(), Outcome::NotSent);
    assert_eq!(over.retry_after(), Some(Duration::from_millis(1500)));
    assert!(over.retryable() && !over.is_config() && over.status().is_none());
    assert_eq!(over.to_string(), "not sent: the budget has room in 1.5 s");
    let unbuildable = fake::client(200, "{}").profile("..", WITHIN).unwrap_err();
    assert_eq!(unbuildable.outcome(), Outcome::NotSent);
}

/// What comes after the first 64 KiB is not looked at.
#[test]
fn no_more_is_read_than_a_true_refusal_has() {
    let padded = |spaces: usize| format!("{}{INVALID_CLIENT}", " ".repeat(spaces));
    let room = 64 * 1024 - INVALID_CLIENT.len();
    assert!(matches!(class(400, &[], &padded(room)), Class::OAuth(_)));
    let trailing = INVALID_CLIENT.trim_end().len();
    let cut = 64 * 1024 - trailing + 1;
    assert_eq!(class(400, &[], &padded(cut)), Class::Other);
}
