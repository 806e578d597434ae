//! Tokens of an outside identity provider, checked by its key set. Whether their bearer is, or
//! may become, a user of ours is decided by `trakt_core::user`.

use std::sync::Arc;

use serde_json::Value;
use trakt_core::Clock;
use trakt_core::user::{Email, OutsideIdentity};

use super::claims::{Claims, Expected};
use super::key_set::KeySet;
use super::token::{Token, object};
use super::{AuthError, HttpKeySet, KeySetSource, KeySetUrl, TokenRefused};

/// The longest `sub`, in bytes (OpenID Connect Core section 2).
const MAX_SUBJECT: usize = 255;

/// Checks tokens of one identity provider.
pub struct OutsideTokens {
    keys: KeySet,
    expected: Expected,
}

impl OutsideTokens {
    /// Tokens by `issuer` for `audience`, signed with a key of `source`. Nothing is fetched
    /// before the first token.
    #[must_use]
    pub fn new(
        issuer: &str,
        audience: &str,
        source: Arc<dyn KeySetSource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            keys: KeySet::new(source, clock.clone()),
            expected: Expected {
                issuer: issuer.to_owned(),
                audience: audience.to_owned(),
                clock,
            },
        }
    }

    /// The same, with the key set at an address.
    #[must_use]
    pub fn over_http(url: &KeySetUrl, issuer: &str, audience: &str, clock: Arc<dyn Clock>) -> Self {
        Self::new(issuer, audience, Arc::new(HttpKeySet::new(url)), clock)
    }

    /// What a token says of its bearer. It may wait for the key set, at most as long as one
    /// fetch takes.
    ///
    /// # Errors
    /// [`AuthError`].
    pub fn verify(&self, text: &str) -> Result<OutsideIdentity, AuthError> {
        self.check(&Token::parse(text)?)
    }

    pub(super) fn check(&self, token: &Token<'_>) -> Result<OutsideIdentity, AuthError> {
        let key = self.keys.find(token.algorithm, token.key_id.as_deref())?;
        let json = token.verified(&key.decoding, key.algorithm)?;
        let claims: Claims = object(&json)?;
        self.expected.check(&claims)?;
        Ok(identity(claims)?)
    }
}

fn identity(claims: Claims<'_>) -> Result<OutsideIdentity, TokenRefused> {
    let subject = claims.sub.into_owned();
    // PostgreSQL stores no NUL, and no provider needs control characters.
    if subject.is_empty() || subject.len() > MAX_SUBJECT || subject.chars().any(char::is_control) {
        return Err(TokenRefused::Subject);
    }
    Ok(OutsideIdentity {
        subject,
        email: claims
            .email
            .as_ref()
            .and_then(Value::as_str)
            .and_then(|e| Email::parse(e).ok()),
        email_verified: claims.email_verified.as_ref().map(is_true),
        role: claims
            .role
            .as_ref()
            .and_then(Value::as_str)
            .and_then(|role| role.parse().ok()),
    })
}

/// Some providers send a text. Whatever else stands there vouches for nothing.
fn is_true(claim: &Value) -> bool {
    claim == &Value::Bool(true) || claim.as_str() == Some("true")
}
