//! Which kind of token it is, and with it who may have signed it.

use jsonwebtoken::Algorithm;
use trakt_core::UserId;
use trakt_core::user::OutsideIdentity;

use super::token::Token;
use super::{AuthError, LocalTokens, OutsideTokens, TokenRefused};

/// Who bears a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// A user, by a token of ours.
    Local(UserId),
    /// Somebody whom the identity provider vouches for.
    Outside(OutsideIdentity),
}

/// Checks bearer tokens of both kinds.
///
/// The algorithm tells them apart, and each kind has keys of its own: a token signed by HMAC is
/// held against the local secret alone and never against a public key.
pub struct Verifier {
    local: LocalTokens,
    outside: Option<OutsideTokens>,
}

impl Verifier {
    /// A verifier of local tokens and, where there is one, of an outside provider's.
    #[must_use]
    pub fn new(local: LocalTokens, outside: Option<OutsideTokens>) -> Self {
        Self { local, outside }
    }

    /// Local tokens, to issue some.
    #[must_use]
    pub fn local(&self) -> &LocalTokens {
        &self.local
    }

    /// Whether [`Self::verify`] answers at once and never with [`Verified::Outside`]: it is a
    /// local token, or one that is refused by its looks. Otherwise it may wait for a key set.
    #[must_use]
    pub fn is_local(&self, text: &str) -> bool {
        self.outside.is_none()
            || Token::parse(text).map_or(true, |token| token.algorithm == Algorithm::HS256)
    }

    /// Who bears this token.
    ///
    /// # Errors
    /// [`AuthError`].
    pub fn verify(&self, text: &str) -> Result<Verified, AuthError> {
        let token = Token::parse(text)?;
        match (token.algorithm, &self.outside) {
            (Algorithm::HS256, _) => Ok(Verified::Local(self.local.check(&token)?)),
            (_, Some(outside)) => Ok(Verified::Outside(outside.check(&token)?)),
            (_, None) => Err(TokenRefused::Algorithm.into()),
        }
    }
}
