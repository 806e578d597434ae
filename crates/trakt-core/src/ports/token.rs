//! Tokens that are still to be handed back to Trakt.

use std::time::Duration;

use crate::{AccessToken, PortError, RevocationId};

/// A token that nobody may use any more and that Trakt does not know of yet.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// Its row.
    pub id: RevocationId,
    /// The token. Revoking an access token at Trakt ends its refresh token too.
    pub token: AccessToken,
}

/// The tokens still to be revoked. Rows come into it inside the transactions that drop tokens
/// (unlink, replace, conflict, a deleted user), so a crash forgets none.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait RevocationStore: Send + Sync {
    /// Takes up to `limit` that are due, and lets nobody else take them for `lease`.
    fn due(&self, limit: u32, lease: Duration) -> Result<Vec<Revocation>, PortError>;

    /// Trakt has been told: forgets the token.
    fn done(&self, id: RevocationId) -> Result<(), PortError>;
}
