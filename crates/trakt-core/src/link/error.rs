//! Why a link was not made.

use std::time::Duration;

use super::FlowEnd;
use crate::PortError;
use crate::ports::TraktFault;

/// Why a user got no link, or no answer about one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The user was deleted.
    #[error("the user is gone")]
    UserGone,
    /// This user has no such flow. Another user's flow looks the same.
    #[error("no such device code")]
    FlowUnknown,
    /// Too late, or a newer flow took its place.
    #[error("the device code has expired")]
    FlowExpired,
    /// It was used up.
    #[error("the device code was used")]
    FlowUsed,
    /// The person refused at Trakt.
    #[error("the person refused at Trakt")]
    FlowDenied,
    /// The account is another user's.
    #[error("the Trakt account is linked to another user")]
    AccountTaken,
    /// The user has another account and did not ask to replace it.
    #[error("the user is linked to another Trakt account")]
    AlreadyLinked,
    /// The account is locked or deactivated at Trakt.
    #[error("the Trakt account is locked")]
    AccountLocked,
    /// Trakt gave no usable answer.
    #[error(transparent)]
    Trakt(#[from] TraktFault),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl LinkError {
    /// How long to wait before the same call may work; `None` when it never will.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Trakt(TraktFault::Unavailable { retry_after, .. }) => {
                Some(retry_after.unwrap_or(Duration::from_secs(5)))
            }
            Self::Trakt(TraktFault::Misconfigured { .. }) => Some(Duration::from_secs(60)),
            Self::Store(error) => error.retry_after(),
            _ => None,
        }
    }
}

impl From<FlowEnd> for LinkError {
    /// What a client hears that asks about a flow that is over.
    fn from(end: FlowEnd) -> Self {
        match end {
            FlowEnd::Linked | FlowEnd::Used => Self::FlowUsed,
            FlowEnd::Denied => Self::FlowDenied,
            FlowEnd::Expired | FlowEnd::Superseded => Self::FlowExpired,
            FlowEnd::Unknown => Self::FlowUnknown,
            FlowEnd::AccountTaken => Self::AccountTaken,
            FlowEnd::AlreadyLinked => Self::AlreadyLinked,
            FlowEnd::AccountLocked => Self::AccountLocked,
        }
    }
}
