//! Why there is no access token.

use std::time::Duration;

use super::LossReason;
use crate::PortError;

/// Why a user has no access token right now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The user was deleted.
    #[error("the user is gone")]
    UserGone,
    /// The user has linked no Trakt account (an admin's claim is none).
    #[error("no Trakt account is linked")]
    NotLinked,
    /// The connection to Trakt has ended: the user has to link again.
    #[error("the Trakt account has to be linked again: {0}")]
    NeedsRelink(LossReason),
    /// Trakt has locked or deactivated the account: the user has to write to Trakt's support.
    #[error("the Trakt account is locked")]
    Locked,
    /// The token has ended and Trakt gives no new one right now.
    #[error("Trakt gives no token right now, try again in {} s", retry_after.as_secs())]
    Unavailable {
        /// The same call may work after this time.
        retry_after: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl TokenError {
    /// How long to wait before the same call may work; `None` when only a person can help.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after } => Some(*retry_after),
            Self::Store(error) => error.retry_after(),
            _ => None,
        }
    }
}
