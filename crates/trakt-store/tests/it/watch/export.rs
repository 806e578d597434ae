//! What an export has: everything, but for what is written down here.

use std::collections::{BTreeMap, BTreeSet};

use trakt_core::UserId;
use trakt_core::export::{ExportItem, ExportPart, ExportPlace, ExportStep};
use trakt_core::ports::ExportStore;
use trakt_core::watch::Part;

use super::everything::{everything, tables};
use super::{Viewer, rows};

/// Which part tells of which table.
const EXPORTED: [(&str, ExportPart); 15] = [
    ("trakt_users", ExportPart::Link),
    ("watch_choices", ExportPart::Settings),
    ("watch_states", ExportPart::Sync),
    ("watch_holds", ExportPart::Sync),
    ("watch_marks", ExportPart::Marks),
    ("plays", ExportPart::Plays),
    ("playback", ExportPart::Playback),
    ("ratings", ExportPart::Ratings),
    ("watchlist", ExportPart::Watchlist),
    ("hidden", ExportPart::Hidden),
    ("watching", ExportPart::Watching),
    ("outbox", ExportPart::Writes),
    ("recommendation_states", ExportPart::RecommendationStates),
    ("recommendations", ExportPart::Recommendations),
    ("recommendation_hides", ExportPart::RecommendationHides),
];

/// Tables that are not exported, and why. The audit trail is, but has no column of this name.
const EXCEPTIONS: [(&str, &str); 5] = [
    ("device_flows", "codes and tokens, for a day"),
    ("outbox_keys", "second names of writes that are exported"),
    ("sessions", "keys of browsers, for two weeks"),
    ("outbox_turns", "a lease of ours, and when it ends"),
    ("webhook_changes", "counts, until a pull ends"),
];

/// A part, in pages of so many.
fn part(viewer: &Viewer, user: UserId, part: ExportPart, limit: u32) -> Vec<ExportItem> {
    let (mut items, mut after) = (Vec::new(), Some(ExportPlace::first()));
    while let Some(place) = after {
        let step = ExportStep { part, after: place };
        let (page, next) = viewer.scene.store.export_page(user, &step, limit).unwrap();
        assert!(page.len() <= limit as usize || next.is_none(), "{part}");
        items.extend(page);
        after = next;
    }
    items
}

#[test]
fn no_table_is_left_out() {
    let viewer = Viewer::new();
    everything(&viewer);
    let exported = EXPORTED.iter().map(|(table, _)| *table);
    let excepted = EXCEPTIONS.iter().map(|(table, _)| *table);
    let known: BTreeSet<String> = exported.chain(excepted).map(str::to_owned).collect();
    assert_eq!(tables(&viewer), known);
    for (table, of) in EXPORTED {
        let items = part(&viewer, viewer.user, of, 1000);
        assert!(!items.is_empty(), "{table}");
    }
    assert!(!part(&viewer, viewer.user, ExportPart::Audit, 1000).is_empty());
    let [ExportItem::Sync(state)] = &part(&viewer, viewer.user, ExportPart::Sync, 1)[..] else {
        panic!("one state");
    };
    assert_eq!(state.held.len(), 1, "watch_holds");
}

#[test]
fn pages_of_one_are_as_good_as_pages_of_a_thousand() {
    let viewer = Viewer::new();
    everything(&viewer);
    // A play that Trakt has not confirmed is exported as well.
    viewer.scene.db.sql(&format!(
        "INSERT INTO plays (user_id, id, kind, item) VALUES ('{}', -1, 'movie', 1)",
        viewer.user
    ));
    let mut counts = BTreeMap::new();
    for of in ExportPart::ALL {
        let whole = part(&viewer, viewer.user, *of, 1000);
        assert_eq!(part(&viewer, viewer.user, *of, 1), whole, "{of}");
        assert_eq!(part(&viewer, viewer.user, *of, 2), whole, "{of}");
        counts.insert(of.as_str(), whole.len());
    }
    let many = |parts: &[Part]| -> usize { parts.iter().map(|part| rows(*part).len()).sum() };
    assert_eq!(
        counts["play"],
        1 + many(&[Part::MoviePlays, Part::EpisodePlays])
    );
    assert_eq!(counts["hidden"], many(&[Part::Hidden, Part::Dropped]));
    let ratings = [
        Part::MovieRatings,
        Part::ShowRatings,
        Part::SeasonRatings,
        Part::EpisodeRatings,
    ];
    assert_eq!(counts["rating"], many(&ratings));
    assert_eq!(counts["mark"], Part::ALL.len());
    assert_eq!(counts["recommendation_hide"], 2);
}

#[test]
fn nothing_of_another_and_no_secret_is_in_it() {
    let viewer = Viewer::new();
    everything(&viewer);
    let other = viewer.scene.user("other@example.org");
    for of in ExportPart::ALL {
        let items = part(&viewer, other, *of, 1000);
        let own = match of {
            // That the user came to be.
            ExportPart::Settings | ExportPart::Audit => 1,
            _ => 0,
        };
        assert_eq!(items.len(), own, "{of}");
    }
    let sealed = "SELECT access_token FROM trakt_users UNION ALL \
                  SELECT refresh_token FROM trakt_users UNION ALL \
                  SELECT password_hash FROM users";
    let mut secrets: Vec<String> = viewer
        .scene
        .db
        .texts(sealed)
        .into_iter()
        .flatten()
        .collect();
    secrets.push("device-canary".to_owned());
    let all: Vec<_> = ExportPart::ALL
        .iter()
        .flat_map(|of| part(&viewer, viewer.user, *of, 1000))
        .collect();
    let text = format!("{all:?}");
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret}");
    }
    assert!(text.contains("my-key"));
}

/// What an admin did to another user is about that one.
#[test]
fn of_the_trail_it_has_what_is_about_the_user() {
    let viewer = Viewer::new();
    let admin = viewer.scene.user("admin@example.org");
    let ids = |user| -> Vec<i64> {
        let items = part(&viewer, user, ExportPart::Audit, 2).into_iter();
        items
            .map(|item| match item {
                ExportItem::Audit(record) => record.id,
                other => panic!("{other:?}"),
            })
            .collect()
    };
    let (before, own) = (ids(viewer.user), ids(admin));
    viewer.scene.db.sql(&format!(
        "INSERT INTO audit_log (event, outcome, actor_id, subject_id) \
             VALUES ('admin_associated', 'succeeded', '{admin}', '{0}'); \
         INSERT INTO audit_log (event, outcome, actor_id) \
             VALUES ('limit_hit', 'refused', '{admin}')",
        viewer.user
    ));
    assert_eq!(ids(viewer.user).len(), before.len() + 1);
    assert_eq!(ids(admin).len(), own.len() + 1);
    assert!(ids(viewer.user).is_sorted());
}
