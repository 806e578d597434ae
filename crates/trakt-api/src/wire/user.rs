//! Users and their settings.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Ids, if_object, if_readable, nullable, object};

/// The answer of `GET /users/settings`, as far as a media application needs it.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// Whose token it is.
    pub user: SettingsUser,
    /// What they have set.
    #[serde(default, deserialize_with = "if_object")]
    pub account: AccountSettings,
    /// What they may do.
    #[serde(default, deserialize_with = "if_object")]
    pub permissions: Permissions,
    /// How much they may keep.
    #[serde(default, deserialize_with = "if_object")]
    pub limits: UserLimits,
}

/// The user of [`Settings`].
#[derive(Clone, Debug, Deserialize)]
pub struct SettingsUser {
    /// The present name; it changes with a rename.
    pub username: String,
    /// The ids; here `uuid` is there.
    pub ids: Ids,
    /// The name to show.
    #[serde(default, deserialize_with = "if_readable")]
    pub name: Option<String>,
    /// Whether it is hidden from others.
    #[serde(default, deserialize_with = "nullable")]
    pub private: bool,
    /// Whether they pay.
    #[serde(default, deserialize_with = "if_readable")]
    pub vip: bool,
    /// Since when.
    #[serde(default, deserialize_with = "if_readable")]
    pub joined_at: Option<DateTime<Utc>>,
}

/// What a user has set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AccountSettings {
    /// `America/Los_Angeles`.
    #[serde(deserialize_with = "if_readable")]
    pub timezone: Option<String>,
    /// `mdy` and the like.
    #[serde(deserialize_with = "if_readable")]
    pub date_format: Option<String>,
    /// 24 hours on the clock, not 12.
    #[serde(deserialize_with = "if_readable")]
    pub time_24hr: Option<bool>,
}

/// What a user may do; `None` where Trakt does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Permissions {
    /// Write comments.
    #[serde(deserialize_with = "if_readable")]
    pub commenting: Option<bool>,
    /// Like.
    #[serde(deserialize_with = "if_readable")]
    pub liking: Option<bool>,
    /// Follow.
    #[serde(deserialize_with = "if_readable")]
    pub following: Option<bool>,
}

/// How much a user may keep. What is over it is answered with 420; all of it changes with VIP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct UserLimits {
    /// Of lists of their own.
    #[serde(deserialize_with = "if_object")]
    pub list: ListLimits,
    /// Of the watchlist.
    #[serde(deserialize_with = "if_object")]
    pub watchlist: ListLimits,
    /// Of the favorites.
    #[serde(deserialize_with = "if_object")]
    pub favorites: ListLimits,
    /// Of the collection.
    #[serde(deserialize_with = "if_object")]
    pub collection: ListLimits,
}

/// The limits of lists of one kind; `None` where Trakt names none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ListLimits {
    /// How many lists.
    #[serde(deserialize_with = "if_readable")]
    pub count: Option<u64>,
    /// How many items in each.
    #[serde(deserialize_with = "if_readable")]
    pub item_count: Option<u64>,
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
    /// The name to show.
    #[serde(default, deserialize_with = "if_readable")]
    pub name: Option<String>,
    /// Whether they pay.
    #[serde(default, deserialize_with = "if_readable")]
    pub vip: bool,
    /// The ids.
    #[serde(default, deserialize_with = "nullable")]
    pub ids: Ids,
}

/// The answer of `GET /users/{slug}/stats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Stats {
    /// Of movies.
    #[serde(deserialize_with = "object")]
    pub movies: MediaStats,
    /// Of shows: these have no plays and minutes.
    #[serde(default, deserialize_with = "if_object")]
    pub shows: MediaStats,
    /// Of seasons: these have ratings and comments alone.
    #[serde(default, deserialize_with = "if_object")]
    pub seasons: MediaStats,
    /// Of episodes.
    #[serde(deserialize_with = "object")]
    pub episodes: MediaStats,
    /// Of ratings.
    #[serde(default, deserialize_with = "if_object")]
    pub ratings: RatingStats,
}

/// How many of what kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct MediaStats {
    /// Plays.
    #[serde(deserialize_with = "nullable")]
    pub plays: u64,
    /// Things that were watched, however often.
    #[serde(deserialize_with = "nullable")]
    pub watched: u64,
    /// Minutes of all plays.
    #[serde(deserialize_with = "nullable")]
    pub minutes: u64,
    /// In the collection.
    #[serde(deserialize_with = "nullable")]
    pub collected: u64,
    /// Ratings.
    #[serde(deserialize_with = "nullable")]
    pub ratings: u64,
    /// Comments.
    #[serde(deserialize_with = "nullable")]
    pub comments: u64,
}

/// A user's ratings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RatingStats {
    /// How many.
    #[serde(deserialize_with = "if_readable")]
    pub total: u64,
}
