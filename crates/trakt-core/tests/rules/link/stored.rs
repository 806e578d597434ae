//! Looking at a link, ending it, and the words and waits that clients depend on.

use std::time::Duration;

use trakt_core::link::{FlowEnd, LinkError, LinkStatus};
use trakt_core::ports::{MockLinkStore, PortError, TraktFault};

use super::{secs, service};
use crate::bench::{
    World, a_link, misconfigured, revocation, stamp, store_down, unavailable, user_id,
};

#[test]
fn a_link_is_read_from_the_store_alone() {
    let cases = [
        (Ok(Some(Some(a_link()))), Ok(Some(a_link()))),
        (Ok(Some(None)), Ok(None)),
        (Ok(None), Err(LinkError::UserGone)),
        (Err(store_down()), Err(LinkError::Store(store_down()))),
    ];
    for (stored, expected) in cases {
        let mut store = MockLinkStore::new();
        store
            .expect_association()
            .withf(|user| *user == user_id(1))
            .once()
            .return_once(move |_| stored);
        let answer = service(store, World::new()).association(user_id(1));
        assert_eq!(answer, expected);
    }
}

fn unlinks(answer: Result<Vec<trakt_core::ports::Revocation>, PortError>) -> MockLinkStore {
    let mut store = MockLinkStore::new();
    store
        .expect_unlink()
        .withf(|cmd| cmd.user == user_id(1) && cmd.purge && cmd.stamp == stamp())
        .once()
        .return_once(move |_| answer);
    store
}

#[test]
fn an_ended_link_gives_what_it_held_and_a_missing_one_is_no_error() {
    for held in [vec![revocation(1)], Vec::new()] {
        let expected: Vec<_> = held.iter().map(|waiting| waiting.id).collect();
        let service = service(unlinks(Ok(held)), World::new());
        let given = service.unlink(user_id(1), true, &stamp()).unwrap();
        let given: Vec<_> = given.iter().map(|waiting| waiting.id).collect();
        assert_eq!(given, expected);
    }
}

#[test]
fn what_abandoned_flows_held_is_revoked() {
    let (mut store, mut world) = (MockLinkStore::new(), World::new());
    store
        .expect_expire_flows()
        .withf(|limit| *limit > 0)
        .once()
        .return_once(|_| Ok(vec![revocation(1), revocation(2)]));
    world.revokes(1);
    world.revokes(2);
    assert_eq!(service(store, world).expire_flows(), Ok(()));
}

/// `done` is not expected: the row stays, and the token is revoked later.
#[test]
fn flows_end_even_when_trakt_cannot_be_told() {
    for fault in [unavailable(None), misconfigured()] {
        let (mut store, mut world) = (MockLinkStore::new(), World::new());
        store
            .expect_expire_flows()
            .once()
            .return_once(|_| Ok(vec![revocation(1)]));
        world
            .trakt
            .expect_revoke()
            .once()
            .return_once(move |_, _| Err(fault));
        assert_eq!(service(store, world).expire_flows(), Ok(()));
    }
}

#[test]
fn nothing_is_revoked_when_the_store_did_not_end_the_link() {
    let answer =
        service(unlinks(Err(store_down())), World::new()).unlink(user_id(1), true, &stamp());
    assert_eq!(answer.unwrap_err(), LinkError::Store(store_down()));
}

#[test]
fn only_what_may_pass_by_itself_asks_to_be_tried_again() {
    let corrupt = PortError::Corrupt("trakt_users.access_token".to_owned());
    for (error, wait) in [
        (LinkError::Trakt(unavailable(Some(143))), Some(143)),
        (LinkError::Trakt(unavailable(None)), Some(5)),
        (LinkError::Trakt(misconfigured()), Some(60)),
        (LinkError::Trakt(TraktFault::TokenRefused), None),
        (LinkError::Trakt(TraktFault::Locked), None),
        (LinkError::Store(store_down()), Some(2)),
        (LinkError::Store(PortError::Conflict("slug")), Some(2)),
        (LinkError::Store(corrupt), None),
        (LinkError::UserGone, None),
        (LinkError::FlowUnknown, None),
        (LinkError::FlowExpired, None),
        (LinkError::FlowUsed, None),
        (LinkError::FlowDenied, None),
        (LinkError::AccountTaken, None),
        (LinkError::AlreadyLinked, None),
        (LinkError::AccountLocked, None),
    ] {
        let wait: Option<Duration> = wait.map(secs);
        assert_eq!(error.retry_after(), wait, "{error:?}");
    }
}

#[test]
fn stored_words_are_read_back() {
    for end in FlowEnd::ALL {
        assert_eq!(end.as_str().parse(), Ok(*end));
    }
    for (status, word) in [
        (LinkStatus::Active, "active"),
        (LinkStatus::Unverified, "unverified"),
        (LinkStatus::NeedsRelink, "needs_relink"),
        (LinkStatus::Locked, "locked"),
    ] {
        assert_eq!(status.as_str(), word);
        assert_eq!(word.parse(), Ok(status));
    }
    for word in ["", "Active", "active ", "gone"] {
        assert!(word.parse::<LinkStatus>().is_err(), "{word:?}");
        assert!(word.parse::<FlowEnd>().is_err(), "{word:?}");
    }
}
