//! What each account was before it wrote something, for the reads that lag behind the write.

use std::collections::HashMap;

use super::{AccountId, World, matches};
use crate::Account;
use crate::library::{Library, Media};

/// An account before the first of its writes that reads lag behind.
#[derive(Debug)]
struct Before {
    account: Account,
    library: Library,
    /// When the last of those writes was; `None` while none has succeeded.
    wrote_at_ms: Option<u64>,
}

/// The accounts that have written something while reads lag.
#[derive(Debug, Default)]
pub(super) struct Memories(HashMap<AccountId, Before>);

impl World {
    /// An account is about to write something: what it is now is kept, unless something older
    /// is still told to it.
    pub(crate) fn will_write(&mut self, id: AccountId) {
        if self.config.lag.ms == 0 || self.remembers(id) {
            return;
        }
        let before = Before {
            account: self.account(id).clone(),
            library: self.media(id).library.clone(),
            wrote_at_ms: None,
        };
        self.memories.0.insert(id, before);
    }

    /// What [`World::will_write`] announced has been done.
    pub(crate) fn wrote(&mut self, id: AccountId) {
        let now_ms = self.now_ms();
        if let Some(before) = self.memories.0.get_mut(&id) {
            before.wrote_at_ms = Some(now_ms);
        }
    }

    /// Where nothing lags, nothing of what was is told any more, even where reads lag again later.
    pub(super) fn forget_lag(&mut self) {
        if self.config.lag.ms == 0 {
            self.memories.0.clear();
        }
    }

    /// Whether what an account reads at this path is older than its last write.
    pub(crate) fn lags(&mut self, id: AccountId, path: &str) -> bool {
        self.remembers(id) && matches(&self.config.lag.on, &format!("GET {path}"))
    }

    fn remembers(&self, id: AccountId) -> bool {
        let wrote_at_ms = self.memories.0.get(&id).and_then(|b| b.wrote_at_ms);
        wrote_at_ms.is_some_and(|at| self.now_ms().saturating_sub(at) < self.config.lag.ms)
    }

    /// An account as it is told to itself: as it is, or, where `lags`, as it was.
    pub(crate) fn account_as_read(&self, id: AccountId, lags: bool) -> &Account {
        let before = self.memories.0.get(&id).filter(|_| lags);
        before.map_or(self.account(id), |before| &before.account)
    }

    /// As [`World::account_as_read`], for the library.
    pub(crate) fn media_as_read(&mut self, id: AccountId, lags: bool) -> Media<'_> {
        let now = self.now_ms();
        match self.memories.0.get_mut(&id).filter(|_| lags) {
            Some(before) => self.libraries.with(&mut before.library, now),
            None => self.libraries.of(id, now),
        }
    }
}
