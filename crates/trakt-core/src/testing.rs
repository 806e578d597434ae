//! For tests of programs that use this crate: a clock that is set by hand and randomness from a
//! seed. The mocks of the ports stand in [`crate::ports`]. Feature `testing`.

use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{Clock, Entropy};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FixedClock(Mutex<(DateTime<Utc>, Duration)>);

impl FixedClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Mutex::new((now, Duration::ZERO)))
    }

    /// Moves it on.
    ///
    /// # Panics
    /// When another thread panicked while it held the clock.
    #[expect(clippy::unwrap_used, reason = "for tests alone")]
    pub fn advance(&self, by: Duration) {
        let mut at = self.0.lock().unwrap();
        at.0 += by;
        at.1 += by;
    }

    /// Sets it, as a person or a time server does: no time passes.
    ///
    /// # Panics
    /// As [`Self::advance`].
    #[expect(clippy::unwrap_used, reason = "for tests alone")]
    pub fn set(&self, now: DateTime<Utc>) {
        self.0.lock().unwrap().0 = now;
    }
}

impl Clock for FixedClock {
    #[expect(clippy::unwrap_used, reason = "for tests alone")]
    fn now(&self) -> DateTime<Utc> {
        self.0.lock().unwrap().0
    }

    #[expect(clippy::unwrap_used, reason = "for tests alone")]
    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap().1
    }

    fn sleep(&self, period: Duration) {
        self.advance(period);
    }
}

/// Bytes that are the same in every run: a counter, written out. Not random at all.
#[derive(Debug, Default)]
pub struct CountingEntropy(Mutex<u8>);

impl Entropy for CountingEntropy {
    #[expect(clippy::unwrap_used, reason = "for tests alone")]
    fn fill(&self, bytes: &mut [u8]) {
        let mut next = self.0.lock().unwrap();
        for byte in bytes {
            *next = next.wrapping_add(1);
            *byte = *next;
        }
    }
}
