//! Time as a port. Nothing else in the workspace reads the clock.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// Tells the time, in UTC.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;

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
    start: DateTime<Utc>,
    length: Duration,
}

impl Deadline {
    /// Starts now and ends after `length`.
    pub fn start(clock: &dyn Clock, length: Duration) -> Self {
        Self {
            start: clock.now(),
            length,
        }
    }

    /// What is left, or `None` when it is too little to begin another call.
    ///
    /// A clock that was set back counts as no time passed: a call gets `length` at most.
    pub fn remaining(&self, clock: &dyn Clock) -> Option<Duration> {
        let passed = (clock.now() - self.start).to_std().unwrap_or_default();
        self.length
            .checked_sub(passed)
            .filter(|left| *left >= Duration::from_millis(250))
    }
}
