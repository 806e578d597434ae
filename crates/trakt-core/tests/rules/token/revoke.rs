//! How tokens are handed back to Trakt.

use std::sync::Arc;
use std::time::Duration;

use trakt_core::TraktIdentity;
use trakt_core::ports::TraktFault;
use trakt_core::token::Revoker;

use crate::bench::{
    TEN_SECONDS, World, misconfigured, revocation, revocation_id, slug, store_down, trakt_uuid,
    unavailable,
};

/// What [`Revoker::revoke`] returns for tokens 1 and 2 when Trakt says this about them.
fn revoke(world: World) -> usize {
    let (_, revoker, _) = world.parts();
    revoker.revoke(&[revocation(1), revocation(2)], revoker.deadline())
}

#[test]
fn a_token_is_forgotten_once_trakt_was_told_or_knows_better() {
    for first in [
        Ok(()),
        Err(TraktFault::TokenRefused),
        Err(TraktFault::Locked),
    ] {
        let mut world = World::new();
        world
            .trakt
            .expect_revoke()
            .withf(|token, within| token.expose() == "old-1" && *within == TEN_SECONDS)
            .once()
            .return_once({
                let first = first.clone();
                move |_, _| first
            });
        if first.is_ok() {
            world.dead(1);
        }
        world
            .waiting
            .expect_done()
            .withf(|id| *id == revocation_id(1))
            .once()
            .return_once(|_| Ok(()));
        world.revokes(2);
        assert_eq!(revoke(world), 2);
    }
}

/// `done` is expected for none of them, and the second is not even tried.
#[test]
fn trouble_at_trakt_leaves_the_rest_waiting() {
    for fault in [unavailable(None), unavailable(Some(1)), misconfigured()] {
        let mut world = World::new();
        world
            .trakt
            .expect_revoke()
            .withf(|token, _| token.expose() == "old-1")
            .once()
            .return_once(move |_, _| Err(fault));
        assert_eq!(revoke(world), 0);
    }
}

#[test]
fn what_was_told_before_the_trouble_counts() {
    let mut world = World::new();
    world.revokes(1);
    world
        .trakt
        .expect_revoke()
        .withf(|token, _| token.expose() == "old-2")
        .once()
        .return_once(|_, _| Err(unavailable(None)));
    assert_eq!(revoke(world), 1);
}

/// It is told once more later, which Trakt does not mind.
#[test]
fn a_row_that_cannot_be_forgotten_does_not_count_and_stops_nothing() {
    let mut world = World::new();
    world
        .trakt
        .expect_revoke()
        .withf(|token, _| token.expose() == "old-1")
        .once()
        .return_once(|_, _| Ok(()));
    world.dead(1);
    world
        .waiting
        .expect_done()
        .withf(|id| *id == revocation_id(1))
        .once()
        .return_once(|_| Err(store_down()));
    world.revokes(2);
    assert_eq!(revoke(world), 1);
}

#[test]
fn nothing_is_begun_after_the_deadline() {
    let mut world = World::new();
    let clock = Arc::clone(&world.clock);
    world
        .trakt
        .expect_revoke()
        .withf(|token, _| token.expose() == "old-1")
        .once()
        .return_once(move |_, _| {
            clock.advance(Duration::from_millis(9_800));
            Ok(())
        });
    // Nobody has looked whether it is dead: it stays on the list.
    assert_eq!(revoke(world), 0);
}

/// Trakt answers 200 to anything: a token that works on is told of again later, and the others
/// are not held up by it.
#[test]
fn a_token_that_works_on_stays_on_the_list() {
    for (said, done) in [
        (Ok(identity()), 1),
        (Err(TraktFault::Locked), 2),
        (Err(TraktFault::TokenRefused), 2),
        (Err(unavailable(None)), 0),
    ] {
        let mut world = World::new();
        world
            .trakt
            .expect_revoke()
            .withf(|token, _| token.expose() == "old-1")
            .once()
            .return_once(|_, _| Ok(()));
        let told = said.clone();
        world
            .trakt
            .expect_identity()
            .withf(|token, _| token.expose() == "old-1")
            .once()
            .return_once(move |_, _| told);
        if done == 2 {
            world
                .waiting
                .expect_done()
                .withf(|id| *id == revocation_id(1))
                .once()
                .return_once(|_| Ok(()));
        }
        if done > 0 {
            world.revokes(2);
        }
        assert_eq!(revoke(world), done, "{said:?}");
    }
}

fn identity() -> TraktIdentity {
    TraktIdentity {
        uuid: trakt_uuid("uuid-sean"),
        slug: slug("sean"),
        username: "Sean".to_owned(),
    }
}

/// A lease that outlives the round keeps a second replica from telling Trakt the same.
#[test]
fn a_round_takes_a_batch_under_a_lease_longer_than_itself() {
    let mut world = World::new();
    world
        .waiting
        .expect_due()
        .withf(|limit, lease| *limit > 0 && *lease > Revoker::CALL_LIMIT)
        .once()
        .return_once(|_, _| Ok(vec![revocation(1), revocation(2)]));
    world.revokes(1);
    world.revokes(2);
    let (_, revoker, _) = world.parts();
    assert_eq!(revoker.run_due(), Ok(2));
}

#[test]
fn a_round_tells_of_a_failing_store_but_not_of_a_failing_trakt() {
    let mut world = World::new();
    world
        .waiting
        .expect_due()
        .once()
        .return_once(|_, _| Err(store_down()));
    let (_, revoker, _) = world.parts();
    assert_eq!(revoker.run_due(), Err(store_down()));

    let mut world = World::new();
    world
        .waiting
        .expect_due()
        .once()
        .return_once(|_, _| Ok(vec![revocation(1)]));
    world
        .trakt
        .expect_revoke()
        .once()
        .return_once(|_, _| Err(unavailable(None)));
    let (_, revoker, _) = world.parts();
    assert_eq!(revoker.run_due(), Ok(0));
}

/// The worker alone: who unlinks is not made to wait for an hour.
#[test]
fn after_a_wait_was_asked_for_no_round_begins_until_it_is_over() {
    let mut world = World::new();
    world
        .waiting
        .expect_due()
        .times(2)
        .returning(|_, _| Ok(vec![revocation(1), revocation(2)]));
    let mut asked = 0;
    world.trakt.expect_revoke().times(3).returning(move |_, _| {
        asked += 1;
        Err(if asked == 1 {
            unavailable(Some(3600))
        } else {
            TraktFault::TokenRefused
        })
    });
    world.waiting.expect_done().times(2).returning(|_| Ok(()));
    let clock = world.clock.clone();
    let (_, revoker, _) = world.parts();
    for (passes, done) in [(0, 0), (3599, 0), (1, 2)] {
        clock.advance(Duration::from_secs(passes));
        assert_eq!(revoker.run_due(), Ok(done));
    }
}
