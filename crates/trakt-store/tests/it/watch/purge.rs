//! What goes with a user who wants it gone, and with one who is deleted.

use trakt_core::audit::AuditStamp;
use trakt_core::ports::{
    AcceptWrite, Accepted, Lease, LinkStore, OutboxStore, RemoveUser, Unlink, UserStore,
};
use trakt_core::scrobble::{Sought, SoughtIds, Target, Wish};
use trakt_core::user::Email;
use trakt_core::watch::{ItemKind, Part};
use trakt_core::{SystemEntropy, WriteId};

use super::{LEASE, Viewer, mark, rows};

/// The tables that have rows of the user, but for those that a link is made of.
fn tables(viewer: &Viewer) -> Vec<String> {
    let sql = "SELECT c.table_name::text FROM information_schema.columns AS c \
               JOIN information_schema.tables AS t USING (table_schema, table_name) \
               WHERE c.table_schema = 'public' AND c.column_name = 'user_id' \
               AND t.table_type = 'BASE TABLE' \
               AND c.table_name NOT IN ('trakt_users', 'device_flows') ORDER BY 1";
    let tables: Vec<String> = viewer.scene.db.texts(sql).into_iter().flatten().collect();
    assert!(tables.len() > 10, "{tables:?}");
    let user = viewer.user;
    let has_rows = |table: &String| {
        let count = format!("SELECT count(*)::text FROM {table} WHERE user_id = '{user}'");
        viewer.scene.db.texts(&count) != [Some("0".to_owned())]
    };
    tables.into_iter().filter(has_rows).collect()
}

/// Somebody of whom there are rows in every table that a pull and a write fill.
fn full() -> Viewer {
    let viewer = Viewer::new();
    let (pull, _) = viewer.begin().unwrap();
    for part in Part::ALL {
        assert_eq!(viewer.store(pull, *part, rows(*part)), Lease::Kept);
        assert_eq!(viewer.finish(pull, *part, &[], mark(1)), Lease::Kept);
    }
    assert_eq!(viewer.end(pull, None, LEASE), Lease::Kept);
    let (kind, trakt) = (ItemKind::Movie, 1);
    let ids = SoughtIds {
        trakt: Some(trakt),
        ..SoughtIds::default()
    };
    let accepted = viewer.scene.store.accept(&AcceptWrite {
        id: WriteId::random(&SystemEntropy),
        user: viewer.user,
        wish: Wish::Hide {
            item: Sought::Own { kind, ids },
        },
        target: Some(Target { kind, trakt }),
        item: None,
        refused: None,
        key: None,
        daily: 10,
    });
    assert!(matches!(accepted.unwrap(), Accepted::Kept { .. }));
    let user = viewer.user;
    for sql in [
        "recommendation_states (user_id, kind, trakt_uuid) VALUES ('{}', 'movie', 'x')",
        "recommendations (user_id, kind, place, item) VALUES ('{}', 'movie', 1, 1)",
        "watch_holds (user_id, side, part, adds, removes, held) \
         VALUES ('{}', 'pull', 'watchlist', 0, 60, 60)",
    ] {
        let sql = sql.replace("{}", &user.to_string());
        viewer.scene.db.sql(&format!("INSERT INTO {sql}"));
    }
    viewer
}

fn unlink(viewer: &Viewer, purge: bool) {
    let cmd = Unlink {
        user: viewer.user,
        purge,
        stamp: AuditStamp::default(),
    };
    viewer.scene.store.unlink(&cmd).unwrap();
}

#[test]
fn what_a_user_wants_gone_is_gone_with_the_link_or_after_it() {
    for first_kept in [false, true] {
        let viewer = full();
        let before = tables(&viewer);
        assert!(before.len() >= 14, "{before:?}");
        if first_kept {
            unlink(&viewer, false);
            assert_eq!(tables(&viewer), before);
        }
        unlink(&viewer, true);
        assert_eq!(tables(&viewer), Vec::<String>::new());
        let last = "SELECT event FROM audit_log ORDER BY id DESC LIMIT 1";
        assert_eq!(
            viewer.scene.db.texts(last),
            [Some("data_purged".to_owned())]
        );
    }
}

#[test]
fn a_pull_that_is_under_way_stores_nothing_after_it() {
    let viewer = full();
    let (pull, _) = viewer.begin().unwrap();
    unlink(&viewer, true);
    let part = Part::Watchlist;
    assert_eq!(viewer.store(pull, part, rows(part)), Lease::Lost);
    assert_eq!(viewer.finish(pull, part, &[], mark(1)), Lease::Lost);
    assert_eq!(viewer.end(pull, None, LEASE), Lease::Lost);
    assert_eq!(tables(&viewer), Vec::<String>::new());
}

#[test]
fn with_a_user_all_of_it_goes() {
    let viewer = full();
    let cmd = RemoveUser {
        email: Email::parse("viewer@example.org").unwrap(),
        stamp: AuditStamp::default(),
    };
    viewer.scene.store.remove(&cmd).unwrap();
    assert_eq!(tables(&viewer), Vec::<String>::new());
}
