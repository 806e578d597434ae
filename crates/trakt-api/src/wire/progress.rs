//! How far a user is with a show.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Episode, Season, Show, if_readable, object, thing};

/// The answer of `GET /shows/{id}/progress/watched`. Only episodes that have aired count.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct WatchedProgress {
    /// How many have aired.
    pub aired: u32,
    /// How many of them were watched.
    pub completed: u32,
    /// When last.
    #[serde(default)]
    pub last_watched_at: Option<DateTime<Utc>>,
    /// Since when the user watches it anew: plays before do not count.
    #[serde(default)]
    pub reset_at: Option<DateTime<Utc>>,
    /// Season by season, where Trakt says so.
    #[serde(default, deserialize_with = "super::nullable")]
    pub seasons: Vec<SeasonProgress>,
    /// Seasons that the user hides.
    #[serde(default, deserialize_with = "super::few")]
    pub hidden_seasons: Vec<Season>,
    /// What to watch next; `None` when nothing is left.
    #[serde(default, deserialize_with = "super::nullable")]
    pub next_episode: Option<Box<Episode>>,
    /// What was watched last.
    #[serde(default, deserialize_with = "super::nullable")]
    pub last_episode: Option<Box<Episode>>,
}

/// A season of a [`WatchedProgress`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct SeasonProgress {
    /// From 1; 0 are the specials.
    pub number: u32,
    /// Its name, where it has one.
    #[serde(default, deserialize_with = "if_readable")]
    pub title: Option<String>,
    /// How many of its episodes have aired.
    #[serde(default, deserialize_with = "if_readable")]
    pub aired: u32,
    /// How many of them were watched.
    #[serde(default, deserialize_with = "if_readable")]
    pub completed: u32,
    /// Those that have aired.
    #[serde(default, deserialize_with = "super::nullable")]
    pub episodes: Vec<EpisodeProgress>,
}

/// An episode of a [`SeasonProgress`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct EpisodeProgress {
    /// Its number in the season.
    pub number: u32,
    /// Whether it was watched.
    pub completed: bool,
    /// When last.
    #[serde(default)]
    pub last_watched_at: Option<DateTime<Utc>>,
}

/// The answer of `POST /shows/{id}/progress/watched/reset`, where there is one: Trakt's contract
/// has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ProgressReset {
    /// From when on plays count.
    #[serde(deserialize_with = "if_readable")]
    pub reset_at: Option<DateTime<Utc>>,
}

/// An item of `GET /sync/progress/up_next`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct UpNextItem {
    /// Which show.
    #[serde(deserialize_with = "thing")]
    pub show: Show,
    /// How far the user is with it.
    #[serde(deserialize_with = "object")]
    pub progress: WatchedProgress,
}
