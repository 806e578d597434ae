//! The way through an export, and what of the trail a user sees.

use std::sync::{Arc, Mutex};

use trakt_core::audit::AuditRecord;
use trakt_core::choice::Choices;
use trakt_core::export::{ExportItem, ExportPart, ExportPlace, ExportService, ExportStep};
use trakt_core::ports::MockExportStore;

use crate::bench::{now, store_down, user_id};

fn place(number: i64) -> ExportPlace {
    let word = String::new();
    ExportPlace { word, number }
}

#[test]
fn every_part_is_read_to_its_end_and_in_order() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let mut store = MockExportStore::new();
    let seen = asked.clone();
    store
        .expect_export_page()
        .returning(move |user, step, limit| {
            assert_eq!((user, limit), (user_id(1), ExportService::PAGE));
            seen.lock().unwrap().push(step.clone());
            // Plays have two pages, and one that is empty at their end.
            let next = match (step.part, step.after.number) {
                (ExportPart::Plays, i64::MIN) => Some(place(5)),
                (ExportPart::Plays, 5) => Some(place(9)),
                _ => None,
            };
            Ok((vec![ExportItem::Settings(Choices::default())], next))
        });
    let service = ExportService::new(Arc::new(store));
    let (mut step, mut items) = (Some(ExportService::first()), 0);
    while let Some(now) = step {
        let (page, next) = service.page(user_id(1), &now).unwrap();
        items += page.len();
        step = next;
    }
    let mut expected: Vec<ExportStep> = ExportPart::ALL
        .iter()
        .map(|part| ExportStep {
            part: *part,
            after: ExportPlace::first(),
        })
        .collect();
    let plays = expected
        .iter()
        .position(|step| step.part == ExportPart::Plays);
    let plays = plays.unwrap() + 1;
    for number in [9, 5] {
        let (part, after) = (ExportPart::Plays, place(number));
        expected.insert(plays, ExportStep { part, after });
    }
    assert_eq!(*asked.lock().unwrap(), expected);
    assert_eq!(items, expected.len());
}

#[test]
fn trouble_of_the_store_is_told() {
    let mut store = MockExportStore::new();
    store
        .expect_export_page()
        .returning(|_, _, _| Err(store_down()));
    let service = ExportService::new(Arc::new(store));
    let failed = service.page(user_id(1), &ExportService::first());
    assert_eq!(failed.unwrap_err(), store_down());
}

/// Who else acted, and from where, is theirs.
#[test]
fn of_the_trail_a_user_sees_nothing_of_others() {
    for (actor, shown) in [(None, true), (Some(1), true), (Some(2), false)] {
        let mut store = MockExportStore::new();
        store.expect_export_page().returning(move |_, _, _| {
            let record = AuditRecord {
                id: 7,
                at: now(),
                event: "admin_disassociated".to_owned(),
                outcome: "succeeded".to_owned(),
                actor: actor.map(user_id),
                subject: Some(user_id(1)),
                link: None,
                trakt_slug: Some("sean".to_owned()),
                trakt_uuid: None,
                ip: Some("192.0.2.7".to_owned()),
                request_id: Some("request-1".to_owned()),
                detail: None,
            };
            Ok((vec![ExportItem::Audit(Box::new(record))], None))
        });
        let service = ExportService::new(Arc::new(store));
        let (items, _) = service.page(user_id(1), &ExportService::first()).unwrap();
        let [ExportItem::Audit(record)] = &items[..] else {
            panic!("{items:?}");
        };
        assert_eq!(record.actor, actor.map(user_id).filter(|_| shown));
        assert_eq!(record.ip.is_some(), shown);
        assert_eq!(record.request_id.is_some(), shown);
        assert_eq!(record.trakt_slug.as_deref(), Some("sean"));
    }
}
