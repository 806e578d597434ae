//! How many calls to the token endpoint one process has in flight.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A few places, each held during one attempt.
pub(super) struct Places {
    free: Mutex<usize>,
    left: Condvar,
}

/// One of them; given back when dropped.
pub(super) struct Place<'a>(&'a Places);

impl Places {
    pub(super) fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(count),
            left: Condvar::new(),
        }
    }

    /// A place, if one gets free within `patience`.
    pub(super) fn take(&self, patience: Duration) -> Option<Place<'_>> {
        let (mut free, _) = self
            .left
            .wait_timeout_while(self.lock(), patience, |free| *free == 0)
            .unwrap_or_else(PoisonError::into_inner);
        *free = free.checked_sub(1)?;
        Some(Place(self))
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.lock() += 1;
        self.0.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_there_are() {
        let places = Places::new(2);
        let now = Duration::ZERO;
        let (one, two) = (places.take(now), places.take(now));
        assert!(one.is_some() && two.is_some());
        assert!(places.take(Duration::from_millis(1)).is_none());
        drop(one);
        assert!(places.take(now).is_some());
    }
}
