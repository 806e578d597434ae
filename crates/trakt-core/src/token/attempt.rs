//! One attempt to refresh a pair: the call, the journal, the store; and what is left of attempts
//! that broke off.
//!
//! Between the end of the call and the journal nothing may happen: no log line, no other call.
//! What is lost there is a link.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::places::{Place, Places};
use super::{AttemptOwner, Attempted, LossReason, NewPair, RefreshPolicy, Revoker};
use crate::ports::{
    ClaimedRefresh, JournalEntry, JournalSlot, PairStored, PortError, RefreshFault, RefreshJournal,
    SettleRefresh, StorePair, TokenStore, TraktGateway,
};
use crate::{Clock, Deadline, Entropy};

/// What the attempts of one process share.
pub(super) struct Attempts {
    store: Arc<dyn TokenStore>,
    trakt: Arc<dyn TraktGateway>,
    journal: Arc<dyn RefreshJournal>,
    revoker: Revoker,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    places: Places,
    /// Pairs that the store would not take yet, each with its room in the journal. One stays here
    /// until the store has it, so that nobody sends its predecessor again meanwhile.
    waiting: Mutex<Vec<Arc<Waiting>>>,
    /// Held by whoever stores them, or a room would be given back twice.
    recovering: Mutex<()>,
    /// Whether what earlier processes left has been read into `waiting`.
    looked: AtomicBool,
    /// Whether their attempts have been taken over.
    reclaimed: AtomicBool,
    /// Whether the process is about to end.
    stopping: AtomicBool,
}

struct Waiting {
    slot: JournalSlot,
    entry: JournalEntry,
    detail: Option<&'static str>,
    /// Whether the next process would find it.
    on_disk: bool,
}

impl Attempts {
    /// Calls of one process in flight at once.
    const PLACES: usize = 4;
    /// How long an attempt itself tries to store its pair, before that is left to the worker.
    const STORING: Duration = Duration::from_secs(20);
    /// How long between two tries.
    const STORE_AGAIN: Duration = Duration::from_millis(200);

    pub(super) fn new(
        store: Arc<dyn TokenStore>,
        trakt: Arc<dyn TraktGateway>,
        journal: Arc<dyn RefreshJournal>,
        revoker: Revoker,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            trakt,
            journal,
            revoker,
            clock,
            entropy,
            places: Places::new(Self::PLACES),
            waiting: Mutex::default(),
            recovering: Mutex::default(),
            looked: AtomicBool::new(false),
            reclaimed: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
        }
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    pub(super) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(super) fn owner(&self) -> AttemptOwner {
        self.journal.owner()
    }

    pub(super) fn place(&self, patience: Duration) -> Option<Place<'_>> {
        self.places.take(patience)
    }

    /// Room in the journal for so many pairs.
    pub(super) fn reserve(&self, count: u32) -> Result<Vec<JournalSlot>, PortError> {
        let mut slots = Vec::new();
        for _ in 0..count {
            match self.journal.reserve() {
                Ok(slot) => slots.push(slot),
                Err(error) => {
                    self.give_back(slots);
                    return Err(error);
                }
            }
        }
        Ok(slots)
    }

    pub(super) fn give_back(&self, slots: Vec<JournalSlot>) {
        for slot in slots {
            self.journal.clear(slot);
        }
    }

    /// By when the request of a claim that is made now has to leave, so that its call ends within
    /// the lease.
    pub(super) fn send_by(&self) -> Deadline {
        Deadline::start(&*self.clock, RefreshPolicy::LEASE - RefreshPolicy::CALL)
    }

    /// As [`Self::run_in_place`], once there is a place.
    pub(super) fn run(&self, refresh: &ClaimedRefresh, slot: JournalSlot, send_by: Deadline) {
        let left = send_by.remaining(&*self.clock).unwrap_or_default();
        let _place = self.places.take(left);
        self.run_in_place(refresh, slot, send_by);
    }

    /// Makes the one call of a claim, and sees to it that its answer reaches the store.
    pub(super) fn run_in_place(
        &self,
        refresh: &ClaimedRefresh,
        slot: JournalSlot,
        send_by: Deadline,
    ) {
        if self.is_waiting(refresh) {
            self.journal.clear(slot);
            return;
        }
        // A process that stood still since its claim: another may have used the token by now.
        if send_by.remaining(&*self.clock).is_none() {
            self.journal.clear(slot);
            self.settle(refresh, Attempted::NotSent);
            return;
        }
        let asked = self.clock.now();
        let fault = match self.trakt.refresh(&refresh.refresh, RefreshPolicy::CALL) {
            Ok(grant) => {
                let entry = JournalEntry {
                    link: refresh.link,
                    generation: refresh.generation,
                    pair: NewPair::received(grant, self.clock.now()),
                };
                let written = self.journal.write(slot, &entry);
                if let Err(error) = &written {
                    log::error!("the journal did not take a pair of tokens: {error}");
                }
                let detail = (refresh.replays > 0).then_some("replayed");
                self.keep(Waiting {
                    slot,
                    entry,
                    detail,
                    on_disk: written.is_ok() && self.journal.outlives(),
                });
                return;
            }
            Err(fault) => fault,
        };
        self.journal.clear(slot);
        let took = (self.clock.now() - asked).to_std().unwrap_or_default();
        self.settle(refresh, ended(&fault, refresh.replays, took));
    }

    /// Whether the pair that this refresh is for is here already and waits for the store: the
    /// token was used, so it must not be sent again.
    fn is_waiting(&self, refresh: &ClaimedRefresh) -> bool {
        self.waiting().iter().any(|waiting| {
            waiting.entry.link == refresh.link && waiting.entry.generation == refresh.generation
        })
    }

    /// Stores a pair, for as long as this takes within reason. A process that is about to end
    /// leaves to the next one what is in the journal.
    fn keep(&self, pair: Waiting) {
        let deadline = Deadline::start(&*self.clock, Self::STORING);
        while let Err(error) = self.store(&pair) {
            let late = deadline.remaining(&*self.clock).is_none();
            if !error.retryable() || late || (self.stopping() && pair.on_disk) {
                log::warn!("a pair of tokens waits in the journal for the store: {error}");
                self.waiting().push(Arc::new(pair));
                return;
            }
            self.clock.sleep(Self::STORE_AGAIN);
        }
    }

    fn store(&self, waiting: &Waiting) -> Result<(), PortError> {
        let Waiting {
            slot,
            entry,
            detail,
            ..
        } = waiting;
        let stored = self.store.store_pair(&StorePair {
            link: entry.link,
            generation: entry.generation,
            pair: entry.pair.clone(),
            age: (self.clock.now() - entry.pair.received_at)
                .to_std()
                .unwrap_or_default(),
            refresh_after: RefreshPolicy::refresh_after(entry.pair.lifetime, &*self.entropy),
            detail: *detail,
        })?;
        self.journal.clear(*slot);
        if let PairStored::Gone(revocations) = stored {
            self.revoker.revoke(&revocations, self.revoker.deadline());
        }
        Ok(())
    }

    fn settle(&self, refresh: &ClaimedRefresh, end: Attempted) {
        let cmd = SettleRefresh {
            link: refresh.link,
            generation: refresh.generation,
            attempt: refresh.attempt,
            end,
            jitter: RefreshPolicy::chance(&*self.entropy),
        };
        let deadline = Deadline::start(&*self.clock, Self::STORING);
        while let Err(error) = self.store.settle_refresh(&cmd) {
            let late = deadline.remaining(&*self.clock).is_none();
            if !error.retryable() || late || self.stopping() {
                // Its lease ends by itself, and it counts as uncertain then.
                log::warn!("the end of a refresh could not be stored: {error}");
                return;
            }
            self.clock.sleep(Self::STORE_AGAIN);
        }
    }

    /// See [`super::TokenService::recover`].
    pub(super) fn recover(&self) -> Result<bool, PortError> {
        if self.reclaimed.load(Ordering::Acquire) && self.waiting().is_empty() {
            return Ok(true);
        }
        let _turn = lock(&self.recovering);
        if !self.looked.load(Ordering::Acquire) {
            let left = self.journal.left_behind()?;
            let left = left.into_iter().map(|(slot, entry)| {
                Arc::new(Waiting {
                    slot,
                    entry,
                    detail: Some("adopted"),
                    on_disk: true,
                })
            });
            self.waiting().extend(left);
            self.looked.store(true, Ordering::Release);
        }
        let pairs = self.waiting().clone();
        for pair in pairs {
            match self.store(&pair) {
                Ok(()) => self.waiting().retain(|other| other.slot != pair.slot),
                Err(error) if error.retryable() => return Ok(false),
                // It stays, and keeps its link from being refreshed; the others go on.
                Err(error) => log::error!("a pair of tokens cannot be stored: {error}"),
            }
        }
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

    fn waiting(&self) -> MutexGuard<'_, Vec<Arc<Waiting>>> {
        lock(&self.waiting)
    }
}

/// What a fault means after so many earlier sendings of the same token.
fn ended(fault: &RefreshFault, replays: u32, took: Duration) -> Attempted {
    log::warn!("a refresh brought no tokens: {fault}");
    match fault {
        RefreshFault::NotSent { .. } => Attempted::NotSent,
        RefreshFault::Refused { retry_after, .. } => Attempted::Refused {
            retry_after: *retry_after,
        },
        RefreshFault::Misconfigured { .. } => Attempted::Misconfigured,
        RefreshFault::InvalidGrant if replays == 0 => Attempted::Lost(LossReason::Revoked),
        RefreshFault::InvalidGrant => Attempted::Lost(LossReason::LostAnswer),
        RefreshFault::Uncertain { .. } => match replays {
            // The time tells silence from an answer that broke off.
            0 if took >= RefreshPolicy::CALL * 9 / 10 => Attempted::Uncertain {
                replay_after: RefreshPolicy::REPLAY_SILENT,
            },
            0 => Attempted::Uncertain {
                replay_after: RefreshPolicy::REPLAY_BROKEN,
            },
            sent => Attempted::Uncertain {
                replay_after: RefreshPolicy::REPLAY_AGAIN
                    .saturating_mul(1 << (sent - 1).min(10))
                    .min(RefreshPolicy::MAX_BACKOFF),
            },
        },
    }
}

/// Nothing is left half-done when a thread panics with one of these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
