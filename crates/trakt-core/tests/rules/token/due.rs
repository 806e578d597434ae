//! The rounds of the worker: refreshes that are due, and trials of access tokens.

use std::time::Duration;

use trakt_core::AccessToken;
use trakt_core::ports::{PairStored, PortError, ProbeDue, Probed, RefreshFault, TraktFault};
use trakt_core::token::{Attempted, TokenError};

use super::{Bench, Rooms, attempt, claimed, grant, owner, secs};
use crate::bench::{link_id, misconfigured, slug, store_down, trakt_uuid, unavailable};

fn claims_due(bench: &mut Bench, links: &'static [u128]) {
    bench
        .store
        .expect_claim_due()
        .withf(|cmd| cmd.attempts.len() == 4 && cmd.owner == owner() && cmd.lease == secs(60))
        .once()
        .return_once(|_| Ok(links.iter().map(|n| claimed(*n, 0)).collect()));
}

#[test]
fn a_round_refreshes_what_it_claimed_and_gives_the_other_rooms_back() {
    for links in [&[][..], &[70], &[70, 71, 72, 73]] {
        let mut bench = Bench::calm();
        let rooms = bench.rooms();
        claims_due(&mut bench, links);
        bench
            .world
            .trakt
            .expect_refresh()
            .withf(|token, within| token.expose() == "refresh-4" && *within == secs(25))
            .times(links.len())
            .returning(|_, _| Ok(grant()));
        for n in links {
            bench.journals(*n);
            bench.stores(*n, Ok(PairStored::Stored(5)));
        }
        assert_eq!(bench.service().refresh_due(), Ok(links.len()));
        assert_eq!(rooms.taken(), []);
    }
}

/// As many as it may claim, before it claims.
#[test]
fn a_round_has_room_for_all_that_it_may_claim() {
    let mut bench = Bench::calm();
    let rooms = bench.rooms();
    let seen = rooms.clone();
    bench
        .store
        .expect_claim_due()
        .once()
        .return_once(move |cmd| {
            assert_eq!(seen.taken().len(), cmd.attempts.len());
            Ok(Vec::new())
        });
    assert_eq!(bench.service().refresh_due(), Ok(0));
    assert_eq!(rooms.taken(), []);
}

#[test]
fn one_that_fails_is_settled_and_the_others_go_on() {
    let mut bench = Bench::calm();
    let rooms = bench.rooms();
    claims_due(&mut bench, &[70]);
    bench
        .world
        .trakt
        .expect_refresh()
        .once()
        .return_once(|_, _| Err(RefreshFault::InvalidGrant));
    bench
        .store
        .expect_settle_refresh()
        .withf(|cmd| {
            cmd.link == link_id(70)
                && cmd.generation == 4
                && cmd.attempt == attempt(70)
                && matches!(cmd.end, Attempted::Lost(_))
        })
        .once()
        .return_once(|_| Ok(()));
    assert_eq!(bench.service().refresh_due(), Ok(1));
    assert_eq!(rooms.taken(), []);
}

#[test]
fn a_round_without_a_store_gives_every_room_back() {
    let mut bench = Bench::calm();
    let rooms = bench.rooms();
    let attempts = bench.lost_due();
    let back = bench.gives_back(2);
    let service = bench.service();
    assert_eq!(service.refresh_due(), Err(TokenError::Store(store_down())));
    assert_eq!(rooms.taken(), []);
    // The claims may have been made all the same: they are given back, once the store is there.
    assert_eq!(service.recover(), Ok(true));
    assert_eq!(service.recover(), Ok(true));
    let attempts = attempts.lock().unwrap().clone();
    assert_eq!(attempts.len(), 4);
    assert_eq!(*back.lock().unwrap(), [attempts.clone(), attempts]);
}

#[test]
fn a_round_without_room_for_all_claims_nothing() {
    let full = || PortError::Unavailable("no space".to_owned());
    let mut bench = Bench::calm();
    let rooms = Rooms::default();
    let (giving, taking) = (rooms.clone(), rooms.clone());
    bench
        .journal
        .expect_reserve()
        .times(2)
        .returning(move || Ok(giving.take()));
    bench
        .journal
        .expect_reserve()
        .once()
        .return_once(move || Err(full()));
    bench
        .journal
        .expect_clear()
        .times(2)
        .returning(move |slot| taking.free(slot));
    let got = bench.service().refresh_due();
    assert_eq!(got, Err(TokenError::Store(full())));
    assert_eq!(rooms.taken(), []);
}

/// Not even what was left behind is looked for.
#[test]
fn after_the_stop_a_round_does_nothing() {
    let service = Bench::new().service();
    service.stop();
    assert_eq!(service.refresh_due(), Ok(0));
}

fn probe(n: u128) -> ProbeDue {
    ProbeDue {
        link: link_id(n),
        generation: 4,
        access: AccessToken::from(format!("access-{n}")),
    }
}

/// Expects that token `n` is tried, and that this is what the store hears.
fn tries(bench: &mut Bench, n: u128, fault: Option<TraktFault>, end: Probed) {
    let answer = match fault {
        Some(fault) => Err(fault),
        None => Ok(trakt_core::TraktIdentity {
            uuid: trakt_uuid("uuid-sean"),
            slug: slug("sean"),
            username: "Sean".to_owned(),
        }),
    };
    bench
        .world
        .trakt
        .expect_identity()
        .withf(move |token, within| token.expose() == format!("access-{n}") && *within == secs(10))
        .once()
        .return_once(move |_, _| answer);
    bench
        .store
        .expect_settle_probe()
        .withf(move |cmd| cmd.link == link_id(n) && cmd.generation == 4 && cmd.end == end)
        .once()
        .return_once(|_| Ok(()));
}

/// A lease that outlives the round keeps a second replica from trying the same.
fn due(bench: &mut Bench, probes: Vec<ProbeDue>) {
    bench
        .store
        .expect_due_probes()
        .withf(|limit, lease| *limit > 0 && *lease > secs(10) * *limit)
        .once()
        .return_once(|_, _| Ok(probes));
}

#[test]
fn a_trial_tells_works_refused_or_locked() {
    let mut bench = Bench::new();
    due(&mut bench, (70..73).map(probe).collect());
    tries(&mut bench, 70, None, Probed::Works);
    let refused = TraktFault::TokenRefused;
    tries(&mut bench, 71, Some(refused), Probed::Refused);
    tries(&mut bench, 72, Some(TraktFault::Locked), Probed::Locked);
    assert_eq!(bench.service().probe_due(), Ok(3));
}

/// What is no answer about this token is one about them all: no other is tried, and none is asked
/// for until the time has passed.
#[test]
fn trials_leave_trakt_alone_when_it_says_so_or_says_nothing() {
    for (fault, quiet) in [
        (unavailable(Some(3600)), 3600),
        (unavailable(None), 30),
        (misconfigured(), 30),
    ] {
        let mut bench = Bench::new();
        due(&mut bench, vec![probe(70), probe(71)]);
        tries(&mut bench, 70, Some(fault), Probed::Unknown);
        let clock = bench.clock();
        due(&mut bench, vec![probe(72)]);
        tries(&mut bench, 72, None, Probed::Works);
        let service = bench.service();
        assert_eq!(service.probe_due(), Ok(0));
        clock.advance(secs(quiet) - Duration::from_millis(1));
        assert_eq!(service.probe_due(), Ok(0));
        clock.advance(Duration::from_millis(1));
        assert_eq!(service.probe_due(), Ok(1));
    }
}

#[test]
fn a_process_that_stops_tries_no_more() {
    let mut bench = Bench::new();
    due(&mut bench, vec![probe(70)]);
    let service = bench.service();
    service.stop();
    assert_eq!(service.probe_due(), Ok(0));
}

#[test]
fn no_trial_is_due_no_call_is_made() {
    let mut bench = Bench::new();
    due(&mut bench, Vec::new());
    assert_eq!(bench.service().probe_due(), Ok(0));
}

/// The second is not even tried: its answer would be lost too.
#[test]
fn trials_end_with_a_store_that_fails() {
    let mut bench = Bench::new();
    bench
        .store
        .expect_due_probes()
        .once()
        .return_once(|_, _| Err(store_down()));
    let down = Err(TokenError::Store(store_down()));
    assert_eq!(bench.service().probe_due(), down);

    let mut bench = Bench::new();
    due(&mut bench, vec![probe(70), probe(71)]);
    bench
        .world
        .trakt
        .expect_identity()
        .once()
        .return_once(|_, _| Err(TraktFault::TokenRefused));
    bench
        .store
        .expect_settle_probe()
        .once()
        .return_once(|_| Err(store_down()));
    assert_eq!(bench.service().probe_due(), down);
}
