//! Revoking at Trakt what we no longer hold.

use std::sync::Arc;
use std::time::Duration;

use super::quiet::Quiet;
use crate::ports::{PortError, Revocation, RevocationStore, TraktFault, TraktGateway};
use crate::{AccessToken, Clock, Deadline};

/// Tells Trakt of tokens that are to end, and makes sure that they have. What cannot be told now
/// stays stored and is told later, by whichever replica comes to it.
#[derive(Clone)]
pub struct Revoker {
    store: Arc<dyn RevocationStore>,
    trakt: Arc<dyn TraktGateway>,
    clock: Arc<dyn Clock>,
    quiet: Arc<Quiet>,
}

/// What is known of a token that was to end.
enum End {
    Dead,
    Works,
    /// There was no time to look.
    Unseen,
}

impl Revoker {
    /// How long all calls to Trakt of one request may take together.
    pub const CALL_LIMIT: Duration = Duration::from_secs(10);
    /// How many waiting tokens one round of [`Self::run_due`] takes.
    const BATCH: u32 = 20;

    /// Revokes at `trakt` what waits in `store`.
    #[must_use]
    pub fn new(
        store: Arc<dyn RevocationStore>,
        trakt: Arc<dyn TraktGateway>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            trakt,
            clock,
            quiet: Arc::default(),
        }
    }

    /// A deadline of [`Self::CALL_LIMIT`] from now.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        Deadline::start(&*self.clock, Self::CALL_LIMIT)
    }

    /// Revokes these as far as the time allows, and returns how many it did. Never an error: it
    /// is a courtesy to Trakt, the tokens are already out of use here, and what fails is tried
    /// again by [`Self::run_due`].
    pub fn revoke(&self, revocations: &[Revocation], deadline: Deadline) -> usize {
        let mut done = 0;
        for revocation in revocations {
            let Some(within) = deadline.remaining(&*self.clock) else {
                break;
            };
            match self.end(&revocation.token, within, deadline) {
                Ok(End::Dead) => done += usize::from(self.store.done(revocation.id).is_ok()),
                Ok(End::Works) => log::warn!("a token works although Trakt was told to revoke it"),
                Ok(End::Unseen) => {}
                // Trakt will not get better within this request.
                Err(fault) if self.quiet.heed(&fault, &*self.clock) => break,
                Err(_) => {}
            }
        }
        done
    }

    /// Revokes a token and looks whether it is dead: Trakt answers 200 to anything.
    fn end(
        &self,
        token: &AccessToken,
        within: Duration,
        deadline: Deadline,
    ) -> Result<End, TraktFault> {
        match self.trakt.revoke(token, within) {
            Ok(()) => {}
            Err(TraktFault::TokenRefused | TraktFault::Locked) => return Ok(End::Dead),
            Err(fault) => return Err(fault),
        }
        let Some(within) = deadline.remaining(&*self.clock) else {
            // The worker comes to it, and looks.
            return Ok(End::Unseen);
        };
        match self.trakt.identity(token, within) {
            Ok(_) => Ok(End::Works),
            Err(TraktFault::TokenRefused | TraktFault::Locked) => Ok(End::Dead),
            Err(fault) => Err(fault),
        }
    }

    /// Revokes what waited, a batch at the most, and returns how many it did: none while Trakt has
    /// asked to be left alone.
    ///
    /// # Errors
    /// [`PortError`] when the store could not be asked.
    pub fn run_due(&self) -> Result<usize, PortError> {
        if self.quiet.holds(&*self.clock) {
            return Ok(0);
        }
        let due = self.store.due(Self::BATCH, Self::CALL_LIMIT * 3)?;
        Ok(self.revoke(&due, self.deadline()))
    }
}
