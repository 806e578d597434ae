//! The items of a user's lists (Trakt's contract, area "sync"; the loose item schemas of the
//! contract as Trakt answers them).

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Action, Media, Movie, Show, about, if_readable, thing};

about! {
    /// A play: an item of `GET /sync/history`.
    HistoryItem(Media) {
        /// Of this play, 64 bits. What [`RemoveFromHistory`] takes.
        ///
        /// [`RemoveFromHistory`]: crate::endpoints::RemoveFromHistory
        #[serde()]
        id: i64,
        /// When; `None` where Trakt does not know.
        #[serde(default)]
        watched_at: Option<DateTime<Utc>>,
        /// How it came to be.
        #[serde(default, deserialize_with = "if_readable")]
        action: Option<Action>,
    }
}

about! {
    /// Something half watched: an item of `GET /sync/playback`.
    PlaybackItem(Media) {
        /// Of this entry, 64 bits. What [`RemovePlayback`] takes.
        ///
        /// [`RemovePlayback`]: crate::endpoints::RemovePlayback
        #[serde()]
        id: i64,
        /// How far, in percent.
        #[serde()]
        progress: f64,
        /// When the player stopped.
        #[serde(default)]
        paused_at: Option<DateTime<Utc>>,
    }
}

/// An item of `GET /sync/watched/movies`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct WatchedMovie {
    /// How often.
    #[serde(default, deserialize_with = "if_readable")]
    pub plays: u64,
    /// When last.
    #[serde(default)]
    pub last_watched_at: Option<DateTime<Utc>>,
    /// When a play was added last. It does not move when one is removed.
    #[serde(default)]
    pub last_updated_at: Option<DateTime<Utc>>,
    /// Which.
    #[serde(deserialize_with = "thing")]
    pub movie: Movie,
}

/// An item of `GET /sync/watched/shows`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct WatchedShow {
    /// How many plays of episodes.
    #[serde(default, deserialize_with = "if_readable")]
    pub plays: u64,
    /// When last.
    #[serde(default)]
    pub last_watched_at: Option<DateTime<Utc>>,
    /// When a play was added last. It does not move when one is removed.
    #[serde(default)]
    pub last_updated_at: Option<DateTime<Utc>>,
    /// Since when the user watches it anew: plays before do not count.
    #[serde(default)]
    pub reset_at: Option<DateTime<Utc>>,
    /// Which.
    #[serde(deserialize_with = "thing")]
    pub show: Show,
    /// Its seasons of which something was watched; `None` without
    /// [`Extended::Progress`](crate::endpoints::Extended::Progress).
    #[serde(default)]
    pub seasons: Option<Vec<WatchedSeason>>,
}

/// A season of a [`WatchedShow`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct WatchedSeason {
    /// From 1; 0 are the specials.
    pub number: u32,
    /// Those that were watched.
    pub episodes: Vec<WatchedEpisode>,
}

/// An episode of a [`WatchedSeason`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct WatchedEpisode {
    /// Its number in the season.
    pub number: u32,
    /// How often.
    pub plays: u64,
    /// When last.
    #[serde(default)]
    pub last_watched_at: Option<DateTime<Utc>>,
}

about! {
    /// An item of `GET /sync/watchlist` or `GET /sync/favorites`.
    ListItem(Media) {
        /// Its place in the list, from 1.
        #[serde(default, deserialize_with = "if_readable")]
        rank: Option<u64>,
        /// Of this entry, 64 bits.
        #[serde(default, deserialize_with = "if_readable")]
        id: Option<i64>,
        /// When it was added.
        #[serde(default)]
        listed_at: Option<DateTime<Utc>>,
        /// What the user noted.
        #[serde(default, deserialize_with = "if_readable")]
        notes: Option<String>,
    }
}

about! {
    /// An item of `GET /users/hidden/{section}`.
    HiddenItem(Media) {
        /// Since when.
        #[serde(default)]
        hidden_at: Option<DateTime<Utc>>,
    }
}

about! {
    /// An item of `GET /sync/ratings`.
    RatingItem(Media) {
        /// 1 to 10.
        #[serde()]
        rating: u8,
        /// When.
        #[serde(default)]
        rated_at: Option<DateTime<Utc>>,
    }
}

/// An item of `GET /sync/collection/movies`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CollectedMovie {
    /// When it was added.
    #[serde(default)]
    pub collected_at: Option<DateTime<Utc>>,
    /// When it was changed last.
    #[serde(default)]
    pub updated_at: Option<DateTime<Utc>>,
    /// Which.
    #[serde(deserialize_with = "thing")]
    pub movie: Movie,
}

/// An item of `GET /sync/collection/shows`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CollectedShow {
    /// When an episode was added last.
    #[serde(default)]
    pub last_collected_at: Option<DateTime<Utc>>,
    /// When it was changed last.
    #[serde(default)]
    pub last_updated_at: Option<DateTime<Utc>>,
    /// Which.
    #[serde(deserialize_with = "thing")]
    pub show: Show,
    /// Its seasons of which something is collected, where Trakt says so.
    #[serde(default)]
    pub seasons: Option<Vec<CollectedSeason>>,
}

/// A season of a [`CollectedShow`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CollectedSeason {
    /// From 1; 0 are the specials.
    pub number: u32,
    /// Those that are collected.
    #[serde(default)]
    pub episodes: Vec<CollectedEpisode>,
}

/// An episode of a [`CollectedSeason`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CollectedEpisode {
    /// Its number in the season.
    pub number: u32,
    /// When it was added.
    #[serde(default)]
    pub collected_at: Option<DateTime<Utc>>,
}
