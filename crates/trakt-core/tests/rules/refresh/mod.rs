//! Keeping a token alive: who calls, in which order, and what an answer means.

mod trouble;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mockall::Sequence;
use trakt_core::link::LinkStatus;
use trakt_core::ports::{
    ClaimedRefresh, HeldToken, JournalEntry, JournalSlot, MockRefreshJournal, MockTokenStore,
    PairStored, RefreshClaim, TokenGrant,
};
use trakt_core::testing::{CountingEntropy, FixedClock};
use trakt_core::token::{AttemptOwner, LossReason, NewPair, TokenError, TokenService};
use trakt_core::{AccessToken, AttemptId, RefreshToken};
use uuid::Uuid;

use crate::bench::{World, link_id, now, store_down, user_id};

const SLOT: JournalSlot = JournalSlot(3);
const WEEK: u64 = 604_800;

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn owner() -> AttemptOwner {
    AttemptOwner {
        id: Uuid::from_u128(40),
        boot: Uuid::from_u128(41),
    }
}

fn attempt() -> AttemptId {
    Uuid::from_u128(42).into()
}

fn held(generation: i64, good: bool) -> HeldToken {
    HeldToken {
        link: link_id(70),
        generation,
        status: LinkStatus::Active,
        reason: None,
        access: Some(AccessToken::from(format!("access-{generation}"))),
        expires_at: Some(now()),
        good,
    }
}

fn claimed(replays: u32) -> RefreshClaim {
    RefreshClaim::Claimed(Box::new(ClaimedRefresh {
        link: link_id(70),
        generation: 1,
        attempt: attempt(),
        refresh: RefreshToken::from("refresh-1".to_owned()),
        replays,
    }))
}

fn grant() -> TokenGrant {
    TokenGrant {
        access: AccessToken::from("access-2".to_owned()),
        refresh: RefreshToken::from("refresh-2".to_owned()),
        expires_in: 604_800,
    }
}

fn entry() -> JournalEntry {
    JournalEntry {
        link: link_id(70),
        generation: 1,
        pair: NewPair::received(grant(), now()),
    }
}

/// Ports of which every call that a test does not expect fails it.
struct Ports {
    store: MockTokenStore,
    journal: MockRefreshJournal,
    world: World,
}

impl Ports {
    /// A journal without anything in it, and no attempts to take over.
    fn new() -> Self {
        let mut ports = Self::bare();
        ports
            .journal
            .expect_left_behind()
            .returning(|| Ok(Vec::new()));
        ports
            .store
            .expect_reclaim()
            .times(0..=1)
            .returning(|_| Ok(0));
        ports
    }

    fn bare() -> Self {
        let mut journal = MockRefreshJournal::new();
        journal.expect_owner().return_const(owner());
        Self {
            store: MockTokenStore::new(),
            journal,
            world: World::new(),
        }
    }

    fn service(self) -> (TokenService, Arc<FixedClock>) {
        let clock = self.world.clock.clone();
        let (trakt, revoker, shared) = self.world.parts();
        let service = TokenService::new(
            Arc::new(self.store),
            trakt,
            Arc::new(self.journal),
            revoker,
            shared,
            Arc::new(CountingEntropy::default()),
        );
        (service, clock)
    }

    /// The token is stale at first, and good as generation 2 once the pair is stored.
    fn renewed_by(&mut self, stored: &Arc<AtomicUsize>) {
        let stored = stored.clone();
        self.store.expect_held().returning(move |_| {
            let done = stored.load(Ordering::SeqCst) > 0;
            Ok(Some(Some(if done {
                held(2, true)
            } else {
                held(1, false)
            })))
        });
    }
}

#[test]
fn a_good_token_is_one_read() {
    let mut ports = Ports::bare();
    ports
        .store
        .expect_held()
        .withf(|user| *user == user_id(1))
        .once()
        .returning(|_| Ok(Some(Some(held(7, true)))));
    let grant = ports.service().0.access_token(user_id(1)).unwrap();
    assert_eq!((grant.generation, grant.token.expose()), (7, "access-7"));
}

#[test]
fn who_has_none_is_told_why() {
    let status = |status, reason| HeldToken {
        status,
        reason,
        ..held(1, true)
    };
    for (answer, expected) in [
        (Ok(None), TokenError::UserGone),
        (Ok(Some(None)), TokenError::NotLinked),
        (
            Ok(Some(Some(status(LinkStatus::Unverified, None)))),
            TokenError::NotLinked,
        ),
        (
            Ok(Some(Some(status(LinkStatus::Locked, None)))),
            TokenError::Locked,
        ),
        (
            Ok(Some(Some(status(
                LinkStatus::NeedsRelink,
                Some(LossReason::LostAnswer),
            )))),
            TokenError::NeedsRelink(LossReason::LostAnswer),
        ),
        (Err(store_down()), TokenError::Store(store_down())),
    ] {
        let mut ports = Ports::bare();
        ports.store.expect_held().once().return_once(|_| answer);
        let answer = ports.service().0.access_token(user_id(1));
        assert_eq!(answer.unwrap_err(), expected);
    }
}

/// Room, claim, call, journal, store, and only then the room again.
#[test]
fn the_steps_of_a_refresh_in_their_order() {
    let (mut ports, mut order) = (Ports::new(), Sequence::new());
    let stored = Arc::new(AtomicUsize::new(0));
    ports.renewed_by(&stored);
    ports
        .journal
        .expect_reserve()
        .once()
        .in_sequence(&mut order)
        .return_once(|| Ok(SLOT));
    ports
        .store
        .expect_claim_refresh()
        .withf(|cmd| {
            (cmd.link, cmd.generation, cmd.owner) == (link_id(70), 1, owner())
                && cmd.lease == secs(60)
        })
        .once()
        .in_sequence(&mut order)
        .return_once(|_| Ok(claimed(0)));
    ports
        .world
        .trakt
        .expect_refresh()
        .withf(|token, within| token.expose() == "refresh-1" && *within == secs(25))
        .once()
        .in_sequence(&mut order)
        .return_once(|_, _| Ok(grant()));
    ports
        .journal
        .expect_write()
        .withf(|slot, entry| {
            *slot == SLOT
                && (entry.link, entry.generation) == (link_id(70), 1)
                && entry.pair.access.expose() == "access-2"
                && entry.pair.refresh.expose() == "refresh-2"
                && entry.pair.lifetime == secs(WEEK)
        })
        .once()
        .in_sequence(&mut order)
        .return_once(|_, _| Ok(()));
    ports
        .store
        .expect_store_pair()
        .withf(|cmd| {
            (cmd.link, cmd.generation) == (link_id(70), 1)
                && cmd.age == Duration::ZERO
                && cmd.refresh_after >= secs(WEEK / 2)
                && cmd.refresh_after <= secs(WEEK * 4 / 5)
                && cmd.detail.is_none()
        })
        .once()
        .in_sequence(&mut order)
        .return_once(move |_| {
            stored.fetch_add(1, Ordering::SeqCst);
            Ok(PairStored::Stored(2))
        });
    ports
        .journal
        .expect_clear()
        .withf(|slot| *slot == SLOT)
        .once()
        .in_sequence(&mut order)
        .return_once(|_| ());
    let grant = ports.service().0.access_token(user_id(1)).unwrap();
    assert_eq!((grant.generation, grant.token.expose()), (2, "access-2"));
}
