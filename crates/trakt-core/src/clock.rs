//! Time as a port. Nothing else in the workspace reads the clock.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

/// Tells the time, in UTC.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;

    /// The time since some moment of this process. Unlike [`Self::now`] it never goes back and
    /// makes no step when the machine's clock is set: what counts a period counts it by this.
    fn elapsed(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }

    /// Returns when this time has passed.
    fn sleep(&self, period: Duration) {
        std::thread::sleep(period);
    }
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// The end of the time that one request may spend on calls to Trakt, however many they are.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    start: Duration,
    length: Duration,
}

impl Deadline {
    /// Starts now and ends after `length`.
    pub fn start(clock: &dyn Clock, length: Duration) -> Self {
        Self {
            start: clock.elapsed(),
            length,
        }
    }

    /// What is left, or `None` when it is too little to begin another call.
    pub fn remaining(&self, clock: &dyn Clock) -> Option<Duration> {
        let passed = clock.elapsed().saturating_sub(self.start);
        self.length
            .checked_sub(passed)
            .filter(|left| *left >= Duration::from_millis(250))
    }
}
