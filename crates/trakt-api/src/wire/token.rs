//! What OAuth answers.

use serde::{Deserialize, Deserializer, de};
use url::Url;

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
    /// The life of the access token, in seconds, as Trakt states it.
    pub expires_in: i64,
    /// When it was made, in seconds since 1970, by Trakt's clock.
    #[serde(default)]
    pub created_at: Option<i64>,
    /// `public`.
    #[serde(default)]
    pub scope: Option<String>,
    /// `bearer`.
    #[serde(default)]
    pub token_type: Option<String>,
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
