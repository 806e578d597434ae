//! `POST /oauth/device/token`: the status decides, whatever the body.

use std::time::Duration;

use trakt_api::{DeviceCode, DeviceToken, Error, RawReply, TransportError};

use crate::fake::{WITHIN, answering, reply};

const TOKEN: &str = include_str!("../fixtures/token.json");
const HTML: &str = include_str!("../fixtures/edge_403.html");

fn poll(answer: Result<RawReply, TransportError>) -> Result<DeviceToken, Error> {
    let (client, _) = answering(answer);
    client.device_token(&DeviceCode::from("device".to_owned()), WITHIN)
}

fn name(token: &DeviceToken) -> &'static str {
    match token {
        DeviceToken::Approved(_) => "approved",
        DeviceToken::Pending => "pending",
        DeviceToken::Unknown => "unknown",
        DeviceToken::Used => "used",
        DeviceToken::Expired => "expired",
        DeviceToken::Denied => "denied",
        DeviceToken::SlowDown { .. } => "slow down",
    }
}

#[test]
fn every_status_with_every_kind_of_body() {
    let bodies = [
        "",
        "null",
        "{}",
        "[1]",
        "pending",
        HTML,
        TOKEN,
        r#"{"error":"authorization_pending"}"#,
        r#"{"error":"slow_down"}"#,
        r#"{"error":"access_denied"}"#,
        r#"{"error":"expired_token"}"#,
        r#"{"error":["invalid_client"]}"#,
        r#"{"error":"invalid_client""#,
    ];
    for (status, expected) in [
        (400, "pending"),
        (404, "unknown"),
        (409, "used"),
        (410, "expired"),
        (418, "denied"),
        (429, "slow down"),
    ] {
        for body in bodies {
            let token = poll(Ok(reply(status, &[], body))).unwrap();
            assert_eq!(name(&token), expected, "{status} {body}");
        }
    }
}

#[test]
fn approved() {
    let token = poll(Ok(reply(200, &[], TOKEN))).unwrap();
    let DeviceToken::Approved(grant) = token else {
        panic!("{token:?}");
    };
    assert!(grant.access_token.expose().starts_with("dbaf97"));
}

#[test]
fn slow_down_says_how_long() {
    let wait = |headers: &[(&str, &str)]| match poll(Ok(reply(429, headers, HTML))) {
        Ok(DeviceToken::SlowDown { retry_after }) => retry_after,
        other => panic!("{other:?}"),
    };
    assert_eq!(wait(&[]), None);
    assert_eq!(
        wait(&[("retry-after", "143")]),
        Some(Duration::from_secs(143))
    );
}

#[test]
fn a_400_about_the_application_is_an_error() {
    for (code, config) in [
        ("invalid_client", true),
        ("unauthorized_client", true),
        ("invalid_request", false),
        ("invalid_scope", false),
        ("unsupported_grant_type", false),
    ] {
        let body = format!(r#"{{"error":"{code}","error_description":"x"}}"#);
        let error = poll(Ok(reply(400, &[], &body))).unwrap_err();
        assert_eq!(error.status(), Some(400));
        assert_eq!(error.is_config(), config, "{code}");
        assert!(!error.retryable());
        assert_eq!(error.to_string(), format!("status 400, {code}"));
    }
}

#[test]
fn other_statuses_are_errors() {
    for status in [302, 401, 403, 405, 412, 423, 500, 502, 503, 504, 520] {
        for body in ["", HTML, TOKEN] {
            let error = poll(Ok(reply(status, &[], body))).unwrap_err();
            assert_eq!(error.status(), Some(status), "{body}");
            assert_eq!(error.retryable(), status >= 500);
        }
    }
    let client = include_str!("../fixtures/invalid_client.json");
    for status in [401, 403] {
        assert!(
            poll(Ok(reply(status, &[], client)))
                .unwrap_err()
                .is_config()
        );
    }
}

#[test]
fn no_answer() {
    let not_sent = TransportError::NotSent("the connection was refused".to_owned());
    let error = poll(Err(not_sent)).unwrap_err();
    assert!(matches!(error, Error::NotSent(_)));
    let unknown = TransportError::Unknown("it took too long".to_owned());
    let error = poll(Err(unknown)).unwrap_err();
    assert!(matches!(error, Error::Unknown(_)));
    assert!(error.retryable() && error.status().is_none());
    let why = "it was cut off";
    let cut = TransportError::Body { status: 200, why };
    let error = poll(Err(cut)).unwrap_err();
    assert_eq!(error, Error::Unreadable { status: 200, why });
}
