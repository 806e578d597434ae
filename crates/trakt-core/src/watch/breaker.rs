//! Trouble that is not one user's.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrics::counter;

use super::PullError;
use crate::Clock;
use crate::ports::TraktFault;

/// After some pulls in a row that Trakt did not answer nobody is pulled for, for a while: whoever
/// is due would else call a Trakt that is down, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<Trouble>);

#[derive(Debug, Default)]
struct Trouble {
    in_row: u32,
    /// By [`Clock::elapsed`].
    until: Duration,
}

impl Breaker {
    /// Fewer may be the trouble of these users: a budget that is used up, an odd list.
    const IN_ROW: u32 = 5;
    /// What Trakt asks for after a 503.
    const PAUSE: Duration = Duration::from_secs(30);

    /// Whether nobody is to be pulled for.
    pub(crate) fn holds(&self, clock: &dyn Clock) -> bool {
        clock.elapsed() < self.0.lock().unwrap_or_else(PoisonError::into_inner).until
    }

    /// Heeds how a pull ended.
    pub(crate) fn heed<T>(&self, pulled: &Result<T, PullError>, clock: &dyn Clock) {
        let mut trouble = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shut = match pulled {
            Err(PullError::Trakt(TraktFault::Misconfigured { .. })) => true,
            Err(PullError::Trakt(TraktFault::Unavailable { .. })) => {
                trouble.in_row += 1;
                trouble.in_row >= Self::IN_ROW
            }
            Ok(_) => {
                trouble.in_row = 0;
                false
            }
            Err(_) => false,
        };
        if shut {
            counter!("trakt_breaker_trips_total").increment(1);
            trouble.in_row = 0;
            trouble.until = clock.elapsed().saturating_add(Self::PAUSE);
        }
    }
}
