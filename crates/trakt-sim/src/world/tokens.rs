//! Token pairs: given out for a device code, rotated, revoked.
//!
//! Trakt says that a refresh token is used up by its refresh, and not whether the access token
//! that came with it dies too. Here both die: a client that goes on with the old one has a bug
//! that should show.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use super::{AccountId, World};

/// What became of a token pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// Its refresh token works; its access token does until it expires.
    Live,
    /// It was refreshed, so neither of its tokens works.
    Rotated,
    /// It was revoked, or its account was disconnected or deleted.
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
    /// 1 for the pair of a device code, one more with every refresh.
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
struct Pair {
    access_token: String,
    refresh_token: String,
    account: AccountId,
    client_id: String,
    state: TokenState,
    generation: u32,
    session: usize,
    created_at: u64,
    expires_in: u64,
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
        let live = |pair: &&mut Pair| pair.account == account && pair.state == TokenState::Live;
        let revoke = |pair: &mut Pair| pair.state = TokenState::Revoked;
        self.pairs.iter_mut().filter(live).map(revoke).count()
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
        let index = self.tokens.pairs.len();
        let parent = from.map(|from| &self.tokens.pairs[from]);
        let pair = Pair {
            access_token: self.entropy.token(),
            refresh_token: self.entropy.token(),
            account,
            client_id: client_id.to_owned(),
            state: TokenState::Live,
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

    /// Uses up a refresh token. `None` when it is unknown, used, revoked or another client's.
    pub(crate) fn refresh(&mut self, refresh_token: &str, client_id: &str) -> Option<usize> {
        let used = self.tokens.by_refresh.get(refresh_token).copied()?;
        let pair = &mut self.tokens.pairs[used];
        if pair.state != TokenState::Live || pair.client_id != client_id {
            return None;
        }
        pair.state = TokenState::Rotated;
        let account = pair.account;
        Some(self.issue_tokens(account, client_id, Some(used)))
    }

    /// Kills the live pair that a token, of either kind, belongs to; nothing else.
    pub(crate) fn revoke(&mut self, token: &str, client_id: &str) {
        let Some(index) = self.tokens.index_of(token) else {
            return;
        };
        let pair = &mut self.tokens.pairs[index];
        if pair.state == TokenState::Live && pair.client_id == client_id {
            pair.state = TokenState::Revoked;
        }
    }

    /// Whose access token this is, while it works for this client.
    pub(crate) fn bearer(&self, access_token: &str, client_id: &str) -> Option<AccountId> {
        let pair = &self.tokens.pairs[*self.tokens.by_access.get(access_token)?];
        let ends_ms = pair
            .created_at
            .saturating_add(pair.expires_in)
            .saturating_mul(1000);
        let works = pair.state == TokenState::Live
            && pair.client_id == client_id
            && self.now_ms() < ends_ms;
        works.then_some(pair.account)
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
