//! What an operator may do to the links of others.

use std::sync::Arc;
use std::time::Duration;

use mockall::Sequence;
use trakt_core::admin::{AdminError, AdminService, Associate, AssociationRecord};
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome};
use trakt_core::link::LinkStatus;
use trakt_core::ports::{
    AssociationQuery, ClaimOutcome, MockAdminStore, MockAuditStore, MockUserStore, PortError,
    TraktFault,
};
use trakt_core::testing::CountingEntropy;
use trakt_core::user::{Email, Role, User};
use trakt_core::{Page, PageRequest, TraktProfile, UserId};

use crate::bench::{
    TEN_SECONDS, World, a_link, link_id, misconfigured, now, revocation, revocation_id, slug,
    stamp, store_down, trakt_uuid, unavailable, user_id,
};

fn email() -> Email {
    Email::parse("ana@example.org").unwrap()
}

fn profile() -> TraktProfile {
    TraktProfile {
        uuid: Some(trakt_uuid("uuid-sean")),
        slug: slug("sean"),
        username: Some("Sean".to_owned()),
    }
}

fn claim(replace: bool) -> Associate {
    Associate {
        slug: slug("Sean"),
        email: email(),
        replace,
        stamp: stamp(),
    }
}

fn service(store: MockAdminStore, users: MockUserStore, world: World) -> AdminService {
    audited(store, users, MockAuditStore::new(), world)
}

fn audited(
    store: MockAdminStore,
    users: MockUserStore,
    audit: MockAuditStore,
    world: World,
) -> AdminService {
    let (trakt, revoker, _) = world.parts();
    AdminService::new(
        Arc::new(store),
        Arc::new(users),
        Arc::new(audit),
        trakt,
        revoker,
        Arc::new(CountingEntropy::default()),
    )
}

/// A trail that takes one refused claim of ours, with this word.
fn refusal(subject: Option<UserId>, word: &'static str) -> MockAuditStore {
    let entry = AuditEntry {
        subject,
        ..AuditEntry::new(AuditEvent::AdminAssociated, AuditOutcome::Refused, &stamp())
            .account(&slug("Sean"), None)
            .detail(word)
    };
    let mut audit = MockAuditStore::new();
    audit
        .expect_record()
        .withf(move |written| *written == entry)
        .once()
        .return_once(|_| Ok(()));
    audit
}

fn users(answer: Result<Option<User>, PortError>) -> MockUserStore {
    let mut users = MockUserStore::new();
    users
        .expect_by_email()
        .withf(|asked| *asked == email())
        .once()
        .return_once(move |_| answer);
    users
}

fn ana() -> User {
    User {
        id: user_id(8),
        email: email(),
        role: Role::User,
        password_hash: None,
        created_at: now(),
    }
}

fn shows(world: &mut World, answer: Result<Option<TraktProfile>, TraktFault>) {
    world
        .trakt
        .expect_profile()
        .withf(|asked, within| *asked == slug("Sean") && *within == TEN_SECONDS)
        .once()
        .return_once(move |_, _| answer);
}

#[test]
fn user_then_account_then_claim_then_revoking() {
    for replace in [false, true] {
        let (mut store, mut users) = (MockAdminStore::new(), MockUserStore::new());
        let (mut world, mut order) = (World::new(), Sequence::new());
        users
            .expect_by_email()
            .withf(|asked| *asked == email())
            .once()
            .in_sequence(&mut order)
            .return_once(|_| Ok(Some(ana())));
        world
            .trakt
            .expect_profile()
            .withf(|asked, within| *asked == slug("Sean") && *within == TEN_SECONDS)
            .once()
            .in_sequence(&mut order)
            .return_once(|_, _| Ok(Some(profile())));
        store
            .expect_claim_account()
            .withf(move |cmd| {
                cmd.user == user_id(8)
                    && cmd.profile == profile()
                    && cmd.replace == replace
                    && cmd.stamp == stamp()
            })
            .once()
            .in_sequence(&mut order)
            .return_once(|_| {
                Ok(ClaimOutcome::Associated(
                    Box::new(a_link()),
                    vec![revocation(1)],
                ))
            });
        world
            .trakt
            .expect_revoke()
            .withf(|token, _| token.expose() == "old-1")
            .once()
            .in_sequence(&mut order)
            .return_once(|_, _| Ok(()));
        world.dead(1);
        world.waiting.expect_done().once().return_once(|_| Ok(()));
        let answer = service(store, users, world).associate(&claim(replace));
        assert_eq!(answer, Ok(a_link()));
    }
}

/// Neither Trakt nor the store of links is asked.
#[test]
fn an_unknown_user_stops_it_at_once() {
    for (answer, audit, expected) in [
        (
            Ok(None),
            refusal(None, "user_not_found"),
            AdminError::UserNotFound,
        ),
        (
            Err(store_down()),
            MockAuditStore::new(),
            AdminError::Store(store_down()),
        ),
    ] {
        let store = MockAdminStore::new();
        let service = audited(store, users(answer), audit, World::new());
        assert_eq!(service.associate(&claim(true)), Err(expected));
    }
}

/// What is refused is on the trail, or nobody is told.
#[test]
fn a_refusal_that_cannot_be_written_down_is_the_stores_error() {
    let mut audit = MockAuditStore::new();
    audit
        .expect_record()
        .once()
        .return_once(|_| Err(store_down()));
    let store = MockAdminStore::new();
    let service = audited(store, users(Ok(None)), audit, World::new());
    let expected = AdminError::Store(store_down());
    assert_eq!(service.associate(&claim(true)), Err(expected));
}

/// The store of links is not asked.
#[test]
fn an_account_that_trakt_does_not_show_is_not_claimed() {
    for (said, expected) in [
        (Ok(None), AdminError::TraktAccountNotFound),
        (
            Err(unavailable(Some(30))),
            AdminError::Trakt(unavailable(Some(30))),
        ),
        (Err(misconfigured()), AdminError::Trakt(misconfigured())),
        (
            Err(TraktFault::Locked),
            AdminError::Trakt(TraktFault::Locked),
        ),
    ] {
        let mut world = World::new();
        let audit = match &said {
            Ok(_) => refusal(Some(user_id(8)), "trakt_account_not_found"),
            Err(_) => MockAuditStore::new(),
        };
        shows(&mut world, said);
        let (store, users) = (MockAdminStore::new(), users(Ok(Some(ana()))));
        let service = audited(store, users, audit, world);
        assert_eq!(service.associate(&claim(false)), Err(expected));
    }
}

#[test]
fn what_the_store_refuses_is_told() {
    for (outcome, expected) in [
        (Ok(ClaimOutcome::AccountTaken), AdminError::AccountTaken),
        (Ok(ClaimOutcome::AlreadyLinked), AdminError::AlreadyLinked),
        (Ok(ClaimOutcome::UserGone), AdminError::UserNotFound),
        (Err(store_down()), AdminError::Store(store_down())),
    ] {
        let (mut store, mut world) = (MockAdminStore::new(), World::new());
        shows(&mut world, Ok(Some(profile())));
        // The store writes its own refusals down, but for a user who is gone.
        let audit = match &outcome {
            Ok(ClaimOutcome::UserGone) => refusal(Some(user_id(8)), "user_not_found"),
            _ => MockAuditStore::new(),
        };
        store
            .expect_claim_account()
            .once()
            .return_once(move |_| outcome);
        let service = audited(store, users(Ok(Some(ana()))), audit, world);
        assert_eq!(service.associate(&claim(false)), Err(expected));
    }
}

#[test]
fn a_slow_profile_leaves_the_revoking_for_later() {
    let (mut store, mut world) = (MockAdminStore::new(), World::new());
    let clock = Arc::clone(&world.clock);
    world
        .trakt
        .expect_profile()
        .once()
        .return_once(move |_, _| {
            clock.advance(Duration::from_millis(9_900));
            Ok(Some(profile()))
        });
    store.expect_claim_account().once().return_once(|_| {
        Ok(ClaimOutcome::Associated(
            Box::new(a_link()),
            vec![revocation(1)],
        ))
    });
    let service = service(store, users(Ok(Some(ana()))), world);
    assert_eq!(service.associate(&claim(true)), Ok(a_link()));
}

#[test]
fn a_link_is_ended_and_what_it_held_is_returned() {
    let mut store = MockAdminStore::new();
    store
        .expect_disassociate()
        .withf(|cmd| cmd.link == link_id(70) && cmd.stamp == stamp() && cmd.purge)
        .once()
        .return_once(|_| Ok(Some(vec![revocation(1)])));
    let service = service(store, MockUserStore::new(), World::new());
    let revocations = service.disassociate(link_id(70), true, &stamp());
    let revocations = revocations.unwrap();
    let ids: Vec<_> = revocations.iter().map(|waiting| waiting.id).collect();
    assert_eq!(ids, [revocation_id(1)]);
}

#[test]
fn a_link_that_was_not_ended_is_not_revoked() {
    for (answer, expected) in [
        (Ok(None), AdminError::NotFound),
        (Err(store_down()), AdminError::Store(store_down())),
    ] {
        let mut store = MockAdminStore::new();
        store
            .expect_disassociate()
            .once()
            .return_once(move |_| answer);
        let service = service(store, MockUserStore::new(), World::new());
        let answer = service.disassociate(link_id(70), false, &stamp());
        assert_eq!(answer.unwrap_err(), expected);
    }
}

#[test]
fn a_list_is_what_the_store_has() {
    let query = AssociationQuery {
        status: Some(LinkStatus::NeedsRelink),
        text: Some("ana".to_owned()),
        page: PageRequest::new(3, 20).unwrap(),
    };
    let page = Page {
        items: vec![AssociationRecord {
            link: a_link(),
            user_email: Some(email()),
            created_at: now(),
        }],
        request: query.page,
        total: 41,
    };
    for answer in [Ok(page), Err(store_down())] {
        let (mut store, asked, stored) = (MockAdminStore::new(), query.clone(), answer.clone());
        store
            .expect_associations()
            .withf(move |query| *query == asked)
            .once()
            .return_once(move |_| stored);
        let service = service(store, MockUserStore::new(), World::new());
        let expected = answer.map_err(AdminError::Store);
        assert_eq!(service.associations(&query), expected);
    }
}

#[test]
fn only_what_may_pass_by_itself_asks_to_be_tried_again() {
    for (error, seconds) in [
        (AdminError::Trakt(unavailable(Some(30))), Some(30)),
        (AdminError::Trakt(misconfigured()), Some(60)),
        (AdminError::Store(store_down()), Some(2)),
        (AdminError::Trakt(TraktFault::Locked), None),
        (AdminError::UserNotFound, None),
        (AdminError::TraktAccountNotFound, None),
        (AdminError::AccountTaken, None),
        (AdminError::AlreadyLinked, None),
        (AdminError::NotFound, None),
    ] {
        let wait = seconds.map(Duration::from_secs);
        assert_eq!(error.retry_after(), wait, "{error:?}");
    }
}
