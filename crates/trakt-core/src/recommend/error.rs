//! Why there is no list.

use crate::PortError;
use crate::ports::TraktFault;
use crate::token::TokenError;

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
