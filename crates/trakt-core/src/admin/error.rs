//! Why an operator's wish was not done.

use std::time::Duration;

use crate::PortError;
use crate::link::LinkError;
use crate::ports::TraktFault;

/// Why an operator's wish was not done. Says more than a user is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// No user has this address.
    #[error("no user has this e-mail address")]
    UserNotFound,
    /// Trakt knows no such account.
    #[error("Trakt knows no such account")]
    TraktAccountNotFound,
    /// Another user has the account.
    #[error("the Trakt account is linked to another user")]
    AccountTaken,
    /// The user has another account, and it was not to be replaced.
    #[error("the user is linked to another Trakt account")]
    AlreadyLinked,
    /// There is no such link.
    #[error("no such association")]
    NotFound,
    /// The link has no tokens that could be refreshed: it is an admin's claim.
    #[error("the association has no tokens")]
    NoTokens,
    /// The tokens of the link are dead: only its user can help.
    #[error("the association has to be linked again by its user")]
    NeedsRelink,
    /// Trakt gave no usable answer.
    #[error(transparent)]
    Trakt(#[from] TraktFault),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl AdminError {
    /// How long to wait before the same call may work; `None` when it never will.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Trakt(fault) => LinkError::Trakt(fault.clone()).retry_after(),
            Self::Store(error) => error.retry_after(),
            _ => None,
        }
    }
}
