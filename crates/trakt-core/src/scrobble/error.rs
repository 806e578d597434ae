//! Why a write was not taken.

use std::time::Duration;

use crate::PortError;

/// Why a write was not taken. What was taken is never lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The user has linked no Trakt account (an admin's claim is none).
    #[error("no Trakt account is linked")]
    NotLinked,
    /// The user has switched writing off.
    #[error("writing to Trakt is switched off")]
    SwitchedOff,
    /// There is no such play.
    #[error("there is no such play")]
    NotFound,
    /// Trakt has not said yet under which id it has the play.
    #[error("Trakt has not confirmed the play yet")]
    NotYet,
    /// The key was used for another write.
    #[error("the idempotency key was used for another write")]
    KeyReused,
    /// The user has made as many writes as a day may have.
    #[error("too many writes in a day")]
    Ceiling {
        /// How long until there is room.
        retry_after: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}
