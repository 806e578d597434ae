//! Users and their settings.

use serde::Deserialize;

use super::nullable;

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
    #[serde(default, deserialize_with = "nullable")]
    pub deleted: bool,
    /// Whether it is hidden from others.
    #[serde(default, deserialize_with = "nullable")]
    pub private: bool,
    /// The ids.
    #[serde(default, deserialize_with = "nullable")]
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
