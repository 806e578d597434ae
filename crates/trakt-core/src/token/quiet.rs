//! How long a worker leaves Trakt alone after it said so, or said nothing.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::Clock;
use crate::ports::TraktFault;

/// Until when, counted by [`Clock::elapsed`].
#[derive(Debug, Default)]
pub(super) struct Quiet(Mutex<Duration>);

impl Quiet {
    /// After a fault that names no time.
    const UNSAID: Duration = Duration::from_secs(30);

    /// Whether Trakt is to be left alone.
    pub(super) fn holds(&self, clock: &dyn Clock) -> bool {
        clock.elapsed() < *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Heeds a fault that is about more than one token, and says whether it is.
    pub(super) fn heed(&self, fault: &TraktFault, clock: &dyn Clock) -> bool {
        let wait = match fault {
            TraktFault::Unavailable { retry_after, .. } => retry_after.unwrap_or(Self::UNSAID),
            TraktFault::Misconfigured { .. } => Self::UNSAID,
            TraktFault::TokenRefused | TraktFault::Locked => return false,
        };
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *until = (*until).max(clock.elapsed().saturating_add(wait));
        true
    }
}
