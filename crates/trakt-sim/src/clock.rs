//! The simulator's clock: the machine's, plus what a test has added. Nothing else in this crate
//! reads the time of day.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock that can be moved forward.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset: Duration,
}

impl Clock {
    /// Milliseconds since 1970-01-01 UTC.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the simulator reads the clock"
    )]
    pub(crate) fn now_ms(&self) -> u64 {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        u64::try_from(now.saturating_add(self.offset).as_millis()).unwrap_or(u64::MAX)
    }

    /// Moves the clock forward. There is no way back: nothing at Trakt gets younger.
    pub(crate) fn advance(&mut self, seconds: u64) {
        self.offset = self.offset.saturating_add(Duration::from_secs(seconds));
    }
}
