//! Trakt's JSON, a file for each area, read leniently: what we do not know is passed over, what
//! may be absent may be null too, and a detail that cannot be read counts as absent. What an item
//! is of no use without (its id, its time, what it is about) is strict: such an item is a
//! [`BadItem`] of its list. Nothing here says what it means to a program.

mod about;
mod activities;
mod changed;
mod changes;
mod discover;
mod ids;
mod items;
mod json;
mod lenient;
mod media;
mod played;
mod progress;
mod scrobble;
mod seasons;
mod sync;
mod token;
mod user;
mod words;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

pub use about::Media;
use about::about;
pub use activities::{AccountActivity, Activity, LastActivities, Updated};
pub use changed::{
    Changed, Counts, ListState, MissingEpisode, MissingSeason, MissingShow, NotFound,
};
pub(crate) use changes::text as time_text;
pub use changes::{
    Batch, Collect, Entry, EpisodeEntry, Extent, Favorites, Named, Note, Plain, Play, Rate, Rating,
    SeasonEntry, ShowEntry, WatchedAt,
};
pub use discover::{CalendarMovie, CalendarShow, SearchResult};
pub use ids::{Ids, PathId, PlexIds};
pub use items::{BadItem, Items};
pub(crate) use json::read as from_json;
use lenient::{addresses, day, if_object, if_readable, maybe_object, object, strings, thing};
pub use media::{Airs, Episode, Images, Movie, Person, Season, Show};
pub use played::{Played, PlayedEpisode, PlayedMovie};
pub use progress::{EpisodeProgress, ProgressReset, SeasonProgress, UpNextItem, WatchedProgress};
pub use scrobble::{CheckedIn, Percent, Playing, Scrobbled};
pub use seasons::{SeasonEpisode, Seasons, ShowSeason};
pub use sync::{
    CollectedEpisode, CollectedMovie, CollectedSeason, CollectedShow, HiddenItem, HistoryItem,
    ListItem, PlaybackItem, RatingItem, WatchedEpisode, WatchedMovie, WatchedSeason, WatchedShow,
};
pub use token::{DeviceCodeGrant, TokenGrant};
pub use user::{
    AccountSettings, ListLimits, MediaStats, Permissions, Profile, RatingStats, Settings,
    SettingsUser, Stats, UserLimits,
};
pub use words::{Action, EpisodeType, IdType, Kind, Status};

/// Reads `null` as the default, as `#[serde(default)]` reads what is absent.
fn nullable<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Reads a short list of details: those that can be read.
fn few<'de, T, D>(from: D) -> Result<Vec<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    let items: Items<T> = nullable(from)?;
    Ok(items.items)
}
