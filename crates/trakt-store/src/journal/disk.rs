//! The files and directories of a journal.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use trakt_core::AttemptId;
use uuid::Uuid;

use super::ROOM;
use crate::seal::Vault;

/// Where the journal of this number is, beside the first.
pub(super) fn beside(first: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return first.to_owned();
    }
    let mut name = first.as_os_str().to_owned();
    name.push(format!("-{number}"));
    name.into()
}

pub(super) fn slot_path(dir: &Path, number: usize) -> PathBuf {
    dir.join(format!("pair-{number}"))
}

pub(super) fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// A file with room for one pair, on the disk when this returns.
pub(super) fn make_room(dir: &Path, number: usize) -> io::Result<File> {
    let path = slot_path(dir, number);
    let made = || -> io::Result<File> {
        let file = private(&path)?;
        fill(&file)?;
        File::open(dir)?.sync_all()?;
        Ok(file)
    };
    made().inspect_err(|_| drop(fs::remove_file(&path)))
}

pub(super) fn fill(file: &File) -> io::Result<()> {
    file.write_all_at(&[0; ROOM], 0)?;
    file.sync_all()
}

/// The id of the journal: made once, and then the same for every process that holds it.
pub(super) fn owner_id(dir: &Path, vault: &Vault) -> io::Result<Uuid> {
    let mut file = private(&dir.join("owner"))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    if let Ok(id) = Uuid::parse_str(text.trim()) {
        return Ok(id);
    }
    let id = AttemptId::random(&*vault.entropy).uuid();
    file.set_len(0)?;
    file.write_all_at(format!("{id}\n").as_bytes(), 0)?;
    file.sync_all()?;
    File::open(dir)?.sync_all()?;
    Ok(id)
}

/// The file system of a file, where it is one that a restart of the machine or the container empties.
#[cfg(target_os = "linux")]
pub(super) fn emptied(file: &File) -> io::Result<Option<&'static str>> {
    // The kernel's numbers: include/uapi/linux/magic.h.
    const EMPTIED: [(rustix::fs::FsWord, &str); 3] = [
        (0x0102_1994, "tmpfs"),
        (0x8584_58f6, "ramfs"),
        (0x794c_7630, "overlay"),
    ];
    let found = rustix::fs::fstatfs(file)?.f_type;
    let named = EMPTIED.iter().find(|(number, _)| *number == found);
    Ok(named.map(|(_, name)| *name))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn emptied(_: &File) -> io::Result<Option<&'static str>> {
    Ok(None)
}
