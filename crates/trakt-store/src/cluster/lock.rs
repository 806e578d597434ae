//! Advisory file locks (`flock`), which end with their process however it dies.
//! What each lock means belongs to its user.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::error::ClusterError;

/// How often something is looked at again while waiting for it.
pub(super) const POLL: Duration = Duration::from_millis(20);

/// A lock held until this is dropped.
///
/// The drop unlocks by name rather than only closing: a child of another thread
/// that is between fork and exec has a copy of the descriptor, and closing
/// ours alone would leave the lock held for that moment.
#[derive(Debug)]
pub(super) struct Held(pub(super) File);

impl Held {
    /// Gives up a shared lock and tries for the exclusive one; `None` when
    /// others hold it. `flock` does not convert in one step, so the caller must
    /// keep others from coming in between.
    pub(super) fn upgrade(self) -> Option<Self> {
        let _ = self.0.unlock();
        self.0.try_lock().is_ok().then_some(self)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Takes the exclusive lock of `file`, waiting until `deadline`; `None` when it
/// is still held by another then. The lock is the open file's: it lasts until
/// its last descriptor is closed, in whatever process.
pub(super) fn exclusive(
    file: File,
    path: &Path,
    deadline: Instant,
) -> Result<Option<File>, ClusterError> {
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return Ok(None),
            Err(TryLockError::WouldBlock) => sleep(POLL),
            Err(TryLockError::Error(error)) => return Err(ClusterError::io("lock", path)(error)),
        }
    }
}

/// Takes the shared lock, waiting while another holds the exclusive one.
pub(super) fn shared(file: File, path: &Path) -> Result<Held, ClusterError> {
    file.lock_shared().map_err(ClusterError::io("lock", path))?;
    Ok(Held(file))
}
