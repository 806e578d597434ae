//! The refresh journal on a real disk. It needs no database.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use tempfile::TempDir;
use trakt_core::ports::{JournalEntry, JournalSlot, LeftBehind, RefreshJournal};
use trakt_core::token::NewPair;
use trakt_core::{LinkId, PortError, SystemEntropy};
use trakt_store::{Journal, JournalError, Keyring, PgStore, PoolOptions};

use crate::database::KEYS;

/// A key of 32 bytes `b`.
const OTHER_KEYS: &str = "other:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";

/// Room for the longest answer of Trakt's, sealed.
const ROOM: u64 = 96 * 1024;

const FIRST: JournalSlot = JournalSlot(0);

struct Disk {
    _root: TempDir,
    dir: PathBuf,
}

impl Disk {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("data/journal");
        Self { _root: root, dir }
    }

    fn open(&self) -> Journal {
        open(&self.dir, KEYS).unwrap()
    }

    fn file(&self, slot: JournalSlot) -> PathBuf {
        self.dir.join(format!("pair-{}", slot.0))
    }

    /// The first file, and how long its entry is.
    fn first(&self) -> (Vec<u8>, usize) {
        let bytes = fs::read(self.file(FIRST)).unwrap();
        let length = bytes.iter().position(|byte| *byte == b'\n').unwrap();
        (bytes, length)
    }

    fn length(&self, slot: JournalSlot) -> u64 {
        fs::metadata(self.file(slot)).unwrap().len()
    }
}

fn open(dir: &Path, keys: &str) -> Result<Journal, JournalError> {
    // Nobody listens there.
    let options = PoolOptions::new("postgresql://127.0.0.1:1/none".to_owned().into());
    let keys = Keyring::parse(keys).unwrap();
    PgStore::new(&options, keys, Arc::new(SystemEntropy)).journal(dir)
}

fn entry(generation: i64, access: &str, refresh: &str) -> JournalEntry {
    JournalEntry {
        link: LinkId::random(&SystemEntropy),
        generation,
        pair: NewPair {
            access: access.to_owned().into(),
            refresh: refresh.to_owned().into(),
            lifetime: Duration::from_secs(604_800),
            received_at: DateTime::from_timestamp_millis(1_790_000_000_123).unwrap(),
        },
    }
}

fn written(journal: &Journal, entry: &JournalEntry) -> JournalSlot {
    let slot = journal.reserve().unwrap();
    journal.write(slot, entry).unwrap();
    slot
}

/// All that an entry says, to be compared.
fn said(entry: &JournalEntry) -> String {
    let pair = &entry.pair;
    format!(
        "{} {} {} {} {:?} {}",
        entry.link,
        entry.generation,
        pair.access.expose(),
        pair.refresh.expose(),
        pair.lifetime,
        pair.received_at
    )
}

fn left(journal: &Journal) -> Vec<String> {
    let left = pairs(journal);
    left.iter().map(|(_, entry)| said(entry)).collect()
}

/// The pairs that are left behind; none of them may be sealed with a key that is not given.
fn pairs(journal: &Journal) -> Vec<(JournalSlot, JournalEntry)> {
    let left = journal.left_behind().unwrap();
    let pair = |left| match left {
        LeftBehind::Pair(slot, entry) => (slot, entry),
        LeftBehind::Sealed(link, generation) => panic!("sealed: {link} {generation}"),
    };
    left.into_iter().map(pair).collect()
}

#[test]
fn what_was_written_is_there_after_a_restart_until_it_is_given_back() {
    let disk = Disk::new();
    let longest = "x".repeat(32 * 1024);
    let entries = [
        entry(1, "access", "refresh"),
        entry(2, "with a space\nand a line", "ü"),
        entry(i64::MAX, &longest, &longest),
    ];
    let journal = disk.open();
    assert!(left(&journal).is_empty());
    for entry in &entries {
        written(&journal, entry);
    }
    let unused = journal.reserve().unwrap();
    drop(journal);

    let journal = disk.open();
    let expected: Vec<_> = entries.iter().map(said).collect();
    let found = pairs(&journal);
    let read: Vec<_> = found.iter().map(|(_, entry)| said(entry)).collect();
    assert_eq!(read, expected);
    assert!(left(&journal).is_empty());
    assert_eq!(journal.reserve().unwrap(), unused);
    journal.clear(found[1].0);
    drop(journal);

    let journal = disk.open();
    assert_eq!(left(&journal), [&*expected[0], &*expected[2]]);
}

#[test]
fn a_room_that_was_given_back_is_used_again_and_holds_nothing() {
    let disk = Disk::new();
    let journal = disk.open();
    let slot = written(&journal, &entry(1, &"long".repeat(1000), "refresh"));
    journal.clear(slot);
    let bytes = fs::read(disk.file(slot)).unwrap();
    assert_eq!(bytes.len() as u64, ROOM);
    assert!(bytes.iter().all(|byte| *byte == 0));
    let short = entry(2, "a", "r");
    assert_eq!(written(&journal, &short), slot);
    let second = entry(3, "b", "s");
    journal.write(slot, &second).unwrap();
    drop(journal);
    assert_eq!(left(&disk.open()), [said(&second)]);
}

#[test]
fn the_owner_stays_and_the_process_changes() {
    let disk = Disk::new();
    let first = disk.open().owner();
    let second = disk.open().owner();
    assert_eq!(first.id, second.id);
    assert_ne!(first.boot, second.boot);
    assert_ne!(Disk::new().open().owner().id, first.id);
    // Its file broke off: it is another owner then, and stays that.
    fs::write(disk.dir.join("owner"), "0189").unwrap();
    let third = disk.open().owner();
    assert_ne!(third.id, first.id);
    assert_eq!(disk.open().owner().id, third.id);
}

/// Replicas may share a directory.
#[test]
fn each_process_has_a_journal_of_its_own() {
    let disk = Disk::new();
    let [one, two] = [(); 2].map(|()| disk.open());
    assert_ne!(one.owner().id, two.owner().id);
    let entry = entry(1, "a", "r");
    written(&two, &entry);
    assert!(left(&one).is_empty());
    let id = two.owner().id;
    drop(two);
    // What one leaves behind is that of the next to come, while the others go on.
    let next = disk.open();
    assert_eq!(next.owner().id, id);
    assert_eq!(left(&next), [said(&entry)]);
}

/// Not so many processes may run again as did before.
#[test]
fn what_a_process_beside_left_is_moved_over_when_it_is_gone() {
    let disk = Disk::new();
    let [one, two, three] = [(); 3].map(|()| disk.open());
    let entries = [entry(1, "a", "r"), entry(2, "b", "s"), entry(3, "c", "t")];
    for (journal, entry) in [
        (&one, &entries[0]),
        (&two, &entries[1]),
        (&three, &entries[2]),
    ] {
        written(journal, entry);
    }
    assert!(left(&one).is_empty(), "they are at work");
    drop(three);
    assert_eq!(left(&one), [said(&entries[2])]);
    assert!(left(&one).is_empty(), "it is its own now");
    drop(one);
    // Its own, and by then that of the third.
    let again = disk.open();
    assert_eq!(left(&again), [said(&entries[0]), said(&entries[2])]);
    drop((again, two));
    let last = disk.open();
    let found = pairs(&last);
    assert_eq!(found.len(), 3);
    for (slot, _) in found {
        last.clear(slot);
    }
    drop(last);
    assert!(left(&disk.open()).is_empty());
}

#[test]
fn an_entry_that_broke_off_is_dropped_and_its_room_is_used() {
    let disk = Disk::new();
    written(&disk.open(), &entry(1, "a", "r"));
    let (whole, length) = disk.first();
    let journal = disk.open();
    for cut in 0..length {
        // The file ends there, or what comes next never reached the disk.
        fs::write(disk.file(FIRST), &whole[..cut]).unwrap();
        assert!(left(&journal).is_empty(), "cut at {cut}");
        let mut zeros = whole.clone();
        zeros[cut..].fill(0);
        fs::write(disk.file(FIRST), zeros).unwrap();
        assert!(left(&journal).is_empty(), "zeros from {cut}");
    }
    let next = entry(2, "b", "s");
    assert_eq!(written(&journal, &next), FIRST);
    drop(journal);
    assert_eq!(left(&disk.open()), [said(&next)]);
}

#[test]
fn an_entry_of_which_a_byte_was_changed_is_not_taken() {
    let disk = Disk::new();
    let original = entry(1, "a", "r");
    written(&disk.open(), &original);
    let (whole, length) = disk.first();
    let key = format!("{} 1 v1.", original.link).len();
    for byte in 0..=length {
        for bit in [0x01, 0x80] {
            let mut changed = whole.clone();
            changed[byte] ^= bit;
            fs::write(disk.file(FIRST), changed).unwrap();
            let left = disk.open().left_behind().unwrap();
            // A name that no key has may be one that comes back.
            let sealed = |left: &LeftBehind| matches!(left, LeftBehind::Sealed(..));
            assert!(left.iter().all(sealed), "byte {byte}");
            assert!(
                left.is_empty() || (key..key + 4).contains(&byte),
                "byte {byte}"
            );
        }
    }
    fs::write(disk.file(FIRST), &whole).unwrap();
    assert_eq!(left(&disk.open()), [said(&original)]);
}

/// As a process leaves it that was killed meanwhile. A full disk is found before the call to Trakt.
#[test]
fn a_room_that_was_never_finished_is_made_when_it_is_reserved() {
    for length in [0, 100, ROOM - 1] {
        let disk = Disk::new();
        drop(disk.open());
        fs::write(disk.file(FIRST), vec![0; usize::try_from(length).unwrap()]).unwrap();
        let journal = disk.open();
        assert!(left(&journal).is_empty());
        let slot = journal.reserve().unwrap();
        assert_eq!(disk.length(slot), ROOM);
    }
}

/// Its key may come back: it is kept, and holds up nobody else.
#[test]
fn an_entry_whose_key_is_missing_waits_for_it() {
    let disk = Disk::new();
    let first = entry(1, "a", "r");
    written(&disk.open(), &first);
    let journal = open(&disk.dir, OTHER_KEYS).unwrap();
    let found = journal.left_behind().unwrap();
    assert!(matches!(found[..], [LeftBehind::Sealed(link, 1)] if link == first.link));
    assert!(left(&journal).is_empty(), "it is told once");
    let second = entry(2, "b", "s");
    assert_ne!(written(&journal, &second), FIRST);
    drop(journal);
    let both = open(&disk.dir, &format!("{OTHER_KEYS},{KEYS}")).unwrap();
    assert_eq!(left(&both), [said(&first), said(&second)]);
}

#[test]
fn sixteen_pairs_have_room() {
    let disk = Disk::new();
    let journal = disk.open();
    let slots: Vec<_> = (0..16).map(|_| journal.reserve().unwrap()).collect();
    assert_eq!(slots, (0..16).map(JournalSlot).collect::<Vec<_>>());
    let error = journal.reserve().unwrap_err();
    assert!(matches!(error, PortError::Unavailable(_)), "{error}");
    journal.clear(slots[7]);
    assert_eq!(journal.reserve().unwrap(), slots[7]);
    journal.reserve().unwrap_err();
    for slot in slots {
        assert_eq!(disk.length(slot), ROOM);
    }
}

#[test]
fn only_its_owner_can_read_it_and_no_token_stands_in_it() {
    let disk = Disk::new();
    let journal = disk.open();
    written(&journal, &entry(1, "access-canary", "refresh-canary"));
    assert!(!format!("{journal:?}").contains("canary"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&disk.dir), 0o700);
    let mut names = Vec::new();
    for file in fs::read_dir(&disk.dir).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        // As it is, in base64 and in hexadecimal.
        for token in ["canary", "Y2FuYXJ5", "jYW5hcn", "tY2FuYX", "63616e617279"] {
            assert!(!text.contains(token), "{}", path.display());
        }
        names.push(path);
    }
    assert_eq!(names.len(), 3, "lock, owner and a pair: {names:?}");
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    for dir in [file.clone(), file.join("journal")] {
        let error = open(&dir, KEYS).unwrap_err();
        assert!(matches!(&error, JournalError::Io { dir: at, .. } if *at == dir));
    }
}
