//! What a user holds, before anything is asked of Trakt.

use trakt_core::link::LinkStatus;
use trakt_core::ports::{HeldToken, PortError};
use trakt_core::token::{GateReason, LossReason, TokenError};

use super::{Bench, LATER, WEEK, fresh, secs, stale};
use crate::bench::{now, store_down, user_id};

fn holds(answer: Result<Option<Option<HeldToken>>, PortError>) -> Bench {
    let mut bench = Bench::new();
    bench
        .store
        .expect_held()
        .withf(|user| *user == user_id(1))
        .once()
        .return_once(move |_| answer);
    bench
}

#[test]
fn a_good_token_costs_one_read() {
    let bench = holds(Ok(Some(Some(fresh(70)))));
    let grant = bench.service().access_token(user_id(1)).unwrap();
    assert_eq!(grant.token.expose(), "access-5");
    assert_eq!(grant.generation, 5);
    assert_eq!(grant.expires_at, now() + WEEK);
}

/// The token is good in every row: how the link stands is what counts.
#[test]
fn a_link_that_gives_no_token_says_why() {
    let link = |status, reason| {
        let token = HeldToken {
            status,
            reason,
            ..fresh(70)
        };
        Ok(Some(Some(token)))
    };
    let corrupt = PortError::Corrupt("a seal".to_owned());
    let mut cases = vec![
        (Ok(None), TokenError::UserGone),
        (Ok(Some(None)), TokenError::NotLinked),
        (link(LinkStatus::Unverified, None), TokenError::NotLinked),
        (link(LinkStatus::Locked, None), TokenError::Locked),
        (
            link(LinkStatus::NeedsRelink, None),
            TokenError::NeedsRelink(LossReason::Revoked),
        ),
        (Err(store_down()), TokenError::Store(store_down())),
        (Err(corrupt.clone()), TokenError::Store(corrupt)),
    ];
    for reason in LossReason::ALL {
        cases.push((
            link(LinkStatus::NeedsRelink, Some(*reason)),
            TokenError::NeedsRelink(*reason),
        ));
    }
    for (answer, why) in cases {
        let got = holds(answer).service().access_token(user_id(1));
        assert_eq!(got.unwrap_err(), why);
    }
}

#[test]
fn only_what_time_helps_says_when_to_come_back() {
    let corrupt = TokenError::Store(PortError::Corrupt("a seal".to_owned()));
    for (error, wait) in [
        (LATER, Some(secs(5))),
        (TokenError::Store(store_down()), Some(secs(2))),
        (corrupt, None),
        (TokenError::Locked, None),
        (TokenError::NeedsRelink(LossReason::Lost), None),
    ] {
        assert_eq!(error.retry_after(), wait, "{error}");
    }
}

/// Whatever the store says of it being good.
#[test]
fn a_link_without_a_whole_token_has_to_be_refreshed() {
    for token in [
        HeldToken {
            access: None,
            ..fresh(70)
        },
        HeldToken {
            expires_at: None,
            ..fresh(70)
        },
    ] {
        let mut bench = Bench::calm();
        let rooms = bench.rooms();
        bench.holds(2, &token);
        bench
            .store
            .expect_claim_refresh()
            .withf(|cmd| cmd.generation == 5)
            .once()
            .return_once(|_| Ok(trakt_core::ports::RefreshClaim::Wait(secs(5))));
        let got = bench.service().access_token(user_id(1));
        assert_eq!(got.unwrap_err(), LATER);
        assert_eq!(rooms.taken(), []);
    }
}

#[test]
fn after_the_stop_a_good_token_is_given_and_no_refresh_begun() {
    let service = holds(Ok(Some(Some(fresh(70))))).service();
    service.stop();
    assert_eq!(service.access_token(user_id(1)).unwrap().generation, 5);

    let mut bench = Bench::new();
    bench.holds(2, &stale(70));
    let service = bench.service();
    service.stop();
    assert_eq!(service.access_token(user_id(1)).unwrap_err(), LATER);
}

#[test]
fn what_trakt_said_of_a_token_reaches_the_store() {
    for answer in [Ok(()), Err(store_down())] {
        let (mut refused, mut locked) = (Bench::new(), Bench::new());
        let given = answer.clone();
        refused
            .store
            .expect_refuse()
            .withf(|user, generation| *user == user_id(1) && *generation == 4)
            .once()
            .return_once(move |_, _| given);
        let given = answer.clone();
        locked
            .store
            .expect_lock()
            .withf(|user, generation| *user == user_id(1) && *generation == 4)
            .once()
            .return_once(move |_, _| given);
        let expected = answer.map_err(TokenError::Store);
        assert_eq!(refused.service().refused(user_id(1), 4), expected);
        assert_eq!(locked.service().locked(user_id(1), 4), expected);
    }
}

#[test]
fn the_gate_is_told_as_it_stands() {
    for answer in [
        Ok(None),
        Ok(Some(GateReason::RateLimited)),
        Err(store_down()),
    ] {
        let mut bench = Bench::new();
        let given = answer.clone();
        bench.store.expect_gate().once().return_once(move || given);
        assert_eq!(bench.service().gate(), answer.map_err(TokenError::Store));
    }
}
