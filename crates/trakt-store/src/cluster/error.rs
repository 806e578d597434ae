//! What can go wrong with the private cluster, each with what to do about it.
//! Nothing here carries a secret: the cluster has no password, and the server
//! log that some of these quote is kept free of statements (see `settings`).

use std::io;
use std::path::{Path, PathBuf};

use super::programs::MINIMUM;

/// Why the private cluster could not be opened or stopped. The text of each is
/// meant for the operator and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// No installed PostgreSQL was found.
    #[error(
        "no PostgreSQL programs were found (postgres and initdb): install them \
         (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; \
         macOS: brew install postgresql), put their directory on PATH, or set DATABASE_URL"
    )]
    NoPrograms,

    /// Only PostgreSQL versions below the minimum were found.
    #[error(
        "PostgreSQL {newest} is installed, but {MINIMUM} or newer is needed: \
         install a newer one or set DATABASE_URL"
    )]
    ProgramsTooOld {
        /// The newest major version found.
        newest: u32,
    },

    /// The cluster was made by a major version that is not installed.
    #[error("{}", other_major(.cluster, *.made_by, .installed))]
    OtherMajor {
        /// The cluster's directory.
        cluster: PathBuf,
        /// The major version in its `PG_VERSION`.
        made_by: u32,
        /// The major versions that are installed, the preferred one first.
        installed: Vec<u32>,
    },

    /// The cluster's directory exists, but PostgreSQL did not make it or it
    /// lost its `PG_VERSION`. It is never overwritten.
    #[error(
        "{} is not a PostgreSQL cluster (no readable PG_VERSION): \
         restore it from a backup, or move it away to start with an empty database",
        .0.display()
    )]
    NotACluster(PathBuf),

    /// Another `serve` holds this `DATA_DIR`.
    #[error(
        "another serve{} already runs on {}: stop it first, or use another DATA_DIR",
        .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(), .data_dir.display()
    )]
    AlreadyServing {
        /// The shared `DATA_DIR`.
        data_dir: PathBuf,
        /// The other process, when it has written its id already.
        pid: Option<u32>,
    },

    /// Another process kept starting or stopping PostgreSQL for too long.
    #[error("another process is still starting or stopping PostgreSQL in {}: try again", .0.display())]
    Busy(PathBuf),

    /// The files belong to another user than the one we run as.
    #[error(
        "{} belongs to user id {owner}, but this process runs as {me}: run it as that user or as root",
        .path.display()
    )]
    WrongOwner {
        /// The directory.
        path: PathBuf,
        /// Its owner's user id.
        owner: u32,
        /// Our effective user id.
        me: u32,
    },

    /// Started as root, and PostgreSQL refuses to run as root.
    #[error(
        "PostgreSQL does not run as root, and {0}: run as an ordinary user, or set DATABASE_URL"
    )]
    Root(&'static str),

    /// `DATA_DIR` is too long for the address of a Unix socket or has a comma,
    /// on a system without `/proc` to name it otherwise.
    #[error("{} is too long for a Unix socket, or has a comma: choose another DATA_DIR", .0.display())]
    SocketPath(PathBuf),

    /// `initdb` failed.
    #[error("initdb could not make the cluster: {0}")]
    Initdb(
        /// What it printed.
        String,
    ),

    /// PostgreSQL ended while it was starting.
    #[error("PostgreSQL did not start; the end of {}:\n{tail}", .log.display())]
    Start {
        /// The server log.
        log: PathBuf,
        /// What this start wrote to it.
        tail: String,
    },

    /// PostgreSQL did not accept connections in time.
    #[error("PostgreSQL did not become ready within {seconds} s; the end of {}:\n{tail}", .log.display())]
    NotReady {
        /// How long it was waited for.
        seconds: u64,
        /// The server log.
        log: PathBuf,
        /// What this start wrote to it.
        tail: String,
    },

    /// PostgreSQL was still running after a fast and an immediate shutdown.
    #[error("PostgreSQL in {} did not stop", .0.display())]
    Stop(PathBuf),

    /// A file, directory, lock or process could not be used.
    #[error("cannot {what} {}: {source}", .path.display())]
    Io {
        /// The verb: "create", "lock", "run" …
        what: &'static str,
        /// What it was done to.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl ClusterError {
    /// Wraps a system error, for `map_err`.
    pub(super) fn io<'a>(
        what: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io {
            what,
            path: path.to_owned(),
            source,
        }
    }
}

fn other_major(cluster: &Path, made_by: u32, installed: &[u32]) -> String {
    let installed = match installed {
        [] => "none".to_owned(),
        majors => majors
            .iter()
            .map(u32::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    };
    let path = cluster.display();
    let head = format!(
        "the cluster in {path} was made by PostgreSQL {made_by}, which is not usable here \
         (installed: {installed})"
    );
    let dump = format!(
        "pg_dump the database with PostgreSQL {made_by}, move {path} away, start again and \
         restore the dump"
    );
    if made_by < MINIMUM {
        format!("{head}; {MINIMUM} is the oldest that works: {dump}")
    } else {
        format!(
            "{head}: install its programs (such as the package postgresql-{made_by}), or {dump}"
        )
    }
}
