//! One attempt to refresh a pair: the call, the journal, the store.
//!
//! Between the end of the call and the journal nothing may happen: no log line, no other call.
//! What is lost there is a link.
//!
//! `recover` has what is left of attempts that broke off.

mod recover;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::counter;

use crate::ports::{
    ClaimedRefresh, JournalEntry, JournalSlot, PairStored, PortError, RefreshFault, RefreshJournal,
    Revocation, SettleRefresh, StorePair, TokenStore, TraktGateway,
};
use crate::token::places::{Place, Places};
use crate::token::{AttemptOwner, Attempted, LossReason, NewPair, RefreshPolicy, Revoker};
use crate::{AttemptId, Clock, Deadline, Entropy, LinkId};

/// What the attempts of one process share.
pub(in crate::token) struct Attempts {
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
    /// Pairs that are there but cannot be read, as their key is missing.
    sealed: Mutex<HashSet<(LinkId, i64)>>,
    /// What this process is at work on. A lease may end while it is: then nobody here begins anew.
    in_hand: Mutex<HashSet<(LinkId, i64)>>,
    /// Claims that are to be given back, once the store can be reached.
    unused: Mutex<Vec<AttemptId>>,
    /// Held by whoever stores what waits, or a room would be given back twice.
    recovering: Mutex<()>,
    /// When the journal was last read for what processes that are gone left in it.
    looked: Mutex<Option<Duration>>,
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

/// A generation that this process is at work on, until it is dropped.
struct InHand<'a>(&'a Mutex<HashSet<(LinkId, i64)>>, (LinkId, i64));

impl<'a> InHand<'a> {
    /// `None` when another thread is at it.
    fn take(all: &'a Mutex<HashSet<(LinkId, i64)>>, which: (LinkId, i64)) -> Option<Self> {
        lock(all).insert(which).then(|| Self(all, which))
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        lock(self.0).remove(&self.1);
    }
}

impl Attempts {
    /// Calls of one process in flight at once.
    const PLACES: usize = 4;
    /// How long an attempt itself tries to store its pair, before that is left to the worker.
    const STORING: Duration = Duration::from_secs(20);
    /// How long between two tries.
    const STORE_AGAIN: Duration = Duration::from_millis(200);

    pub(in crate::token) fn new(
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
            sealed: Mutex::default(),
            in_hand: Mutex::default(),
            unused: Mutex::default(),
            recovering: Mutex::default(),
            looked: Mutex::default(),
            reclaimed: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
        }
    }

    pub(in crate::token) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    pub(in crate::token) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(in crate::token) fn owner(&self) -> AttemptOwner {
        self.journal.owner()
    }

    pub(in crate::token) fn place(&self, patience: Duration) -> Option<Place<'_>> {
        self.places.take(patience)
    }

    /// Room in the journal for so many pairs.
    pub(in crate::token) fn reserve(&self, count: u32) -> Result<Vec<JournalSlot>, PortError> {
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

    pub(in crate::token) fn give_back(&self, slots: Vec<JournalSlot>) {
        for slot in slots {
            self.journal.clear(slot);
        }
    }

    /// By when the request of a claim that is made now has to leave, so that its call ends within
    /// the lease.
    pub(in crate::token) fn send_by(&self) -> Deadline {
        Deadline::start(&*self.clock, RefreshPolicy::LEASE - RefreshPolicy::CALL)
    }

    /// As [`Self::run_in_place`], once there is a place.
    pub(in crate::token) fn run(
        &self,
        refresh: &ClaimedRefresh,
        slot: JournalSlot,
        send_by: Deadline,
    ) {
        let left = send_by.remaining(&*self.clock).unwrap_or_default();
        let place = self.places.take(left);
        if place.is_none() {
            self.journal.clear(slot);
            self.hand_back(vec![refresh.attempt]);
            return;
        }
        self.run_in_place(refresh, slot, send_by);
    }

    /// Makes the one call of a claim, and sees to it that its answer reaches the store.
    pub(in crate::token) fn run_in_place(
        &self,
        refresh: &ClaimedRefresh,
        slot: JournalSlot,
        send_by: Deadline,
    ) {
        let which = (refresh.link, refresh.generation);
        // The token was used, or is being used: its lease ends by itself.
        let Some(_in_hand) = InHand::take(&self.in_hand, which).filter(|_| !self.is_kept(which))
        else {
            self.journal.clear(slot);
            return;
        };
        // A process that is about to end may not live to see the answer; one that stood still
        // since its claim may have been overtaken.
        if self.stopping() || send_by.remaining(&*self.clock).is_none() {
            self.journal.clear(slot);
            self.hand_back(vec![refresh.attempt]);
        } else {
            self.call(refresh, slot);
        }
    }

    fn call(&self, refresh: &ClaimedRefresh, slot: JournalSlot) {
        let asked = self.clock.elapsed();
        let fault = match self.trakt.refresh(&refresh.refresh, RefreshPolicy::CALL) {
            Ok(grant) => {
                let entry = JournalEntry {
                    link: refresh.link,
                    generation: refresh.generation,
                    pair: NewPair::received(grant, self.clock.now()),
                };
                let written = self.journal.write(slot, &entry);
                if let Err(error) = &written {
                    log::error!(
                        "the journal did not take the pair of link {}: {error}",
                        refresh.link
                    );
                }
                counted("renewed");
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
        let took = self.clock.elapsed().saturating_sub(asked);
        log::warn!(
            "the refresh of link {} brought no tokens: {fault}",
            refresh.link
        );
        let end = ended(&fault, refresh.replays, took);
        counted(outcome(&end));
        self.settle(refresh, end);
    }

    /// Stores a pair, for as long as this takes within reason. A process that is about to end
    /// leaves to the next one what is in the journal.
    fn keep(&self, pair: Waiting) {
        let deadline = Deadline::start(&*self.clock, Self::STORING);
        loop {
            let error = match self.store(&pair) {
                Ok(gone) => return self.revoke(&gone),
                Err(error) => error,
            };
            let late = deadline.remaining(&*self.clock).is_none();
            if !error.retryable() || late || (self.stopping() && pair.on_disk) {
                log::warn!(
                    "the new pair of link {} waits for the store: {error}",
                    pair.entry.link
                );
                self.waiting().push(Arc::new(pair));
                return;
            }
            self.clock.sleep(Self::STORE_AGAIN);
        }
    }

    /// Returns what is to be revoked, as its link is gone.
    fn store(&self, waiting: &Waiting) -> Result<Vec<Revocation>, PortError> {
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
        Ok(match stored {
            PairStored::Gone(revocations) => revocations,
            PairStored::Superseded => Vec::new(),
            PairStored::Stored(_) => {
                if detail.is_some() {
                    counter!("trakt_refresh_uncertain_total", "end" => "healed").increment(1);
                }
                Vec::new()
            }
        })
    }

    fn revoke(&self, gone: &[Revocation]) {
        if !gone.is_empty() {
            self.revoker.revoke(gone, self.revoker.deadline());
        }
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
                log::warn!(
                    "how the refresh of link {} ended is not stored: {error}",
                    refresh.link
                );
                return;
            }
            self.clock.sleep(Self::STORE_AGAIN);
        }
    }
}

/// Counts a call by what came of it.
fn counted(outcome: &'static str) {
    counter!("trakt_refreshes_total", "outcome" => outcome).increment(1);
}

fn outcome(end: &Attempted) -> &'static str {
    match end {
        Attempted::NotSent => "not_sent",
        Attempted::Refused { .. } => "refused",
        Attempted::Uncertain { .. } => "uncertain",
        Attempted::Misconfigured => "misconfigured",
        Attempted::Lost(_) => "invalid_grant",
    }
}

/// What a fault means after so many earlier sendings of the same token.
fn ended(fault: &RefreshFault, replays: u32, took: Duration) -> Attempted {
    match fault {
        RefreshFault::NotSent { .. } => Attempted::NotSent,
        RefreshFault::Refused { retry_after, .. } => Attempted::Refused {
            retry_after: *retry_after,
        },
        RefreshFault::Misconfigured { .. } => Attempted::Misconfigured,
        RefreshFault::InvalidGrant if replays == 0 => Attempted::Lost(LossReason::Revoked),
        RefreshFault::InvalidGrant => Attempted::Lost(LossReason::LostAnswer),
        RefreshFault::Uncertain { retry_after, .. } => {
            let replay_after = match replays {
                // The time tells silence from an answer that broke off.
                0 if took >= RefreshPolicy::CALL * 9 / 10 => RefreshPolicy::REPLAY_SILENT,
                0 => RefreshPolicy::REPLAY_BROKEN,
                sent => RefreshPolicy::REPLAY_AGAIN
                    .saturating_mul(1 << (sent - 1).min(10))
                    .min(RefreshPolicy::MAX_BACKOFF),
            };
            Attempted::Uncertain {
                replay_after: replay_after.max(retry_after.unwrap_or_default()),
                retry_after: *retry_after,
            }
        }
    }
}

/// Nothing is left half-done when a thread panics with one of these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
