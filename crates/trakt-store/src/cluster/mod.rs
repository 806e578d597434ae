//! A private PostgreSQL cluster in `DATA_DIR`, for running without
//! `DATABASE_URL`: made on first use from the installed programs, reached by a
//! Unix socket alone, stopped with its last user.
//!
//! Every process that uses the cluster opens it. At most one of them is a serve;
//! commands beside it share the running server. The last one out stops it,
//! whoever started it. What a killed process leaves (a server without an owner,
//! stale files, half a cluster) the next open takes over, recovers or removes.
//!
//! Queries, pools and migrations do not belong here: this module ends at a URL.

mod create;
mod error;
mod launch;
mod layout;
mod lock;
mod programs;
mod server;
mod settings;
mod status;
mod watch;

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use self::error::ClusterError;
pub use self::programs::Programs;

use self::layout::Layout;
use self::lock::Held;
use self::server::Server;
use self::watch::Watch;

/// How long to wait for another process that starts or stops the server, which
/// may be at an initdb followed by a start.
const TRANSITION: Duration = Duration::from_secs(120);
/// How long `serve.lock` must be held by another before a serve is refused. It
/// covers the moment in which a dying serve's children still hold it.
const SERVE: Duration = Duration::from_millis(250);

/// What a process is to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The service: one at a time, and PostgreSQL is started again when it
    /// ends unexpectedly.
    Serve,
    /// Anything short beside it: any number, with or without a serve.
    Command,
}

/// An open cluster. Its server runs at least until this is stopped or dropped.
#[derive(Debug)]
#[must_use = "the server is stopped when this is dropped"]
pub struct Cluster {
    server: Arc<Server>,
    /// `None` for a command, and once stopping has begun.
    watch: Option<Watch>,
    /// The shared lock of a user; `None` once stopping has begun.
    using: Option<Held>,
    /// Kept for its drop: a new serve is let in when the server is stopped.
    _serving: Option<Held>,
}

impl Cluster {
    /// Opens the cluster in `data_dir` and returns when it accepts connections.
    /// What is missing is made: the directory (0700), the cluster, the server.
    /// Takes up to 60 s when PostgreSQL has a crash to recover from.
    ///
    /// # Errors
    /// [`ClusterError::AlreadyServing`] for a second serve; else what keeps
    /// PostgreSQL from running, with what to do about it.
    pub fn open(data_dir: &Path, role: Role) -> Result<Self, ClusterError> {
        Self::open_with(data_dir, role, true)
    }

    /// A cluster for tests, opened as a command: it does not wait for the disk,
    /// so it is faster and does not survive a loss of power.
    ///
    /// # Errors
    /// As [`Cluster::open`].
    #[doc(hidden)]
    pub fn open_throwaway(data_dir: &Path) -> Result<Self, ClusterError> {
        Self::open_with(data_dir, Role::Command, false)
    }

    fn open_with(data_dir: &Path, role: Role, durable: bool) -> Result<Self, ClusterError> {
        let layout = Layout::prepare(data_dir)?;
        let serving = match role {
            Role::Serve => Some(claim_serve(&layout)?),
            Role::Command => None,
        };
        let transition = transition(&layout, TRANSITION)?;
        let using = lock::shared(layout.open("cluster.lock")?, layout.root())?;
        let mut cluster = Self {
            server: Arc::new(Server::new(layout, durable)?),
            watch: None,
            using: Some(using),
            _serving: serving,
        };
        let running = cluster.server.ensure_running().and_then(|()| {
            if role == Role::Serve {
                cluster.watch = Some(Watch::start(Arc::clone(&cluster.server))?);
            }
            Ok(())
        });
        // Before the drop of `cluster` on failure, which takes it again.
        drop(transition);
        running.map(|()| cluster)
    }

    /// The connection URL for libpq. There is no password: the socket's
    /// directory keeps others out. It holds as long as this cluster is open.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.layout().url(settings::USER, settings::DATABASE)
    }

    /// Ends our use of the cluster, and stops the server when nobody else uses
    /// it. Dropping does the same, with errors logged. Connections that are
    /// still open are cut.
    ///
    /// # Errors
    /// [`ClusterError::Stop`] when the server did not stop within 30 s.
    pub fn stop(mut self) -> Result<(), ClusterError> {
        self.leave()
    }

    fn leave(&mut self) -> Result<(), ClusterError> {
        // First, or it would start the server again.
        drop(self.watch.take());
        let Some(using) = self.using.take() else {
            return Ok(());
        };
        let layout = self.server.layout();
        // Keeps others from coming in while we look whether we are the last.
        let _transition = transition(layout, TRANSITION)?;
        match using.upgrade() {
            Some(_last) => self.server.stop(),
            None => Ok(()),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.leave() {
            log::error!("{error}");
        }
    }
}

/// Takes the lock under which the server is started and stopped.
fn transition(layout: &Layout, patience: Duration) -> Result<Held, ClusterError> {
    let file = layout.open("transition.lock")?;
    lock::exclusive(file, layout.root(), Instant::now() + patience)?
        .map(Held)
        .ok_or_else(|| ClusterError::Busy(layout.root().to_owned()))
}

/// Takes the lock of the one serve and writes our process id into it.
fn claim_serve(layout: &Layout) -> Result<Held, ClusterError> {
    let mut file = layout.open("serve.lock")?;
    let ours = file
        .try_clone()
        .map_err(ClusterError::io("open", layout.root()))?;
    let Some(held) = lock::exclusive(ours, layout.root(), Instant::now() + SERVE)? else {
        let mut pid = String::new();
        let _ = file.read_to_string(&mut pid);
        let pid = pid.trim().parse().ok();
        return Err(ClusterError::AlreadyServing {
            data_dir: layout.root().to_owned(),
            pid,
        });
    };
    let held = Held(held);
    write_pid(&mut file).map_err(ClusterError::io("write", &layout.root().join("serve.lock")))?;
    Ok(held)
}

fn write_pid(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}
