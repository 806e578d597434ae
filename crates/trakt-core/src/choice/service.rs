//! Reading and changing the switches.

use std::sync::Arc;

use super::Choices;
use crate::ports::{ChangeChoices, ChoiceStore};
use crate::{PortError, UserId};

/// The switches of users.
///
/// Every method blocks; none may be called on an async thread.
#[derive(Clone)]
pub struct ChoiceService {
    store: Arc<dyn ChoiceStore>,
}

impl ChoiceService {
    /// Those in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn ChoiceStore>) -> Self {
        Self { store }
    }

    /// How the switches of a user stand.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn choices(&self, user: UserId) -> Result<Choices, PortError> {
        self.store.choices(user)
    }

    /// Changes some and tells how all stand then; `None` where the user is gone.
    ///
    /// Switched off, a pull that is under way stores nothing more. Switched on again, one begins at
    /// once where the link is active.
    ///
    /// # Errors
    /// [`PortError`]; nothing is changed then.
    pub fn change(&self, cmd: &ChangeChoices) -> Result<Option<Choices>, PortError> {
        self.store.change_choices(cmd)
    }
}
