//! The accounts, as a test adds, changes and removes them.

use super::Sim;
use crate::{Account, AccountChange, ControlError};

impl Sim {
    /// Every account there ever was, deleted ones too.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        self.shared.world().accounts().to_vec()
    }

    /// Adds an account. An empty uuid is drawn.
    ///
    /// # Errors
    /// The slug is taken or cannot be one.
    pub fn add_account(&self, account: Account) -> Result<(), ControlError> {
        self.shared.world().add_account(account)
    }

    /// Adds many accounts in one go: all of them, or none where one cannot be added. Empty uuids
    /// are drawn.
    ///
    /// # Errors
    /// A slug is taken, comes twice or cannot be one.
    pub fn add_accounts(&self, accounts: Vec<Account>) -> Result<(), ControlError> {
        self.shared.world().add_accounts(accounts)
    }

    /// Changes what is not `None` in `change`: locks an account, takes its VIP away, moves it to
    /// another time zone.
    ///
    /// # Errors
    /// The account does not exist.
    pub fn change_account(&self, slug: &str, change: AccountChange) -> Result<(), ControlError> {
        self.shared.world().change_account(slug, change)
    }

    /// Renames an account. Its uuid stays and its tokens go on working.
    ///
    /// # Errors
    /// The account does not exist, or the new slug is taken or cannot be one.
    pub fn rename_account(
        &self,
        slug: &str,
        new_slug: &str,
        new_username: &str,
    ) -> Result<(), ControlError> {
        self.shared
            .world()
            .rename_account(slug, new_slug, new_username)
    }

    /// Deletes an account: it stays as `<slug>-deleted-<number>`, and its tokens die.
    ///
    /// # Errors
    /// The account does not exist.
    pub fn delete_account(&self, slug: &str) -> Result<(), ControlError> {
        self.shared.world().delete_account(slug)
    }

    /// Revokes every live token pair of an account, as its owner does in Trakt's settings.
    /// Returns how many there were.
    ///
    /// # Errors
    /// The account does not exist.
    pub fn disconnect(&self, slug: &str) -> Result<usize, ControlError> {
        self.shared.world().disconnect(slug)
    }
}
