//! Tokens: a valid one for a user, whatever happens; how long they live, and how they are handed
//! back.

mod crowd;
mod due;
mod faults;
mod held;
mod life;
mod memory;
mod recover;
mod refresh;
mod revoke;
mod stored;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use trakt_core::link::LinkStatus;
use trakt_core::ports::{
    ClaimedRefresh, HeldToken, JournalEntry, JournalSlot, LeftBehind, MockRefreshJournal,
    MockTokenStore, PairStored, PortError, RefreshClaim, StorePair, TokenGrant,
};
use trakt_core::testing::{CountingEntropy, FixedClock};
use trakt_core::token::{AttemptOwner, NewPair, TokenError, TokenService};
use trakt_core::{AccessToken, AttemptId, Clock, Entropy, RefreshToken};
use uuid::Uuid;

use crate::bench::{World, link_id, now, store_down, user_id};

const WEEK: Duration = Duration::from_secs(604_800);
/// What a caller is told to wait for a refresh that did not come.
const LATER: TokenError = TokenError::Unavailable {
    retry_after: Duration::from_secs(5),
};

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn owner() -> AttemptOwner {
    AttemptOwner {
        id: Uuid::from_u128(11),
        boot: Uuid::from_u128(12),
    }
}

fn attempt(n: u128) -> AttemptId {
    Uuid::from_u128(n).into()
}

/// Link `n` at generation 4, whose token has to be renewed.
fn stale(n: u128) -> HeldToken {
    held(n, 4, false)
}

/// The token of link `n` that generation 4 was refreshed to.
fn fresh(n: u128) -> HeldToken {
    held(n, 5, true)
}

fn held(n: u128, generation: i64, good: bool) -> HeldToken {
    HeldToken {
        link: link_id(n),
        generation,
        status: LinkStatus::Active,
        reason: None,
        access: Some(AccessToken::from(format!("access-{generation}"))),
        expires_at: Some(now() + WEEK),
        good,
    }
}

/// Generation 4 of link `n`, to be refreshed with `refresh-4` by attempt `n`.
fn claimed(n: u128, replays: u32) -> ClaimedRefresh {
    ClaimedRefresh {
        link: link_id(n),
        generation: 4,
        attempt: attempt(n),
        refresh: RefreshToken::from("refresh-4".to_owned()),
        replays,
    }
}

fn claim(n: u128, replays: u32) -> RefreshClaim {
    RefreshClaim::Claimed(Box::new(claimed(n, replays)))
}

/// Tokens `access-5` and `refresh-5`.
fn grant() -> TokenGrant {
    TokenGrant {
        access: AccessToken::from("access-5".to_owned()),
        refresh: RefreshToken::from("refresh-5".to_owned()),
        expires_in: 604_800,
    }
}

/// The same in a journal, for generation 4 of link `n`.
fn entry(n: u128, received_at: DateTime<Utc>) -> JournalEntry {
    JournalEntry {
        link: link_id(n),
        generation: 4,
        pair: NewPair::received(grant(), received_at),
    }
}

/// Whether this is the pair of [`entry`], as it has to reach the journal and the store.
fn is_pair(pair: &NewPair, received_at: DateTime<Utc>) -> bool {
    pair.access.expose() == "access-5"
        && pair.refresh.expose() == "refresh-5"
        && pair.lifetime == WEEK
        && pair.received_at == received_at
}

/// The rooms of a journal that are taken; the lowest free one is given out, as on a disk.
#[derive(Clone, Default)]
struct Rooms(Arc<Mutex<BTreeSet<usize>>>);

impl Rooms {
    fn taken(&self) -> Vec<usize> {
        self.0.lock().unwrap().iter().copied().collect()
    }

    fn take(&self) -> JournalSlot {
        let mut taken = self.0.lock().unwrap();
        let free = (0..).find(|room| !taken.contains(room)).unwrap();
        taken.insert(free);
        JournalSlot(free)
    }

    fn free(&self, slot: JournalSlot) {
        let was_taken = self.0.lock().unwrap().remove(&slot.0);
        assert!(was_taken, "{slot:?} was given back twice");
    }
}

/// The store of tokens and the journal beside the [`World`]. Every call that a test does not
/// expect fails it.
struct Bench {
    world: World,
    store: MockTokenStore,
    journal: MockRefreshJournal,
    entropy: Arc<dyn Entropy>,
}

impl Bench {
    fn new() -> Self {
        Self::lasting(true)
    }

    /// With a journal that outlives the process, or not.
    fn lasting(outlives: bool) -> Self {
        let mut journal = MockRefreshJournal::new();
        journal.expect_owner().returning(owner);
        journal.expect_outlives().return_const(outlives);
        Self {
            world: World::new(),
            store: MockTokenStore::new(),
            journal,
            entropy: Arc::new(CountingEntropy::default()),
        }
    }

    /// Earlier processes left nothing, which is asked once.
    fn calm() -> Self {
        let mut bench = Self::new();
        bench.left(Vec::new());
        bench.reclaims();
        bench
    }

    /// What the first look finds; later ones find nothing.
    fn left(&mut self, left: Vec<LeftBehind>) {
        let mut left = Some(left);
        self.journal
            .expect_left_behind()
            .returning(move || Ok(left.take().unwrap_or_default()));
    }

    /// The answer to the claims of one round is lost. Returns the attempts.
    fn lost_due(&mut self) -> Arc<Mutex<Vec<AttemptId>>> {
        let noted = Arc::<Mutex<Vec<AttemptId>>>::default();
        let seen = noted.clone();
        self.store
            .expect_claim_due()
            .once()
            .return_once(move |cmd| {
                *seen.lock().unwrap() = cmd.attempts.clone();
                Err(store_down())
            });
        noted
    }

    /// Claims are given back so many times, the first time with the store away. Returns which.
    fn gives_back(&mut self, times: usize) -> Arc<Mutex<Vec<Vec<AttemptId>>>> {
        let given = Arc::<Mutex<Vec<Vec<AttemptId>>>>::default();
        let noted = given.clone();
        self.store
            .expect_release()
            .times(times)
            .returning(move |by, attempts| {
                assert_eq!(by, owner());
                let mut noted = noted.lock().unwrap();
                noted.push(attempts.to_vec());
                if noted.len() < times {
                    return Err(store_down());
                }
                Ok(())
            });
        given
    }

    fn reclaims(&mut self) {
        self.store
            .expect_reclaim()
            .withf(|by| *by == owner())
            .once()
            .return_once(|_| Ok(0));
    }

    /// User 1 holds this, for the next `times` reads.
    fn holds(&mut self, times: usize, token: &HeldToken) {
        self.holds_of(1, times, token);
    }

    fn holds_of(&mut self, user: u128, times: usize, token: &HeldToken) {
        let token = token.clone();
        self.store
            .expect_held()
            .withf(move |of| *of == user_id(user))
            .times(times)
            .returning(move |_| Ok(Some(Some(token.clone()))));
    }

    /// The next claim for generation 4 of link `n` is answered so.
    fn claims(&mut self, n: u128, answer: Result<RefreshClaim, PortError>) {
        self.store
            .expect_claim_refresh()
            .withf(move |cmd| cmd.link == link_id(n) && cmd.generation == 4)
            .once()
            .return_once(move |_| answer);
    }

    /// `refresh-4` is sent once and brings [`grant`].
    fn refreshes(&mut self) {
        self.world
            .trakt
            .expect_refresh()
            .withf(|token, _| token.expose() == "refresh-4")
            .once()
            .return_once(|_, _| Ok(grant()));
    }

    /// The new pair of link `n` is written to the journal once.
    fn journals(&mut self, n: u128) {
        self.journal
            .expect_write()
            .withf(move |_, entry| entry.link == link_id(n) && entry.generation == 4)
            .once()
            .return_once(|_, _| Ok(()));
    }

    /// The new pair of link `n` is offered to the store once.
    fn stores(&mut self, n: u128, answer: Result<PairStored, PortError>) {
        self.store
            .expect_store_pair()
            .withf(move |cmd| cmd.link == link_id(n) && cmd.generation == 4)
            .once()
            .return_once(move |_| answer);
    }

    /// The new pair of link `n` is offered to the store again and again, which takes it once
    /// `answer` says so. Returns how often it was.
    fn offers(
        &mut self,
        n: u128,
        answer: impl Fn(&StorePair, u32) -> Result<PairStored, PortError> + Send + 'static,
    ) -> Arc<AtomicU32> {
        let tries = Arc::new(AtomicU32::new(0));
        let counted = tries.clone();
        self.store
            .expect_store_pair()
            .withf(move |cmd| cmd.link == link_id(n) && cmd.generation == 4)
            .returning(move |cmd| answer(cmd, counted.fetch_add(1, Ordering::SeqCst) + 1));
        tries
    }

    /// A journal with room for everything.
    fn rooms(&mut self) -> Rooms {
        let rooms = Rooms::default();
        let (giving, taking) = (rooms.clone(), rooms.clone());
        self.journal
            .expect_reserve()
            .returning(move || Ok(giving.take()));
        self.journal
            .expect_clear()
            .returning(move |slot| taking.free(slot));
        rooms
    }

    fn clock(&self) -> Arc<FixedClock> {
        self.world.clock.clone()
    }

    fn service(self) -> TokenService {
        let (trakt, revoker, clock) = self.world.parts();
        let (store, journal) = (Arc::new(self.store), Arc::new(self.journal));
        TokenService::new(store, trakt, journal, revoker, clock, self.entropy)
    }
}

/// How long this clock has gone since the test began.
fn passed(clock: &FixedClock) -> Duration {
    (clock.now() - now()).to_std().unwrap()
}
