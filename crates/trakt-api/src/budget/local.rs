//! The budget of one process.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::ledger::Ledger;
use super::{Budget, Heard, Left, Limits, OverBudget, Spend};

/// A clock that never goes back. It counts from wherever it likes.
pub trait Clock: Send + Sync {
    /// How late it is.
    fn now(&self) -> Duration;
}

/// The machine's own clock, from its making.
#[derive(Clone, Copy, Debug)]
pub struct Monotonic(Instant);

impl Default for Monotonic {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for Monotonic {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A budget in memory, for the threads of one process behind one public address. It holds some
/// hundred bytes for each user who called in the last two windows, and forgets the others.
///
/// The foreground goes before the background, and each in the order in which it came.
pub struct LocalBudget {
    clock: Arc<dyn Clock>,
    ledger: Mutex<Ledger>,
    changed: Condvar,
}

impl std::fmt::Debug for LocalBudget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalBudget").finish_non_exhaustive()
    }
}

impl Default for LocalBudget {
    /// What Trakt's guide states.
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl LocalBudget {
    /// With limits of one's own.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self::with_clock(limits, Arc::new(Monotonic::default()))
    }

    /// By another clock. Whoever moves it is to call [`Self::wake`].
    #[must_use]
    pub fn with_clock(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            ledger: Mutex::new(Ledger::new(limits)),
            changed: Condvar::new(),
        }
    }

    /// Has all that wait look at the clock again.
    pub fn wake(&self) {
        // Whoever has looked at the clock and does not wait yet holds the lock.
        drop(self.lock());
        self.changed.notify_all();
    }

    /// How many calls wait for a permit now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lock().waiting()
    }

    /// How many reads are left now.
    #[must_use]
    pub fn left(&self) -> Left {
        self.lock().left(self.clock.now())
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Budget for LocalBudget {
    fn ask(&self, spend: &Spend<'_>) -> Result<(), OverBudget> {
        let mut ledger = self.lock();
        let deadline = self.clock.now().saturating_add(spend.within);
        let mut ticket = ledger.ticket(spend);
        loop {
            let now = self.clock.now();
            let room = match ledger.ask(&mut ticket, now) {
                Ok(()) => break,
                Err(room) => room,
            };
            if room >= deadline {
                ledger.leave(&mut ticket);
                self.changed.notify_all();
                return Err(OverBudget {
                    retry_after: room - now,
                });
            }
            ledger = self
                .changed
                .wait_timeout(ledger, room - now)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        // Those behind have one less before them.
        self.changed.notify_all();
        Ok(())
    }

    fn tell(&self, spend: &Spend<'_>, heard: &Heard) {
        self.lock().tell(spend, heard, self.clock.now());
        self.changed.notify_all();
    }
}
