//! Why there is nothing to read.

use std::time::Duration;

use crate::PortError;
use crate::ports::{ReadFault, TraktFault};
use crate::token::{TokenError, UseError};

/// Why a pull did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// The user has no active link, or another pull is under way.
    #[error("there is nothing to pull, or it is being pulled")]
    Nothing,
    /// Another pull has taken over, or the link is gone.
    #[error("the pull has lost its lease")]
    Superseded,
    /// The process is about to end: the next pull goes on.
    #[error("the pull was stopped")]
    Stopped,
    /// There is no token to read with.
    #[error(transparent)]
    Token(TokenError),
    /// Trakt.
    #[error(transparent)]
    Trakt(#[from] TraktFault),
    /// The store.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl PullError {
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Token(error) => error.retry_after(),
            Self::Trakt(TraktFault::Unavailable { retry_after, .. }) => *retry_after,
            _ => None,
        }
    }

    /// The word that is kept of it.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Nothing | Self::Superseded => "superseded",
            Self::Stopped => "stopped",
            Self::Token(_) => "no_token",
            Self::Trakt(TraktFault::Locked) => "locked",
            Self::Trakt(TraktFault::TokenRefused) => "token_refused",
            Self::Trakt(TraktFault::Misconfigured { .. }) => "misconfigured",
            Self::Trakt(_) => "trakt_unavailable",
            Self::Store(_) => "database_unavailable",
        }
    }
}

impl From<UseError> for PullError {
    fn from(error: UseError) -> Self {
        match error {
            UseError::Token(error) => Self::Token(error),
            UseError::Trakt(fault) => Self::Trakt(fault),
        }
    }
}

impl From<ReadFault> for PullError {
    fn from(fault: ReadFault) -> Self {
        match fault {
            ReadFault::Trakt(fault) => Self::Trakt(fault),
            ReadFault::Store(error) => Self::Store(error),
        }
    }
}

/// Why nothing can be read for a user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// The user has linked no Trakt account (an admin's claim is none).
    #[error("no Trakt account is linked")]
    NotLinked,
    /// The connection to Trakt has ended: the user has to link again.
    #[error("the Trakt account has to be linked again")]
    NeedsRelink,
    /// Trakt has locked or deactivated the account.
    #[error("the Trakt account is locked")]
    Locked,
    /// The user has switched pulls off.
    #[error("reading at Trakt is switched off")]
    SwitchedOff,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}
