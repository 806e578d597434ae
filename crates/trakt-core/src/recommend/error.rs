//! Why there is no list.

use crate::PortError;
use crate::ports::TraktFault;
use crate::token::{TokenError, UseError};

/// Why a user gets no recommendations.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecommendError {
    /// The user has linked no Trakt account (an admin's claim is none).
    #[error("no Trakt account is linked")]
    NotLinked,
    /// The connection to Trakt has ended, and nothing is held.
    #[error("the Trakt account has to be linked again")]
    NeedsRelink,
    /// Trakt has locked or deactivated the account, and nothing is held.
    #[error("the Trakt account is locked")]
    Locked,
    /// The user has switched recommendations off.
    #[error("recommendations are switched off")]
    SwitchedOff,
    /// There is no token to read with.
    #[error(transparent)]
    Token(TokenError),
    /// Trakt cannot be asked, and nothing is held.
    #[error(transparent)]
    Trakt(#[from] TraktFault),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl From<UseError> for RecommendError {
    fn from(error: UseError) -> Self {
        match error {
            UseError::Token(error) => Self::Token(error),
            UseError::Trakt(fault) => Self::Trakt(fault),
        }
    }
}
