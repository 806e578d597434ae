//! The heads of the audit trail, exported each minute to the log and kept in `DATA_DIR`. What was
//! kept last has to be a part of the chain still; where it is not, that is said each minute, and the
//! file stays as evidence. So does one that is broken, under another name.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use rustix::fs::{FlockOperation, flock};
use trakt_store::{AuditHeads, PgStore};

use super::Ticker;
use crate::readiness::Readiness;

/// The file in `DATA_DIR`.
pub const HEADS_FILE: &str = "audit-heads";
/// How often it is looked whether there is something to do.
const PERIOD: Duration = Duration::from_secs(1);
/// After how many looks heads are exported again.
const EVERY: u32 = 60;

/// Starts it; it ends when it is dropped.
///
/// # Errors
/// When a thread cannot be had.
pub fn heads_job(store: PgStore, dir: &Path, readiness: Readiness) -> std::io::Result<Ticker> {
    let path = dir.join(HEADS_FILE);
    let mut wait = 0;
    Ticker::start("audit-heads", PERIOD, move || {
        if !readiness.at_work() {
            return;
        }
        if wait == 0 {
            wait = EVERY;
            if let Err(error) = export(&store, &path) {
                log::warn!("the heads of the audit trail: {error:#}");
            }
        }
        wait -= 1;
    })
}

fn export(store: &PgStore, path: &Path) -> anyhow::Result<()> {
    // One at a time, where replicas share the folder: another one's newer heads are not to be replaced.
    // It ends with the file, however that comes.
    let folder = File::open(folder_of(path))?;
    flock(&folder, FlockOperation::LockExclusive)?;
    let kept = kept_or_aside(path);
    let none = AuditHeads::default();
    let (heads, problems) = store.audit_heads(kept.as_ref().unwrap_or(&none))?;
    if !heads.0.is_empty() {
        log::info!("{heads}");
    }
    let kept = kept?;
    for problem in &problems {
        log::error!("the audit trail is not as it was written: {problem}");
    }
    if problems.is_empty() && heads != kept {
        write(path, &heads).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// What was kept last. A broken file gets another name, and the log says so.
///
/// # Errors
/// When the file cannot be read, or not be renamed.
pub fn kept_or_aside(path: &Path) -> anyhow::Result<AuditHeads> {
    match kept_heads(path) {
        Ok(heads) => Ok(heads.unwrap_or_default()),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            let aside = set_aside(path).with_context(|| path.display().to_string())?;
            log::error!(
                "{}: {error}. It is {} now, and nothing here tells whether the audit trail was cut off \
                 before",
                path.display(),
                aside.display()
            );
            Ok(AuditHeads::default())
        }
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// What was kept last; `None` where nothing was.
///
/// # Errors
/// When the file cannot be read; `InvalidData` when it is not one line of heads, whole as it was
/// written.
pub fn kept_heads(path: &Path) -> std::io::Result<Option<AuditHeads>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    match AuditHeads::in_line(&text) {
        // Of a damaged line the undamaged beginning would be compared, and the rest forgotten.
        Some(heads) if text.trim_end() == heads.to_string() => Ok(Some(heads)),
        _ => Err(std::io::Error::new(
            ErrorKind::InvalidData,
            "the file has no heads of the audit trail, or is damaged",
        )),
    }
}

/// Gives the file another name that no file has: its own with a number after it.
///
/// # Errors
/// When it cannot be renamed.
pub fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let aside = path.with_extension(number.to_string());
        if !aside.try_exists()? {
            fs::rename(path, &aside)?;
            return Ok(aside);
        }
        number += 1;
    }
}

/// The file changes whole or not at all.
fn write(path: &Path, heads: &AuditHeads) -> std::io::Result<()> {
    let new = path.with_extension("new");
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    writeln!(file, "{heads}")?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}
