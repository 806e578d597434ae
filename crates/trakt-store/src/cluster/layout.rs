//! Where the private cluster keeps its files, and whose they are.
//!
//! ```text
//! DATA_DIR/postgres/      0700, of the account PostgreSQL runs under
//!     data/               the cluster
//!     data.new/           an initdb at work, or what a killed one left
//!     run/                0700, the socket
//! DATA_DIR/postgres.log   what the server says
//! DATA_DIR/serve.lock     exclusive: a serve; holds its process id
//! DATA_DIR/cluster.lock   shared: a process that uses the cluster
//! DATA_DIR/transition.lock exclusive: starting or stopping
//! DATA_DIR/server.lock    exclusive: inherited by PostgreSQL, held while any
//!                         of its processes lives
//! ```
//! What we write as root is outside `postgres/`, so that the account under
//! which PostgreSQL runs cannot lead a root process to another file.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown, lchown};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::process::geteuid;

use super::error::ClusterError;
use super::settings::PORT;

/// The longest socket path used: `sun_path` has 104 bytes on macOS and the
/// BSDs, 108 on Linux, the closing zero included.
const LONGEST_SOCKET_PATH: usize = 100;

/// Where the descriptor of `postgres/` is in PostgreSQL's processes.
pub(super) const INHERITED: &str = "/proc/self/fd/9";

/// User and group id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// The paths of one `DATA_DIR`.
#[derive(Debug)]
pub(super) struct Layout {
    root: PathBuf,
    /// Whom PostgreSQL runs as when we are root; `None`: as ourselves.
    account: Option<Account>,
    /// Owns the files in `DATA_DIR` when we are root and it is not root's.
    custodian: Option<Account>,
    /// Our descriptor of `run/`, when its path does not fit a socket.
    run: Option<File>,
}

impl Layout {
    /// Makes the directories that are missing and decides on the account.
    pub(super) fn prepare(data_dir: &Path) -> Result<Self, ClusterError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data_dir)
            .map_err(ClusterError::io("create", data_dir))?;
        let root = data_dir
            .canonicalize()
            .map_err(ClusterError::io("open", data_dir))?;
        let base = root.join("postgres");

        let owner = owner(&metadata(&root)?);
        let mut layout = Self {
            root,
            account: None,
            custodian: None,
            run: None,
        };
        let me = geteuid();
        if me.is_root() {
            layout.custodian = owner;
            // Still root's: a start was killed before it gave the directory away.
            let made = fs::symlink_metadata(&base)
                .ok()
                .and_then(|made| self::owner(&made));
            layout.account = Some(made.or(owner).map_or_else(unprivileged, Ok)?);
            if !has_proc() {
                return Err(ClusterError::Root(
                    "only Linux can run it under another user",
                ));
            }
        } else if let Ok(made) = fs::symlink_metadata(&base)
            && made.uid() != me.as_raw()
        {
            let (owner, me) = (made.uid(), me.as_raw());
            return Err(ClusterError::WrongOwner {
                path: base,
                owner,
                me,
            });
        }
        layout.directory(&base)?;
        layout.directory(&layout.run())?;

        let run = layout.run();
        if !fits_a_socket(&run) {
            if !has_proc() {
                return Err(ClusterError::SocketPath(run));
            }
            layout.run = Some(File::open(&run).map_err(ClusterError::io("open", &run))?);
        }
        Ok(layout)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn base(&self) -> PathBuf {
        self.root.join("postgres")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.base().join("data")
    }

    pub(super) fn unfinished(&self) -> PathBuf {
        self.base().join("data.new")
    }

    fn run(&self) -> PathBuf {
        self.base().join("run")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    pub(super) fn account(&self) -> Option<Account> {
        self.account
    }

    /// `base()` as PostgreSQL names it. As root, the account need not be able
    /// to traverse the directories above (`/root` is 0700): it goes through the
    /// descriptor that `launch` hands down.
    pub(super) fn base_for_server(&self) -> PathBuf {
        if self.account.is_some() || self.run.is_some() {
            INHERITED.into()
        } else {
            self.base()
        }
    }

    /// The directory of the socket as our clients name it. Where the real path
    /// does not fit it leads through a descriptor of this process, so it holds
    /// as long as this process does, for its children too.
    pub(super) fn host(&self) -> PathBuf {
        self.run.as_ref().map_or_else(
            || self.run(),
            |run| format!("/proc/{}/fd/{}", std::process::id(), run.as_raw_fd()).into(),
        )
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.host().join(format!(".s.PGSQL.{PORT}"))
    }

    /// A connection URL of libpq for `database`.
    pub(super) fn url(&self, user: &str, database: &str) -> String {
        let mut host = String::new();
        for byte in self.host().as_os_str().as_bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                    host.push(char::from(*byte));
                }
                other => host.push_str(&format!("%{other:02X}")),
            }
        }
        format!("postgresql:///{database}?host={host}&port={PORT}&user={user}")
    }

    /// Opens a file in `DATA_DIR`, 0600, made when missing.
    pub(super) fn open(&self, name: &str) -> Result<File, ClusterError> {
        let path = self.root.join(name);
        let open = || -> io::Result<File> {
            let file = OpenOptions::new()
                .read(true)
                .append(true)
                .create(true)
                .mode(0o600)
                .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
                .open(&path)?;
            if let Some(Account { uid, gid }) = self.custodian {
                fchown(&file, Some(uid), Some(gid))?;
            }
            Ok(file)
        };
        open().map_err(ClusterError::io("open", &path))
    }

    /// Makes a 0700 directory of the account when it is missing. One that is
    /// there is only checked: as root, changing it could be led elsewhere by a
    /// symlink.
    fn directory(&self, path: &Path) -> Result<(), ClusterError> {
        let make = || {
            match DirBuilder::new().mode(0o700).create(path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            let made = fs::symlink_metadata(path)?;
            if !made.is_dir() || made.mode() & 0o077 != 0 {
                return Err(io::Error::other("it is not a directory of mode 0700"));
            }
            match self.account {
                Some(Account { uid, gid }) if made.uid() == 0 => lchown(path, Some(uid), Some(gid)),
                _ => Ok(()),
            }
        };
        make().map_err(ClusterError::io("use", path))
    }
}

/// Whether libpq can be given a socket in `run`: it is short enough, and has no
/// comma, at which libpq and PostgreSQL split lists.
fn fits_a_socket(run: &Path) -> bool {
    let run = run.as_os_str().as_bytes();
    run.len() + "/.s.PGSQL.5432".len() <= LONGEST_SOCKET_PATH && !run.contains(&b',')
}

fn has_proc() -> bool {
    Path::new("/proc/self/fd").is_dir()
}

fn metadata(path: &Path) -> Result<Metadata, ClusterError> {
    fs::metadata(path).map_err(ClusterError::io("open", path))
}

/// The owner, unless that is root.
fn owner(metadata: &Metadata) -> Option<Account> {
    let account = Account {
        uid: metadata.uid(),
        gid: metadata.gid(),
    };
    (account.uid != 0).then_some(account)
}

/// Whom PostgreSQL runs as when root starts it: `postgres`, which its packages
/// make, or `nobody`.
fn unprivileged() -> Result<Account, ClusterError> {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| account_named(&users, name))
        .ok_or(ClusterError::Root(
            "there is no user postgres or nobody to run it under",
        ))
}

/// Finds a user in the text of passwd(5).
fn account_named(users: &str, name: &str) -> Option<Account> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        (uid != 0).then_some(Account { uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_from_passwd() {
        let users = "root:x:0:0::/root:/bin/sh\npostgresql:x:7:7::/:/bin/sh\n\
                     postgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\ntoor:x:0:0:::\n";
        assert_eq!(
            account_named(users, "postgres"),
            Some(Account { uid: 101, gid: 104 })
        );
        assert_eq!(account_named(users, "nobody"), None);
        assert_eq!(account_named(users, "toor"), None);
    }

    #[test]
    fn every_byte_of_the_path_survives_in_the_url() {
        let layout = Layout {
            root: PathBuf::from("/tmp/a b%&ü"),
            account: None,
            custodian: None,
            run: None,
        };
        assert_eq!(
            layout.url("trakt", "postgres"),
            "postgresql:///postgres?host=/tmp/a%20b%25%26%C3%BC/postgres/run&port=5432&user=trakt"
        );
    }
}
