//! From the approval at Trakt to the link.

use mockall::Sequence;
use trakt_core::RevocationId;
use trakt_core::link::{FlowEnd, LinkError, LinkProgress, TokenPair};
use trakt_core::ports::{
    AuthoriseOutcome, CompleteFlow, Completion, FlowStep, MockLinkStore, PollOutcome, TraktFault,
};

use super::{
    check, claimed, ends, flow, grant, identify_step, identity, poll_step, polled, secs, service,
    settles,
};
use crate::bench::{
    World, a_link, misconfigured, now, revocation, revocation_id, stamp, store_down, unavailable,
    user_id,
};

fn is_ours(tokens: &TokenPair) -> bool {
    tokens.access.expose() == "access-1"
        && tokens.refresh.expose() == "refresh-1"
        && tokens.expires_at == now() + secs(604_800)
}

/// What completing this flow has to carry, whichever step it was taken up at.
fn is_whole(cmd: &CompleteFlow) -> bool {
    cmd.flow == flow()
        && cmd.user == user_id(1)
        && is_ours(&cmd.tokens)
        && cmd.identity == identity()
        && cmd.stamp == stamp()
}

fn keeps(store: &mut MockLinkStore) {
    store
        .expect_authorise()
        .withf(|cmd| cmd.flow == flow() && is_ours(&cmd.tokens))
        .once()
        .return_once(|_| Ok(AuthoriseOutcome::Kept));
}

fn identified(world: &mut World, answer: Result<trakt_core::TraktIdentity, TraktFault>) {
    world
        .trakt
        .expect_identity()
        .withf(|token, _| token.expose() == "access-1")
        .once()
        .return_once(move |_, _| answer);
}

/// A flow at `step` that has just come to hold its tokens.
fn at(step: FlowStep) -> (MockLinkStore, World) {
    let fresh = matches!(step, FlowStep::Poll(_));
    let (mut store, mut world) = (claimed(step), World::new());
    if fresh {
        polled(&mut world, Ok(grant()));
        keeps(&mut store);
    }
    (store, world)
}

#[test]
fn tokens_are_kept_then_identified_then_linked_then_the_replaced_ones_revoked() {
    let (mut store, mut world, mut order) = (MockLinkStore::new(), World::new(), Sequence::new());
    store
        .expect_claim_poll()
        .once()
        .in_sequence(&mut order)
        .return_once(|_| Ok(super::due(secs(5), poll_step())));
    world
        .trakt
        .expect_device_token()
        .withf(|code, _| code.expose() == "code-1")
        .once()
        .in_sequence(&mut order)
        .return_once(|_, _| Ok(grant()));
    store
        .expect_authorise()
        .withf(|cmd| cmd.flow == flow() && is_ours(&cmd.tokens))
        .once()
        .in_sequence(&mut order)
        .return_once(|_| Ok(AuthoriseOutcome::Kept));
    world
        .trakt
        .expect_identity()
        .withf(|token, _| token.expose() == "access-1")
        .once()
        .in_sequence(&mut order)
        .return_once(|_, _| Ok(identity()));
    store
        .expect_complete()
        .withf(is_whole)
        .once()
        .in_sequence(&mut order)
        .return_once(|_| Ok(Completion::Linked(Box::new(a_link()), vec![revocation(9)])));
    world
        .trakt
        .expect_revoke()
        .withf(|token, _| token.expose() == "old-9")
        .once()
        .in_sequence(&mut order)
        .return_once(|_, _| Ok(()));
    world.dead(9);
    world
        .waiting
        .expect_done()
        .withf(|id: &RevocationId| *id == revocation_id(9))
        .once()
        .in_sequence(&mut order)
        .return_once(|_| Ok(()));
    let progress = service(store, world).check(&check()).unwrap();
    let LinkProgress::Linked(link) = progress else {
        panic!("not linked: {progress:?}");
    };
    assert_eq!(*link, a_link());
}

/// `expect_device_token` is absent: the code is used up, asking again would say "used".
#[test]
fn a_flow_that_holds_its_tokens_is_taken_up_at_the_identity() {
    let (mut store, mut world) = at(identify_step());
    identified(&mut world, Ok(identity()));
    store
        .expect_complete()
        .withf(is_whole)
        .once()
        .return_once(|_| Ok(Completion::Linked(Box::new(a_link()), Vec::new())));
    let progress = service(store, world).check(&check()).unwrap();
    assert!(matches!(progress, LinkProgress::Linked(link) if *link == a_link()));
}

#[test]
fn an_identity_that_cannot_be_read_now_keeps_the_flow_open() {
    for step in [poll_step(), identify_step()] {
        for (fault, wait, told) in [
            (unavailable(None), 10, unavailable(Some(10))),
            (unavailable(Some(25)), 25, unavailable(Some(25))),
            (unavailable(Some(900)), 900, unavailable(Some(900))),
            (misconfigured(), 10, misconfigured()),
        ] {
            let (mut store, mut world) = at(step.clone());
            identified(&mut world, Err(fault));
            let (wait, interval) = (secs(wait), secs(10));
            settles(
                &mut store,
                PollOutcome::Again { wait, interval },
                Vec::new(),
            );
            let heard = service(store, world).check(&check());
            assert_eq!(heard.unwrap_err(), LinkError::Trakt(told));
        }
    }
}

#[test]
fn a_dead_token_and_a_locked_account_end_the_flow() {
    for step in [poll_step(), identify_step()] {
        for (fault, end, heard) in [
            (TraktFault::TokenRefused, FlowEnd::Used, LinkError::FlowUsed),
            (
                TraktFault::Locked,
                FlowEnd::AccountLocked,
                LinkError::AccountLocked,
            ),
        ] {
            let (mut store, mut world) = at(step.clone());
            identified(&mut world, Err(fault));
            ends(&mut store, end, vec![revocation(4)]);
            world.revokes(4);
            let answer = service(store, world).check(&check());
            assert_eq!(answer.unwrap_err(), heard);
        }
    }
}

/// Neither `identity` nor `complete` is expected: the tokens belong to nobody.
#[test]
fn tokens_that_come_too_late_are_revoked() {
    let (mut store, mut world) = (claimed(poll_step()), World::new());
    polled(&mut world, Ok(grant()));
    store
        .expect_authorise()
        .once()
        .return_once(|_| Ok(AuthoriseOutcome::TooLate(vec![revocation(2)])));
    world.revokes(2);
    let answer = service(store, world).check(&check());
    assert_eq!(answer.unwrap_err(), LinkError::FlowExpired);
}

/// No row waits for these tokens: Trakt is told directly, and what it says changes nothing.
#[test]
fn tokens_that_cannot_be_stored_are_revoked_at_trakt() {
    for said in [
        Ok(()),
        Err(unavailable(None)),
        Err(TraktFault::TokenRefused),
    ] {
        let (mut store, mut world) = (claimed(poll_step()), World::new());
        polled(&mut world, Ok(grant()));
        store
            .expect_authorise()
            .once()
            .return_once(|_| Err(store_down()));
        world
            .trakt
            .expect_revoke()
            .withf(|token, _| token.expose() == "access-1")
            .once()
            .return_once(move |_, _| said);
        let answer = service(store, world).check(&check());
        assert_eq!(answer.unwrap_err(), LinkError::Store(store_down()));
    }
}

#[test]
fn a_conflict_is_told_and_the_new_tokens_revoked() {
    for step in [poll_step(), identify_step()] {
        for (end, heard) in [
            (FlowEnd::AccountTaken, LinkError::AccountTaken),
            (FlowEnd::AlreadyLinked, LinkError::AlreadyLinked),
            (FlowEnd::Expired, LinkError::FlowExpired),
            (FlowEnd::Superseded, LinkError::FlowExpired),
        ] {
            let (mut store, mut world) = at(step.clone());
            identified(&mut world, Ok(identity()));
            store
                .expect_complete()
                .withf(is_whole)
                .once()
                .return_once(move |_| {
                    Ok(Completion::Refused(end, vec![revocation(5), revocation(6)]))
                });
            world.revokes(5);
            world.revokes(6);
            let answer = service(store, world).check(&check());
            assert_eq!(answer.unwrap_err(), heard);
        }
    }
}

/// Nothing is revoked and nothing settled: the flow holds the tokens, the next check finishes.
#[test]
fn a_store_that_fails_to_complete_leaves_the_flow_to_be_finished() {
    let (mut store, mut world) = at(poll_step());
    identified(&mut world, Ok(identity()));
    store
        .expect_complete()
        .once()
        .return_once(|_| Err(store_down()));
    let answer = service(store, world).check(&check());
    assert_eq!(answer.unwrap_err(), LinkError::Store(store_down()));
}
