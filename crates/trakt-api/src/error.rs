//! Why a call gave nothing. No text here ever holds a body or a secret.

use std::time::Duration;

use serde::Deserialize;

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
    /// All headers, names in small letters: limits, locks and upgrade addresses stand there.
    pub headers: Vec<(String, String)>,
}

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
    pub(crate) fn refused(reply: RawReply) -> Self {
        Self::Refused(Box::new(Refusal {
            status: reply.status,
            oauth_error: oauth_error(&reply.body),
            retry_after: retry_after(&reply),
            headers: reply.headers,
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

    /// Whether our application is at fault: its credentials are wrong, it is gone, or Trakt does
    /// not let it do this. Decided by the OAuth code; and on a call with `trakt-api-key` alone
    /// a 403 in JSON or plain text says so too.
    #[must_use]
    pub fn is_config(&self) -> bool {
        let Self::Refused(refusal) = self else {
            return false;
        };
        let html = refusal
            .headers
            .iter()
            .any(|(name, value)| name == "content-type" && value.starts_with("text/html"));
        matches!(
            refusal.oauth_error,
            Some("invalid_client" | "unauthorized_client")
        ) || (refusal.status == 403 && !html)
    }

    /// Whether the same call may work later.
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
            TransportError::TooLarge { status } => Self::Unreadable {
                status,
                why: "it is larger than any true one",
            },
        }
    }
}

/// The `error` of an OAuth answer.
pub fn oauth_error(body: &[u8]) -> Option<&'static str> {
    #[derive(Deserialize)]
    struct OAuth {
        error: String,
    }
    let OAuth { error } = serde_json::from_slice(body).ok()?;
    OAUTH_ERRORS.iter().copied().find(|known| *known == error)
}
