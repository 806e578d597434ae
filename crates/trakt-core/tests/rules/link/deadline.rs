//! One deadline for all calls to Trakt that one request makes.

use std::sync::Arc;
use std::time::Duration;

use trakt_core::link::{FlowEnd, LinkError, LinkProgress};
use trakt_core::ports::{AuthoriseOutcome, Completion, DevicePoll, MockLinkStore, TraktFault};
use trakt_core::testing::FixedClock;

use super::{
    check, claimed, due, ends, goes_on, grant, identify_step, identity, poll_step, secs, service,
};
use crate::bench::{TEN_SECONDS, World, a_link, revocation, store_down};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A store whose claim takes `time`.
fn slow_claim(clock: &Arc<FixedClock>, time: Duration) -> MockLinkStore {
    let (mut store, clock) = (MockLinkStore::new(), Arc::clone(clock));
    store.expect_claim_poll().once().return_once(move |_| {
        clock.advance(time);
        Ok(due(secs(5), poll_step()))
    });
    store
}

/// Expects a poll that may take `within`, and lets it take `time`.
fn slow_poll(world: &mut World, within: Duration, time: Duration, answer: DevicePoll) {
    let clock = Arc::clone(&world.clock);
    world
        .trakt
        .expect_device_token()
        .withf(move |_, given| *given == within)
        .once()
        .return_once(move |_, _| {
            clock.advance(time);
            Ok(answer)
        });
}

fn slow_identity(world: &mut World, within: Duration, time: Duration) {
    let clock = Arc::clone(&world.clock);
    world
        .trakt
        .expect_identity()
        .withf(move |_, given| *given == within)
        .once()
        .return_once(move |_, _| {
            clock.advance(time);
            Ok(identity())
        });
}

fn slow_authorise(store: &mut MockLinkStore, world: &World, time: Duration) {
    let clock = Arc::clone(&world.clock);
    store.expect_authorise().once().return_once(move |_| {
        clock.advance(time);
        Ok(AuthoriseOutcome::Kept)
    });
}

fn used_up(answer: &Result<LinkProgress, LinkError>) -> bool {
    matches!(
        answer,
        Err(LinkError::Trakt(TraktFault::Unavailable { .. }))
    )
}

#[test]
fn every_step_leaves_less_time_for_the_next() {
    let mut world = World::new();
    let mut store = slow_claim(&world.clock, secs(1));
    slow_poll(&mut world, secs(9), secs(4), grant());
    slow_authorise(&mut store, &world, ms(500));
    slow_identity(&mut world, ms(4_500), secs(2));
    let clock = Arc::clone(&world.clock);
    store.expect_complete().once().return_once(move |_| {
        clock.advance(ms(250));
        Ok(Completion::Linked(
            Box::new(a_link()),
            vec![revocation(1), revocation(2)],
        ))
    });
    // 2.25 s are left: the first takes 2.1 s of them. That is too little to look whether it is
    // dead, and for the second.
    let clock = Arc::clone(&world.clock);
    world
        .trakt
        .expect_revoke()
        .withf(|token, within| token.expose() == "old-1" && *within == ms(2_250))
        .once()
        .return_once(move |_, _| {
            clock.advance(ms(2_100));
            Ok(())
        });
    let progress = service(store, world).check(&check()).unwrap();
    assert!(matches!(progress, LinkProgress::Linked(_)));
}

/// The tokens are safe with the flow; the identity is read at the next check.
#[test]
fn after_a_poll_of_9_9_seconds_the_identity_is_left_for_the_next_check() {
    let (mut store, mut world) = (claimed(poll_step()), World::new());
    slow_poll(&mut world, TEN_SECONDS, ms(9_900), grant());
    slow_authorise(&mut store, &world, Duration::ZERO);
    goes_on(&mut store, secs(10));
    assert!(used_up(&service(store, world).check(&check())));
}

#[test]
fn a_quarter_of_a_second_is_just_enough_to_begin_a_call() {
    let (mut store, mut world) = (claimed(poll_step()), World::new());
    slow_poll(&mut world, TEN_SECONDS, ms(9_750), grant());
    slow_authorise(&mut store, &world, Duration::ZERO);
    slow_identity(&mut world, ms(250), ms(250));
    // Nothing is revoked any more, but what was read in time is stored.
    store
        .expect_complete()
        .once()
        .return_once(|_| Ok(Completion::Linked(Box::new(a_link()), vec![revocation(1)])));
    let progress = service(store, world).check(&check()).unwrap();
    assert!(matches!(progress, LinkProgress::Linked(_)));
}

#[test]
fn a_store_that_took_all_the_time_leaves_none_to_ask_trakt() {
    let world = World::new();
    let mut store = slow_claim(&world.clock, ms(9_751));
    goes_on(&mut store, secs(10));
    assert!(used_up(&service(store, world).check(&check())));
}

#[test]
fn a_flow_that_holds_its_tokens_has_the_whole_time_for_the_identity() {
    let (mut store, mut world) = (claimed(identify_step()), World::new());
    slow_identity(&mut world, TEN_SECONDS, secs(1));
    store
        .expect_complete()
        .once()
        .return_once(|_| Ok(Completion::Linked(Box::new(a_link()), Vec::new())));
    assert!(service(store, world).check(&check()).is_ok());
}

#[test]
fn tokens_that_cannot_be_stored_are_revoked_only_while_there_is_time() {
    for (took, within) in [(secs(6), Some(secs(4))), (ms(9_800), None)] {
        let (mut store, mut world) = (claimed(poll_step()), World::new());
        slow_poll(&mut world, TEN_SECONDS, took, grant());
        store
            .expect_authorise()
            .once()
            .return_once(|_| Err(store_down()));
        if let Some(within) = within {
            world
                .trakt
                .expect_revoke()
                .withf(move |token, given| token.expose() == "access-1" && *given == within)
                .once()
                .return_once(|_, _| Ok(()));
        }
        let answer = service(store, world).check(&check());
        assert_eq!(answer.unwrap_err(), LinkError::Store(store_down()));
    }
}

#[test]
fn an_end_is_stored_even_when_no_time_is_left_to_revoke() {
    let (mut store, mut world) = (claimed(poll_step()), World::new());
    slow_poll(&mut world, TEN_SECONDS, TEN_SECONDS, DevicePoll::Used);
    ends(&mut store, FlowEnd::Used, vec![revocation(1)]);
    let answer = service(store, world).check(&check());
    assert_eq!(answer.unwrap_err(), LinkError::FlowUsed);
}
