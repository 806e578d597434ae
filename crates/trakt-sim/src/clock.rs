//! The simulator's clock: at first the machine's, then wherever and as fast as a test wants it.
//! Nothing else in this crate reads the time of day.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock that can be moved forward and can run at another speed.
#[derive(Debug)]
pub(crate) struct Clock {
    /// What it showed when it was last moved, since 1970-01-01 UTC.
    shown: Duration,
    /// What the machine's clock showed then.
    machine: Duration,
    speed: u32,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let machine = machine();
        Self {
            shown: machine,
            machine,
            speed: 1,
        }
    }

    /// Milliseconds since 1970-01-01 UTC.
    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.now().as_millis()).unwrap_or(u64::MAX)
    }

    /// How many of its seconds pass in one.
    pub(crate) fn speed(&self) -> u32 {
        self.speed
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&mut self, seconds: u64) {
        self.show(self.now().saturating_add(Duration::from_secs(seconds)));
    }

    /// Sets it to this many milliseconds since 1970-01-01 UTC, and says whether it did: there is
    /// no way back, as nothing at Trakt gets younger.
    pub(crate) fn set(&mut self, now_ms: u64) -> bool {
        let forward = now_ms >= self.now_ms();
        if forward {
            self.show(Duration::from_millis(now_ms));
        }
        forward
    }

    /// Lets `speed` of its seconds pass in one; with 0 it stands still.
    pub(crate) fn set_speed(&mut self, speed: u32) {
        self.show(self.now());
        self.speed = speed;
    }

    fn now(&self) -> Duration {
        let passed = machine().saturating_sub(self.machine);
        self.shown.saturating_add(passed.saturating_mul(self.speed))
    }

    fn show(&mut self, shown: Duration) {
        self.shown = shown;
        self.machine = machine();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is where the simulator reads the clock"
)]
fn machine() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default()
}
