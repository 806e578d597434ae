//! Token pairs: given out for a device code, rotated, revoked.
//!
//! Trakt says that a refresh token is used up by its refresh, and not whether the access token
//! that came with it dies too. Unless [`Config::old_access_works`](crate::Config) says otherwise
//! both die here: a client that goes on with the old one has a bug that should show.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use super::{AccountId, World};
use crate::Rotation;

/// What became of a token pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// Its refresh token works; its access token does until it expires.
    Live,
    /// It was refreshed. Neither of its tokens works, but for [`Rotation::Grace`] and
    /// [`Config::old_access_works`](crate::Config).
    Rotated,
    /// It ended before it was refreshed: it was revoked, its account was disconnected or deleted,
    /// or the rotation mode ended it.
    Revoked,
}

/// A token pair as the control interface shows it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TokenPair {
    /// Its place among all pairs ever given out, from 0.
    pub index: usize,
    /// The bearer token.
    pub access_token: String,
    /// The single-use refresh token.
    pub refresh_token: String,
    /// The present slug of its account.
    pub slug: String,
    /// The uuid of its account.
    pub uuid: String,
    /// The application that it was given to.
    pub client_id: String,
    /// What became of it.
    pub state: TokenState,
    /// Its access token authenticated a request.
    pub access_used: bool,
    /// 1 for the pair of a device or authorization code, one more with every refresh.
    pub generation: u32,
    /// The index of the pair of generation 1 that this one comes from: equal for all pairs of
    /// one link.
    pub session: usize,
    /// Seconds since 1970-01-01 UTC on the simulator's clock.
    pub created_at: u64,
    /// Seconds that the access token lives.
    pub expires_in: u64,
}

/// Without the tokens themselves.
impl fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPair")
            .field("index", &self.index)
            .field("slug", &self.slug)
            .field("state", &self.state)
            .field("generation", &self.generation)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) struct Pair {
    access_token: String,
    refresh_token: String,
    pub(super) account: AccountId,
    pub(super) client_id: String,
    pub(super) state: TokenState,
    /// Nothing of it works again, whatever the rotation mode: it was revoked, possibly after its
    /// refresh, which `state` does not tell.
    ended: bool,
    access_used: bool,
    /// The pair that its latest refresh gave out.
    successor: Option<usize>,
    generation: u32,
    pub(super) session: usize,
    created_at: u64,
    expires_in: u64,
}

impl Pair {
    fn revoke(&mut self) {
        self.ended = true;
        if self.state == TokenState::Live {
            self.state = TokenState::Revoked;
        }
    }
}

/// Every pair ever given out, in order, and where each token is in it.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pairs: Vec<Pair>,
    by_access: HashMap<String, usize>,
    by_refresh: HashMap<String, usize>,
}

impl Tokens {
    /// Kills the live pairs of an account and says how many they were.
    pub(super) fn revoke_account(&mut self, account: AccountId) -> usize {
        self.revoke_all(|pair| pair.account == account)
    }

    pub(super) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// As [`Tokens::revoke_account`], for the pairs that fit.
    pub(super) fn revoke_all(&mut self, which: impl Fn(&Pair) -> bool) -> usize {
        let mut live = 0;
        for pair in self.pairs.iter_mut().filter(|pair| which(pair)) {
            live += usize::from(pair.state == TokenState::Live);
            pair.revoke();
        }
        live
    }

    /// Which pair an access or refresh token belongs to, dead ones too.
    pub(super) fn index_of(&self, token: &str) -> Option<usize> {
        self.by_access
            .get(token)
            .or_else(|| self.by_refresh.get(token))
            .copied()
    }
}

impl World {
    /// A new pair, in the session of the pair `from` where it comes from a refresh.
    pub(super) fn issue_tokens(
        &mut self,
        account: AccountId,
        client_id: &str,
        from: Option<usize>,
    ) -> usize {
        if from.is_none() {
            self.make_room(account, client_id);
        }
        let index = self.tokens.pairs.len();
        let parent = from.map(|from| &self.tokens.pairs[from]);
        let pair = Pair {
            access_token: self.entropy.token(),
            refresh_token: self.entropy.token(),
            account,
            client_id: client_id.to_owned(),
            state: TokenState::Live,
            ended: false,
            access_used: false,
            successor: None,
            generation: parent.map_or(1, |p| p.generation + 1),
            session: parent.map_or(index, |p| p.session),
            created_at: self.now_ms() / 1000,
            expires_in: self.config.token_expires_in,
        };
        self.tokens
            .by_access
            .insert(pair.access_token.clone(), index);
        self.tokens
            .by_refresh
            .insert(pair.refresh_token.clone(), index);
        self.tokens.pairs.push(pair);
        index
    }

    /// Uses up a refresh token. `None` when it is unknown, revoked or another client's, or used
    /// and not accepted again.
    pub(crate) fn refresh(&mut self, refresh_token: &str, client_id: &str) -> Option<usize> {
        let used = self.tokens.by_refresh.get(refresh_token).copied()?;
        let pair = &self.tokens.pairs[used];
        if pair.client_id != client_id {
            return None;
        }
        let account = pair.account;
        let accepted = match pair.state {
            TokenState::Live => true,
            TokenState::Rotated => self.takes_again(used),
            TokenState::Revoked => false,
        };
        if !accepted {
            return None;
        }
        let index = self.issue_tokens(account, client_id, Some(used));
        let pair = &mut self.tokens.pairs[used];
        pair.state = TokenState::Rotated;
        pair.successor = Some(index);
        Some(index)
    }

    /// Whether a used refresh token is accepted once more, and what its coming back ends.
    fn takes_again(&mut self, used: usize) -> bool {
        let pairs = &mut self.tokens.pairs;
        match self.config.rotation {
            Rotation::Strict => false,
            Rotation::Grace => {
                let (ended, successor) = (pairs[used].ended, pairs[used].successor);
                // A successor whose refresh token was used is not live any more.
                let unused = successor.map(|at| &mut pairs[at]).filter(|successor| {
                    !ended && successor.state == TokenState::Live && !successor.access_used
                });
                unused.map(Pair::revoke).is_some()
            }
            Rotation::RevokeFamily => {
                let session = pairs[used].session;
                self.tokens.revoke_all(|pair| pair.session == session);
                false
            }
        }
    }

    /// Ends the pair that a token, of either kind, belongs to; nothing else.
    pub(crate) fn revoke(&mut self, token: &str, client_id: &str) {
        let Some(index) = self.tokens.index_of(token) else {
            return;
        };
        let pair = &mut self.tokens.pairs[index];
        if pair.client_id == client_id {
            pair.revoke();
        }
    }

    /// Whose access token this is, while it works for this client. It counts as used from here
    /// on.
    pub(crate) fn bearer(&mut self, access_token: &str, client_id: &str) -> Option<AccountId> {
        let index = self.working(access_token, client_id)?;
        let pair = &mut self.tokens.pairs[index];
        pair.access_used = true;
        Some(pair.account)
    }

    /// As [`World::bearer`], for what looks at a request before it is processed: it counts as no
    /// use.
    pub(crate) fn owner(&self, access_token: &str, client_id: &str) -> Option<AccountId> {
        let index = self.working(access_token, client_id)?;
        Some(self.tokens.pairs[index].account)
    }

    fn working(&self, access_token: &str, client_id: &str) -> Option<usize> {
        let now_ms = self.now_ms();
        let index = *self.tokens.by_access.get(access_token)?;
        let pair = &self.tokens.pairs[index];
        let ends_ms = pair
            .created_at
            .saturating_add(pair.expires_in)
            .saturating_mul(1000);
        let alive = match pair.state {
            TokenState::Live => true,
            TokenState::Rotated => self.config.old_access_works && !pair.ended,
            TokenState::Revoked => false,
        };
        (alive && pair.client_id == client_id && now_ms < ends_ms).then_some(index)
    }

    pub(crate) fn token(&self, index: usize) -> TokenPair {
        let pair = &self.tokens.pairs[index];
        let account = self.account(pair.account);
        TokenPair {
            index,
            access_token: pair.access_token.clone(),
            refresh_token: pair.refresh_token.clone(),
            slug: account.slug.clone(),
            uuid: account.uuid.clone(),
            client_id: pair.client_id.clone(),
            state: pair.state,
            access_used: pair.access_used,
            generation: pair.generation,
            session: pair.session,
            created_at: pair.created_at,
            expires_in: pair.expires_in,
        }
    }

    pub(crate) fn tokens(&self) -> Vec<TokenPair> {
        (0..self.tokens.pairs.len())
            .map(|index| self.token(index))
            .collect()
    }
}
