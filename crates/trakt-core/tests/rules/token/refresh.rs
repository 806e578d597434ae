//! From a stale token to a fresh one, and what keeps a caller from trying.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use mockall::Sequence;
use trakt_core::Entropy;
use trakt_core::ports::{JournalSlot, PairStored, PortError, RefreshClaim};
use trakt_core::token::{TokenError, TokenService};

use super::{
    Bench, LATER, WEEK, attempt, claim, fresh, grant, is_pair, owner, passed, secs, stale,
};
use crate::bench::{link_id, now, store_down, user_id};

const SLOT: JournalSlot = JournalSlot(3);

/// The call takes 3 s and the journal 2 s.
#[test]
fn a_pair_is_claimed_called_for_journalled_stored_and_only_then_forgotten_by_the_journal() {
    let (mut bench, mut order) = (Bench::new(), Sequence::new());
    let received = now() + secs(3);
    bench
        .store
        .expect_held()
        .withf(|user| *user == user_id(1))
        .times(2)
        .in_sequence(&mut order)
        .returning(|_| Ok(Some(Some(stale(70)))));
    bench
        .journal
        .expect_left_behind()
        .once()
        .in_sequence(&mut order)
        .return_once(|| Ok(Vec::new()));
    bench
        .store
        .expect_reclaim()
        .withf(|by| *by == owner())
        .once()
        .in_sequence(&mut order)
        .return_once(|_| Ok(0));
    bench
        .journal
        .expect_reserve()
        .once()
        .in_sequence(&mut order)
        .return_once(|| Ok(SLOT));
    bench
        .store
        .expect_claim_refresh()
        .withf(|cmd| {
            cmd.link == link_id(70)
                && cmd.generation == 4
                && cmd.owner == owner()
                && cmd.lease == secs(60)
        })
        .once()
        .in_sequence(&mut order)
        .return_once(|_| Ok(claim(70, 0)));
    let clock = bench.clock();
    bench
        .world
        .trakt
        .expect_refresh()
        .withf(|token, within| token.expose() == "refresh-4" && *within == secs(25))
        .once()
        .in_sequence(&mut order)
        .return_once(move |_, _| {
            clock.advance(secs(3));
            Ok(grant())
        });
    let clock = bench.clock();
    bench
        .journal
        .expect_write()
        .withf(move |slot, entry| {
            *slot == SLOT
                && entry.link == link_id(70)
                && entry.generation == 4
                && is_pair(&entry.pair, received)
        })
        .once()
        .in_sequence(&mut order)
        .return_once(move |_, _| {
            clock.advance(secs(2));
            Ok(())
        });
    bench
        .store
        .expect_store_pair()
        .withf(move |cmd| {
            cmd.link == link_id(70)
                && cmd.generation == 4
                && is_pair(&cmd.pair, received)
                && cmd.age == secs(2)
                && (WEEK / 2..=WEEK * 4 / 5).contains(&cmd.refresh_after)
                && cmd.detail.is_none()
        })
        .once()
        .in_sequence(&mut order)
        .return_once(|_| Ok(PairStored::Stored(5)));
    bench
        .journal
        .expect_clear()
        .withf(|slot| *slot == SLOT)
        .once()
        .in_sequence(&mut order)
        .return_once(|_| ());
    bench
        .store
        .expect_held()
        .once()
        .in_sequence(&mut order)
        .return_once(|_| Ok(Some(Some(fresh(70)))));
    let grant = bench.service().access_token(user_id(1)).unwrap();
    assert_eq!(grant.token.expose(), "access-5");
    assert_eq!(grant.generation, 5);
}

/// The least and the most that can be drawn.
struct Always(u8);

impl Entropy for Always {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

#[test]
fn chance_decides_when_a_pair_is_due_again() {
    for (drawn, due) in [(0, WEEK / 2), (255, WEEK * 4 / 5)] {
        let mut bench = Bench::calm();
        bench.entropy = Arc::new(Always(drawn));
        bench.rooms();
        bench.holds(2, &stale(70));
        bench.holds(1, &fresh(70));
        bench.claims(70, Ok(claim(70, 0)));
        bench.refreshes();
        bench.journals(70);
        bench
            .store
            .expect_store_pair()
            .withf(move |cmd| cmd.refresh_after == due)
            .once()
            .return_once(|_| Ok(PairStored::Stored(5)));
        assert_eq!(
            bench.service().access_token(user_id(1)).unwrap().generation,
            5
        );
    }
}

#[test]
fn who_has_to_wait_is_told_how_long() {
    let mut bench = Bench::calm();
    let rooms = bench.rooms();
    bench.holds(2, &stale(70));
    bench.claims(70, Ok(RefreshClaim::Wait(secs(90))));
    let wait = TokenError::Unavailable {
        retry_after: secs(90),
    };
    assert_eq!(bench.service().access_token(user_id(1)).unwrap_err(), wait);
    assert_eq!(rooms.taken(), []);
}

#[test]
fn a_claim_that_fails_is_told_and_gives_its_room_back() {
    let mut bench = Bench::calm();
    let rooms = bench.rooms();
    bench.holds(2, &stale(70));
    bench.claims(70, Err(store_down()));
    // It may have been made all the same.
    let back = bench.gives_back(2);
    let service = bench.service();
    let got = service.access_token(user_id(1)).unwrap_err();
    assert_eq!(got, TokenError::Store(store_down()));
    assert_eq!(rooms.taken(), []);
    assert_eq!(service.recover(), Ok(true));
    let back = back.lock().unwrap();
    assert_eq!((back.len(), back[0].len()), (2, 1));
    assert_eq!(back[0], back[1]);
}

/// A process that stood still since its claim may have been overtaken; one that is told to end
/// may not live to see the answer. No call is expected.
#[test]
fn a_claim_that_comes_to_nothing_is_given_back() {
    for stopped in [false, true] {
        let mut bench = Bench::calm();
        let rooms = bench.rooms();
        bench.holds(2, &stale(70));
        let clock = bench.clock();
        let service = Arc::new(OnceLock::<TokenService>::new());
        let stopping = service.clone();
        bench
            .store
            .expect_claim_refresh()
            .once()
            .return_once(move |_| {
                if stopped {
                    stopping.get().unwrap().stop();
                } else {
                    clock.advance(secs(36));
                }
                Ok(claim(70, 0))
            });
        let back = bench.gives_back(1);
        let then = if stopped { stale(70) } else { fresh(70) };
        bench.holds(1, &then);
        let service = service.get_or_init(|| bench.service());
        let got = service.access_token(user_id(1));
        assert_eq!(got.is_err(), stopped, "{got:?}");
        assert_eq!(*back.lock().unwrap(), [[attempt(70)]]);
        assert_eq!(rooms.taken(), []);
    }
}

/// Nobody claims what it could not write down.
#[test]
fn without_room_in_the_journal_nothing_is_claimed() {
    let mut bench = Bench::calm();
    let full = PortError::Unavailable("no space".to_owned());
    let answer = full.clone();
    bench
        .journal
        .expect_reserve()
        .once()
        .return_once(move || Err(answer));
    bench.holds(2, &stale(70));
    let got = bench.service().access_token(user_id(1)).unwrap_err();
    assert_eq!(got, TokenError::Store(full));
}

#[test]
fn who_finds_another_at_it_looks_again_until_it_is_done() {
    let mut bench = Bench::calm();
    let rooms = bench.rooms();
    let clock = bench.clock();
    bench.holds(5, &stale(70));
    bench.holds(1, &fresh(70));
    let attempts = Arc::new(Mutex::new(HashSet::new()));
    let seen = attempts.clone();
    bench
        .store
        .expect_claim_refresh()
        .times(4)
        .returning(move |cmd| {
            seen.lock().unwrap().insert(cmd.attempt);
            Ok(RefreshClaim::Busy)
        });
    let grant = bench.service().access_token(user_id(1)).unwrap();
    assert_eq!(grant.generation, 5);
    // 25, 50, 100, 200.
    assert_eq!(passed(&clock), Duration::from_millis(375));
    assert_eq!(rooms.taken(), []);
    assert_eq!(
        attempts.lock().unwrap().len(),
        4,
        "each has an id of its own"
    );
}

#[test]
fn who_finds_another_at_it_for_too_long_gives_up() {
    let mut bench = Bench::calm();
    let rooms = bench.rooms();
    let clock = bench.clock();
    bench
        .store
        .expect_held()
        .returning(|_| Ok(Some(Some(stale(70)))));
    bench
        .store
        .expect_claim_refresh()
        .returning(|_| Ok(RefreshClaim::Busy));
    let got = bench.service().access_token(user_id(1)).unwrap_err();
    assert_eq!(got, LATER);
    let waited = passed(&clock);
    assert!((secs(26)..=secs(27)).contains(&waited), "{waited:?}");
    assert_eq!(rooms.taken(), []);
}

/// The user, the link or the account may go while a caller waits.
#[test]
fn what_happens_to_the_link_meanwhile_is_heard() {
    let mut bench = Bench::calm();
    bench.rooms();
    bench.holds(2, &stale(70));
    bench.claims(70, Ok(RefreshClaim::Busy));
    bench
        .store
        .expect_held()
        .once()
        .return_once(|_| Ok(Some(None)));
    let got = bench.service().access_token(user_id(1)).unwrap_err();
    assert_eq!(got, TokenError::NotLinked);
}
