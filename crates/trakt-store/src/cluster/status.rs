//! What PostgreSQL says of itself in `postmaster.pid`, and how far to believe it:
//! a killed server leaves the file as it was.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::Pid;

/// The parts of `postmaster.pid` that matter here.
#[derive(Debug)]
pub(super) struct Status {
    /// The server's first process.
    pub(super) pid: Pid,
    /// Whether it accepts connections.
    pub(super) ready: bool,
}

impl Status {
    /// Reads the process id from line 1 and the status from line 8, where it is
    /// since PostgreSQL 10. `None` when there is no process id.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        // Negative in single-user mode; to signal that would reach a group.
        let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 0)?;
        let pid = Pid::from_raw(pid)?;
        Some(Self {
            pid,
            ready: lines.nth(6).is_some_and(|status| status.trim() == "ready"),
        })
    }

    /// Whether the process id is that of a running PostgreSQL, as far as can be
    /// told without rights over it.
    pub(super) fn pid_is_postgres(&self) -> bool {
        is_postgres(self.pid)
    }
}

/// A zombie is none: it has no command line in `/proc`, and `ps` begins its
/// state with a Z.
fn is_postgres(pid: Pid) -> bool {
    let pid = pid.as_raw_nonzero();
    let line = if Path::new("/proc/self/cmdline").exists() {
        fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()
    } else {
        let ps = Command::new("ps")
            .args(["-o", "stat=", "-o", "comm=", "-p", &pid.to_string()])
            .output();
        ps.map(|ps| ps.stdout).unwrap_or_default()
    };
    let program = line
        .split(|byte| *byte == 0)
        .next()
        .unwrap_or_default()
        .trim_ascii_end();
    !program.starts_with(b"Z")
        && (program.ends_with(b"postgres") || program.ends_with(b"postmaster"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_read_from_line_eight_alone() {
        let head = "4711\n/data\n1795412456\n5432\n/run\n\n 10018843        14\n";
        let ready = Status::parse(&format!("{head}ready   \n")).unwrap();
        assert!(ready.ready);
        assert_eq!(ready.pid.as_raw_nonzero().get(), 4711);
        assert!(!Status::parse(&format!("{head}starting\n")).unwrap().ready);
        assert!(!Status::parse(head).unwrap().ready);
        assert!(Status::parse("").is_none());
        assert!(Status::parse("0\n").is_none());
        assert!(Status::parse("-4711\n").is_none());
    }

    #[test]
    fn only_a_process_named_postgres_is_one() {
        assert!(!is_postgres(rustix::process::getpid()));
    }
}
