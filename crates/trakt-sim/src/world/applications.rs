//! Which applications there are, and how many of them an account may have.

use std::collections::BTreeMap;

use super::{AccountId, TokenState, World};
use crate::Application;

impl World {
    /// Whether an application with this id exists.
    pub(crate) fn knows_client(&self, id: &str) -> bool {
        !id.is_empty()
            && (self.config.any_client
                || id == self.config.client_id
                || self.registered(id).is_some())
    }

    /// Whether an application with this id exists and this is its secret, which is empty for one
    /// that has none.
    pub(crate) fn knows_secret(&self, id: &str, secret: &str) -> bool {
        if let Some(application) = self.registered(id) {
            return application.client_secret.as_deref().unwrap_or_default() == secret;
        }
        self.knows_client(id)
            && !secret.is_empty()
            && (self.config.any_client || secret == self.config.client_secret)
    }

    /// Whether this application cannot keep a secret.
    pub(crate) fn is_public(&self, id: &str) -> bool {
        self.registered(id)
            .is_some_and(|application| application.client_secret.is_none())
    }

    /// Whether this application may send a person back to this URI: one that it is registered
    /// with, letter by letter (RFC 9700, section 2.1), or any where applications need not be
    /// registered. Nobody can be sent to a `urn:`.
    pub(crate) fn redirects_to(&self, id: &str, uri: &str) -> bool {
        let registered = match self.registered(id) {
            Some(application) => Some(&application.redirect_uris),
            None if id == self.config.client_id => Some(&self.config.redirect_uris),
            None => None,
        };
        let known = registered.map_or(self.config.any_client, |uris| {
            uris.iter().any(|registered| registered == uri)
        });
        let absolute = uri.split_once(':').is_some_and(|(scheme, rest)| {
            let mut letters = scheme.chars();
            letters.next().is_some_and(|c| c.is_ascii_alphabetic())
                && letters.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
                && !rest.is_empty()
        });
        let whole = uri.chars().all(|c| c.is_ascii_graphic() && c != '#');
        known && absolute && whole && !uri.starts_with("urn:")
    }

    fn registered(&self, id: &str) -> Option<&Application> {
        let mut all = self.config.applications.iter();
        all.find(|application| application.client_id == id)
    }

    /// Makes room for one more application at an account, where
    /// [`Config::one_app`](crate::Config::one_app) asks for it: those connected for the longest
    /// time lose their sessions.
    pub(super) fn make_room(&mut self, account: AccountId, client_id: &str) {
        if !self.config.one_app {
            return;
        }
        // By the session that connected it.
        let mut connected = BTreeMap::new();
        for pair in self.tokens.pairs() {
            if pair.account == account
                && pair.state == TokenState::Live
                && pair.client_id != client_id
            {
                let first = connected.entry(&pair.client_id).or_insert(pair.session);
                *first = pair.session.min(*first);
            }
        }
        let mut oldest: Vec<_> = connected.into_iter().map(|(id, at)| (at, id)).collect();
        oldest.sort_unstable();
        let allowed = if self.account(account).vip { 50 } else { 1 };
        let too_many = (oldest.len() + 1).saturating_sub(allowed);
        let gone: Vec<String> = oldest
            .into_iter()
            .take(too_many)
            .map(|(_, id)| id.clone())
            .collect();
        self.tokens
            .revoke_all(|pair| pair.account == account && gone.contains(&pair.client_id));
    }
}
