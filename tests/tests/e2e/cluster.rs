//! A PostgreSQL of a test's own, to be killed, frozen and started again.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use trakt_store::cluster::{Cluster, Role};

use crate::harness::{Database, wait_for};

pub struct Postgres {
    cluster: Mutex<Option<Cluster>>,
    dir: TempDir,
}

impl Postgres {
    /// One that keeps its promises: what it acknowledged survives a kill.
    pub fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let cluster = Mutex::new(Some(Cluster::open(dir.path(), Role::Command).unwrap()));
        Self { cluster, dir }
    }

    /// A fresh database in it.
    pub fn database(&self) -> Database {
        Database::fresh_in(&self.cluster.lock().unwrap().as_ref().unwrap().url())
    }

    /// The first process, from which all others come.
    fn postmaster(&self) -> Option<Pid> {
        postmaster_in(self.dir.path())
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.postmaster().unwrap(), signal).unwrap();
    }

    /// Signals every process of it, the first one first, so that none is born meanwhile.
    pub fn signal_all(&self, signal: Signal) {
        let Some(first) = self.postmaster() else {
            return;
        };
        // Each may have ended meanwhile.
        let _ = kill_process(first, signal);
        for process in children(first) {
            let _ = kill_process(process, signal);
        }
    }

    /// Kills one process that serves a connection, upon which PostgreSQL ends them all and
    /// recovers by itself.
    pub fn kill_one_session(&self, database: &Database) {
        let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
                   AND pid <> pg_backend_pid() LIMIT 1";
        let pid = Pid::from_raw(database.rows(sql, &[])[0].get(0)).unwrap();
        let first = self.postmaster().unwrap();
        let before = children(first);
        kill_process(pid, Signal::KILL).unwrap();
        // A connection that is made sooner is cut with the others.
        wait_for("the end of all sessions", || {
            let present = children(first);
            before
                .iter()
                .all(|old| !present.contains(old))
                .then_some(())
        });
    }

    /// Waits until it is gone, wholly.
    pub fn wait_gone(&self) {
        wait_for("the end of PostgreSQL", || {
            processes_in(self.dir.path()).is_empty().then_some(())
        });
    }

    /// Starts it, and returns when it takes connections. Nothing to do where it runs.
    pub fn start_again(&self) {
        let cluster = Cluster::open(self.dir.path(), Role::Command).unwrap();
        // The old handle goes after the new one is there, so nobody is the last to leave.
        drop(self.cluster.lock().unwrap().replace(cluster));
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A frozen one would not stop.
        self.signal_all(Signal::CONT);
    }
}

/// The first process of the cluster in this `DATA_DIR`.
pub fn postmaster_in(data_dir: &Path) -> Option<Pid> {
    let text = fs::read_to_string(data_dir.join("postgres/data/postmaster.pid")).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

fn proc_entries() -> impl Iterator<Item = (Pid, PathBuf)> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        Some((Pid::from_raw(pid)?, entry.path()))
    })
}

fn children(of: Pid) -> Vec<Pid> {
    let parent = |path: &Path| {
        let stat = fs::read_to_string(path.join("stat")).ok()?;
        // After the name in brackets, which may hold anything: state, parent.
        stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
    };
    let of = of.as_raw_nonzero().get();
    proc_entries()
        .filter(|(_, path)| parent(path) == Some(of))
        .map(|(pid, _)| pid)
        .collect()
}

/// The processes that work in this directory or below, as those of PostgreSQL do.
pub fn processes_in(dir: &Path) -> Vec<Pid> {
    let works_there =
        |path: &Path| fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd.starts_with(dir));
    proc_entries()
        .filter(|(_, path)| works_there(path))
        .map(|(pid, _)| pid)
        .collect()
}
