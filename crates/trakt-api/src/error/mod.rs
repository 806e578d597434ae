//! Why a call gave nothing. No text here ever holds a body or a secret.

mod class;
mod refusal;

use std::time::Duration;

pub use class::{Class, Edge, Fault};
pub use refusal::Refusal;
pub(crate) use refusal::{MAX_REFUSAL, edge, is_html, oauth_error};

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
    /// Nothing was sent: the budget had no room for it in the time that the call had.
    #[error("not sent: the budget has room in {} s", retry_after.as_secs_f32())]
    OverBudget {
        /// When it may have room, at the earliest.
        retry_after: Duration,
    },
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
    /// A success that is one page of several, where the whole was asked for:
    /// [`Client::pages`](crate::Client::pages) reads them all.
    #[error("status {status}, but the answer is one page of {pages}")]
    Part {
        /// The status.
        status: u16,
        /// How many there are by Trakt's word.
        pages: u64,
    },
}

/// What is known of the effect of a call that failed. Before a write is made again after
/// [`Self::Unknown`], look whether it took effect: Trakt takes the same play twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing left this machine.
    NotSent,
    /// Trakt got it and did nothing: a 4xx but for those below.
    Refused,
    /// It may have taken effect. So it is too with any 5xx, which come from a proxy before
    /// Trakt or from the midst of the work, with 408 and 499, with a redirect, with a success that
    /// cannot be read, and with 429: plays were seen that were added all the same
    /// (trakt/trakt-api#220).
    Unknown,
}

/// [`Error::Unreadable`]'s `why` where a page for people came instead of an answer.
pub(crate) const PAGE: &str = "it is a page for people";

static CHALLENGE: Class = Class::Edge(Edge::Challenge);

impl Error {
    /// A refusal as it came.
    pub(crate) fn refused(reply: RawReply) -> Self {
        Self::Refused(Box::new(Refusal::read(reply)))
    }

    /// The status of the answer, where there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.status),
            Self::Unreadable { status, .. } | Self::Part { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// What kind of refusal it is; of a success, whether a page of the edge's stood in for it (a
    /// captcha with status 200). `None` where nobody refused anything.
    #[must_use]
    pub fn class(&self) -> Option<&Class> {
        match self {
            Self::Refused(refusal) => Some(refusal.class()),
            Self::Unreadable { why: PAGE, .. } => Some(&CHALLENGE),
            _ => None,
        }
    }

    /// How long to wait: what Trakt asks for, or when the budget has room.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            Self::OverBudget { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// Whether a page for people came, and not Trakt's own answer: from the network's edge.
    #[must_use]
    pub fn is_html(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.is_html())
    }

    /// Whether our application is at fault: its credentials are wrong, it is gone, or Trakt does
    /// not let it in. That is `invalid_client` or `unauthorized_client` with any status, and any
    /// other 403 ("invalid API key or unapproved app" in Trakt's guide) but for those of the
    /// network's edge.
    #[must_use]
    pub fn is_config(&self) -> bool {
        matches!(
            self.class(),
            Some(Class::Forbidden | Class::OAuth("invalid_client" | "unauthorized_client"))
        )
    }

    /// Whether the same call may work later. It says nothing of whether it may be made twice: for
    /// that see [`Self::outcome`].
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::NotSent(_)
            | Self::OverBudget { .. }
            | Self::Unknown(_)
            | Self::Unreadable { .. } => true,
            Self::Refused(refusal) => refusal.retryable(),
            Self::Unbuildable(_) | Self::Part { .. } => false,
        }
    }

    /// What is known of the effect. The client itself never makes a call twice.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Unbuildable(_) | Self::NotSent(_) | Self::OverBudget { .. } => Outcome::NotSent,
            Self::Refused(refusal) => match refusal.status {
                408 | 429 | 499 => Outcome::Unknown,
                400..=499 => Outcome::Refused,
                _ => Outcome::Unknown,
            },
            Self::Unknown(_) | Self::Unreadable { .. } | Self::Part { .. } => Outcome::Unknown,
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
