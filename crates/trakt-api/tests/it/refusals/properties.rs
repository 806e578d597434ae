//! Any bytes at all. `PROPTEST_CASES` says how many.

use std::time::Duration;

use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use proptest::{prop_assert, prop_assert_eq};
use trakt_api::budget::{Bucket, Heard};
use trakt_api::{AccessToken, Class, Edge, Error, RawReply};

use crate::fake::{WITHIN, answering};

const NAMES: &[&str] = &[
    "cf-mitigated",
    "cf-ray",
    "content-type",
    "date",
    "retry-after",
    "set-cookie",
    "x-account-limit",
    "x-account-locked",
    "x-pagination-limit",
    "x-ratelimit",
    "x-request-id",
    "x-trakt-server",
    "x-upgrade-url",
    "x-vip-user",
];

/// Values that mean something, and values that mean nothing.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,40}",
        "-?[0-9]{1,22}",
        prop::sample::select(vec![
            "true",
            "challenge",
            "text/html",
            "Mon, 23 Nov 2026 10:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "https://trakt.tv/vip",
            r#"{"name":"X","period":300,"limit":1e99,"remaining":-1,"until":"+262142-12-31T23:59:59Z"}"#,
            r#"{"remaining":0,"until":"0000-01-01T00:00:00Z"}"#,
        ])
        .prop_map(str::to_owned),
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..80),
        "\\PC{0,80}".prop_map(String::into_bytes),
        prop::sample::select(vec![
            &b"{\"error\":\"invalid_grant\"}"[..],
            b"{\"expires_at\":\"9999-99-99T99:99:99Z\"}",
            b"{\"watched_at\":\"2014-10-15T22:21:29.000Z\",\"expires_at\":7}",
            b"<html>error code: 1015",
            b"[[[[[[[[[[[[[[[[",
            b"{}",
        ])
        .prop_map(<[u8]>::to_vec),
        // Deeper than a reader's stack.
        (1..3000_usize).prop_map(|depth| b"{\"a\":".repeat(depth)),
    ]
}

/// `RawReply` has no `Debug`: it may hold secrets.
#[derive(Clone)]
struct Shown(RawReply);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.0.body);
        write!(f, "{} {:?} {body:?}", self.0.status, self.0.headers)
    }
}

fn reply() -> impl Strategy<Value = Shown> {
    let name = prop::sample::select(NAMES).prop_map(str::to_owned);
    let headers = prop::collection::vec((name, value()), 0..8);
    let status = prop_oneof![100..600_u16, any::<u16>()];
    (status, headers, body()).prop_map(|(status, headers, body)| {
        Shown(RawReply {
            status,
            headers,
            body,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_refusal_has_a_class(Shown(given) in reply()) {
        let status = given.status;
        let cookie = given.header("set-cookie").map(str::to_owned);
        let (client, _) = answering(Ok(given));
        let token = AccessToken::from("access".to_owned());
        match client.settings(&token, WITHIN) {
            Err(Error::Refused(refusal)) => {
                prop_assert!(!(200..=299).contains(&status));
                prop_assert_eq!(refusal.status, status);
                prop_assert!(refusal.header("set-cookie").is_none());
                // A class that carries nothing is a matter of the status alone.
                let fits = match refusal.class() {
                    Class::OAuth(code) => refusal.oauth_error == Some(*code),
                    Class::TokenRefused => status == 401,
                    Class::Forbidden => status == 403,
                    Class::NotFound => status == 404,
                    Class::Conflict { .. } => status == 409,
                    Class::Precondition => status == 412,
                    Class::AccountLimit { .. } => status == 420,
                    Class::Unprocessable => status == 422,
                    Class::Locked { .. } => status == 423,
                    Class::VipOnly { upgrade } => {
                        status == 426 && upgrade.as_ref().is_none_or(|url| url.scheme() == "https")
                    }
                    Class::RateLimited { .. } => status == 429,
                    Class::Edge(Edge::Challenge) => matches!(status, 403 | 429 | 503),
                    Class::Edge(_) => matches!(status, 401 | 403 | 429),
                    Class::Overloaded => matches!(status, 408 | 499 | 500..600),
                    _ => true,
                };
                prop_assert!(fits, "{:?}", refusal.class());
                let wait = refusal.retry_after.unwrap_or(Duration::from_secs(1));
                prop_assert!((1..=3600).contains(&wait.as_secs()));
                if let Some(cookie) = cookie.filter(|cookie| cookie.len() > 8) {
                    let said = Error::Refused(refusal).to_string();
                    prop_assert!(!said.contains(&cookie));
                }
            }
            Err(Error::Unreadable { status: told, .. } | Error::Part { status: told, .. }) => {
                prop_assert!((200..=299).contains(&status));
                prop_assert_eq!(told, status);
            }
            Err(other) => prop_assert!(false, "{:?}", other),
            Ok(_) => prop_assert!((200..=299).contains(&status)),
        }
    }

    #[test]
    fn what_a_budget_hears_is_believable(Shown(given) in reply()) {
        for bucket in [Bucket::UserReads("u"), Bucket::UserWrites("u"), Bucket::Global] {
            let heard = Heard::of(&given, bucket);
            prop_assert_eq!(heard.status, Some(given.status));
            prop_assert!(!heard.banned || matches!(given.status, 403 | 429));
            let hour = Duration::from_secs(3600);
            prop_assert!(heard.until.unwrap_or_default() <= hour);
            prop_assert!(heard.retry_after.unwrap_or_default() <= hour);
        }
    }
}
