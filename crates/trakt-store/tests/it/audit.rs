//! The trail.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditQuery, AuditStamp, AuditStep};
use trakt_core::ports::AuditStore;
use trakt_core::{LinkId, PageRequest, SystemEntropy, TraktSlug, TraktUuid, UserId};

use crate::scene::Scene;

fn record(scene: &Scene, event: AuditEvent, actor: Option<UserId>, subject: Option<UserId>) {
    let stamp = AuditStamp {
        actor,
        ip: None,
        request_id: None,
    };
    let mut entry = AuditEntry::new(event, AuditOutcome::Refused, &stamp);
    entry.subject = subject;
    scene.store.record(&entry).unwrap();
}

fn events(scene: &Scene, query: &AuditQuery) -> Vec<String> {
    let page = scene.store.search(query).unwrap();
    assert_eq!(page.total, i64::try_from(page.items.len()).unwrap());
    page.items.into_iter().map(|item| item.event).collect()
}

#[test]
fn an_entry_is_read_back_whole() {
    let scene = Scene::new();
    let (actor, subject) = (
        UserId::random(&SystemEntropy),
        UserId::random(&SystemEntropy),
    );
    let link = LinkId::random(&SystemEntropy);
    let stamp = AuditStamp {
        actor: Some(actor),
        ip: Some("2001:db8::1".parse::<IpAddr>().unwrap()),
        request_id: Some("r-1".to_owned()),
    };
    let (slug, uuid) = (
        TraktSlug::parse("sean").unwrap(),
        TraktUuid::parse("u1").unwrap(),
    );
    let entry = AuditEntry::new(AuditEvent::Replaced, AuditOutcome::Succeeded, &stamp)
        .about(subject)
        .account(&slug, Some(&uuid))
        .link(link)
        .detail("word");
    scene.store.record(&entry).unwrap();
    let page = scene.store.search(&AuditQuery::default()).unwrap();
    let item = &page.items[0];
    assert_eq!(
        (item.event.as_str(), item.outcome.as_str()),
        ("replaced", "succeeded")
    );
    assert_eq!(
        (item.actor, item.subject, item.link),
        (Some(actor), Some(subject), Some(link))
    );
    let texts = [
        &item.trakt_slug,
        &item.trakt_uuid,
        &item.ip,
        &item.request_id,
        &item.detail,
    ];
    assert_eq!(
        texts.map(|text| text.as_deref().unwrap()),
        ["sean", "u1", "2001:db8::1", "r-1", "word"]
    );
    let at: DateTime<Utc> = item.at;
    let stored = scene
        .db
        .text("SELECT floor(extract(epoch FROM at)) FROM audit_log");
    assert_eq!(at.timestamp(), stored.parse::<i64>().unwrap());
}

#[test]
fn every_word_of_the_program_is_accepted() {
    let scene = Scene::new();
    for event in AuditEvent::ALL {
        for outcome in AuditOutcome::ALL {
            let entry = AuditEntry::new(*event, *outcome, &AuditStamp::default());
            scene.store.record(&entry).unwrap();
        }
    }
    let all = AuditEvent::ALL.len() * AuditOutcome::ALL.len();
    assert_eq!(scene.count("audit_log"), all.to_string());
}

#[test]
fn entries_are_found_by_user_event_and_time() {
    let scene = Scene::new();
    let [ana, ben] = [(); 2].map(|()| UserId::random(&SystemEntropy));
    record(&scene, AuditEvent::Linked, Some(ana), Some(ana));
    record(&scene, AuditEvent::LimitHit, Some(ben), None);
    record(&scene, AuditEvent::AdminAssociated, Some(ben), Some(ana));
    record(&scene, AuditEvent::SignInFailed, None, None);
    let all = AuditQuery::default();
    let of = |user: UserId| AuditQuery {
        user: Some(user.into()),
        ..all.clone()
    };
    assert_eq!(
        events(&scene, &all),
        ["sign_in_failed", "admin_associated", "limit_hit", "linked"]
    );
    assert_eq!(events(&scene, &of(ana)), ["admin_associated", "linked"]);
    assert_eq!(events(&scene, &of(ben)), ["admin_associated", "limit_hit"]);
    let linked = AuditQuery {
        event: Some(AuditEvent::Linked),
        ..of(ana)
    };
    assert_eq!(events(&scene, &linked), ["linked"]);
    let times: Vec<_> = scene
        .store
        .search(&all)
        .unwrap()
        .items
        .iter()
        .map(|i| i.at)
        .collect();
    // From the second entry on, and before the fourth.
    let some = AuditQuery {
        since: Some(times[2]),
        until: Some(times[0]),
        ..all
    };
    assert_eq!(events(&scene, &some), ["admin_associated", "limit_hit"]);
}

#[test]
fn pages_are_newest_first() {
    let scene = Scene::new();
    for _ in 0..5 {
        record(&scene, AuditEvent::LimitHit, None, None);
    }
    let ids = |page| {
        let page = PageRequest::new(page, 2).unwrap();
        let query = AuditQuery {
            page,
            ..AuditQuery::default()
        };
        let page = scene.store.search(&query).unwrap();
        assert_eq!(page.total, 5);
        page.items.iter().map(|item| item.id).collect::<Vec<_>>()
    };
    assert_eq!([ids(1), ids(2), ids(3), ids(4)].concat(), [5, 4, 3, 2, 1]);
}

#[test]
fn nobody_changes_what_is_written() {
    let scene = Scene::new();
    record(&scene, AuditEvent::Linked, None, None);
    for sql in [
        "UPDATE audit_log SET detail = 'x'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "TRUNCATE users, audit_log CASCADE",
    ] {
        let error = scene.db.try_sql(sql).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{sql}: {error}");
    }
    assert_eq!(scene.trail(0), ["linked refused"]);
}

#[test]
fn an_effect_without_its_entry_does_not_happen() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    scene
        .db
        .sql("ALTER TABLE audit_log ADD CONSTRAINT full_up CHECK (event <> 'flow_started')");
    let cmd = crate::scene::opening(user, false);
    assert!(trakt_core::ports::LinkStore::open_flow(&scene.store, &cmd).is_err());
    assert_eq!(scene.count("device_flows"), "0");
}

#[test]
fn a_user_is_found_by_address_as_long_as_there_is_one() {
    let scene = Scene::new();
    let ana = scene.user("ana@example.org");
    scene.user("ben@example.org");
    record(&scene, AuditEvent::LimitHit, Some(ana), None);
    let by = |text: &str| AuditQuery {
        user: Some(text.parse().unwrap()),
        ..AuditQuery::default()
    };
    let expected = ["limit_hit", "user_added"];
    assert_eq!(events(&scene, &by("Ana@example.org")), expected);
    assert_eq!(events(&scene, &by(&ana.to_string())), expected);
    assert_eq!(events(&scene, &by("eve@example.org")), [""; 0]);
}

/// All entries that are wanted, in pieces of two: their numbers, and how many pieces there were.
fn read_on(scene: &Scene, query: AuditQuery) -> (Vec<i64>, usize) {
    let (mut ids, mut pieces) = (Vec::new(), 0);
    let mut step = AuditStep { query, after: None };
    loop {
        let (records, after) = scene.store.read_on(&step, 2).unwrap();
        ids.extend(records.iter().map(|record| record.id));
        pieces += 1;
        match after {
            None => return (ids, pieces),
            after => step.after = after,
        }
    }
}

#[test]
fn the_whole_trail_is_read_in_pieces() {
    let scene = Scene::new();
    let all = || read_on(&scene, AuditQuery::default());
    assert_eq!(all(), (vec![], 1));
    for _ in 0..5 {
        record(&scene, AuditEvent::LimitHit, None, None);
    }
    assert_eq!(all(), (vec![5, 4, 3, 2, 1], 3));
    // Entries of one moment, of which the pieces may cut some off, and clocks that went back.
    scene.db.sql(
        "INSERT INTO audit_log (at, event, outcome) \
         SELECT now() + (n / 5) * interval '-1 s', 'linked', 'succeeded' \
         FROM generate_series(0, 9) AS n",
    );
    let (ids, pieces) = all();
    assert_eq!((ids.len(), pieces), (15, 8));
    let times = "SELECT string_agg(id::text, ',' ORDER BY at DESC, id DESC) FROM audit_log";
    let expected = scene.db.text(times);
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(ids.join(","), expected);
}

#[test]
fn entries_are_read_on_as_they_are_filtered() {
    let scene = Scene::new();
    let ana = scene.user("ana@example.org");
    for event in [AuditEvent::Linked, AuditEvent::LimitHit, AuditEvent::Linked] {
        record(&scene, event, Some(ana), None);
        record(&scene, event, None, None);
        record(&scene, event, None, Some(ana));
    }
    let all = read_on(&scene, AuditQuery::default()).0;
    assert_eq!(all.len(), 10);
    let of = |user: &str| AuditQuery {
        user: Some(user.parse().unwrap()),
        event: Some(AuditEvent::Linked),
        ..AuditQuery::default()
    };
    let (linked, pieces) = read_on(&scene, of("ana@example.org"));
    assert_eq!((&linked, pieces), (&vec![10, 8, 4, 2], 3));
    assert_eq!(read_on(&scene, of(&ana.to_string())).0, linked);
    assert_eq!(read_on(&scene, of("nobody@example.org")), (vec![], 1));
    let times = scene.db.texts("SELECT at::text FROM audit_log ORDER BY id");
    let at = |id: usize| {
        let text = times[id - 1].as_ref().unwrap();
        let at = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z");
        at.unwrap().to_utc()
    };
    let some = AuditQuery {
        since: Some(at(4)),
        until: Some(at(9)),
        ..AuditQuery::default()
    };
    assert_eq!(read_on(&scene, some).0, [8, 7, 6, 5, 4]);
    // Who has the address meanwhile is not who was asked for.
    let (first, after) = scene
        .store
        .read_on(
            &AuditStep {
                query: of("ana@example.org"),
                after: None,
            },
            1,
        )
        .unwrap();
    assert_eq!(first[0].id, 10);
    scene.db.sql("DELETE FROM users");
    let step = AuditStep {
        query: of("ana@example.org"),
        after,
    };
    let rest = scene.store.read_on(&step, 9).unwrap();
    assert_eq!(
        rest.0.iter().map(|record| record.id).collect::<Vec<_>>(),
        [8, 4, 2]
    );
}
