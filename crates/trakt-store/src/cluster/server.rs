//! One PostgreSQL server: is it there, start it, wait for it, stop it. Who may
//! do so and when is decided by the caller, who holds the transition lock for
//! everything that changes something.
//!
//! Whether it lives is told by `server.lock`, which all of PostgreSQL's
//! processes inherit and the kernel frees when the last has ended. A process id
//! cannot tell: it may be another's by now, stand for a zombie, or belong to
//! another container.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Child;
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::create;
use super::error::ClusterError;
use super::launch;
use super::layout::Layout;
use super::lock::{self, POLL};
use super::settings::settings;
use super::status::Status;

/// How long a start may take, a crash recovery included.
const START: Duration = Duration::from_secs(60);
/// How long a fast shutdown may take before an immediate one, and how long
/// that may take.
const STOP: [(Signal, Duration); 2] = [
    (Signal::INT, Duration::from_secs(20)),
    (Signal::QUIT, Duration::from_secs(10)),
];
/// How much of the log an error quotes, in bytes.
const TAIL: u64 = 4096;
/// A log longer than this is set aside at the next start, in bytes.
const LOG_LIMIT: u64 = 10 << 20;

#[derive(Debug)]
pub(super) struct Server {
    layout: Layout,
    durable: bool,
    /// Our own opening of `server.lock`, to look at it.
    lock: File,
    /// The server when this process started it, to be reaped.
    child: Mutex<Option<Child>>,
}

impl Server {
    pub(super) fn new(layout: Layout, durable: bool) -> Result<Self, ClusterError> {
        let lock = layout.open("server.lock")?;
        Ok(Self {
            layout,
            durable,
            lock,
            child: Mutex::new(None),
        })
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether any process of the server, or an initdb, lives.
    pub(super) fn lives(&self) -> Result<bool, ClusterError> {
        self.reap();
        match self.lock.try_lock_shared() {
            Ok(()) => {
                let _ = self.lock.unlock();
                Ok(false)
            }
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => {
                Err(ClusterError::io("lock", self.layout.root())(error))
            }
        }
    }

    /// Returns when the server accepts connections: the one that runs already,
    /// or a new one, for which the cluster is made when there is none.
    pub(super) fn ensure_running(&self) -> Result<(), ClusterError> {
        let mut deadline = Instant::now() + START;
        let mut log_before = None;
        loop {
            if self.lives()? {
                if self.ready() {
                    match log_before {
                        Some(_) => log::info!("PostgreSQL runs in {}", self.root().display()),
                        None => log::info!("joined PostgreSQL in {}", self.root().display()),
                    }
                    return Ok(());
                }
            } else if let Some(before) = log_before {
                return Err(ClusterError::Start {
                    log: self.layout.log(),
                    tail: self.tail(before),
                });
            } else {
                let lock = self.take_lock()?;
                create::remove_unfinished(&self.layout)?;
                if create::made_by(&self.layout.data())?.is_none() {
                    log::info!("making a PostgreSQL cluster in {}", self.root().display());
                    let programs = create::programs_for(&self.layout)?;
                    create::create(&self.layout, &programs, &lock, self.durable)?;
                }
                log_before = Some(self.spawn(lock)?);
                deadline = Instant::now() + START;
            }
            if Instant::now() >= deadline {
                let tail = self.tail(log_before.unwrap_or_default());
                let seconds = START.as_secs();
                return Err(ClusterError::NotReady {
                    seconds,
                    log: self.layout.log(),
                    tail,
                });
            }
            sleep(POLL);
        }
    }

    /// Starts the server on the existing cluster, without waiting for it.
    pub(super) fn restart(&self) -> Result<(), ClusterError> {
        if create::made_by(&self.layout.data())?.is_none() {
            return Err(ClusterError::NotACluster(self.layout.data()));
        }
        let lock = self.take_lock()?;
        self.spawn(lock).map(drop)
    }

    /// Stops the server: a fast shutdown, then an immediate one, from which
    /// the next start recovers.
    pub(super) fn stop(&self) -> Result<(), ClusterError> {
        let lived = self.lives()?;
        for (signal, patience) in STOP {
            let deadline = Instant::now() + patience;
            if self.lives()?
                && let Some(pid) = self.pid()
            {
                // It may be gone in this moment: what counts is the lock.
                let _ = kill_process(pid, signal);
            }
            while self.lives()? && Instant::now() < deadline {
                sleep(POLL);
            }
            if !self.lives()? {
                // Its lock is free but it may not be quite gone: no zombie stays.
                if let Some(mut child) = self.child().take() {
                    let _ = child.kill();
                    let _ = child.wait();
                }
                if lived {
                    log::info!("PostgreSQL in {} is stopped", self.root().display());
                }
                return Ok(());
            }
            log::warn!("PostgreSQL did not stop within {} s", patience.as_secs());
        }
        Err(ClusterError::Stop(self.root().to_owned()))
    }

    /// Takes `server.lock` to hand it to new processes. It is free but for
    /// others who look at it in this moment.
    fn take_lock(&self) -> Result<File, ClusterError> {
        let path = self.root().join("server.lock");
        lock::exclusive(
            self.layout.open("server.lock")?,
            &path,
            Instant::now() + STOP[1].1,
        )?
        .ok_or_else(|| ClusterError::Busy(self.root().to_owned()))
    }

    /// Starts the server and returns how long its log was before.
    fn spawn(&self, lock: File) -> Result<u64, ClusterError> {
        let programs = create::programs_for(&self.layout)?;
        self.remove_stale();
        let (log, before) = self.open_log()?;

        let base = self.layout.base_for_server();
        let mut command = launch::command(&self.layout, &programs.postgres(), lock)?;
        command.arg("-D").arg(base.join("data"));
        for setting in settings(self.durable) {
            command.args(["-c", setting]);
        }
        let mut run = std::ffi::OsString::from("unix_socket_directories=");
        run.push(quoted(&base.join("run")));
        command.arg("-c").arg(run);
        let child = command.stderr(log).spawn();
        let child = child.map_err(ClusterError::io("run", &programs.postgres()))?;
        *self.child() = Some(child);
        Ok(before)
    }

    /// Removes the files by which PostgreSQL would take an unrelated process
    /// for its predecessor: after a restart of the machine or container its
    /// process id may be anyone's. A server that someone started by hand keeps
    /// them, and PostgreSQL then says so.
    fn remove_stale(&self) {
        if self.status().is_some_and(|status| status.pid_is_postgres()) {
            return;
        }
        let socket = self.layout.socket();
        let _ = fs::remove_file(socket.with_added_extension("lock"));
        let _ = fs::remove_file(socket);
        let _ = fs::remove_file(self.layout.data().join("postmaster.pid"));
    }

    /// Whether the server accepts connections. PostgreSQL says when it is
    /// ready, but a killed one has said so too, and its socket takes
    /// connections until the kernel has closed the last of its files: what
    /// counts is an answer.
    fn ready(&self) -> bool {
        self.status().is_some_and(|status| status.ready) && self.answers().is_ok()
    }

    /// Asks as a client does that would like TLS (SSLRequest in "Message
    /// Formats" of PostgreSQL's manual): any server says yes or no to it,
    /// before anybody signs in.
    fn answers(&self) -> std::io::Result<()> {
        const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
        let mut socket = UnixStream::connect(self.layout.socket())?;
        socket.set_read_timeout(Some(Duration::from_secs(2)))?;
        socket.set_write_timeout(Some(Duration::from_secs(2)))?;
        socket.write_all(&SSL_REQUEST)?;
        socket.read_exact(&mut [0])
    }

    fn status(&self) -> Option<Status> {
        let text = fs::read_to_string(self.layout.data().join("postmaster.pid")).ok()?;
        Status::parse(&text)
    }

    /// Whom to signal: our child, or the one that another process started.
    fn pid(&self) -> Option<Pid> {
        if let Some(child) = &*self.child() {
            return Some(Pid::from_child(child));
        }
        self.status()
            .filter(Status::pid_is_postgres)
            .map(|status| status.pid)
    }

    /// Collects our child when it has ended, so that no zombie stays.
    fn reap(&self) {
        let mut child = self.child();
        if let Some(running) = &mut *child
            && !matches!(running.try_wait(), Ok(None))
        {
            *child = None;
        }
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn root(&self) -> &Path {
        self.layout.root()
    }

    fn open_log(&self) -> Result<(File, u64), ClusterError> {
        let path = self.layout.log();
        let length = |log: &File| log.metadata().map_or(0, |metadata| metadata.len());
        let log = self.layout.open("postgres.log")?;
        if length(&log) <= LOG_LIMIT {
            let before = length(&log);
            return Ok((log, before));
        }
        let old = path.with_added_extension("old");
        fs::rename(&path, &old).map_err(ClusterError::io("rename", &path))?;
        Ok((self.layout.open("postgres.log")?, 0))
    }

    /// The end of the log, from `before` on.
    fn tail(&self, before: u64) -> String {
        let mut text = Vec::new();
        let mut read = || -> std::io::Result<()> {
            let mut log = File::open(self.layout.log())?;
            let from = before.max(log.metadata()?.len().saturating_sub(TAIL));
            log.seek(SeekFrom::Start(from))?;
            log.take(TAIL).read_to_end(&mut text).map(drop)
        };
        match read() {
            Ok(()) => String::from_utf8_lossy(&text).trim_end().to_owned(),
            Err(error) => format!("(unreadable: {error})"),
        }
    }
}

/// A path as an element of PostgreSQL's list of socket directories.
fn quoted(path: &Path) -> std::ffi::OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut quoted = vec![b'"'];
    for byte in path.as_os_str().as_bytes() {
        if *byte == b'"' {
            quoted.push(b'"');
        }
        quoted.push(*byte);
    }
    quoted.push(b'"');
    std::ffi::OsString::from_vec(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_or_quote_in_the_path_does_not_split_it() {
        assert_eq!(quoted(Path::new("/a,b/c\"d")), "\"/a,b/c\"\"d\"");
    }
}
