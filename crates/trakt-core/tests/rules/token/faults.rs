//! What every fault of a refresh means, by how often the same token was sent before.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trakt_core::ports::{PortError, RefreshClaim, RefreshFault};
use trakt_core::token::{Attempted, LossReason, TokenError};

use super::{Bench, attempt, claim, secs, stale};
use crate::bench::{link_id, store_down, user_id};

const HALF_A_MINUTE: TokenError = TokenError::Unavailable {
    retry_after: Duration::from_secs(30),
};

fn detail() -> String {
    "as scripted".to_owned()
}

/// A service whose one call takes so long and ends so. Neither the journal nor the store may be
/// given a pair, and the next claim has to wait.
fn failing(fault: RefreshFault, replays: u32, took: Duration) -> Bench {
    let mut bench = Bench::calm();
    let clock = bench.clock();
    bench.holds(3, &stale(70));
    bench.claims(70, Ok(claim(70, replays)));
    bench
        .world
        .trakt
        .expect_refresh()
        .once()
        .return_once(move |_, _| {
            clock.advance(took);
            Err(fault)
        });
    bench.claims(70, Ok(RefreshClaim::Wait(secs(30))));
    bench
}

/// How the attempt is settled.
fn end(fault: RefreshFault, replays: u32, took: Duration) -> Attempted {
    let mut bench = failing(fault, replays, took);
    let rooms = bench.rooms();
    let settled = Arc::new(Mutex::new(None));
    let end = settled.clone();
    bench
        .store
        .expect_settle_refresh()
        .withf(|cmd| {
            cmd.link == link_id(70)
                && cmd.generation == 4
                && cmd.attempt == attempt(70)
                && (0.0..=1.0).contains(&cmd.jitter)
        })
        .once()
        .return_once(move |cmd| {
            *end.lock().unwrap() = Some(cmd.end);
            Ok(())
        });
    let got = bench.service().access_token(user_id(1)).unwrap_err();
    assert_eq!(got, HALF_A_MINUTE);
    assert_eq!(rooms.taken(), []);
    settled.lock().unwrap().unwrap()
}

/// Neither the time it took nor what was sent before changes these.
#[test]
fn a_token_that_was_not_used_is_as_good_as_before() {
    let refused = |wait| RefreshFault::Refused {
        detail: detail(),
        retry_after: wait,
    };
    let not_sent = RefreshFault::NotSent { detail: detail() };
    let misconfigured = RefreshFault::Misconfigured { detail: detail() };
    for (fault, meant) in [
        (not_sent, Attempted::NotSent),
        (refused(None), Attempted::Refused { retry_after: None }),
        (
            refused(Some(secs(7))),
            Attempted::Refused {
                retry_after: Some(secs(7)),
            },
        ),
        (misconfigured, Attempted::Misconfigured),
    ] {
        for replays in 0..=3 {
            for took in [0, 24] {
                let got = end(fault.clone(), replays, secs(took));
                assert_eq!(got, meant, "{fault} after {replays}");
            }
        }
    }
}

/// At its first use somebody ended the connection; later it was our own lost call that used it.
#[test]
fn a_token_that_trakt_does_not_know_is_lost_and_why_depends_on_who_used_it() {
    for (replays, reason) in [
        (0, LossReason::Revoked),
        (1, LossReason::LostAnswer),
        (2, LossReason::LostAnswer),
        (3, LossReason::LostAnswer),
    ] {
        let got = end(RefreshFault::InvalidGrant, replays, secs(1));
        assert_eq!(got, Attempted::Lost(reason), "{replays}");
    }
}

#[test]
fn an_answer_that_is_lost_is_asked_for_again_ever_later() {
    const BROKEN: u64 = 2;
    const SILENT: u64 = 10;
    for (replays, took, replay_after) in [
        (0, 0, BROKEN),
        (0, 22_499, BROKEN),
        (0, 22_500, SILENT),
        (0, 25_000, SILENT),
        (1, 0, 60),
        (1, 25_000, 60),
        (2, 0, 120),
        (2, 25_000, 120),
        (3, 0, 240),
        (9, 0, 15_360),
        (10, 0, 21_600),
        (u32::MAX, 0, 21_600),
    ] {
        let fault = RefreshFault::Uncertain {
            detail: detail(),
            retry_after: None,
        };
        let got = end(fault, replays, Duration::from_millis(took));
        let replay_after = secs(replay_after);
        assert_eq!(
            got,
            Attempted::Uncertain {
                replay_after,
                retry_after: None
            },
            "after {replays}, {took} ms"
        );
    }
}

#[test]
fn a_wait_that_is_asked_for_with_a_lost_answer_is_kept() {
    for (asked, replay_after) in [(1, 2), (300, 300)] {
        let retry_after = Some(secs(asked));
        let fault = RefreshFault::Uncertain {
            detail: detail(),
            retry_after,
        };
        let expected = Attempted::Uncertain {
            replay_after: secs(replay_after),
            retry_after,
        };
        assert_eq!(end(fault, 0, secs(1)), expected);
    }
}

/// For a while; then its lease ends by itself.
#[test]
fn an_end_that_cannot_be_stored_stops_nothing() {
    let corrupt = PortError::Corrupt("a column".to_owned());
    for (error, until, tries) in [
        (store_down(), 4, 4),
        (store_down(), 1000, 100),
        (corrupt, 4, 1),
    ] {
        let mut bench = failing(RefreshFault::InvalidGrant, 0, secs(1));
        let rooms = bench.rooms();
        let tried = Arc::new(AtomicU32::new(0));
        let counted = tried.clone();
        bench.store.expect_settle_refresh().returning(move |_| {
            if counted.fetch_add(1, Ordering::SeqCst) + 1 == until {
                return Ok(());
            }
            Err(error.clone())
        });
        let got = bench.service().access_token(user_id(1)).unwrap_err();
        assert_eq!(got, HALF_A_MINUTE);
        assert_eq!(tried.load(Ordering::SeqCst), tries);
        assert_eq!(rooms.taken(), []);
    }
}
