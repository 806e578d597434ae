//! One at a time, and a while between two.

use std::time::Duration;

/// The writes of one user.
#[derive(Debug)]
pub struct Gate {
    between: Duration,
    under_way: bool,
    /// When the next may go.
    next: Duration,
}

impl Gate {
    pub fn new(between: Duration) -> Self {
        Self {
            between,
            under_way: false,
            next: Duration::ZERO,
        }
    }

    /// When there is room for this many, one after the other, at the earliest; `now` where there is.
    pub fn room(&self, calls: u32, now: Duration) -> Duration {
        let first = match self.under_way {
            // Its answer may come at once; whoever waits is told when it does.
            true => now.saturating_add(self.between.max(Duration::from_nanos(1))),
            false => self.next.max(now),
        };
        first.saturating_add(self.between.saturating_mul(calls.saturating_sub(1)))
    }

    pub fn spend(&mut self) {
        self.under_way = true;
    }

    /// The write that was under way is answered, or given up.
    pub fn end(&mut self, now: Duration) {
        self.under_way = false;
        self.next = self.next.max(now.saturating_add(self.between));
    }

    /// Trakt says that none is left for so long.
    pub fn hear(&mut self, remaining: u64, until: Option<Duration>, now: Duration) {
        if remaining == 0 {
            self.next = self.next.max(now.saturating_add(until.unwrap_or_default()));
        }
    }

    pub fn is_idle(&self, now: Duration) -> bool {
        !self.under_way && self.next <= now
    }
}
