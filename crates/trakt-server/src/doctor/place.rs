//! `DATA_DIR`: whether what is written there stays there, and nobody else reads it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::statvfs;
use rustix::process::geteuid;
use trakt_store::file_system;

use super::Report;
use crate::config::Settings;

const NAME: &str = "DATA_DIR";
/// The refresh journal and the secrets take next to nothing, a private PostgreSQL takes more.
const ROOM: u64 = 256 << 20;
/// A refresh waits for one of these with the new tokens in its hands.
const SLOW: Duration = Duration::from_millis(500);

pub(super) fn check(report: &mut Report, settings: &Settings) {
    let dir = &settings.data_dir;
    let shown = dir.display();
    if !is_there(dir) {
        let advice = "the first start makes it; if there was one, give it back first: \
                      docs/operations/disaster.md";
        return report.odd(NAME, format!("{shown} is not there"), advice);
    }
    let metadata = match fs::metadata(dir) {
        Ok(metadata) if metadata.is_dir() => metadata,
        Ok(_) => {
            return report.bad(
                NAME,
                format!("{shown} is no directory"),
                "name one in DATA_DIR",
            );
        }
        Err(error) => {
            let advice = "name a directory in DATA_DIR that this account may use";
            return report.bad(NAME, format!("{shown} cannot be used: {error}"), advice);
        }
    };
    match write_and_sync(dir) {
        Ok(took) if took > SLOW => report.odd(
            NAME,
            format!(
                "{shown}: a write took {} ms to reach the disk",
                took.as_millis()
            ),
            "each refresh of tokens waits for one: use a faster disk",
        ),
        Ok(took) => report.well(
            NAME,
            format!(
                "{shown} can be written, and is on the disk in {} ms",
                took.as_millis()
            ),
        ),
        Err(error) => report.bad(
            NAME,
            format!("{shown} cannot be written: {error}"),
            "let the account that runs the service write there: chown, or another DATA_DIR",
        ),
    }
    let me = geteuid();
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        let found = format!("{shown} has mode {mode:03o}");
        report.odd("DATA_DIR mode", found, "others can look into it: chmod 700");
    } else if metadata.uid() != me.as_raw() && !me.is_root() {
        let found = format!(
            "{shown} belongs to user id {}, and this is {}",
            metadata.uid(),
            me.as_raw()
        );
        report.odd(
            "DATA_DIR mode",
            found,
            "run the service and its commands as the owner",
        );
    } else {
        report.well("DATA_DIR mode", format!("{mode:03o}, closed to others"));
    }
    lasting(report, dir);
}

/// Whether a path is there, also where it may not be looked at.
pub(super) fn is_there(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}

/// Whether it outlives a restart, and has room.
fn lasting(report: &mut Report, dir: &Path) {
    match file_system(dir) {
        Ok(Some(name)) => report.odd(
            "DATA_DIR disk",
            format!("it is on {name}, which a restart of the machine or the container empties"),
            "keep it on a volume: the keys are lost else, and a crash amid a refresh costs a link",
        ),
        Ok(None) => report.well("DATA_DIR disk", "on a file system that outlives a restart"),
        Err(error) => report.odd("DATA_DIR disk", error, "see that it outlives a restart"),
    }
    let Ok(found) = statvfs(dir) else { return };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let told = format!("{} MiB are free", free >> 20);
    if free >= ROOM {
        report.well("DATA_DIR room", told);
    } else {
        report.odd(
            "DATA_DIR room",
            told,
            "make room: a full disk stops refreshing",
        );
    }
}

/// How long it takes until something written is on the disk. Nothing of it is left.
fn write_and_sync(dir: &Path) -> io::Result<Duration> {
    let path = dir.join(format!(".doctor-{}", std::process::id()));
    let start = Instant::now();
    let written = || -> io::Result<Duration> {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        file.write_all(&[0; 4096])?;
        file.sync_all()?;
        File::open(dir)?.sync_all()?;
        Ok(start.elapsed())
    };
    let took = written();
    // Not there if it could not be made.
    let _ = fs::remove_file(&path);
    took
}
