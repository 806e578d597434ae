//! What is left of attempts that broke off: pairs that wait for the store, pairs of processes that
//! are gone, claims by which nothing was sent.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, TryLockError};
use std::time::Duration;

use super::{Attempts, Waiting, lock};
use crate::ports::{LeftBehind, PortError, Revocation};
use crate::{AttemptId, LinkId};

/// How often the journal is looked through for what processes left that are gone.
const LOOK: Duration = Duration::from_secs(15);

impl Attempts {
    /// See [`crate::token::TokenService::recover`].
    pub(in crate::token) fn recover(&self) -> Result<bool, PortError> {
        let idle = self.waiting().is_empty() && lock(&self.unused).is_empty();
        if idle && self.reclaimed.load(Ordering::Acquire) && !self.is_time_to_look() {
            return Ok(true);
        }
        let mut gone = Vec::new();
        let recovered = self.recover_in_turn(&mut gone);
        // Trakt is called after the turn: nobody else is to wait for that.
        self.revoke(&gone);
        recovered
    }

    fn recover_in_turn(&self, gone: &mut Vec<Revocation>) -> Result<bool, PortError> {
        let Some(_turn) = self.turn() else {
            return Ok(false);
        };
        if self.is_time_to_look() {
            self.look()?;
        }
        let pairs = self.waiting().clone();
        for pair in pairs {
            match self.store(&pair) {
                Ok(revocations) => {
                    gone.extend(revocations);
                    self.waiting().retain(|other| !Arc::ptr_eq(other, &pair));
                }
                Err(error) if error.retryable() => return Ok(false),
                // It stays, and keeps its link from being refreshed; the others go on.
                Err(error) => {
                    log::error!(
                        "the pair of link {} cannot be stored: {error}",
                        pair.entry.link
                    );
                }
            }
        }
        self.release()?;
        // After the journal, or an attempt would be repeated whose answer it holds.
        if !self.reclaimed.load(Ordering::Acquire) {
            let taken = self.store.reclaim(self.owner())?;
            if taken > 0 {
                log::info!("took over {taken} refreshes of an earlier process");
            }
            self.reclaimed.store(true, Ordering::Release);
        }
        Ok(true)
    }

    /// Whoever waits for it in vain is told that not all is stored: a store that is away would
    /// else hold up every caller for its own patience, one after the other.
    fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        for _ in 0..40 {
            match self.recovering.try_lock() {
                Ok(turn) => return Some(turn),
                Err(TryLockError::Poisoned(broken)) => return Some(broken.into_inner()),
                Err(TryLockError::WouldBlock) => self.clock.sleep(Duration::from_millis(25)),
            }
        }
        None
    }

    fn is_time_to_look(&self) -> bool {
        lock(&self.looked).is_none_or(|at| self.clock.elapsed().saturating_sub(at) >= LOOK)
    }

    /// Takes over what the journal holds of processes that are gone.
    fn look(&self) -> Result<(), PortError> {
        for left in self.journal.left_behind()? {
            match left {
                LeftBehind::Pair(slot, entry) => self.waiting().push(Arc::new(Waiting {
                    slot,
                    entry,
                    detail: Some("adopted"),
                    on_disk: true,
                })),
                LeftBehind::Sealed(link, generation) => {
                    lock(&self.sealed).insert((link, generation));
                }
            }
        }
        *lock(&self.looked) = Some(self.clock.elapsed());
        Ok(())
    }

    /// Whether the pair that is to come is here already and waits for the store, or its key.
    pub(super) fn is_kept(&self, which: (LinkId, i64)) -> bool {
        let waiting = self.waiting();
        let kept = |pair: &Arc<Waiting>| (pair.entry.link, pair.entry.generation) == which;
        if waiting.iter().any(kept) {
            return true;
        }
        let sealed = lock(&self.sealed).contains(&which);
        if sealed {
            log::error!(
                "link {} has a new pair in the journal, sealed with a key that is not given: give \
                 the key back in TOKEN_KEYS",
                which.0
            );
        }
        sealed
    }

    /// Gives claims back by which nothing was sent, now or as soon as the store can be reached.
    /// Whether they were made at all may not be known.
    pub(in crate::token) fn hand_back(&self, attempts: Vec<AttemptId>) {
        lock(&self.unused).extend(attempts);
        if let Err(error) = self.release() {
            log::warn!("a claim could not be given back yet: {error}");
        }
    }

    fn release(&self) -> Result<(), PortError> {
        let unused = std::mem::take(&mut *lock(&self.unused));
        if unused.is_empty() {
            return Ok(());
        }
        let released = self.store.release(self.owner(), &unused);
        if released.is_err() {
            lock(&self.unused).extend(unused);
        }
        released
    }

    pub(super) fn waiting(&self) -> MutexGuard<'_, Vec<Arc<Waiting>>> {
        lock(&self.waiting)
    }
}
