//! Making the cluster, and telling which PostgreSQL an existing one needs.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Stdio;

use super::error::ClusterError;
use super::launch;
use super::layout::Layout;
use super::programs::{self, Programs};
use super::settings::USER;

/// The programs for the cluster as it is on disk: those of the major version
/// that made it, or the preferred ones when there is none yet.
pub(super) fn programs_for(layout: &Layout) -> Result<Programs, ClusterError> {
    let found = programs::installed();
    match made_by(&layout.data())? {
        Some(major) => programs::of_major(&found, major, &layout.data()),
        None => programs::preferred(&found),
    }
}

/// The major version that made the cluster in `data`; `None` when there is no
/// cluster.
pub(super) fn made_by(data: &Path) -> Result<Option<u32>, ClusterError> {
    if let Err(error) = fs::symlink_metadata(data) {
        return match error.kind() {
            io::ErrorKind::NotFound => Ok(None),
            _ => Err(ClusterError::io("open", data)(error)),
        };
    }
    let version = match fs::read_to_string(data.join("PG_VERSION")) {
        Ok(version) => version,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ClusterError::NotACluster(data.to_owned()));
        }
        Err(error) => return Err(ClusterError::io("read", &data.join("PG_VERSION"))(error)),
    };
    // "15", and "9.6" before version 10.
    let major = version
        .trim()
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    major
        .map(Some)
        .ok_or_else(|| ClusterError::NotACluster(data.to_owned()))
}

/// Makes the cluster. It appears under its name only when it is whole and on
/// disk, so being killed in between leaves nothing but `data.new`, which the
/// caller removed before. `lock` is the server's: an initdb that outlives us
/// holds it, and the next start waits for that.
pub(super) fn create(
    layout: &Layout,
    programs: &Programs,
    lock: &File,
    durable: bool,
) -> Result<(), ClusterError> {
    let lock = lock
        .try_clone()
        .map_err(ClusterError::io("share", layout.root()))?;
    let initdb = programs.initdb();
    let mut command = launch::command(layout, &initdb, lock)?;
    command
        .arg("-D")
        .arg(layout.base_for_server().join("data.new"));
    command.args(["-U", USER, "-E", "UTF8", "--no-locale", "--data-checksums"]);
    // Who may enter the socket's directory is the owner or root already.
    command.args([
        "--auth-local=trust",
        "--auth-host=reject",
        "--no-instructions",
    ]);
    if !durable {
        command.arg("--no-sync");
    }
    let output = command
        .stderr(Stdio::piped())
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .map_err(ClusterError::io("run", &initdb))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(ClusterError::Initdb(format!("{} ({said})", output.status)));
    }

    let data = layout.data();
    fs::rename(layout.unfinished(), &data).map_err(ClusterError::io("create", &data))?;
    let base = layout.base();
    File::open(&base)
        .and_then(|base| base.sync_all())
        .map_err(ClusterError::io("sync", &base))
}

/// Removes what a killed initdb left, under the server's lock.
pub(super) fn remove_unfinished(layout: &Layout) -> Result<(), ClusterError> {
    let unfinished = layout.unfinished();
    match fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(ClusterError::io("remove", &unfinished)(error))
        }
        _ => Ok(()),
    }
}
