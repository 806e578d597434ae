//! Pairs on the disk.

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use trakt_core::ports::{JournalEntry, JournalSlot, RefreshJournal};
use trakt_core::token::NewPair;
use trakt_core::{Clock, SystemClock};
use trakt_store::{Journal, PgStore};
use uuid::Uuid;

use crate::database::Database;

const OTHER: &str = "other:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";

fn entry(generation: i64) -> JournalEntry {
    JournalEntry {
        link: Uuid::from_u128(7).into(),
        generation,
        pair: NewPair {
            access: format!("canary access\n{generation}").into(),
            refresh: "canary-refresh".to_owned().into(),
            lifetime: Duration::from_secs(604_800),
            received_at: SystemClock.now(),
        },
    }
}

fn open(store: &PgStore, dir: &Path) -> Journal {
    store.journal(&dir.join("journal")).unwrap()
}

fn generations(left: &[(JournalSlot, JournalEntry)]) -> Vec<i64> {
    left.iter().map(|(_, entry)| entry.generation).collect()
}

#[test]
fn what_was_written_and_not_cleared_is_the_next_process_s() {
    let (db, dir) = (Database::empty(), tempfile::tempdir().unwrap());
    let store = db.store();
    let first = open(&store, dir.path());
    assert!(first.left_behind().unwrap().is_empty());
    let slots = [(); 3].map(|()| first.reserve().unwrap());
    for (generation, slot) in (1..).zip(slots) {
        first.write(slot, &entry(generation)).unwrap();
    }
    first.clear(slots[1]);
    // A shorter entry where a longer one was.
    let again = first.reserve().unwrap();
    assert_eq!(again, slots[1]);
    let owner = first.owner();
    drop(first);

    let next = open(&store, dir.path());
    assert_eq!(next.owner().id, owner.id);
    assert_ne!(next.owner().boot, owner.boot);
    let left = next.left_behind().unwrap();
    assert_eq!(generations(&left), [1, 3]);
    let (found, written) = (&left[0].1, entry(1));
    assert_eq!(found.link, written.link);
    assert_eq!(found.pair.access.expose(), written.pair.access.expose());
    assert_eq!(found.pair.refresh.expose(), "canary-refresh");
    assert_eq!(found.pair.lifetime, written.pair.lifetime);
    // They keep their room until somebody has stored them.
    assert!(next.left_behind().unwrap().is_empty());
    assert_eq!(next.reserve().unwrap(), slots[1]);
    for (slot, _) in left {
        next.clear(slot);
    }
    drop(next);
    assert!(open(&store, dir.path()).left_behind().unwrap().is_empty());
}

#[test]
fn files_are_private_and_hold_no_token_in_the_open() {
    let (db, dir) = (Database::empty(), tempfile::tempdir().unwrap());
    let journal = open(&db.store(), dir.path());
    let slot = journal.reserve().unwrap();
    journal.write(slot, &entry(1)).unwrap();
    let dir = dir.path().join("journal");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for file in fs::read_dir(&dir).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        let bytes = fs::read(&path).unwrap();
        let secret = |text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
        assert!(
            !secret(b"canary") && !secret(b"Y2FuYXJ5"),
            "{}",
            path.display()
        );
    }
    let shown = format!("{journal:?} {:?}", entry(1));
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn an_entry_that_broke_off_or_was_changed_is_dropped() {
    for damage in ["torn", "flipped", "garbage"] {
        let (db, dir) = (Database::empty(), tempfile::tempdir().unwrap());
        let store = db.store();
        let journal = open(&store, dir.path());
        for generation in [1, 2] {
            let slot = journal.reserve().unwrap();
            journal.write(slot, &entry(generation)).unwrap();
        }
        drop(journal);
        let file = fs::OpenOptions::new()
            .write(true)
            .open(dir.path().join("journal/pair-0"))
            .unwrap();
        match damage {
            "torn" => file.set_len(90).unwrap(),
            "flipped" => file.write_all_at(b"#", 80).unwrap(),
            _ => file.write_all_at(&[0xff; 4096], 0).unwrap(),
        }
        let journal = open(&store, dir.path());
        assert_eq!(
            generations(&journal.left_behind().unwrap()),
            [2],
            "{damage}"
        );
        // Its room serves again.
        let slot = journal.reserve().unwrap();
        assert_eq!(slot, JournalSlot(0), "{damage}");
        journal.write(slot, &entry(9)).unwrap();
        drop(journal);
        let left = open(&store, dir.path()).left_behind().unwrap();
        assert_eq!(generations(&left), [9, 2], "{damage}");
    }
}

/// Its key may come back: it is kept, and holds up nobody else.
#[test]
fn an_entry_whose_key_is_missing_is_kept() {
    let (db, dir) = (Database::empty(), tempfile::tempdir().unwrap());
    let journal = open(&db.store(), dir.path());
    let slot = journal.reserve().unwrap();
    journal.write(slot, &entry(1)).unwrap();
    drop(journal);
    let stranger = open(&db.store_with(&db.options(), OTHER), dir.path());
    assert!(stranger.left_behind().unwrap().is_empty());
    let other = stranger.reserve().unwrap();
    assert_ne!(other, slot);
    stranger.write(other, &entry(2)).unwrap();
    drop(stranger);
    let left = open(&db.store(), dir.path()).left_behind().unwrap();
    assert_eq!(generations(&left), [1]);
}

#[test]
fn processes_that_share_a_directory_have_journals_of_their_own() {
    let (db, dir) = (Database::empty(), tempfile::tempdir().unwrap());
    let store = db.store();
    let [one, two] = [(); 2].map(|()| open(&store, dir.path()));
    assert_ne!(one.owner().id, two.owner().id);
    let slot = two.reserve().unwrap();
    two.write(slot, &entry(1)).unwrap();
    assert!(one.left_behind().unwrap().is_empty());
    let id = two.owner().id;
    drop(two);
    let next = open(&store, dir.path());
    assert_eq!(next.owner().id, id);
    assert_eq!(generations(&next.left_behind().unwrap()), [1]);
}

#[test]
fn room_has_an_end_and_a_place_that_is_none_is_told() {
    let (db, dir) = (Database::empty(), tempfile::tempdir().unwrap());
    let store = db.store();
    let journal = open(&store, dir.path());
    let slots: Vec<_> = (0..16).map(|_| journal.reserve().unwrap()).collect();
    assert!(journal.reserve().unwrap_err().retryable());
    journal.clear(slots[5]);
    assert_eq!(journal.reserve().unwrap(), slots[5]);
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(store.journal(&file.join("journal")).is_err());
}
