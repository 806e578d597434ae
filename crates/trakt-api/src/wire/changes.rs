//! What is written to a user's lists, and what Trakt says of it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};

use super::{Ids, Items, if_object, if_readable, maybe_object};

/// Things of all kinds, each with what is to be said of it: [`Play`], [`Rate`], [`Note`],
/// [`Collect`], or [`Plain`] nothing. One call takes many; a hundred is a fair number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Batch<T> {
    /// Movies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub movies: Vec<Entry<T>>,
    /// Shows: as a whole, which in the history are all episodes, or parts of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shows: Vec<ShowEntry<T>>,
    /// Seasons by ids of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seasons: Vec<Entry<T>>,
    /// Episodes by ids of their own: `trakt` or `tvdb`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub episodes: Vec<Entry<T>>,
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self {
            movies: Vec::new(),
            shows: Vec::new(),
            seasons: Vec::new(),
            episodes: Vec::new(),
        }
    }
}

impl<T> Batch<T> {
    /// Whether it names nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.movies.is_empty()
            && self.shows.is_empty()
            && self.seasons.is_empty()
            && self.episodes.is_empty()
    }
}

/// A thing by its ids, or by title and year where there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Named {
    /// Any that are known.
    #[serde(deserialize_with = "if_object", skip_serializing_if = "Ids::is_empty")]
    pub ids: Ids,
    /// In English.
    #[serde(
        deserialize_with = "if_readable",
        skip_serializing_if = "Option::is_none"
    )]
    pub title: Option<String>,
    /// Of its release.
    #[serde(
        deserialize_with = "if_readable",
        skip_serializing_if = "Option::is_none"
    )]
    pub year: Option<i32>,
}

impl From<Ids> for Named {
    fn from(ids: Ids) -> Self {
        Self {
            ids,
            title: None,
            year: None,
        }
    }
}

/// A thing, and what is said of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Entry<T> {
    /// Which.
    #[serde(flatten)]
    pub item: Named,
    /// What.
    #[serde(flatten)]
    pub with: T,
}

/// A show, or some of its seasons and episodes by number.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ShowEntry<T> {
    /// Which.
    #[serde(flatten)]
    pub item: Named,
    /// What is said of the show; `None` where only its parts are meant.
    #[serde(flatten)]
    pub with: Option<T>,
    /// Its parts. Without any the whole show is meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seasons: Vec<SeasonEntry<T>>,
}

/// A season of a [`ShowEntry`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SeasonEntry<T> {
    /// From 1; 0 are the specials.
    pub number: u32,
    /// What is said of the season; `None` where only its episodes are meant.
    #[serde(flatten)]
    pub with: Option<T>,
    /// Its parts. Without any the whole season is meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub episodes: Vec<EpisodeEntry<T>>,
}

/// An episode of a [`SeasonEntry`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EpisodeEntry<T> {
    /// Its number in the season.
    pub number: u32,
    /// What is said of it.
    #[serde(flatten)]
    pub with: T,
}

/// Nothing is to be said of the thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plain {}

/// A play to add. Trakt keeps each that it is sent: the same one twice is two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Play {
    /// When.
    pub watched_at: WatchedAt,
}

/// When something was watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchedAt {
    /// Then. Sent in UTC with milliseconds.
    At(DateTime<Utc>),
    /// When it was released.
    Released,
    /// Nobody knows.
    Unknown,
}

impl Serialize for WatchedAt {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::At(time) => milliseconds(time, to),
            Self::Released => to.serialize_str("released"),
            Self::Unknown => to.serialize_str("unknown"),
        }
    }
}

/// A rating to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// What.
    pub rating: Rating,
    /// When; now, where it is missing.
    #[serde(
        serialize_with = "maybe_milliseconds",
        skip_serializing_if = "Option::is_none"
    )]
    pub rated_at: Option<DateTime<Utc>>,
}

/// 1 to 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Rating(u8);

impl Rating {
    /// 1 to 10; anything else is none.
    #[must_use]
    pub fn new(rating: u8) -> Option<Self> {
        (1..=10).contains(&rating).then_some(Self(rating))
    }

    /// 1 to 10.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

/// An entry of the watchlist or the favorites to add.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Note {
    /// At most 500 characters. In the watchlist for VIPs alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// Something to add to the collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Collect {
    /// Since when; now, where it is missing.
    #[serde(
        serialize_with = "maybe_milliseconds",
        skip_serializing_if = "Option::is_none"
    )]
    pub collected_at: Option<DateTime<Utc>>,
}

/// Trakt's own form of a time: UTC, always with three digits of milliseconds.
pub(crate) fn text(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn milliseconds<S: Serializer>(time: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&text(time))
}

#[expect(clippy::ref_option, reason = "serde gives a reference to the field")]
fn maybe_milliseconds<S: Serializer>(
    time: &Option<DateTime<Utc>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => milliseconds(time, to),
        None => to.serialize_none(),
    }
}

/// What a write did. Which of these there are depends on the write; what is missing is nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Changed {
    /// How many are new.
    #[serde(deserialize_with = "if_object")]
    pub added: Counts,
    /// How many were changed.
    #[serde(deserialize_with = "if_object")]
    pub updated: Counts,
    /// How many were there before.
    #[serde(deserialize_with = "if_object")]
    pub existing: Counts,
    /// How many are gone.
    #[serde(deserialize_with = "if_object")]
    pub deleted: Counts,
    /// What Trakt does not know. The call is a success all the same: look here.
    pub not_found: NotFound,
    /// The list after the write, where it was one.
    #[serde(deserialize_with = "maybe_object")]
    pub list: Option<ListState>,
}

/// How many of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Movies.
    #[serde(deserialize_with = "if_readable")]
    pub movies: u64,
    /// Shows.
    #[serde(deserialize_with = "if_readable")]
    pub shows: u64,
    /// Seasons.
    #[serde(deserialize_with = "if_readable")]
    pub seasons: u64,
    /// Episodes.
    #[serde(deserialize_with = "if_readable")]
    pub episodes: u64,
}

/// What Trakt does not know of that which was sent, by kind. What cannot be read is in the
/// [`Items::bad`] of its kind, so that nothing passes for found.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NotFound {
    /// Movies.
    pub movies: Items<Named>,
    /// Shows.
    pub shows: Items<Named>,
    /// Seasons.
    pub seasons: Items<Named>,
    /// Episodes.
    pub episodes: Items<Named>,
    /// Plays, of those to be removed.
    pub ids: Items<i64>,
}

impl NotFound {
    /// Whether Trakt knew all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let things = [&self.movies, &self.shows, &self.seasons, &self.episodes];
        things.iter().all(|items| items.sent() == 0) && self.ids.sent() == 0
    }
}

/// A list after a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct ListState {
    /// When it changed last.
    #[serde(default, deserialize_with = "if_readable")]
    pub updated_at: Option<DateTime<Utc>>,
    /// How many items it has.
    #[serde(default, deserialize_with = "if_readable")]
    pub item_count: Option<u64>,
}
