//! What OAuth answers.

use serde::de;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::Url;

use super::if_readable;
use crate::base_url::is_safe;
use crate::{AccessToken, DeviceCode, RefreshToken};

/// The answer of `POST /oauth/device/code` (RFC 8628 section 3.2, Trakt's names).
#[derive(Clone, Debug, Deserialize)]
pub struct DeviceCodeGrant {
    /// For the client alone.
    pub device_code: DeviceCode,
    /// For the person; typically 8 characters, never empty.
    #[serde(deserialize_with = "not_empty")]
    pub user_code: String,
    /// Where the person types it: https, or http on a loopback address. Check its host before
    /// it is shown.
    #[serde(deserialize_with = "safe_url")]
    pub verification_url: Url,
    /// How long the codes live, in seconds, as Trakt states it.
    pub expires_in: i64,
    /// The least time between two polls, in seconds.
    #[serde(default)]
    pub interval: Option<i64>,
}

/// The answer of `POST /oauth/token`, and of `POST /oauth/device/token` once approved
/// (RFC 6749 section 5.1, and Trakt's `created_at`).
#[derive(Clone, Debug, Deserialize)]
pub struct TokenGrant {
    /// Opens the account.
    pub access_token: AccessToken,
    /// Gives the next pair, once.
    pub refresh_token: RefreshToken,
    /// The life of the access token, in seconds, as Trakt states it; a day where it states none
    /// (the field is optional in RFC 6749) or none that can be read.
    #[serde(default = "a_day", deserialize_with = "life")]
    pub expires_in: i64,
    /// When it was made, in seconds since 1970, by Trakt's clock.
    #[serde(default, deserialize_with = "if_readable")]
    pub created_at: Option<i64>,
    /// `public`.
    #[serde(default, deserialize_with = "if_readable")]
    pub scope: Option<String>,
    /// `bearer`.
    #[serde(default, deserialize_with = "if_readable")]
    pub token_type: Option<String>,
}

/// The shortest life that Trakt has ever announced.
fn a_day() -> i64 {
    86_400
}

/// The old pair is used up by this answer: whatever stands beside the new tokens must not be a
/// reason to drop them.
fn life<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.as_u64().map(|_| i64::MAX))
            .or_else(|| number.as_f64().map(saturating))
            .unwrap_or_else(a_day),
        Value::String(text) => text.trim().parse().unwrap_or_else(|_| a_day()),
        _ => a_day(),
    })
}

#[expect(clippy::cast_possible_truncation, reason = "it saturates, as it is to")]
fn saturating(seconds: f64) -> i64 {
    seconds as i64
}

fn not_empty<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() {
        return Err(de::Error::custom("an empty text"));
    }
    Ok(text)
}

fn safe_url<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    let url = Url::deserialize(from)?;
    if !is_safe(&url) {
        return Err(de::Error::custom("an address that others can read along"));
    }
    Ok(url)
}
