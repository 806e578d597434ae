//! The refresh journal: pairs that Trakt gave and that are not known to be in the database, in
//! files of `DATA_DIR/journal`.
//!
//! A refresh token works once. Between Trakt's answer and the commit a crash would lose the link,
//! so the pair is sealed, written and synced before anything else happens with it. Its room was
//! made and synced before the call: a full disk is found then, and not with the tokens in hand.
//! One process holds a journal; what it leaves behind is the next one's.

mod disk;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::DateTime;
use metrics::{counter, histogram};
use trakt_core::ports::{JournalEntry, JournalSlot, LeftBehind, RefreshJournal};
use trakt_core::token::{AttemptOwner, NewPair};
use trakt_core::{AttemptId, LinkId, PortError};
use uuid::Uuid;

use self::disk::{beside, emptied, fill, make_room, owner_id, private, slot_path};
use crate::PgStore;
use crate::seal::{Place, SealFault, Vault};

/// How many pairs it has room for. Four calls are in flight at once, and a batch is claimed ahead.
const SLOTS: usize = 16;
/// How many processes may have a journal side by side.
const BESIDE: usize = 16;
/// Room for one pair: an answer of Trakt's has 64 KiB at the most, sealed and in base64.
const ROOM: usize = 96 * 1024;

/// See the module.
pub struct Journal {
    vault: Arc<Vault>,
    owner: AttemptOwner,
    /// Where the first of those that stand side by side is.
    first: PathBuf,
    dir: PathBuf,
    slots: Mutex<Vec<Slot>>,
    durable: bool,
    /// Locked as long as this process lives.
    _lock: File,
}

struct Slot {
    file: File,
    used: bool,
}

/// Why there is no journal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// Other processes have it, and all those beside it.
    #[error("another process uses the journal in {}", .0.display())]
    Busy(PathBuf),
    /// The disk does not let us.
    #[error("the journal in {} cannot be used: {error}", dir.display())]
    Io {
        /// Where.
        dir: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl PgStore {
    /// The journal in this directory, made if it is not there; sealed with the keys of this store.
    /// Where another process has it, one beside it (`journal-2` and so on): replicas may share a
    /// directory, and each looks after those beside its own whose process is gone.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn journal(&self, dir: &Path) -> Result<Journal, JournalError> {
        for number in 1..BESIDE {
            match Journal::open(self.vault.clone(), dir, number) {
                Err(JournalError::Busy(_)) => {}
                opened => return opened,
            }
        }
        Journal::open(self.vault.clone(), dir, BESIDE)
    }
}

/// The name of the file system that holds a directory, where it is one that a restart of the machine
/// or the container empties: no place for a journal.
///
/// # Errors
/// When the directory cannot be opened.
pub fn file_system(dir: &Path) -> io::Result<Option<&'static str>> {
    emptied(&File::open(dir)?)
}

/// How many entries of this journal and of those beside it are sealed with which key.
pub(crate) fn key_ids(first: &Path) -> BTreeMap<String, i64> {
    let mut ids = BTreeMap::new();
    for dir in (1..=BESIDE).map(|number| beside(first, number)) {
        for path in (0..SLOTS).map(|number| slot_path(&dir, number)) {
            let Ok(bytes) = fs::read(path) else { break };
            let line = bytes
                .split(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default();
            let line = std::str::from_utf8(line).ok();
            let id = line
                .and_then(parts)
                .and_then(|(_, _, sealed)| sealed.split('.').nth(1));
            if let Some(id) = id {
                *ids.entry(id.to_owned()).or_default() += 1;
            }
        }
    }
    ids
}

impl Journal {
    fn open(vault: Arc<Vault>, first: &Path, number: usize) -> Result<Self, JournalError> {
        let dir = &beside(first, number);
        let failed = |error| JournalError::Io {
            dir: dir.to_owned(),
            error,
        };
        let mut maker = fs::DirBuilder::new();
        maker.recursive(true).mode(0o700);
        maker.create(dir).map_err(failed)?;
        let lock = private(&dir.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::Busy(dir.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let boot = AttemptId::random(&*vault.entropy).uuid();
        let id = owner_id(dir, &vault).map_err(failed)?;
        let mut slots = Vec::new();
        for number in 0..SLOTS {
            let path = slot_path(dir, number);
            if !path.try_exists().map_err(failed)? {
                break;
            }
            slots.push(Slot {
                file: private(&path).map_err(failed)?,
                used: false,
            });
        }
        let durable = matches!(emptied(&lock), Ok(None));
        Ok(Self {
            vault,
            owner: AttemptOwner { id, boot },
            first: first.to_owned(),
            dir: dir.to_owned(),
            slots: Mutex::new(slots),
            durable,
            _lock: lock,
        })
    }

    /// Whether what is written outlives the machine, as far as its file system tells.
    #[must_use]
    pub fn durable(&self) -> bool {
        self.durable
    }

    fn unavailable(&self, what: &str, error: &io::Error) -> PortError {
        counter!("trakt_journal_failures_total").increment(1);
        PortError::Unavailable(format!("{what} {}: {error}", self.dir.display()))
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entry of a slot: `None` when it is empty or its writing broke off.
    fn read(&self, file: &File) -> Result<Option<Found>, PortError> {
        let mut bytes = vec![0; 1];
        let read = |bytes: &mut Vec<u8>| -> io::Result<()> {
            file.read_exact_at(bytes, 0)?;
            if bytes[0] != 0 {
                let length = file.metadata()?.len();
                bytes.resize(usize::try_from(length).unwrap_or(ROOM).min(ROOM), 0);
                file.read_exact_at(bytes, 0)?;
            }
            Ok(())
        };
        match read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(self.unavailable("cannot read the journal", &error)),
            Ok(()) if bytes[0] == 0 => return Ok(None),
            Ok(()) => {}
        }
        let line = bytes.split(|byte| *byte == b'\n').next();
        let line = line.and_then(|line| std::str::from_utf8(line).ok());
        let Some((link, generation, sealed)) = line.and_then(parts) else {
            log::warn!("an entry of the journal broke off and is dropped");
            return Ok(None);
        };
        match self.vault.open(place(link, generation), sealed) {
            Ok(text) => Ok(entry(link, generation, &text).map(Found::Pair)),
            // Its key may come back: it stays as it is.
            Err(error) if error.fault == SealFault::UnknownKey => {
                log::error!("a pair in the journal cannot be read: {error}");
                Ok(Some(Found::Sealed(link, generation)))
            }
            Err(error) => {
                log::warn!("an entry of the journal is dropped: {error}");
                Ok(None)
            }
        }
    }

    /// Moves what processes left in the journals beside this one, if they are gone, into this.
    fn adopt(&self, left: &mut Vec<LeftBehind>) -> Result<(), PortError> {
        for number in 1..=BESIDE {
            let dir = beside(&self.first, number);
            if dir == self.dir || !dir.join("lock").exists() {
                continue;
            }
            let failed = |error| self.unavailable("cannot read a journal beside", &error);
            let lock = private(&dir.join("lock")).map_err(failed)?;
            if lock.try_lock().is_err() {
                continue;
            }
            for path in (0..SLOTS).map(|number| slot_path(&dir, number)) {
                let Ok(file) = OpenOptions::new().read(true).write(true).open(&path) else {
                    break;
                };
                match self.read(&file)? {
                    None => {}
                    Some(Found::Sealed(link, generation)) => {
                        left.push(LeftBehind::Sealed(LinkId::from(link), generation));
                    }
                    Some(Found::Pair(entry)) => {
                        let slot = self.reserve()?;
                        self.write(slot, &entry)?;
                        fill(&file).map_err(failed)?;
                        left.push(LeftBehind::Pair(slot, entry));
                    }
                }
            }
        }
        Ok(())
    }
}

/// What a room holds.
enum Found {
    Pair(JournalEntry),
    Sealed(Uuid, i64),
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("dir", &self.dir)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

impl RefreshJournal for Journal {
    fn owner(&self) -> AttemptOwner {
        self.owner
    }

    fn outlives(&self) -> bool {
        true
    }

    fn reserve(&self) -> Result<JournalSlot, PortError> {
        let mut slots = self.slots();
        let no_room = |error| self.unavailable("no room in the journal", &error);
        if let Some(free) = slots.iter().position(|slot| !slot.used) {
            let slot = &mut slots[free];
            // A process that was killed while it made the room left a file without one.
            if slot.file.metadata().map_err(no_room)?.len() < ROOM as u64 {
                fill(&slot.file).map_err(no_room)?;
            }
            slot.used = true;
            return Ok(JournalSlot(free));
        }
        let number = slots.len();
        if number == SLOTS {
            counter!("trakt_journal_failures_total").increment(1);
            return Err(PortError::Unavailable(
                "the journal is full of pairs that the database did not take".to_owned(),
            ));
        }
        let file = make_room(&self.dir, number).map_err(no_room)?;
        slots.push(Slot { file, used: true });
        Ok(JournalSlot(number))
    }

    fn write(&self, slot: JournalSlot, entry: &JournalEntry) -> Result<(), PortError> {
        let start = Instant::now();
        let pair = &entry.pair;
        let text = format!(
            "{} {} {}\n{}{}",
            pair.lifetime.as_secs(),
            pair.received_at.timestamp_millis(),
            pair.access.expose().len(),
            pair.access.expose(),
            pair.refresh.expose(),
        );
        let link = entry.link.uuid();
        let sealed = self.vault.seal(place(link, entry.generation), &text)?;
        let line = format!("{link} {} {sealed}\n", entry.generation);
        let slots = self.slots();
        let file = slots.get(slot.0).map(|slot| slot.file.try_clone());
        drop(slots);
        let write = |file: io::Result<File>| -> io::Result<()> {
            let file = file?;
            file.write_all_at(line.as_bytes(), 0)?;
            file.sync_data()
        };
        let written = write(file.unwrap_or_else(|| Err(io::ErrorKind::NotFound.into())));
        written.map_err(|error| self.unavailable("cannot write the journal", &error))?;
        histogram!("trakt_journal_write_duration_seconds").record(start.elapsed());
        Ok(())
    }

    /// Not synced: should the old entry come back, its generation is past and nobody takes it.
    fn clear(&self, slot: JournalSlot) {
        let mut slots = self.slots();
        let Some(slot) = slots.get_mut(slot.0) else {
            return;
        };
        let mut head = [0; 1];
        let empty = slot.file.read_exact_at(&mut head, 0).is_ok() && head[0] == 0;
        if !empty && let Err(error) = slot.file.write_all_at(&[0; ROOM], 0) {
            // It stays in use, or its next entry would stand behind this one.
            log::error!("a room of the journal cannot be cleared: {error}");
            return;
        }
        slot.used = false;
    }

    fn left_behind(&self) -> Result<Vec<LeftBehind>, PortError> {
        let mut left = Vec::new();
        for (number, slot) in self.slots().iter_mut().enumerate() {
            if slot.used {
                continue;
            }
            match self.read(&slot.file) {
                Ok(None) => {}
                Ok(Some(Found::Pair(entry))) => {
                    slot.used = true;
                    left.push(LeftBehind::Pair(JournalSlot(number), entry));
                }
                Ok(Some(Found::Sealed(link, generation))) => {
                    slot.used = true;
                    left.push(LeftBehind::Sealed(link.into(), generation));
                }
                // A room that cannot be read is of no more use; the others are not held up.
                Err(error) => {
                    slot.used = true;
                    log::error!("{error}");
                }
            }
        }
        // What was found already must not be lost for trouble with the others.
        if let Err(error) = self.adopt(&mut left) {
            log::warn!("{error}");
        }
        Ok(left)
    }
}

fn place(link: Uuid, generation: i64) -> Place {
    Place {
        table: "refresh_journal",
        column: "pair",
        row: link,
        generation,
    }
}

/// Link, generation, sealed pair.
fn parts(line: &str) -> Option<(Uuid, i64, &str)> {
    let mut parts = line.splitn(3, ' ');
    let link = Uuid::parse_str(parts.next()?).ok()?;
    let generation = parts.next()?.parse().ok()?;
    Some((link, generation, parts.next()?))
}

fn entry(link: Uuid, generation: i64, text: &str) -> Option<JournalEntry> {
    let (head, tokens) = text.split_once('\n')?;
    let mut head = head.split(' ');
    let lifetime = head.next()?.parse().ok()?;
    let received_at = DateTime::from_timestamp_millis(head.next()?.parse().ok()?)?;
    let (access, refresh) = tokens.split_at_checked(head.next()?.parse().ok()?)?;
    Some(JournalEntry {
        link: link.into(),
        generation,
        pair: NewPair {
            access: access.to_owned().into(),
            refresh: refresh.to_owned().into(),
            lifetime: Duration::from_secs(lifetime),
            received_at,
        },
    })
}
