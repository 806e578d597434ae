//! Asking Trakt how a flow stands, and how often.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use trakt_core::link::{FlowEnd, LinkError, LinkProgress};
use trakt_core::ports::{DevicePoll, MockLinkStore, PollClaim, PollOutcome, TraktFault};
use trakt_core::token::Revoker;

use super::{check, claimed, due, ends, goes_on, poll_step, polled, secs, service, wait_of};
use crate::bench::{World, misconfigured, revocation, stamp, store_down, unavailable, user_id};

#[test]
fn the_claim_names_user_and_flow_and_outlives_every_call() {
    let mut store = MockLinkStore::new();
    store
        .expect_claim_poll()
        .withf(|cmd| {
            cmd.user == user_id(1)
                && cmd.key == check().handle.key()
                && cmd.lease > Revoker::CALL_LIMIT
                && cmd.stamp == stamp()
        })
        .once()
        .return_once(|_| Ok(PollClaim::TooSoon(secs(3))));
    let progress = service(store, World::new()).check(&check()).unwrap();
    assert_eq!(wait_of(&progress), secs(3));
}

/// `World::new` expects no call to Trakt at all, and the store no second one.
#[test]
fn what_the_store_can_answer_never_reaches_trakt() {
    use LinkError as E;
    let mut cases = vec![
        (Ok(PollClaim::Unknown), E::FlowUnknown),
        (Err(store_down()), E::Store(store_down())),
    ];
    for end in FlowEnd::ALL {
        let heard = match end {
            FlowEnd::Linked | FlowEnd::Used => E::FlowUsed,
            FlowEnd::Denied => E::FlowDenied,
            FlowEnd::Expired | FlowEnd::Superseded => E::FlowExpired,
            FlowEnd::Unknown => E::FlowUnknown,
            FlowEnd::AccountTaken => E::AccountTaken,
            FlowEnd::AlreadyLinked => E::AlreadyLinked,
            FlowEnd::AccountLocked => E::AccountLocked,
        };
        cases.push((Ok(PollClaim::Ended(*end)), heard));
    }
    for (claim, expected) in cases {
        let mut store = MockLinkStore::new();
        store.expect_claim_poll().once().return_once(move |_| claim);
        let answer = service(store, World::new()).check(&check());
        assert_eq!(answer.unwrap_err(), expected);
    }
}

#[test]
fn every_final_status_ends_the_flow_with_its_own_error() {
    for (status, end, heard) in [
        (DevicePoll::Denied, FlowEnd::Denied, LinkError::FlowDenied),
        (
            DevicePoll::Expired,
            FlowEnd::Expired,
            LinkError::FlowExpired,
        ),
        (DevicePoll::Used, FlowEnd::Used, LinkError::FlowUsed),
        (
            DevicePoll::Unknown,
            FlowEnd::Unknown,
            LinkError::FlowUnknown,
        ),
    ] {
        let (mut store, mut world) = (claimed(poll_step()), World::new());
        polled(&mut world, Ok(status));
        ends(&mut store, end, vec![revocation(1)]);
        world.revokes(1);
        let answer = service(store, world).check(&check());
        assert_eq!(answer.unwrap_err(), heard);
    }
}

#[test]
fn pending_keeps_the_interval() {
    let (mut store, mut world) = (claimed(poll_step()), World::new());
    polled(&mut world, Ok(DevicePoll::Pending));
    goes_on(&mut store, secs(5));
    let progress = service(store, world).check(&check()).unwrap();
    assert_eq!(wait_of(&progress), secs(5));
}

/// Claims with `interval`, lets Trakt say `answer`; returns what was settled and heard.
fn next_interval(
    interval: u64,
    answer: Result<DevicePoll, TraktFault>,
) -> ([Duration; 2], Result<LinkProgress, LinkError>) {
    let (mut store, mut world) = (MockLinkStore::new(), World::new());
    store
        .expect_claim_poll()
        .once()
        .return_once(move |_| Ok(due(secs(interval), poll_step())));
    polled(&mut world, answer);
    let (tell, told) = std::sync::mpsc::channel();
    store.expect_settle_poll().once().returning(move |cmd| {
        tell.send(cmd.outcome).unwrap();
        Ok(Vec::new())
    });
    let heard = service(store, world).check(&check());
    let PollOutcome::Again { wait, interval } = told.recv().unwrap() else {
        panic!("the flow was ended");
    };
    ([wait, interval], heard)
}

#[test]
fn slow_down_adds_five_seconds_unless_trakt_asks_for_more() {
    for (interval, asked, expected) in [
        (5, None, 10),
        (7, None, 12),
        (5, Some(0), 10),
        (5, Some(3), 10),
        (5, Some(10), 10),
        (55, None, 60),
        (60, None, 65),
        (90, None, 95),
        (3600, None, 3600),
    ] {
        let answer = DevicePoll::SlowDown(asked.map(secs));
        let (settled, heard) = next_interval(interval, Ok(answer));
        assert_eq!(settled, [secs(expected); 2], "{interval} {asked:?}");
        assert_eq!(wait_of(&heard.unwrap()), secs(expected));
    }
    for (asked, wait) in [
        (11, 11),
        (143, 143),
        (3600, 3600),
        (3601, 3600),
        (u64::MAX, 3600),
    ] {
        let answer = DevicePoll::SlowDown(Some(secs(asked)));
        let (settled, heard) = next_interval(5, Ok(answer));
        assert_eq!(settled, [secs(wait), secs(10)], "once {wait}, then 10");
        assert_eq!(wait_of(&heard.unwrap()), secs(wait));
    }
}

/// RFC 8628 section 3.5: the five seconds hold for this and all later polls.
#[test]
fn what_slow_down_added_stays() {
    let (mut store, mut world) = (MockLinkStore::new(), World::new());
    let stored = Arc::new(Mutex::new(secs(5)));
    let kept = Arc::clone(&stored);
    store
        .expect_claim_poll()
        .times(5)
        .returning(move |_| Ok(due(*kept.lock().unwrap(), poll_step())));
    store.expect_settle_poll().times(5).returning(move |cmd| {
        if let PollOutcome::Again { interval, .. } = cmd.outcome {
            *stored.lock().unwrap() = interval;
        }
        Ok(Vec::new())
    });
    let mut answers = [
        DevicePoll::Pending,
        DevicePoll::SlowDown(None),
        DevicePoll::Pending,
        DevicePoll::SlowDown(Some(secs(2))),
        DevicePoll::Pending,
    ]
    .into_iter();
    world
        .trakt
        .expect_device_token()
        .times(5)
        .returning(move |_, _| Ok(answers.next().unwrap()));
    let service = service(store, world);
    let waits = [(); 5].map(|()| wait_of(&service.check(&check()).unwrap()));
    assert_eq!(waits, [5, 10, 10, 15, 15].map(secs));
}

#[test]
fn trouble_doubles_the_interval_and_keeps_the_flow_open() {
    // What Trakt itself asks for is not lowered, but not doubled for ever either.
    for (interval, expected) in [(1, 2), (5, 10), (29, 58), (31, 60), (60, 60), (90, 90)] {
        let (settled, heard) = next_interval(interval, Err(unavailable(None)));
        assert_eq!(settled, [secs(expected); 2], "{interval}");
        let told = LinkError::Trakt(unavailable(Some(expected)));
        assert_eq!(heard.unwrap_err(), told, "the client hears how long");
    }
    for (asked, wait) in [(4, 10), (30, 30), (300, 300), (u64::MAX, 3600)] {
        let (settled, heard) = next_interval(5, Err(unavailable(Some(asked))));
        assert_eq!(settled, [secs(wait), secs(10)], "{asked}");
        assert_eq!(
            heard.unwrap_err(),
            LinkError::Trakt(unavailable(Some(wait)))
        );
    }
    // The last two are nothing that this endpoint says; still no reason to give the code up.
    for fault in [
        misconfigured(),
        TraktFault::TokenRefused,
        TraktFault::Locked,
    ] {
        let (settled, heard) = next_interval(5, Err(fault.clone()));
        assert_eq!(settled, [secs(10); 2], "{fault:?}");
        assert_eq!(heard.unwrap_err(), LinkError::Trakt(fault));
    }
}

#[test]
fn an_end_that_cannot_be_stored_is_no_end() {
    for answer in [
        Ok(DevicePoll::Denied),
        Ok(DevicePoll::Pending),
        Err(unavailable(None)),
    ] {
        let (mut store, mut world) = (claimed(poll_step()), World::new());
        polled(&mut world, answer);
        store
            .expect_settle_poll()
            .once()
            .return_once(|_| Err(store_down()));
        let heard = service(store, world).check(&check());
        assert_eq!(heard.unwrap_err(), LinkError::Store(store_down()));
    }
}
