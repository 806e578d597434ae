//! A refusal, as far as it is kept.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Class, Edge};
use crate::RawReply;
use crate::headers::{RateLimit, retry_after, until};

/// The most of a refusal's body that is looked at, in bytes. True ones have less than one KiB,
/// pages of the edge's less than ten.
pub(crate) const MAX_REFUSAL: u64 = 64 * 1024;

/// What Trakt said when it said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// The `error` of an OAuth answer (RFC 6749 section 5.2), if it is a known one.
    pub oauth_error: Option<&'static str>,
    /// `Retry-After`, between a second and an hour; without it, of a 429, how long it is until the
    /// bucket of `X-Ratelimit` is full again.
    pub retry_after: Option<Duration>,
    /// Those headers that are Trakt's to explain a refusal (see [`Self::header`]), names in small
    /// letters. The others are dropped: cookies and whatever a proxy adds belong in no log line.
    pub headers: Vec<(String, String)>,
    class: Class,
    html: bool,
    json: bool,
}

impl Refusal {
    pub(super) fn read(mut reply: RawReply) -> Self {
        reply
            .body
            .truncate(usize::try_from(MAX_REFUSAL).unwrap_or(usize::MAX));
        let oauth_error = oauth_error(&reply.body);
        let html = is_html(&reply);
        let class = Class::read(&reply, oauth_error, edge(&reply));
        let retry_after = retry_after(&reply).or_else(|| full_again(&reply));
        let json = !html && is_object(&reply.body);
        reply
            .headers
            .retain(|(name, _)| HEADERS.contains(&name.as_str()));
        Self {
            status: reply.status,
            oauth_error,
            retry_after,
            headers: reply.headers,
            class,
            html,
            json,
        }
    }

    /// What kind of refusal it is, with what Trakt says about it.
    #[must_use]
    pub fn class(&self) -> &Class {
        &self.class
    }

    /// Whether the same call may work later: after 408, 429 and 499, after any 5xx, and once a ban of
    /// the edge's is over. A page with 401 or 403 stays until something is changed.
    #[must_use]
    pub fn retryable(&self) -> bool {
        let banned = self.class == Class::Edge(Edge::Banned);
        banned || matches!(self.status, 408 | 429 | 499 | 500..)
    }

    /// Whether the body was one whole JSON object, so that Trakt itself spoke and no proxy's page
    /// stands in for it. A body that is empty, cut off or called `text/html` is none.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    pub(super) fn is_html(&self) -> bool {
        self.html
    }

    /// Trakt's own name of the call (`X-Request-Id`), for a mail to its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-request-id")
    }

    /// The edge's name of the call (`CF-Ray`).
    #[must_use]
    pub fn ray(&self) -> Option<&str> {
        self.header("cf-ray")
    }

    /// The first header of this name (in small letters). Kept are request ids (`x-request-id`,
    /// `cf-ray`), `date`, `server`, `content-type`, `cf-mitigated`, and what Trakt's guides name:
    /// `retry-after`, `x-ratelimit`, `x-account-*`, `x-upgrade-url`, `x-vip-user`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        self.oauth_error
            .map_or(Ok(()), |code| write!(f, ", {code}"))
    }
}

/// The headers that are kept.
const HEADERS: &[&str] = &[
    "cf-mitigated",
    "cf-ray",
    "content-type",
    "date",
    "retry-after",
    "server",
    "x-account-deactivated",
    "x-account-limit",
    "x-account-locked",
    "x-ratelimit",
    "x-request-id",
    "x-upgrade-url",
    "x-vip-user",
];

/// The codes that are kept; any other text is the server's own and could be anything.
const OAUTH_ERRORS: &[&str] = &[
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
    "access_denied",
    "authorization_pending",
    "expired_token",
    "slow_down",
];

/// Whether the network's edge stood in for Trakt, and with what.
///
/// Cloudflare says "Error 1015" in a page, `error code: 1015` in plain text to what is no browser,
/// and `"error_code":1015` in JSON: the letters and digits are the same.
pub(crate) fn edge(reply: &RawReply) -> Option<Edge> {
    let said = |words: &str| {
        let letters = reply
            .body
            .iter()
            .filter(|byte| byte.is_ascii_alphanumeric());
        let text: Vec<u8> = letters.map(u8::to_ascii_lowercase).collect();
        text.windows(words.len())
            .any(|part| part == words.as_bytes())
    };
    // 1006 to 1008: this address is banned for good, 1015 for a while.
    let ban = || {
        said("error1015")
            || ["1006", "1007", "1008", "1015"]
                .iter()
                .any(|code| said(&format!("errorcode{code}")))
    };
    let blocked = || is_html(reply) || said("errorcode10");
    let challenged = || {
        reply
            .header("cf-mitigated")
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("challenge"))
    };
    match reply.status {
        403 | 429 if ban() => Some(Edge::Banned),
        429 if is_html(reply) => Some(Edge::Banned),
        403 | 429 | 503 if challenged() => Some(Edge::Challenge),
        // Trakt itself answers for programs: a page knows no token.
        401 if is_html(reply) => Some(Edge::Blocked),
        403 if blocked() => Some(Edge::Blocked),
        _ => None,
    }
}

/// How long it is until the bucket is full again that a 429 speaks of.
fn full_again(reply: &RawReply) -> Option<Duration> {
    let limit = (reply.status == 429).then(|| RateLimit::read(reply));
    let time = limit??.until?;
    until(reply, time).map(|wait| wait.max(Duration::from_secs(1)))
}

/// Whether a page for people came instead of an answer for programs.
pub(crate) fn is_html(reply: &RawReply) -> bool {
    let stated = reply.header("content-type").is_some_and(|value| {
        let kind = value.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("text/html")
    });
    stated || reply.body.trim_ascii_start().starts_with(b"<")
}

fn is_object(body: &[u8]) -> bool {
    serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(body).is_ok()
}

/// The `error` of an OAuth answer, if it is one of [`OAUTH_ERRORS`].
pub(crate) fn oauth_error(body: &[u8]) -> Option<&'static str> {
    #[derive(Deserialize)]
    struct OAuth {
        error: String,
    }
    let OAuth { error } = serde_json::from_slice(body).ok()?;
    OAUTH_ERRORS.iter().copied().find(|known| *known == error)
}
