//! The trail as a service, and the pages that lists come in.

use std::net::IpAddr;
use std::sync::Arc;

use trakt_core::audit::{
    AuditEntry, AuditEvent, AuditOutcome, AuditQuery, AuditRecord, AuditService,
};
use trakt_core::ports::MockAuditStore;
use trakt_core::{Page, PageRequest, UserId};

use crate::bench::{link_id, now, slug, stamp, store_down, trakt_uuid, user_id};

fn entry() -> AuditEntry {
    AuditEntry::new(AuditEvent::Conflict, AuditOutcome::Refused, &stamp())
        .about(user_id(2))
        .account(&slug("sean"), Some(&trakt_uuid("uuid-sean")))
        .link(link_id(70))
        .detail("account_taken")
}

#[test]
fn an_entry_says_what_it_was_told() {
    let entry = entry();
    assert_eq!(entry.event.as_str(), "conflict");
    assert_eq!(entry.outcome.as_str(), "refused");
    assert_eq!(entry.stamp.actor, Some(user_id(1)));
    assert_eq!(entry.stamp.ip, Some(IpAddr::from([192, 0, 2, 7])));
    assert_eq!(entry.subject, Some(user_id(2)));
    assert_eq!(entry.trakt_slug, Some(slug("sean")));
    assert_eq!(entry.trakt_uuid, Some(trakt_uuid("uuid-sean")));
    assert_eq!(entry.link, Some(link_id(70)));
    assert_eq!(entry.detail.as_deref(), Some("account_taken"));
}

#[test]
fn entries_are_written_as_they_are_and_a_failure_is_told() {
    for answer in [Ok(()), Err(store_down())] {
        let (mut store, said) = (MockAuditStore::new(), answer.clone());
        store
            .expect_record()
            .withf(|written| *written == entry())
            .once()
            .return_once(move |_| said);
        assert_eq!(AuditService::new(Arc::new(store)).record(&entry()), answer);
    }
}

#[test]
fn the_search_is_the_stores() {
    let query = AuditQuery {
        user: Some(user_id(2).into()),
        event: Some(AuditEvent::Linked),
        page: PageRequest::new(2, 10).unwrap(),
        ..AuditQuery::default()
    };
    let page = Page {
        items: Vec::new(),
        request: query.page,
        total: 10,
    };
    for answer in [Ok(page), Err(store_down())] {
        let (mut store, asked, said) = (MockAuditStore::new(), query.clone(), answer.clone());
        store
            .expect_search()
            .withf(move |query| *query == asked)
            .once()
            .return_once(move |_| said);
        assert_eq!(AuditService::new(Arc::new(store)).search(&query), answer);
    }
}

#[test]
fn a_user_sees_no_other_in_the_entries_of_the_own() {
    let record = |actor: Option<UserId>| AuditRecord {
        id: 1,
        at: now(),
        event: "unlinked".to_owned(),
        outcome: "succeeded".to_owned(),
        actor,
        subject: Some(user_id(1)),
        link: None,
        trakt_slug: Some("sean".to_owned()),
        trakt_uuid: None,
        ip: Some("192.0.2.7".to_owned()),
        request_id: Some("request".to_owned()),
        detail: None,
    };
    let page = PageRequest::new(3, 20).unwrap();
    let said = Page {
        items: vec![
            record(Some(user_id(1))),
            record(Some(user_id(2))),
            record(None),
        ],
        request: page,
        total: 43,
    };
    let mut store = MockAuditStore::new();
    store
        .expect_search()
        .withf(move |query| {
            let own = AuditQuery {
                user: Some(user_id(1).into()),
                page,
                ..AuditQuery::default()
            };
            *query == own
        })
        .once()
        .return_once(move |_| Ok(said));
    let found = AuditService::new(Arc::new(store)).of_user(user_id(1), page);
    let found = found.unwrap();
    assert_eq!((found.total, found.request), (43, page));
    let another = AuditRecord {
        actor: None,
        ip: None,
        request_id: None,
        ..record(None)
    };
    let expected = [record(Some(user_id(1))), another, record(None)];
    assert_eq!(found.items, expected);

    let mut store = MockAuditStore::new();
    store.expect_search().return_once(|_| Err(store_down()));
    let failed = AuditService::new(Arc::new(store)).of_user(user_id(1), page);
    assert_eq!(failed, Err(store_down()));
}

#[test]
fn pages_stay_in_their_bounds() {
    for (page, limit, offset) in [
        (1, 1, Some(0)),
        (1, 200, Some(0)),
        (2, 50, Some(50)),
        (1_000_000, 200, Some(199_999_800)),
        (0, 50, None),
        (1_000_001, 50, None),
        (1, 0, None),
        (1, 201, None),
        (u32::MAX, u32::MAX, None),
    ] {
        let offset_of = PageRequest::new(page, limit).map(PageRequest::offset);
        assert_eq!(offset_of, offset, "page {page} of {limit}");
    }
    let first = PageRequest::default();
    assert_eq!((first.page(), first.limit(), first.offset()), (1, 50, 0));
}
