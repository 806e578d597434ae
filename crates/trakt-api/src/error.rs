//! Why a call gave nothing. No text here ever holds a body or a secret.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::headers::retry_after;
use crate::{RawReply, TransportError};

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The call could not be put together.
    #[error("the request cannot be built: {0}")]
    Unbuildable(&'static str),
    /// Nothing was sent: the call can be made again.
    #[error("not sent: {0}")]
    NotSent(String),
    /// Sent, but no whole answer came: whether it took effect is not known.
    #[error("no answer: {0}")]
    Unknown(String),
    /// Trakt said no.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// A success whose body is not what it should be.
    #[error("status {status}, but the body cannot be read: {why}")]
    Unreadable {
        /// The status.
        status: u16,
        /// What is wrong, without a piece of the body.
        why: &'static str,
    },
}

/// What Trakt said when it said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// The `error` of an OAuth answer (RFC 6749 section 5.2), if it is a known one.
    pub oauth_error: Option<&'static str>,
    /// `Retry-After`, between a second and an hour.
    pub retry_after: Option<Duration>,
    /// Those headers that are Trakt's to explain a refusal (see [`Self::header`]), names in small
    /// letters. The others are dropped: cookies and whatever a proxy adds belong in no log line.
    pub headers: Vec<(String, String)>,
    html: bool,
    json: bool,
}

impl Refusal {
    /// Whether the body was one whole JSON object, so that Trakt itself spoke and no proxy's page
    /// stands in for it. A body that is empty, cut off or called `text/html` is none.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// The first header of this name (in small letters). Kept are request ids (`x-request-id`,
    /// `cf-ray`), `date`, `server`, `content-type`, and what Trakt's guides name: `retry-after`,
    /// `x-ratelimit`, `x-account-*`, `x-upgrade-url`, `x-vip-user`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The headers that are kept.
const HEADERS: &[&str] = &[
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

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "status {}", self.status)?;
        self.oauth_error
            .map_or(Ok(()), |code| write!(f, ", {code}"))
    }
}

impl Error {
    /// A refusal as it came.
    pub(crate) fn refused(mut reply: RawReply) -> Self {
        let oauth_error = oauth_error(&reply.body);
        let retry_after = retry_after(&reply);
        let html = is_html(&reply);
        let json = !html && is_object(&reply.body);
        reply
            .headers
            .retain(|(name, _)| HEADERS.contains(&name.as_str()));
        Self::Refused(Box::new(Refusal {
            status: reply.status,
            oauth_error,
            retry_after,
            headers: reply.headers,
            html,
            json,
        }))
    }

    /// The status of the answer, where there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.status),
            Self::Unreadable { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// How long Trakt asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            _ => None,
        }
    }

    /// Whether a page for people came, and not Trakt's own answer: from the network's edge.
    #[must_use]
    pub fn is_html(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.html)
    }

    /// Whether our application is at fault: its credentials are wrong, it is gone, or Trakt does
    /// not let it in. That is `invalid_client` or `unauthorized_client` with any status, and any
    /// other 403 ("invalid API key or unapproved app" in Trakt's guide) but for a page of HTML,
    /// which comes from the network's edge.
    #[must_use]
    pub fn is_config(&self) -> bool {
        let Self::Refused(refusal) = self else {
            return false;
        };
        let client = Some("invalid_client");
        let unauthorized = Some("unauthorized_client");
        refusal.oauth_error == client
            || refusal.oauth_error == unauthorized
            || (refusal.status == 403 && !refusal.html)
    }

    /// Whether the same call may work later. It says nothing of whether it may be made twice: a
    /// refresh token whose call ended in [`Error::Unknown`] or [`Error::Unreadable`] may be used up.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::NotSent(_) | Self::Unknown(_) | Self::Unreadable { .. } => true,
            Self::Refused(refusal) => refusal.status == 429 || refusal.status >= 500,
            Self::Unbuildable(_) => false,
        }
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::NotSent(why) => Self::NotSent(why),
            TransportError::Unknown(why) => Self::Unknown(why),
            TransportError::Body { status, why } => Self::Unreadable { status, why },
        }
    }
}

/// Whether a page for people came instead of an answer for programs.
fn is_html(reply: &RawReply) -> bool {
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
pub fn oauth_error(body: &[u8]) -> Option<&'static str> {
    #[derive(Deserialize)]
    struct OAuth {
        error: String,
    }
    let OAuth { error } = serde_json::from_slice(body).ok()?;
    OAUTH_ERRORS.iter().copied().find(|known| *known == error)
}
