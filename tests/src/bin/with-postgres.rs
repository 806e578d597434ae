//! `with-postgres -- COMMAND ARGUMENTS…` runs a command with
//! `TEST_DATABASE_URL` set to a private PostgreSQL of its own, which ends with
//! it. The exit code is the command's, or 128 and the signal that ended it.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};
use std::thread;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use trakt_store::cluster::Cluster;

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1).peekable();
    arguments.next_if(|first| first == "--");
    let program = arguments
        .next()
        .context("usage: with-postgres -- COMMAND ARGUMENTS…")?;

    // From here on a signal no longer ends us and leaves the server behind:
    // it ends the command, also when it comes before there is one.
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let dir = tempfile::tempdir()?;
    let cluster = Cluster::open_throwaway(dir.path())?;

    let mut command = Command::new(&program);
    command
        .args(arguments)
        .env("TEST_DATABASE_URL", cluster.url());
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let pid = Pid::from_child(&child);
    let closing = signals.handle();
    let forwarding = thread::spawn(move || {
        for signal in signals.forever().filter_map(Signal::from_named_raw) {
            // Gone already: nothing to end.
            let _ = kill_process(pid, signal);
        }
    });
    let status = child.wait();
    closing.close();
    drop(forwarding.join());

    cluster.stop()?;
    Ok(exit_code(status?))
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(1);
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}
