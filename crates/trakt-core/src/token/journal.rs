//! A journal for where there is no disk to write to.

use std::fmt;
use std::sync::Mutex;

use uuid::Uuid;

use super::AttemptOwner;
use crate::ports::{JournalEntry, JournalSlot, LeftBehind, PortError, RefreshJournal};
use crate::{AttemptId, Entropy};

/// Keeps nothing. A crash between Trakt's answer and the store's commit then loses the link, which
/// its user is told.
pub struct NoJournal {
    owner: AttemptOwner,
    given: Mutex<usize>,
}

impl NoJournal {
    /// Of an owner that no other process can be.
    #[must_use]
    pub fn new(entropy: &dyn Entropy) -> Self {
        Self {
            owner: AttemptOwner {
                id: AttemptId::random(entropy).uuid(),
                boot: Uuid::nil(),
            },
            given: Mutex::new(0),
        }
    }
}

impl fmt::Debug for NoJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoJournal").finish_non_exhaustive()
    }
}

impl RefreshJournal for NoJournal {
    fn owner(&self) -> AttemptOwner {
        self.owner
    }

    fn outlives(&self) -> bool {
        false
    }

    fn reserve(&self) -> Result<JournalSlot, PortError> {
        let mut given = self
            .given
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *given = given.wrapping_add(1);
        Ok(JournalSlot(*given))
    }

    fn write(&self, _: JournalSlot, _: &JournalEntry) -> Result<(), PortError> {
        Ok(())
    }

    fn clear(&self, _: JournalSlot) {}

    fn left_behind(&self) -> Result<Vec<LeftBehind>, PortError> {
        Ok(Vec::new())
    }
}
