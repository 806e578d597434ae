//! Adding, changing, renaming and deleting accounts.

use std::collections::HashSet;

use crate::{Account, AccountChange};

use super::{AccountId, ControlError, World};

impl World {
    /// Every account there ever was, deleted ones too.
    pub(crate) fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// Those that a person can be.
    pub(crate) fn living_accounts(&self) -> Vec<&Account> {
        self.accounts.iter().filter(|a| !a.deleted).collect()
    }

    pub(crate) fn account(&self, id: AccountId) -> &Account {
        &self.accounts[id]
    }

    /// The account with this slug now (in any case) or with this number, as Trakt's paths take
    /// either; deleted ones too, under their new name.
    pub(crate) fn find_account(&self, slug: &str) -> Option<AccountId> {
        let by_slug = self.by_slug.get(&slug.to_ascii_lowercase()).copied();
        by_slug
            .or_else(|| slug.parse::<usize>().ok()?.checked_sub(1))
            .filter(|id| *id < self.accounts.len())
    }

    pub(crate) fn add_account(&mut self, account: Account) -> Result<(), ControlError> {
        self.add_accounts(vec![account])
    }

    /// Adds all of them, or none where one of them cannot be added.
    pub(crate) fn add_accounts(&mut self, accounts: Vec<Account>) -> Result<(), ControlError> {
        let mut new = HashSet::new();
        for account in &accounts {
            self.check_slug(&account.slug, None)?;
            if !new.insert(account.slug.to_ascii_lowercase()) {
                return Err(ControlError::SlugTaken);
            }
        }
        for mut account in accounts {
            if account.uuid.is_empty() {
                account.uuid = self.entropy.uuid();
            }
            let slug = account.slug.to_ascii_lowercase();
            self.by_slug.insert(slug, self.accounts.len());
            self.accounts.push(account);
        }
        Ok(())
    }

    pub(crate) fn change_account(
        &mut self,
        slug: &str,
        change: AccountChange,
    ) -> Result<(), ControlError> {
        let id = self.living_account(slug)?;
        self.change(id, change);
        Ok(())
    }

    pub(crate) fn change(&mut self, id: AccountId, change: AccountChange) {
        change.apply(&mut self.accounts[id]);
        self.settings_changed(id);
    }

    fn settings_changed(&mut self, id: AccountId) {
        let media = self.media(id);
        let leaf = ("account", "settings_at");
        media.library.activities.touch(leaf, media.now);
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
        self.set_slug(id, new_slug.to_owned());
        new_username.clone_into(&mut self.accounts[id].username);
        self.settings_changed(id);
        Ok(())
    }

    /// The account is renamed to `<slug>-deleted-<number>`, so that its slug is free again, and
    /// its tokens die.
    pub(crate) fn delete_account(&mut self, slug: &str) -> Result<(), ControlError> {
        let id = self.living_account(slug)?;
        self.tokens.revoke_account(id);
        self.codes.forget_account(id);
        self.set_slug(id, format!("{slug}-deleted-{}", id + 1));
        let account = &mut self.accounts[id];
        account.deleted = true;
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
        self.by_slug
            .get(&slug.to_ascii_lowercase())
            .copied()
            .filter(|id| self.accounts[*id].slug == slug && !self.accounts[*id].deleted)
            .ok_or(ControlError::UnknownAccount)
    }

    fn set_slug(&mut self, id: AccountId, slug: String) {
        let old = self.accounts[id].slug.to_ascii_lowercase();
        self.by_slug.remove(&old);
        self.by_slug.insert(slug.to_ascii_lowercase(), id);
        self.accounts[id].slug = slug;
    }

    fn check_slug(&self, slug: &str, owner: Option<AccountId>) -> Result<(), ControlError> {
        if matches!(slug, "" | "me" | "settings") {
            return Err(ControlError::BadSlug);
        }
        let holder = self.by_slug.get(&slug.to_ascii_lowercase()).copied();
        if holder.is_some() && holder != owner {
            return Err(ControlError::SlugTaken);
        }
        Ok(())
    }
}
