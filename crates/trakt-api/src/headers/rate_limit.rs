//! `X-Ratelimit` (Trakt's guide "Rate Limiting": optional, and missing where the edge answers).

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::RawReply;

/// The longest name that is kept, in bytes. Trakt's have 22.
const NAME: usize = 64;

/// What `X-Ratelimit` says of the bucket that a call was taken from. Each part may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// Which bucket: `AUTHED_API_GET_LIMIT`, `AUTHED_API_POST_LIMIT` or `UNAUTHED_API_GET_LIMIT`.
    pub name: Option<String>,
    /// How long the bucket lasts.
    pub period: Option<Duration>,
    /// How many calls it holds.
    pub limit: Option<u64>,
    /// How many are left.
    pub remaining: Option<u64>,
    /// When it is full again.
    pub until: Option<DateTime<Utc>>,
}

impl RateLimit {
    /// Reads the header; `None` where it is no JSON object.
    pub fn read(reply: &RawReply) -> Option<Self> {
        let parts: Map<String, Value> = serde_json::from_str(reply.header("x-ratelimit")?).ok()?;
        let number = |name| match parts.get(name)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let text = |name| parts.get(name)?.as_str();
        Some(Self {
            name: text("name").filter(|name| is_name(name)).map(str::to_owned),
            period: number("period").map(Duration::from_secs),
            limit: number("limit"),
            remaining: number("remaining"),
            until: text("until").and_then(instant),
        })
    }
}

/// Whatever else stands there is no name of Trakt's, and could be anything.
fn is_name(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=NAME).contains(&name.len()) && name.bytes().all(known)
}

/// A time as Trakt writes it (RFC 3339).
pub fn instant(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text.trim()).ok()?;
    Some(time.with_timezone(&Utc))
}

/// How long it is from the answer's own `Date` to this time, an hour at the most. Both are by
/// Trakt's clock, so that ours may be wrong.
pub fn until(reply: &RawReply, time: DateTime<Utc>) -> Option<Duration> {
    let now: DateTime<Utc> = httpdate::parse_http_date(reply.header("date")?)
        .ok()?
        .into();
    let wait = (time - now).to_std().unwrap_or_default();
    Some(wait.min(Duration::from_secs(3600)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(headers: &[(&str, &str)]) -> RawReply {
        RawReply {
            status: 429,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: Vec::new(),
        }
    }

    fn read(value: &str) -> Option<RateLimit> {
        RateLimit::read(&reply(&[("x-ratelimit", value)]))
    }

    #[test]
    fn as_the_guide_shows_it() {
        let limit = read(
            r#"{"name":"UNAUTHED_API_GET_LIMIT","period":300,"limit":500,"remaining":0,"until":"2020-10-10T00:24:00Z"}"#,
        );
        let expected = RateLimit {
            name: Some("UNAUTHED_API_GET_LIMIT".to_owned()),
            period: Some(Duration::from_secs(300)),
            limit: Some(500),
            remaining: Some(0),
            until: instant("2020-10-10T00:24:00Z"),
        };
        assert_eq!(limit, Some(expected));
    }

    #[test]
    fn each_part_may_be_missing_or_nonsense() {
        assert_eq!(read("{}"), Some(RateLimit::default()));
        assert_eq!(
            read(r#"{"name":7,"period":-1,"limit":"x","remaining":null,"until":"soon"}"#),
            Some(RateLimit::default())
        );
        assert_eq!(read(r#"{"limit":" 7 "}"#).unwrap().limit, Some(7));
        for none in ["", "null", "[]", "1", "{", "{}x"] {
            assert_eq!(read(none), None, "{none}");
        }
        assert_eq!(RateLimit::read(&reply(&[])), None);
    }

    #[test]
    fn a_name_is_a_word() {
        let named = |name: &str| read(&format!(r#"{{"name":"{name}"}}"#)).unwrap().name;
        let longest = "a".repeat(NAME);
        for good in ["A", "a_1", &longest] {
            assert_eq!(named(good).as_deref(), Some(good));
        }
        for bad in ["", "a b", "a-b", "é", &format!("{longest}a")] {
            assert_eq!(named(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_time_is_counted_from_the_answers_own() {
        let date = ("date", "Mon, 23 Nov 2026 10:00:00 GMT");
        let from = |headers: &[(&str, &str)], time: &str| {
            until(&reply(headers), instant(time).unwrap()).map(|wait| wait.as_secs())
        };
        assert_eq!(from(&[date], "2026-11-23T10:02:00.000Z"), Some(120));
        assert_eq!(from(&[date], "2026-11-23T12:02:00+02:00"), Some(120));
        assert_eq!(from(&[date], "2026-11-23T09:00:00Z"), Some(0));
        assert_eq!(from(&[date], "2026-11-23T11:00:00Z"), Some(3600));
        assert_eq!(from(&[date], "9999-12-31T23:59:59Z"), Some(3600));
        assert_eq!(from(&[], "2026-11-23T10:02:00Z"), None);
        assert_eq!(from(&[("date", "today")], "2026-11-23T10:02:00Z"), None);
    }
}
