//! What earlier processes left in the journal, and what they had begun.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use mockall::Sequence;
use trakt_core::ports::{JournalSlot, LeftBehind, PairStored, PortError, RefreshClaim};
use trakt_core::token::{NoJournal, TokenError};
use trakt_core::{SystemEntropy, ports::RefreshJournal};

use super::{Bench, LATER, WEEK, claimed, entry, fresh, is_pair, owner, secs, stale};
use crate::bench::{link_id, now, revocation, store_down, user_id};

/// Link `n`'s in room `n`, received an hour ago.
fn left(n: u128) -> LeftBehind {
    let received = now() - secs(3600);
    LeftBehind::Pair(slot(n), entry(n, received))
}

fn slot(n: u128) -> JournalSlot {
    JournalSlot(usize::try_from(n).unwrap())
}

fn corrupt() -> PortError {
    PortError::Corrupt("a seal".to_owned())
}

fn clears(bench: &mut Bench, n: u128) {
    bench
        .journal
        .expect_clear()
        .withf(move |given| *given == slot(n))
        .once()
        .return_once(|_| ());
}

/// Else an attempt would be repeated whose answer the journal holds.
#[test]
fn what_was_left_is_stored_before_the_attempts_are_taken_over() {
    let (mut bench, mut order) = (Bench::new(), Sequence::new());
    bench
        .journal
        .expect_left_behind()
        .once()
        .in_sequence(&mut order)
        .return_once(|| Ok(vec![left(70), left(71)]));
    for n in [70, 71] {
        bench
            .store
            .expect_store_pair()
            .withf(move |cmd| {
                cmd.link == link_id(n)
                    && cmd.generation == 4
                    && is_pair(&cmd.pair, now() - secs(3600))
                    && cmd.age == secs(3600)
                    && (WEEK / 2..=WEEK * 4 / 5).contains(&cmd.refresh_after)
                    && cmd.detail == Some("adopted")
            })
            .once()
            .in_sequence(&mut order)
            .return_once(|_| Ok(PairStored::Stored(5)));
        bench
            .journal
            .expect_clear()
            .withf(move |given| *given == slot(n))
            .once()
            .in_sequence(&mut order)
            .return_once(|_| ());
    }
    bench
        .store
        .expect_reclaim()
        .withf(|by| *by == owner())
        .once()
        .in_sequence(&mut order)
        .return_once(|_| Ok(3));
    let service = bench.service();
    assert_eq!(service.recover(), Ok(true));
    // Nothing is left to do, and nothing is asked again.
    assert_eq!(service.recover(), Ok(true));
}

/// `reclaim` and `claim_refresh` are not expected until the store is back.
#[test]
fn until_what_was_left_is_stored_nothing_is_taken_over_and_nothing_claimed() {
    let mut bench = Bench::new();
    bench.left(vec![left(70)]);
    let up = Arc::new(AtomicBool::new(false));
    let is_up = up.clone();
    bench.offers(70, move |_, _| match is_up.load(Ordering::SeqCst) {
        true => Ok(PairStored::Stored(5)),
        false => Err(store_down()),
    });
    bench.holds(2, &stale(70));
    bench.holds_of(2, 1, &fresh(71));
    clears(&mut bench, 70);
    let back = up.clone();
    bench.store.expect_reclaim().once().return_once(move |_| {
        assert!(back.load(Ordering::SeqCst));
        Ok(1)
    });
    let service = bench.service();
    assert_eq!(service.recover(), Ok(false));
    assert_eq!(service.access_token(user_id(1)).unwrap_err(), LATER);
    assert_eq!(service.access_token(user_id(2)).unwrap().generation, 5);
    assert_eq!(service.refresh_due(), Ok(0));
    up.store(true, Ordering::SeqCst);
    assert_eq!(service.recover(), Ok(true));
    assert_eq!(service.recover(), Ok(true));
}

/// Whoever comes first does it: a caller need not wait for the worker.
#[test]
fn the_first_who_needs_a_refresh_stores_what_was_left() {
    let mut bench = Bench::new();
    bench.left(vec![left(70)]);
    bench.stores(70, Ok(PairStored::Stored(5)));
    bench.reclaims();
    let rooms = bench.rooms();
    rooms.0.lock().unwrap().insert(70);
    bench.holds(2, &stale(70));
    bench.claims(70, Ok(RefreshClaim::Busy));
    bench.holds(1, &fresh(70));
    assert_eq!(
        bench.service().access_token(user_id(1)).unwrap().generation,
        5
    );
    assert_eq!(rooms.taken(), []);
}

#[test]
fn a_journal_that_cannot_be_read_is_read_again() {
    let mut bench = Bench::new();
    bench
        .journal
        .expect_left_behind()
        .once()
        .return_once(|| Err(store_down()));
    bench.left(vec![left(70)]);
    bench.stores(70, Ok(PairStored::Stored(5)));
    clears(&mut bench, 70);
    bench.reclaims();
    let service = bench.service();
    assert_eq!(service.recover(), Err(TokenError::Store(store_down())));
    assert_eq!(service.recover(), Ok(true));
}

#[test]
fn attempts_that_cannot_be_taken_over_are_taken_over_later() {
    let mut bench = Bench::new();
    bench.left(vec![left(70)]);
    bench.stores(70, Ok(PairStored::Stored(5)));
    clears(&mut bench, 70);
    bench
        .store
        .expect_reclaim()
        .once()
        .return_once(|_| Err(store_down()));
    bench.reclaims();
    let service = bench.service();
    assert_eq!(service.recover(), Err(TokenError::Store(store_down())));
    assert_eq!(service.recover(), Ok(true));
    assert_eq!(service.recover(), Ok(true));
}

#[test]
fn a_pair_that_is_of_no_use_any_more_is_dropped() {
    let mut bench = Bench::new();
    bench.left(vec![left(70)]);
    bench.stores(70, Ok(PairStored::Superseded));
    clears(&mut bench, 70);
    bench.reclaims();
    assert_eq!(bench.service().recover(), Ok(true));
}

#[test]
fn a_pair_whose_link_is_gone_is_handed_back() {
    let mut bench = Bench::new();
    bench.left(vec![left(70)]);
    bench.stores(70, Ok(PairStored::Gone(vec![revocation(8), revocation(9)])));
    bench.world.revokes(8);
    bench.world.revokes(9);
    clears(&mut bench, 70);
    bench.reclaims();
    assert_eq!(bench.service().recover(), Ok(true));
}

/// It keeps its room and is tried every time.
#[test]
fn a_pair_that_cannot_be_stored_stands_in_no_others_way() {
    let mut bench = Bench::new();
    bench.left(vec![left(70), left(71)]);
    let tries = bench.offers(70, |_, tries| match tries {
        1 | 2 => Err(corrupt()),
        _ => Ok(PairStored::Stored(5)),
    });
    bench.stores(71, Ok(PairStored::Stored(5)));
    clears(&mut bench, 71);
    bench.reclaims();
    clears(&mut bench, 70);
    let service = bench.service();
    for tried in [1, 2, 3, 3] {
        assert_eq!(service.recover(), Ok(true));
        assert_eq!(tries.load(Ordering::SeqCst), tried);
    }
}

/// By the clock of this machine, which was ahead of itself when the pair was received.
#[test]
fn a_pair_from_the_future_is_new() {
    let mut bench = Bench::new();
    let entry = entry(70, now() + secs(3600));
    bench.left(vec![LeftBehind::Pair(slot(70), entry)]);
    bench
        .store
        .expect_store_pair()
        .withf(|cmd| cmd.age == Duration::ZERO)
        .once()
        .return_once(|_| Ok(PairStored::Stored(5)));
    clears(&mut bench, 70);
    bench.reclaims();
    assert_eq!(bench.service().recover(), Ok(true));
}

/// With one owner they would take each other's attempts over.
#[test]
fn two_processes_without_a_journal_are_two_owners() {
    let [one, two] = [0, 1].map(|_| NoJournal::new(&SystemEntropy));
    assert_ne!(one.owner().id, two.owner().id);
    // Nothing of them outlives them, whichever process it was.
    assert!(one.owner().boot.is_nil() && two.owner().boot.is_nil());
    assert_eq!(one.owner(), one.owner());
    assert_ne!(one.reserve().unwrap(), one.reserve().unwrap());
    let slot = one.reserve().unwrap();
    one.write(slot, &entry(70, now())).unwrap();
    assert!(one.left_behind().unwrap().is_empty());
}

/// A replica that shares the disk may be gone by then.
#[test]
fn the_journal_is_looked_through_again_and_again() {
    let mut bench = Bench::new();
    let looks = Arc::new(AtomicU32::new(0));
    let seen = looks.clone();
    bench.journal.expect_left_behind().returning(move || {
        let look = seen.fetch_add(1, Ordering::SeqCst);
        Ok(if look == 1 {
            vec![left(70)]
        } else {
            Vec::new()
        })
    });
    bench.reclaims();
    bench.stores(70, Ok(PairStored::Stored(5)));
    clears(&mut bench, 70);
    let clock = bench.clock();
    let service = bench.service();
    for (passes, expected) in [(0, 1), (14, 1), (1, 2), (0, 2), (15, 3)] {
        clock.advance(secs(passes));
        assert_eq!(service.recover(), Ok(true));
        assert_eq!(looks.load(Ordering::SeqCst), expected, "after {passes} s");
    }
}

/// Its refresh token was used: sent again, it would only be lost.
#[test]
fn a_pair_whose_key_is_missing_keeps_its_token_from_being_sent() {
    let mut bench = Bench::new();
    bench.left(vec![LeftBehind::Sealed(link_id(70), 4)]);
    bench.reclaims();
    let rooms = bench.rooms();
    bench
        .store
        .expect_claim_due()
        .once()
        .return_once(|_| Ok(vec![claimed(70, 1), claimed(71, 0)]));
    // That of link 71 alone.
    bench.refreshes();
    bench.journals(71);
    bench.stores(71, Ok(PairStored::Stored(5)));
    assert_eq!(bench.service().refresh_due(), Ok(2));
    assert_eq!(rooms.taken(), []);
}
