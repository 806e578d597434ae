//! What a token must say (RFC 7519 section 4.1), whoever signed it. Who a subject is, is not
//! judged here.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use trakt_core::Clock;

use super::TokenRefused;

/// How far the clock of an issuer may be off, in seconds.
const LEEWAY: i64 = 30;

/// The last second of the year 9999. What lies behind it is a mistake, such as milliseconds.
pub(super) const LAST_SECOND: i64 = 253_402_300_799;

/// The claims that we read. Those without a default must be there, and none may come twice.
/// Times are whole seconds since 1970.
#[derive(Deserialize)]
pub(super) struct Claims<'a> {
    #[serde(borrow)]
    iss: Cow<'a, str>,
    #[serde(borrow)]
    aud: Audience<'a>,
    /// Whom it is about.
    #[serde(borrow)]
    pub sub: Cow<'a, str>,
    exp: i64,
    #[serde(default, deserialize_with = "given")]
    nbf: Option<i64>,
    #[serde(default, deserialize_with = "given")]
    iat: Option<i64>,
    /// OpenID Connect Core section 5.1; of any type.
    pub email: Option<Value>,
    /// The same; `null` counts as given.
    #[serde(default, deserialize_with = "given")]
    pub email_verified: Option<Value>,
    /// What the bearer may do; of any type.
    pub role: Option<Value>,
}

/// `aud`: one text or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience<'a> {
    #[serde(borrow)]
    One(Cow<'a, str>),
    Many(Vec<String>),
}

/// A claim that may be missing but, where it is given, is of its type: no `null` for a time.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(claim: D) -> Result<Option<T>, D::Error> {
    T::deserialize(claim).map(Some)
}

/// Whose tokens are expected, and for whom.
pub(super) struct Expected {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
    /// What says whether a token has expired.
    pub clock: Arc<dyn Clock>,
}

impl Expected {
    /// Whether a token with these claims counts now.
    pub fn check(&self, claims: &Claims) -> Result<(), TokenRefused> {
        if claims.iss != self.issuer.as_str() {
            return Err(TokenRefused::Issuer);
        }
        let named = match &claims.aud {
            Audience::One(audience) => *audience == self.audience.as_str(),
            Audience::Many(audiences) => audiences.contains(&self.audience),
        };
        if !named {
            return Err(TokenRefused::Audience);
        }
        let times = [Some(claims.exp), claims.nbf, claims.iat];
        if times
            .into_iter()
            .flatten()
            .any(|time| !(0..=LAST_SECOND).contains(&time))
        {
            return Err(TokenRefused::AbsurdTime);
        }
        let now = self.clock.now().timestamp();
        if now >= claims.exp + LEEWAY {
            return Err(TokenRefused::Expired);
        }
        if [claims.nbf, claims.iat]
            .into_iter()
            .flatten()
            .any(|time| time > now + LEEWAY)
        {
            return Err(TokenRefused::NotYet);
        }
        Ok(())
    }
}
