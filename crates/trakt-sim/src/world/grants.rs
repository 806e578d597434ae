//! Authorization codes: given out when a person approves, exchanged once for tokens (RFC 6749,
//! section 4.1).

use std::collections::HashMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{AccountId, CodeState, ControlError, World};

/// An authorization code as the control interface shows it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuthorizationCode {
    /// What the application exchanges.
    pub code: String,
    /// The application that it was given to.
    pub client_id: String,
    /// The present slug of the account that approved.
    pub slug: String,
    /// Where the person was sent back to.
    pub redirect_uri: String,
    /// Milliseconds since 1970-01-01 UTC on the simulator's clock.
    pub created_at_ms: u64,
    /// Milliseconds since 1970-01-01 UTC on the simulator's clock.
    pub expires_at_ms: u64,
    /// Approved, used or expired: there is no code before it is approved.
    pub state: CodeState,
}

/// Without the code itself.
impl fmt::Debug for AuthorizationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationCode")
            .field("slug", &self.slug)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Grant {
    code: String,
    client_id: String,
    account: AccountId,
    redirect_uri: String,
    /// `code_challenge` of the method S256.
    challenge: Option<String>,
    created_at_ms: u64,
    expires_at_ms: u64,
    /// The index of the token pair that it was exchanged for.
    tokens: Option<usize>,
}

impl Grant {
    fn state(&self, now_ms: u64) -> CodeState {
        if self.tokens.is_some() {
            CodeState::Used
        } else if self.expires_at_ms <= now_ms {
            CodeState::Expired
        } else {
            CodeState::Approved
        }
    }

    /// RFC 7636, section 4.6. A verifier for a code without a challenge is refused, so that
    /// nobody can take PKCE away from a request unnoticed (RFC 9700, section 4.8.2).
    fn verifies(&self, verifier: &str) -> bool {
        let Some(challenge) = &self.challenge else {
            return verifier.is_empty();
        };
        let long_enough = (43..=128).contains(&verifier.len());
        long_enough && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge
    }
}

/// Every authorization code ever given out, in order, and where each is.
#[derive(Debug, Default)]
pub(super) struct Grants {
    all: Vec<Grant>,
    by_code: HashMap<String, usize>,
}

impl World {
    /// A person has approved. The application and where it sends the person back to were
    /// checked before.
    pub(crate) fn authorize(
        &mut self,
        client_id: &str,
        redirect_uri: &str,
        challenge: Option<&str>,
        slug: &str,
    ) -> Result<String, ControlError> {
        let account = self.living_account(slug)?;
        let now_ms = self.now_ms();
        let lives_ms = self
            .config
            .authorization_code_expires_in
            .saturating_mul(1000);
        let code = self.entropy.token();
        self.grants
            .by_code
            .insert(code.clone(), self.grants.all.len());
        self.grants.all.push(Grant {
            code: code.clone(),
            client_id: client_id.to_owned(),
            account,
            redirect_uri: redirect_uri.to_owned(),
            challenge: challenge.map(str::to_owned),
            created_at_ms: now_ms,
            expires_at_ms: now_ms.saturating_add(lives_ms),
            tokens: None,
        });
        Ok(code)
    }

    /// Exchanges a code for the tokens at the index that is returned. `None` where the code is
    /// unknown, expired, used, another application's, sent with another redirect URI or without
    /// its verifier. A code that comes back ends the session that it began (RFC 6749, section
    /// 4.1.2).
    pub(crate) fn exchange(
        &mut self,
        code: &str,
        client_id: &str,
        redirect_uri: &str,
        verifier: &str,
    ) -> Option<usize> {
        let now_ms = self.now_ms();
        let at = *self.grants.by_code.get(code)?;
        let grant = &self.grants.all[at];
        if grant.client_id != client_id {
            return None;
        }
        if let Some(tokens) = grant.tokens {
            self.tokens.revoke_all(|pair| pair.session == tokens);
            return None;
        }
        let account = grant.account;
        let good = grant.state(now_ms) == CodeState::Approved
            && grant.redirect_uri == redirect_uri
            && grant.verifies(verifier)
            && !self.account(account).deleted;
        if !good {
            return None;
        }
        let tokens = self.issue_tokens(account, client_id, None);
        self.grants.all[at].tokens = Some(tokens);
        Some(tokens)
    }

    pub(crate) fn authorization_codes(&self) -> Vec<AuthorizationCode> {
        let now_ms = self.now_ms();
        let view = |grant: &Grant| AuthorizationCode {
            code: grant.code.clone(),
            client_id: grant.client_id.clone(),
            slug: self.account(grant.account).slug.clone(),
            redirect_uri: grant.redirect_uri.clone(),
            created_at_ms: grant.created_at_ms,
            expires_at_ms: grant.expires_at_ms,
            state: grant.state(now_ms),
        };
        self.grants.all.iter().map(view).collect()
    }
}
