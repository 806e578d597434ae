//! Trakt's JSON, read leniently: what we do not know is passed over, what may be absent may be
//! null too.

use serde::Deserialize;
use url::Url;

use crate::{AccessToken, DeviceCode, RefreshToken};

/// The answer of `POST /oauth/device/code` (RFC 8628 section 3.2, Trakt's names).
#[derive(Clone, Debug, Deserialize)]
pub struct DeviceCodeGrant {
    /// For the client alone.
    pub device_code: DeviceCode,
    /// For the person; typically 8 characters.
    pub user_code: String,
    /// Where the person types it. Check its host before it is shown.
    pub verification_url: Url,
    /// How long the codes live, in seconds.
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
    /// The life of the access token, in seconds.
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

/// The answer of `GET /users/settings`, as far as it is needed.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// Whose token it is.
    pub user: SettingsUser,
}

/// The user of [`Settings`].
#[derive(Clone, Debug, Deserialize)]
pub struct SettingsUser {
    /// The present name; it changes with a rename.
    pub username: String,
    /// The ids; here `uuid` is there.
    pub ids: Ids,
}

/// The answer of `GET /users/{slug}`, as far as it is needed.
#[derive(Clone, Debug, Deserialize)]
pub struct Profile {
    /// The present name.
    #[serde(default)]
    pub username: Option<String>,
    /// Whether the account is gone.
    #[serde(default, deserialize_with = "null_is_false")]
    pub deleted: bool,
    /// Whether others see it.
    #[serde(default, deserialize_with = "null_is_false")]
    pub private: bool,
    /// The ids.
    #[serde(default)]
    pub ids: Ids,
}

/// The ids of a user.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Ids {
    /// For paths; it changes with a rename.
    #[serde(default)]
    pub slug: Option<String>,
    /// Trakt's number.
    #[serde(default)]
    pub trakt: Option<i64>,
    /// Stays for ever. Only of use as a key of one's own: no path takes it.
    #[serde(default)]
    pub uuid: Option<String>,
}

fn null_is_false<'de, D: serde::Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(Option::<bool>::deserialize(from)?.unwrap_or_default())
}
