//! Looking at a cluster from outside: by SQL, and at its processes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Waits for a condition; the deadline only ends a test that has failed.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "still not so: {what}");
        sleep(Duration::from_millis(10));
    }
}

/// Runs one statement with psql.
pub fn try_sql(url: &str, statement: &str) -> Output {
    Command::new("psql")
        .args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement])
        .output()
        .expect("psql is installed")
}

/// Runs one statement that must succeed and returns its rows.
pub fn sql(url: &str, statement: &str) -> String {
    let output = try_sql(url, statement);
    assert!(
        output.status.success(),
        "{statement}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The cluster of a DATA_DIR.
pub fn pgdata(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres/data")
}

/// The server's process id by its own file, if that is there.
pub fn postmaster(data_dir: &Path) -> Option<Pid> {
    let text = fs::read_to_string(pgdata(data_dir).join("postmaster.pid")).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

/// The processes that hold the descriptor by which a server of this DATA_DIR
/// marks all of its own.
pub fn server_processes(data_dir: &Path) -> Vec<i32> {
    let lock = data_dir.canonicalize().unwrap().join("server.lock");
    let us = std::process::id().cast_signed();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap() {
        let Ok(pid) = entry.unwrap().file_name().to_string_lossy().parse::<i32>() else {
            continue;
        };
        let Ok(held) = fs::read_link(format!("/proc/{pid}/fd/8")) else {
            continue;
        };
        if held == lock && pid != us {
            found.push(pid);
        }
    }
    found
}

/// Whether the process exists, be it a zombie.
pub fn exists(pid: Pid) -> bool {
    Path::new(&format!("/proc/{}", pid.as_raw_nonzero())).exists()
}

/// Whether the process still runs: a zombie has no command line.
pub fn runs(pid: Pid) -> bool {
    fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).is_ok_and(|line| !line.is_empty())
}

/// kill -9.
pub fn kill(pid: Pid) {
    kill_process(pid, Signal::KILL).unwrap();
}
