//! Faults of Trakt's, of the store, and of our own time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mockall::Sequence;
use trakt_core::PortError;
use trakt_core::ports::{PairStored, RefreshClaim, RefreshFault};
use trakt_core::token::{Attempted, LossReason, TokenError};

use super::{Ports, SLOT, attempt, claimed, entry, grant, held, owner, secs};
use crate::bench::{link_id, now, revocation, store_down, user_id};

/// What is settled for a fault of a token that was sent `replays` times before, by a call that
/// took so long.
fn settled(fault: RefreshFault, replays: u32, took: Duration) -> Attempted {
    let mut ports = Ports::new();
    ports
        .store
        .expect_held()
        .returning(|_| Ok(Some(Some(held(1, false)))));
    ports.journal.expect_reserve().returning(|| Ok(SLOT));
    ports.journal.expect_clear().returning(|_| ());
    let mut claims = vec![RefreshClaim::Wait(secs(30)), claimed(replays)];
    ports
        .store
        .expect_claim_refresh()
        .times(2)
        .returning(move |_| Ok(claims.pop().unwrap()));
    let clock = ports.world.clock.clone();
    ports
        .world
        .trakt
        .expect_refresh()
        .once()
        .return_once(move |_, _| {
            clock.advance(took);
            Err(fault)
        });
    let (tell, told) = std::sync::mpsc::channel();
    ports
        .store
        .expect_settle_refresh()
        .withf(|cmd| {
            (cmd.link, cmd.generation, cmd.attempt) == (link_id(70), 1, attempt())
                && (0.0..=1.0).contains(&cmd.jitter)
        })
        .once()
        .return_once(move |cmd| {
            tell.send(cmd.end).unwrap();
            Ok(())
        });
    let answer = ports.service().0.access_token(user_id(1));
    let retry_after = secs(30);
    assert_eq!(answer.unwrap_err(), TokenError::Unavailable { retry_after });
    told.recv().unwrap()
}

#[test]
fn what_a_fault_says_of_the_token() {
    let detail = || "status 502".to_owned();
    let uncertain = |seconds| Attempted::Uncertain {
        replay_after: secs(seconds),
    };
    let refused = Attempted::Refused {
        retry_after: Some(secs(143)),
    };
    for (replays, took, unsure, dead) in [
        (0, 1, uncertain(2), LossReason::Revoked),
        (0, 25, uncertain(10), LossReason::Revoked),
        (1, 25, uncertain(60), LossReason::LostAnswer),
        (2, 1, uncertain(120), LossReason::LostAnswer),
        (5, 1, uncertain(960), LossReason::LostAnswer),
        (60, 1, uncertain(21_600), LossReason::LostAnswer),
    ] {
        let took = secs(took);
        let settled = |fault| settled(fault, replays, took);
        let lost = settled(RefreshFault::Uncertain { detail: detail() });
        assert_eq!(lost, unsure, "{replays} {took:?}");
        assert_eq!(settled(RefreshFault::InvalidGrant), Attempted::Lost(dead));
        let not_sent = RefreshFault::NotSent { detail: detail() };
        assert_eq!(settled(not_sent), Attempted::NotSent);
        let wrong = RefreshFault::Misconfigured { detail: detail() };
        assert_eq!(settled(wrong), Attempted::Misconfigured);
        let retry_after = Some(secs(143));
        let busy = RefreshFault::Refused {
            detail: detail(),
            retry_after,
        };
        assert_eq!(settled(busy), refused);
    }
}

/// Nothing is asked of Trakt by who cannot keep the answer.
#[test]
fn without_room_in_the_journal_nothing_is_claimed() {
    let mut ports = Ports::new();
    ports
        .store
        .expect_held()
        .returning(|_| Ok(Some(Some(held(1, false)))));
    let full = PortError::Unavailable("no room".to_owned());
    let error = full.clone();
    ports
        .journal
        .expect_reserve()
        .once()
        .return_once(|| Err(full));
    let answer = ports.service().0.access_token(user_id(1));
    assert_eq!(answer.unwrap_err(), TokenError::Store(error));
}

#[test]
fn who_is_not_the_one_waits_for_the_one_and_not_for_ever() {
    for (looks, found) in [(3, true), (usize::MAX, false)] {
        let mut ports = Ports::new();
        let mut left = looks;
        ports.store.expect_held().returning(move |_| {
            left = left.saturating_sub(1);
            Ok(Some(Some(if left == 0 {
                held(2, true)
            } else {
                held(1, false)
            })))
        });
        ports.journal.expect_reserve().returning(|| Ok(SLOT));
        ports.journal.expect_clear().returning(|_| ());
        ports
            .store
            .expect_claim_refresh()
            .returning(|_| Ok(RefreshClaim::Busy));
        let (service, clock) = ports.service();
        let answer = service.access_token(user_id(1));
        assert_eq!(answer.is_ok(), found);
        let waited = trakt_core::Clock::now(&*clock) - now();
        let waited = waited.to_std().unwrap();
        assert!(if found {
            waited < secs(1)
        } else {
            waited >= secs(26) && waited < secs(29)
        });
    }
}

/// The pair stays in the journal until the store has it, and its token is not sent again.
#[test]
fn a_store_that_is_away_loses_no_pair() {
    let mut ports = Ports::new();
    ports
        .store
        .expect_held()
        .returning(|_| Ok(Some(Some(held(1, false)))));
    ports
        .journal
        .expect_reserve()
        .times(1)
        .returning(|| Ok(SLOT));
    ports
        .store
        .expect_claim_refresh()
        .times(1)
        .returning(|_| Ok(claimed(0)));
    ports
        .world
        .trakt
        .expect_refresh()
        .once()
        .return_once(|_, _| Ok(grant()));
    ports
        .journal
        .expect_write()
        .once()
        .return_once(|_, _| Ok(()));
    let up = Arc::new(AtomicUsize::new(0));
    let is_up = up.clone();
    ports.store.expect_store_pair().returning(move |cmd| {
        if is_up.load(Ordering::SeqCst) == 0 {
            return Err(store_down());
        }
        assert!(cmd.age >= secs(19), "{:?}", cmd.age);
        Ok(PairStored::Stored(2))
    });
    // Once: after the store has it.
    let cleared = up.clone();
    ports.journal.expect_clear().once().returning(move |_| {
        assert_eq!(cleared.load(Ordering::SeqCst), 1);
    });
    let (service, _) = ports.service();
    let answer = service.access_token(user_id(1));
    assert!(
        matches!(answer, Err(TokenError::Unavailable { .. })),
        "{answer:?}"
    );
    assert_eq!(service.recover(), Ok(false));
    up.store(1, Ordering::SeqCst);
    assert_eq!(service.recover(), Ok(true));
    assert_eq!(service.recover(), Ok(true));
}

/// Its answer may be in the journal: first that, then the attempts of the process before.
#[test]
fn what_was_left_behind_is_stored_before_attempts_are_taken_over() {
    let (mut ports, mut order) = (Ports::bare(), Sequence::new());
    ports
        .journal
        .expect_left_behind()
        .once()
        .in_sequence(&mut order)
        .return_once(|| Ok(vec![(SLOT, entry())]));
    ports
        .store
        .expect_store_pair()
        .withf(|cmd| cmd.generation == 1 && cmd.detail == Some("adopted"))
        .once()
        .in_sequence(&mut order)
        .return_once(|_| Ok(PairStored::Gone(vec![revocation(1)])));
    ports
        .journal
        .expect_clear()
        .once()
        .in_sequence(&mut order)
        .return_once(|_| ());
    ports
        .store
        .expect_reclaim()
        .withf(|whose| *whose == owner())
        .once()
        .in_sequence(&mut order)
        .return_once(|_| Ok(2));
    ports.world.revokes(1);
    let (service, _) = ports.service();
    assert_eq!(service.recover(), Ok(true));
    assert_eq!(service.recover(), Ok(true));
}

/// A process that stood still between claim and call may have been overtaken.
#[test]
fn a_request_leaves_only_while_its_lease_holds() {
    let mut ports = Ports::new();
    ports
        .store
        .expect_held()
        .returning(|_| Ok(Some(Some(held(1, false)))));
    ports.journal.expect_reserve().returning(|| Ok(SLOT));
    ports.journal.expect_clear().returning(|_| ());
    let clock = ports.world.clock.clone();
    let mut first = true;
    ports.store.expect_claim_refresh().returning(move |_| {
        if !std::mem::take(&mut first) {
            return Ok(RefreshClaim::Wait(secs(30)));
        }
        clock.advance(secs(36));
        Ok(claimed(0))
    });
    ports
        .store
        .expect_settle_refresh()
        .withf(|cmd| cmd.end == Attempted::NotSent)
        .once()
        .return_once(|_| Ok(()));
    assert!(ports.service().0.access_token(user_id(1)).is_err());
}

#[test]
fn a_process_that_stops_begins_nothing() {
    let mut ports = Ports::bare();
    ports
        .store
        .expect_held()
        .returning(|_| Ok(Some(Some(held(1, false)))));
    let (service, _) = ports.service();
    service.stop();
    assert_eq!(service.refresh_due(), Ok(0));
    let answer = service.access_token(user_id(1));
    assert!(
        matches!(answer, Err(TokenError::Unavailable { .. })),
        "{answer:?}"
    );
}
