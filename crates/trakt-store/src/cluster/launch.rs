//! Starting a PostgreSQL program so that it can do its work and no more.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::error::ClusterError;
use super::layout::{Account, Layout};

/// Moves what the program inherits out of the standard streams: `postgres/` to
/// 9 (see `Layout::base_for_server`) and the lock to 8. `Command` hands down
/// the standard streams only, and only without a race for other children.
const ARRANGE: &str = r#"exec 9<&0 8>&1 1>&2 </dev/null; exec "$@""#;

/// A command that runs `program` with both its outputs at the caller's
/// `stderr(…)`, holding `lock` for as long as one of its processes lives.
pub(super) fn command(
    layout: &Layout,
    program: &Path,
    lock: File,
) -> Result<Command, ClusterError> {
    let base = layout.base();
    let base = File::open(&base).map_err(ClusterError::io("open", &base))?;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", ARRANGE, "sh"]).arg(program);
    command.stdin(base).stdout(lock);
    // Our environment holds secrets, and PG… variables would change the server.
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C")
        .env("TZ", "UTC");
    // Old versions change back to where they began: it must stay reachable.
    command.current_dir("/");
    // The terminal's Ctrl-C is for us; PostgreSQL is stopped after its clients.
    command.process_group(0);
    if let Some(Account { uid, gid }) = layout.account() {
        // Clears root's supplementary groups too.
        command.gid(gid).uid(uid);
    }
    Ok(command)
}
