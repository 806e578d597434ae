//! A pair that Trakt gave, until the store has it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use trakt_core::ports::{ClaimedRefresh, PairStored, PortError, RefreshClaim};
use trakt_core::token::{TokenError, TokenService};
use trakt_core::{Clock, RefreshToken};

use super::{Bench, LATER, claim, claimed, fresh, grant, held, is_pair, passed, secs, stale};
use crate::bench::{link_id, now, revocation, store_down, user_id};

fn corrupt() -> PortError {
    PortError::Corrupt("a seal".to_owned())
}

/// A service that gets the pair of link 70 from Trakt, once, and writes it down.
fn answered(replays: u32) -> Bench {
    let mut bench = Bench::calm();
    bench.holds(2, &stale(70));
    bench.claims(70, Ok(claim(70, replays)));
    bench.refreshes();
    bench.journals(70);
    bench
}

#[test]
fn a_store_that_is_away_for_a_moment_is_tried_until_it_is_back() {
    let mut bench = answered(0);
    let rooms = bench.rooms();
    let (clock, seen) = (bench.clock(), rooms.clone());
    let tries = bench.offers(70, move |cmd, tries| {
        assert!(is_pair(&cmd.pair, now()));
        assert_eq!(cmd.age, passed(&clock));
        assert_eq!(seen.taken(), [0], "not before the store has it");
        match tries {
            1 => Err(store_down()),
            2 => Err(PortError::Conflict("serialization")),
            3 => Err(store_down()),
            _ => Ok(PairStored::Stored(5)),
        }
    });
    bench.holds(1, &fresh(70));
    let clock = bench.clock();
    let grant = bench.service().access_token(user_id(1)).unwrap();
    assert_eq!(grant.generation, 5);
    assert_eq!(tries.load(Ordering::SeqCst), 4);
    assert_eq!(passed(&clock), Duration::from_millis(600));
    assert_eq!(rooms.taken(), []);
}

/// Only one claim and one call are expected: while the pair waits, nobody claims at all.
#[test]
fn a_store_that_stays_away_gets_the_pair_later() {
    for (replays, detail) in [(0, None), (1, Some("replayed"))] {
        let mut bench = answered(replays);
        let (rooms, clock) = (bench.rooms(), bench.clock());
        let up = Arc::new(AtomicBool::new(false));
        let (is_up, at) = (up.clone(), clock.clone());
        let tries = bench.offers(70, move |cmd, _| {
            assert!(is_pair(&cmd.pair, now()));
            assert_eq!(cmd.age, passed(&at));
            assert_eq!(cmd.detail, detail);
            match is_up.load(Ordering::SeqCst) {
                true => Ok(PairStored::Stored(5)),
                false => Err(store_down()),
            }
        });
        bench.holds(1, &stale(70));
        bench.holds_of(2, 2, &stale(71));
        let service = bench.service();
        assert_eq!(service.access_token(user_id(1)).unwrap_err(), LATER);
        let tried = passed(&clock);
        assert!((secs(19)..=secs(20)).contains(&tried), "{tried:?}");
        // The store is away for everybody, so nobody is to begin a call.
        assert_eq!(service.access_token(user_id(2)).unwrap_err(), LATER);
        assert_eq!(service.refresh_due(), Ok(0));
        assert_eq!(service.recover(), Ok(false));
        assert_eq!(rooms.taken(), [0]);

        up.store(true, Ordering::SeqCst);
        clock.advance(secs(3600));
        let before = tries.load(Ordering::SeqCst);
        assert_eq!(service.recover(), Ok(true));
        assert_eq!(rooms.taken(), []);
        assert_eq!(service.recover(), Ok(true));
        assert_eq!(tries.load(Ordering::SeqCst), before + 1);
    }
}

/// What the next process finds in the journal is left to it; what it would not find is not.
#[test]
fn a_process_that_stops_leaves_a_pair_only_to_a_journal() {
    for (outlives, tries) in [(true, 1), (false, 100)] {
        let mut bench = Bench::lasting(outlives);
        bench.left(Vec::new());
        bench.reclaims();
        bench.rooms();
        bench.holds(3, &stale(70));
        bench.claims(70, Ok(claim(70, 0)));
        bench.journals(70);
        let service = Arc::new(OnceLock::<TokenService>::new());
        let stopped = service.clone();
        bench
            .world
            .trakt
            .expect_refresh()
            .once()
            .return_once(move |_, _| {
                stopped.get().unwrap().stop();
                Ok(grant())
            });
        let tried = bench.offers(70, |_, _| Err(store_down()));
        let service = service.get_or_init(|| bench.service());
        assert_eq!(service.access_token(user_id(1)).unwrap_err(), LATER);
        assert_eq!(tried.load(Ordering::SeqCst), tries, "{outlives}");
    }
}

/// No retry helps it, so none is made at once. Its token was used: it must not be sent again,
/// whoever claims it.
#[test]
fn a_pair_that_cannot_be_stored_is_kept_and_its_token_not_sent_again() {
    let mut bench = answered(0);
    let (rooms, clock) = (bench.rooms(), bench.clock());
    let up = Arc::new(AtomicBool::new(false));
    let is_up = up.clone();
    let tries = bench.offers(70, move |_, _| match is_up.load(Ordering::SeqCst) {
        true => Ok(PairStored::Stored(5)),
        false => Err(corrupt()),
    });
    bench.holds(2, &stale(70));
    bench.claims(70, Ok(claim(70, 1)));
    bench.claims(70, Ok(RefreshClaim::Wait(secs(5))));
    bench
        .store
        .expect_claim_due()
        .once()
        .return_once(|_| Ok(vec![claimed(70, 2)]));
    let service = bench.service();
    assert_eq!(service.access_token(user_id(1)).unwrap_err(), LATER);
    assert_eq!(clock.now(), now());
    assert_eq!(service.refresh_due(), Ok(1));
    assert_eq!(rooms.taken(), [0], "its own alone");
    // Once by the attempt, then before each of the other claims.
    assert_eq!(tries.load(Ordering::SeqCst), 4);

    up.store(true, Ordering::SeqCst);
    assert_eq!(service.recover(), Ok(true));
    assert_eq!(rooms.taken(), []);
}

#[test]
fn a_pair_that_cannot_be_stored_stands_in_no_other_links_way() {
    let mut bench = answered(0);
    let rooms = bench.rooms();
    bench.offers(70, |_, _| Err(corrupt()));
    bench.claims(70, Ok(RefreshClaim::Wait(secs(5))));
    bench.holds(1, &stale(70));

    bench.holds_of(2, 2, &stale(71));
    bench.claims(71, Ok(claim(71, 0)));
    bench.refreshes();
    bench.journals(71);
    bench.stores(71, Ok(PairStored::Stored(5)));
    bench.holds_of(2, 1, &fresh(71));
    let service = bench.service();
    assert_eq!(service.access_token(user_id(1)).unwrap_err(), LATER);
    assert_eq!(service.access_token(user_id(2)).unwrap().generation, 5);
    assert_eq!(rooms.taken(), [0]);
}

/// Somebody got the link to the next generation all the same: that has a token of its own.
#[test]
fn a_pair_that_waits_is_for_one_generation_alone() {
    let mut bench = answered(0);
    let rooms = bench.rooms();
    bench.offers(70, |_, _| Err(corrupt()));
    bench.holds(1, &held(70, 5, false));
    bench
        .store
        .expect_claim_refresh()
        .withf(|cmd| cmd.link == link_id(70) && cmd.generation == 5)
        .once()
        .return_once(|_| {
            Ok(RefreshClaim::Claimed(Box::new(ClaimedRefresh {
                generation: 5,
                refresh: RefreshToken::from("refresh-5".to_owned()),
                ..claimed(70, 0)
            })))
        });
    bench
        .world
        .trakt
        .expect_refresh()
        .withf(|token, _| token.expose() == "refresh-5")
        .once()
        .return_once(|_, _| Ok(grant()));
    bench
        .journal
        .expect_write()
        .withf(|_, entry| entry.generation == 5)
        .once()
        .return_once(|_, _| Ok(()));
    bench
        .store
        .expect_store_pair()
        .withf(|cmd| cmd.generation == 5)
        .once()
        .return_once(|_| Ok(PairStored::Stored(6)));
    bench.holds(1, &held(70, 6, true));
    let grant = bench.service().access_token(user_id(1)).unwrap();
    assert_eq!(grant.generation, 6);
    assert_eq!(rooms.taken(), [0]);
}

#[test]
fn a_pair_that_came_of_a_replay_is_named_so() {
    for (replays, detail) in [(0, None), (1, Some("replayed")), (7, Some("replayed"))] {
        let mut bench = answered(replays);
        bench.rooms();
        bench
            .store
            .expect_store_pair()
            .withf(move |cmd| cmd.detail == detail)
            .once()
            .return_once(|_| Ok(PairStored::Stored(5)));
        bench.holds(1, &fresh(70));
        assert!(bench.service().access_token(user_id(1)).is_ok());
    }
}

#[test]
fn a_pair_that_comes_too_late_is_dropped() {
    let mut bench = answered(0);
    let rooms = bench.rooms();
    bench.stores(70, Ok(PairStored::Superseded));
    bench.holds(1, &held(70, 9, true));
    let grant = bench.service().access_token(user_id(1)).unwrap();
    assert_eq!(grant.generation, 9);
    assert_eq!(rooms.taken(), []);
}

#[test]
fn a_pair_whose_link_is_gone_is_handed_back() {
    let mut bench = answered(0);
    let rooms = bench.rooms();
    bench.stores(70, Ok(PairStored::Gone(vec![revocation(9)])));
    bench.world.revokes(9);
    bench
        .store
        .expect_held()
        .once()
        .return_once(|_| Ok(Some(None)));
    let got = bench.service().access_token(user_id(1)).unwrap_err();
    assert_eq!(got, TokenError::NotLinked);
    assert_eq!(rooms.taken(), []);
}

/// The tokens are in hand: what else could be done with them.
#[test]
fn a_pair_that_the_journal_does_not_take_is_stored_all_the_same() {
    let mut bench = Bench::calm();
    let rooms = bench.rooms();
    bench.holds(2, &stale(70));
    bench.claims(70, Ok(claim(70, 0)));
    bench.refreshes();
    bench
        .journal
        .expect_write()
        .once()
        .return_once(|_, _| Err(corrupt()));
    bench.stores(70, Ok(PairStored::Stored(5)));
    bench.holds(1, &fresh(70));
    assert_eq!(
        bench.service().access_token(user_id(1)).unwrap().generation,
        5
    );
    assert_eq!(rooms.taken(), []);
}
