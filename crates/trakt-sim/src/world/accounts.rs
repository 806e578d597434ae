//! Adding, renaming and deleting accounts.

use crate::Account;

use super::{AccountId, ControlError, World};

impl World {
    /// Every account there ever was, deleted ones too.
    pub(crate) fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    pub(crate) fn account(&self, id: AccountId) -> &Account {
        &self.accounts[id]
    }

    /// The account with this slug now (in any case) or with this number, as Trakt's paths take
    /// either; deleted ones too, under their new name.
    pub(crate) fn find_account(&self, slug: &str) -> Option<AccountId> {
        let by_slug = self
            .accounts
            .iter()
            .position(|a| a.slug.eq_ignore_ascii_case(slug));
        by_slug
            .or_else(|| slug.parse::<usize>().ok()?.checked_sub(1))
            .filter(|id| *id < self.accounts.len())
    }

    pub(crate) fn add_account(&mut self, mut account: Account) -> Result<(), ControlError> {
        self.check_slug(&account.slug, None)?;
        if account.uuid.is_empty() {
            account.uuid = self.entropy.uuid();
        }
        self.accounts.push(account);
        Ok(())
    }

    /// The uuid stays, as do all tokens.
    pub(crate) fn rename_account(
        &mut self,
        slug: &str,
        new_slug: &str,
        new_username: &str,
    ) -> Result<(), ControlError> {
        let id = self.living_account(slug)?;
        self.check_slug(new_slug, Some(id))?;
        let account = &mut self.accounts[id];
        new_slug.clone_into(&mut account.slug);
        new_username.clone_into(&mut account.username);
        Ok(())
    }

    /// The account is renamed to `<slug>-deleted-<number>`, so that its slug is free again, and
    /// its tokens die.
    pub(crate) fn delete_account(&mut self, slug: &str) -> Result<(), ControlError> {
        let id = self.living_account(slug)?;
        self.tokens.revoke_account(id);
        self.codes.forget_account(id);
        let account = &mut self.accounts[id];
        account.deleted = true;
        account.slug = format!("{}-deleted-{}", account.slug, id + 1);
        account.username = format!("{}-deleted-{}", account.username, id + 1);
        Ok(())
    }

    /// Ends every link of the account, as a person does in Trakt's settings. Returns how many
    /// token pairs died.
    pub(crate) fn disconnect(&mut self, slug: &str) -> Result<usize, ControlError> {
        let id = self.living_account(slug)?;
        Ok(self.tokens.revoke_account(id))
    }

    pub(super) fn living_account(&self, slug: &str) -> Result<AccountId, ControlError> {
        self.accounts
            .iter()
            .position(|a| a.slug == slug && !a.deleted)
            .ok_or(ControlError::UnknownAccount)
    }

    fn check_slug(&self, slug: &str, owner: Option<AccountId>) -> Result<(), ControlError> {
        if matches!(slug, "" | "me" | "settings") {
            return Err(ControlError::BadSlug);
        }
        let holder = self
            .accounts
            .iter()
            .position(|a| a.slug.eq_ignore_ascii_case(slug));
        if holder.is_some() && holder != owner {
            return Err(ControlError::SlugTaken);
        }
        Ok(())
    }
}
