//! Tokens that we issue ourselves, signed with HMAC-SHA-256 (RFC 7518 section 3.2). They name a
//! user and nothing else: a role in one would outlive its withdrawal.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use trakt_core::{Clock, Entropy, UserId};
use uuid::Uuid;

use super::TokenRefused;
use super::claims::{Claims, Expected, LAST_SECOND};
use super::token::{LOCAL_HEADER, Token, object};

/// What signs local tokens: at least 32 bytes, the size of the hash (RFC 7518 section 3.2).
/// Whoever knows it can be any user.
#[derive(Clone)]
pub struct AuthSecret(SecretString);

/// The secret is too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must have at least 32 bytes")]
pub struct WeakSecret;

impl AuthSecret {
    /// Takes the bytes of a text as they are.
    ///
    /// # Errors
    /// [`WeakSecret`] below 32 bytes.
    pub fn new(text: &str) -> Result<Self, WeakSecret> {
        if text.len() < 32 {
            return Err(WeakSecret);
        }
        Ok(Self(text.to_owned().into()))
    }
}

impl fmt::Debug for AuthSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthSecret(…)")
    }
}

/// A bearer token (RFC 6750). Whoever has it is the user.
#[derive(Clone)]
pub struct Bearer(SecretString);

impl Bearer {
    /// The token itself, for its user alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer(…)")
    }
}

/// Issues local tokens and checks them.
pub struct LocalTokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    expected: Expected,
    entropy: Arc<dyn Entropy>,
}

impl LocalTokens {
    /// Tokens signed with `secret`. `issuer` and `audience` are written into each and demanded
    /// of each.
    #[must_use]
    pub fn new(
        secret: &AuthSecret,
        issuer: &str,
        audience: &str,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let secret = secret.0.expose_secret().as_bytes();
        Self {
            signing: EncodingKey::from_secret(secret),
            verifying: DecodingKey::from_secret(secret),
            expected: Expected {
                issuer: issuer.to_owned(),
                audience: audience.to_owned(),
                clock,
            },
            entropy,
        }
    }

    /// A token for `user`, good from now on for `life` (whole seconds).
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the key is made for HMAC, which takes any message"
    )]
    pub fn issue(&self, user: UserId, life: Duration) -> Bearer {
        let now = self.expected.clock.now().timestamp();
        let life = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
        let mut id = [0; 16];
        self.entropy.fill(&mut id);
        let claims = json!({
            "iss": self.expected.issuer,
            "aud": self.expected.audience,
            "sub": user.uuid().to_string(),
            "iat": now,
            "nbf": now,
            "exp": now.saturating_add(life).min(LAST_SECOND),
            "jti": BASE64_URL_SAFE_NO_PAD.encode(id),
        });
        let payload = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
        let message = format!("{LOCAL_HEADER}.{payload}");
        let signature = crypto::sign(message.as_bytes(), &self.signing, Algorithm::HS256)
            .expect("an HMAC key signs");
        Bearer(format!("{message}.{signature}").into())
    }

    /// The user whom a token names. Whether that user still exists is not known here.
    ///
    /// # Errors
    /// [`TokenRefused`].
    pub fn verify(&self, text: &str) -> Result<UserId, TokenRefused> {
        self.check(&Token::parse(text)?)
    }

    pub(super) fn check(&self, token: &Token<'_>) -> Result<UserId, TokenRefused> {
        // There is one key and it has no name, so a name means another one.
        if token.key_id.is_some() {
            return Err(TokenRefused::UnknownKey);
        }
        let json = token.verified(&self.verifying, Algorithm::HS256)?;
        let claims: Claims = object(&json)?;
        self.expected.check(&claims)?;
        let id = Uuid::try_parse(&claims.sub).map_err(|_| TokenRefused::Subject)?;
        Ok(UserId::from(id))
    }
}
