//! What the accounts have watched, as a test reads it and adds to it.

use super::Sim;
use crate::{ControlError, NewPlay, Play, WatchedItem};

impl Sim {
    /// The history of an account, newest first.
    ///
    /// # Errors
    /// The account does not exist.
    pub fn plays(&self, slug: &str) -> Result<Vec<Play>, ControlError> {
        self.shared.world().plays(slug)
    }

    /// Adds plays as `POST /sync/history` does, in any number, and returns their ids.
    ///
    /// # Errors
    /// The account or one of the items does not exist; nothing is added then.
    pub fn add_plays(&self, slug: &str, plays: &[NewPlay]) -> Result<Vec<u64>, ControlError> {
        self.shared.world().add_plays(slug, plays)
    }

    /// What an account has watched, by movie and by episode, as it follows from its plays.
    ///
    /// # Errors
    /// The account does not exist.
    pub fn watched(&self, slug: &str) -> Result<Vec<WatchedItem>, ControlError> {
        self.shared.world().watched(slug)
    }
}
