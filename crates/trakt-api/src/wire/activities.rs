//! When what of a user's changed last.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{if_object, if_readable};

/// The answer of `GET /sync/last_activities`. Adding and removing both move a time. Compare it
/// with the one that was stored, for inequality: it is by Trakt's clock. A time that is missing or
/// cannot be read is `None`: nobody knows whether anything changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LastActivities {
    /// The latest of all.
    #[serde(deserialize_with = "if_readable")]
    pub all: Option<DateTime<Utc>>,
    /// Of movies.
    #[serde(deserialize_with = "if_object")]
    pub movies: Activity,
    /// Of episodes.
    #[serde(deserialize_with = "if_object")]
    pub episodes: Activity,
    /// Of shows.
    #[serde(deserialize_with = "if_object")]
    pub shows: Activity,
    /// Of seasons.
    #[serde(deserialize_with = "if_object")]
    pub seasons: Activity,
    /// Of the watchlist.
    #[serde(deserialize_with = "if_object")]
    pub watchlist: Updated,
    /// Of the favorites.
    #[serde(deserialize_with = "if_object")]
    pub favorites: Updated,
    /// Of the user's own lists.
    #[serde(deserialize_with = "if_object")]
    pub lists: Updated,
    /// Of the account.
    #[serde(deserialize_with = "if_object")]
    pub account: AccountActivity,
}

/// Of things of one kind. Which times there are depends on the kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Activity {
    /// The history.
    #[serde(deserialize_with = "if_readable")]
    pub watched_at: Option<DateTime<Utc>>,
    /// The collection.
    #[serde(deserialize_with = "if_readable")]
    pub collected_at: Option<DateTime<Utc>>,
    /// The ratings.
    #[serde(deserialize_with = "if_readable")]
    pub rated_at: Option<DateTime<Utc>>,
    /// The watchlist.
    #[serde(deserialize_with = "if_readable")]
    pub watchlisted_at: Option<DateTime<Utc>>,
    /// The favorites.
    #[serde(deserialize_with = "if_readable")]
    pub favorited_at: Option<DateTime<Utc>>,
    /// Comments.
    #[serde(deserialize_with = "if_readable")]
    pub commented_at: Option<DateTime<Utc>>,
    /// Playback.
    #[serde(deserialize_with = "if_readable")]
    pub paused_at: Option<DateTime<Utc>>,
    /// What is hidden.
    #[serde(deserialize_with = "if_readable")]
    pub hidden_at: Option<DateTime<Utc>>,
    /// What is dropped.
    #[serde(deserialize_with = "if_readable")]
    pub dropped_at: Option<DateTime<Utc>>,
}

/// Of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Updated {
    /// Anything in it.
    #[serde(deserialize_with = "if_readable")]
    pub updated_at: Option<DateTime<Utc>>,
}

/// Of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AccountActivity {
    /// The settings.
    #[serde(deserialize_with = "if_readable")]
    pub settings_at: Option<DateTime<Utc>>,
    /// A follower.
    #[serde(deserialize_with = "if_readable")]
    pub followed_at: Option<DateTime<Utc>>,
    /// Somebody to follow.
    #[serde(deserialize_with = "if_readable")]
    pub following_at: Option<DateTime<Utc>>,
}
