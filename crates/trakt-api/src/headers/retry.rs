//! What the headers of an answer say.

use std::time::Duration;

use crate::RawReply;

/// The bounds of a believable `Retry-After`.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3600));

/// `Retry-After` (RFC 9110 section 10.2.3), between a second and an hour.
///
/// A date is counted from the answer's own `Date`, so that no clock is needed here and none of
/// the two can be wrong against the other.
pub fn retry_after(reply: &RawReply) -> Option<Duration> {
    let value = reply.header("retry-after")?.trim();
    let wait = match value.parse::<i64>() {
        Ok(seconds) => Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
        Err(_) if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() => RETRY.1,
        Err(_) => {
            let until = httpdate::parse_http_date(value).ok()?;
            let now = httpdate::parse_http_date(reply.header("date")?).ok()?;
            until.duration_since(now).unwrap_or_default()
        }
    };
    Some(wait.clamp(RETRY.0, RETRY.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(value: &str) -> Option<u64> {
        let headers = [
            ("retry-after", value),
            ("date", "Mon, 23 Nov 2026 10:00:00 GMT"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let reply = RawReply {
            status: 429,
            headers: headers.to_vec(),
            body: Vec::new(),
        };
        retry_after(&reply).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_and_dates_within_bounds() {
        assert_eq!(wait("143"), Some(143));
        assert_eq!(wait("0"), Some(1));
        assert_eq!(wait("-5"), Some(1));
        assert_eq!(wait("999999"), Some(3600));
        assert_eq!(wait("99999999999999999999999"), Some(3600));
        assert_eq!(wait("Mon, 23 Nov 2026 10:02:00 GMT"), Some(120));
        assert_eq!(wait("Mon, 23 Nov 2026 09:00:00 GMT"), Some(1));
        assert_eq!(wait("Fri, 31 Dec 9999 23:59:59 GMT"), Some(3600));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait(""), None);
    }
}
