//! What an operator is told of claims before they are made, of a refresh that is asked for, and of
//! how everything stands.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use trakt_core::admin::{AdminError, AdminService, Associate, Foreseen, Overview};
use trakt_core::audit::{AuditPlace, AuditQuery, AuditService, AuditStep};
use trakt_core::link::HeldLink;
use trakt_core::ports::{
    MockAdminStore, MockAuditStore, MockPasswordHasher, MockUserStore, PortError, RefreshAsk,
    Standing,
};
use trakt_core::testing::CountingEntropy;
use trakt_core::user::{Email, UserError, UserService};

use crate::bench::{World, link_id, now, slug, stamp, store_down, trakt_uuid, user_id};

fn service(store: MockAdminStore) -> AdminService {
    let (trakt, revoker, _) = World::new().parts();
    AdminService::new(
        Arc::new(store),
        Arc::new(MockUserStore::new()),
        Arc::new(MockAuditStore::new()),
        trakt,
        revoker,
        Arc::new(CountingEntropy::default()),
    )
}

fn held(id: u128, user: u128, named: &str, uuid: Option<&str>) -> HeldLink {
    HeldLink {
        id: link_id(id),
        user: Some(user_id(user)),
        uuid: uuid.map(trakt_uuid),
        slug: slug(named),
    }
}

fn email(n: usize) -> Email {
    Email::parse(&format!("user-{n}@example.org")).unwrap()
}

/// User 1 wants the account `sean`.
#[test]
fn what_would_come_of_a_claim_is_what_the_rule_says() {
    let own = |slug| held(1, 1, slug, Some("u1"));
    let cases = [
        (None, false, Foreseen::UserNotFound),
        (Some(vec![]), false, Foreseen::Associated),
        (Some(vec![own("sean")]), false, Foreseen::Already),
        (Some(vec![own("sean")]), true, Foreseen::Already),
        (
            Some(vec![own("old")]),
            false,
            Foreseen::AlreadyLinked(slug("old")),
        ),
        (
            Some(vec![own("old")]),
            true,
            Foreseen::Replaced(slug("old")),
        ),
        (
            Some(vec![held(2, 2, "sean", None)]),
            true,
            Foreseen::AccountTaken,
        ),
        (
            Some(vec![own("old"), held(2, 2, "sean", None)]),
            true,
            Foreseen::AccountTaken,
        ),
        (
            Some(vec![HeldLink {
                user: None,
                ..held(2, 2, "sean", None)
            }]),
            false,
            Foreseen::Associated,
        ),
    ];
    let claims: Vec<Associate> = (0..)
        .zip(&cases)
        .map(|(n, (_, replace, _))| Associate {
            slug: slug("sean"),
            email: email(n),
            replace: *replace,
            stamp: stamp(),
        })
        .collect();
    let standings = cases.iter().map(|(standing, ..)| {
        standing.clone().map(|held| Standing {
            user: user_id(1),
            held,
        })
    });
    let standings: Vec<_> = standings.collect();
    let mut store = MockAdminStore::new();
    store
        .expect_standings()
        .withf(|wanted| {
            let in_order = wanted.iter().enumerate();
            wanted.len() == 9
                && in_order
                    .into_iter()
                    .all(|(n, (of, account))| *of == email(n) && *account == slug("sean"))
        })
        .once()
        .return_once(move |_| Ok(standings));
    let foreseen = service(store).foresee(&claims).unwrap();
    let expected: Vec<Foreseen> = cases.into_iter().map(|(.., expected)| expected).collect();
    assert_eq!(foreseen, expected);

    let mut store = MockAdminStore::new();
    store.expect_standings().return_once(|_| Err(store_down()));
    let failed = service(store).foresee(&claims);
    assert_eq!(failed, Err(AdminError::Store(store_down())));
}

#[test]
fn a_refresh_is_asked_for_or_it_is_said_why_not() {
    type Case = (
        Result<Option<RefreshAsk>, PortError>,
        Result<bool, AdminError>,
    );
    let cases: [Case; 6] = [
        (Ok(Some(RefreshAsk::Asked)), Ok(true)),
        (Ok(Some(RefreshAsk::UnderWay)), Ok(false)),
        (Ok(Some(RefreshAsk::NoTokens)), Err(AdminError::NoTokens)),
        (
            Ok(Some(RefreshAsk::NeedsRelink)),
            Err(AdminError::NeedsRelink),
        ),
        (Ok(None), Err(AdminError::NotFound)),
        (Err(store_down()), Err(AdminError::Store(store_down()))),
    ];
    for (answer, expected) in cases {
        let mut store = MockAdminStore::new();
        store
            .expect_ask_refresh()
            .withf(|cmd| cmd.link == link_id(70) && cmd.stamp == stamp())
            .once()
            .return_once(move |_| answer);
        assert_eq!(service(store).ask_refresh(link_id(70), &stamp()), expected);
    }
    for error in [AdminError::NoTokens, AdminError::NeedsRelink] {
        assert_eq!(error.retry_after(), None);
    }
}

#[test]
fn an_overview_is_what_the_store_counts() {
    let counted = Overview {
        overdue: 7,
        ..Overview::default()
    };
    for answer in [Ok(counted), Err(store_down())] {
        let (mut store, said) = (MockAdminStore::new(), answer.clone());
        store
            .expect_overview()
            .withf(|survey| survey.expiring == 10 && survey.overdue == Duration::from_secs(60))
            .once()
            .return_once(move |_| said);
        let expected = answer.map_err(AdminError::Store);
        assert_eq!(service(store).overview(), expected);
    }
}

#[test]
fn a_trail_is_read_on_from_where_the_store_has_come_to() {
    let step = AuditStep {
        query: AuditQuery {
            user: Some(user_id(2).into()),
            ..AuditQuery::default()
        },
        after: None,
    };
    let place = AuditPlace {
        at: now(),
        id: 7,
        user: Some(user_id(2)),
    };
    for after in [None, Some(place)] {
        let (mut store, asked, said) = (MockAuditStore::new(), step.clone(), after.clone());
        store
            .expect_read_on()
            .withf(move |step, limit| *step == asked && *limit == 1000)
            .once()
            .return_once(move |_, _| Ok((Vec::new(), said)));
        let (_, next) = AuditService::new(Arc::new(store)).read_on(&step).unwrap();
        let expected = after.map(|after| AuditStep {
            after: Some(after),
            ..step.clone()
        });
        assert_eq!(next, expected);
    }
}

#[test]
fn addresses_are_the_stores_and_nobodys_are_not_asked_for() {
    let users = |store| {
        UserService::new(
            Arc::new(store),
            Arc::new(MockAuditStore::new()),
            Arc::new(MockPasswordHasher::new()),
            Arc::new(CountingEntropy::default()),
        )
    };
    let none = users(MockUserStore::new()).addresses(&[]);
    assert_eq!(none.unwrap(), HashMap::new());
    let known = HashMap::from([(user_id(1), email(1))]);
    for answer in [Ok(known), Err(store_down())] {
        let (mut store, said) = (MockUserStore::new(), answer.clone());
        store
            .expect_addresses()
            .withf(|ids| ids == [user_id(1), user_id(2)])
            .once()
            .return_once(move |_| said);
        let found = users(store).addresses(&[user_id(1), user_id(2)]);
        assert_eq!(found, answer.map_err(UserError::Store));
    }
}
