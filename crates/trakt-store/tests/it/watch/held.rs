//! What is stored, and what is removed.

use std::collections::BTreeMap;

use trakt_core::ports::Lease;
use trakt_core::watch::{Item, Part};

use super::{Viewer, fingerprints, mark, movie, play, rows, titled};

#[test]
fn what_is_held_says_what_was_stored() {
    let viewer = Viewer::new();
    let (pull, begun) = viewer.begin().unwrap();
    assert_eq!(begun.marks, []);
    for part in Part::ALL {
        assert_eq!(viewer.store(pull, *part, rows(*part)), Lease::Kept);
    }
    for part in Part::ALL {
        assert_eq!(viewer.held(*part), fingerprints(&rows(*part)), "{part}");
    }
    // What is new takes the place of what was.
    let again = play(1, movie(7), None);
    assert_eq!(
        viewer.store(pull, Part::MoviePlays, vec![again.clone()]),
        Lease::Kept
    );
    let held = viewer.held(Part::MoviePlays);
    assert_eq!((held.len(), held[&1]), (2, again.fingerprint()));
}

#[test]
fn a_part_loses_its_own_rows_alone() {
    let viewer = Viewer::new();
    let (pull, _) = viewer.begin().unwrap();
    for part in Part::ALL {
        assert_eq!(viewer.store(pull, *part, rows(*part)), Lease::Kept);
    }
    for part in Part::ALL {
        // Keys that others have too, and some that nobody has.
        let keys: Vec<i64> = (1..50).chain([i64::MAX]).collect();
        assert_eq!(viewer.finish(pull, *part, &keys, mark(1)), Lease::Kept);
        for other in Part::ALL {
            let expected = match place(*other) <= place(*part) {
                true => BTreeMap::new(),
                false => fingerprints(&rows(*other)),
            };
            assert_eq!(viewer.held(*other), expected, "{other} after {part}");
        }
    }
}

/// Its place among all parts.
fn place(part: Part) -> Option<usize> {
    Part::ALL.iter().position(|other| *other == part)
}

#[test]
fn things_are_called_as_they_were_last() {
    let viewer = Viewer::new();
    let (pull, _) = viewer.begin().unwrap();
    let named = |title: &str| {
        let item = Item::Movie(titled(1, title));
        vec![play(1, item, None)]
    };
    for title in ["Heat", "Heat (1995)"] {
        assert_eq!(
            viewer.store(pull, Part::MoviePlays, named(title)),
            Lease::Kept
        );
        let held = "SELECT concat_ws(' ', kind, trakt, slug, tmdb, title, year) FROM media";
        let expected = format!("movie 1 slug-1 10 {title} 2010");
        assert_eq!(viewer.scene.db.text(held), expected);
    }
    // Nothing is written where nothing changed.
    let version = || viewer.scene.db.text("SELECT xmin::text FROM media");
    let before = version();
    assert_eq!(
        viewer.store(pull, Part::MoviePlays, named("Heat (1995)")),
        Lease::Kept
    );
    assert_eq!(version(), before);
}
