//! What is written to a user's lists.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};

use super::{Ids, if_object, if_readable};

/// Things of all kinds, each with what is to be said of it: [`Play`], [`Rate`], [`Note`],
/// [`Collect`], or [`Plain`] nothing. One call takes many; a hundred is a fair number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Batch<T> {
    /// Movies.
    #[serde(
        serialize_with = "named",
        skip_serializing_if = "names_nothing",
        bound(serialize = "T: Serialize")
    )]
    pub movies: Vec<Entry<T>>,
    /// Shows: as a whole, which in the history are all episodes, or parts of them.
    #[serde(
        serialize_with = "meant",
        skip_serializing_if = "means_nothing",
        bound(serialize = "T: Serialize")
    )]
    pub shows: Vec<ShowEntry<T>>,
    /// Seasons by ids of their own.
    #[serde(
        serialize_with = "named",
        skip_serializing_if = "names_nothing",
        bound(serialize = "T: Serialize")
    )]
    pub seasons: Vec<Entry<T>>,
    /// Episodes by ids of their own: `trakt` or `tvdb`.
    #[serde(
        serialize_with = "named",
        skip_serializing_if = "names_nothing",
        bound(serialize = "T: Serialize")
    )]
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
        let entries = [&self.movies, &self.seasons, &self.episodes];
        means_nothing(&self.shows) && entries.iter().all(|entries| names_nothing(entries))
    }
}

/// Things for the favorites, which are movies and whole shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Favorites<T> {
    /// Movies.
    #[serde(
        serialize_with = "named",
        skip_serializing_if = "names_nothing",
        bound(serialize = "T: Serialize")
    )]
    pub movies: Vec<Entry<T>>,
    /// Shows.
    #[serde(
        serialize_with = "named",
        skip_serializing_if = "names_nothing",
        bound(serialize = "T: Serialize")
    )]
    pub shows: Vec<Entry<T>>,
}

impl<T> Default for Favorites<T> {
    fn default() -> Self {
        Self {
            movies: Vec::new(),
            shows: Vec::new(),
        }
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

impl Named {
    /// Whether it names nothing. Such a thing is not sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.title.is_none()
    }
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

/// A show, or some of its seasons and episodes by number. It is sent in a [`Batch`] alone, which
/// leaves out what means nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct ShowEntry<T> {
    /// Which.
    pub item: Named,
    /// How much of it.
    pub extent: Extent<T, SeasonEntry<T>>,
}

/// A season of a [`ShowEntry`].
#[derive(Clone, Debug, PartialEq)]
pub struct SeasonEntry<T> {
    /// From 1; 0 are the specials.
    pub number: u32,
    /// How much of it.
    pub extent: Extent<T, EpisodeEntry<T>>,
}

/// All of something, or parts of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Extent<T, P> {
    /// All of it, and what is said of it.
    Whole(T),
    /// These alone. Without any nothing is meant, and nothing is sent: to Trakt, what has no parts
    /// is whole.
    Parts(Vec<P>),
}

impl<T, P> Extent<T, P> {
    fn whole(&self) -> Option<&T> {
        match self {
            Self::Whole(with) => Some(with),
            Self::Parts(_) => None,
        }
    }

    fn parts(&self) -> &[P] {
        match self {
            Self::Whole(_) => &[],
            Self::Parts(parts) => parts,
        }
    }
}

impl<T> ShowEntry<T> {
    fn is_meant(&self) -> bool {
        if self.item.is_empty() {
            return false;
        }
        self.extent.whole().is_some() || self.extent.parts().iter().any(SeasonEntry::is_meant)
    }
}

impl<T> SeasonEntry<T> {
    fn is_meant(&self) -> bool {
        self.extent.whole().is_some() || !self.extent.parts().is_empty()
    }
}

fn names_nothing<T>(entries: &[Entry<T>]) -> bool {
    entries.iter().all(|entry| entry.item.is_empty())
}

/// The things that are named.
fn named<T: Serialize, S: Serializer>(entries: &[Entry<T>], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(entries.iter().filter(|entry| !entry.item.is_empty()))
}

fn means_nothing<T>(shows: &[ShowEntry<T>]) -> bool {
    !shows.iter().any(ShowEntry::is_meant)
}

/// The shows of which something is meant.
fn meant<T: Serialize, S: Serializer>(shows: &[ShowEntry<T>], to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Show<'a, T> {
        #[serde(flatten)]
        item: &'a Named,
        #[serde(flatten)]
        with: Option<&'a T>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        seasons: Vec<Season<'a, T>>,
    }

    #[derive(Serialize)]
    struct Season<'a, T> {
        number: u32,
        #[serde(flatten)]
        with: Option<&'a T>,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        episodes: &'a [EpisodeEntry<T>],
    }

    fn season<T>(season: &SeasonEntry<T>) -> Season<'_, T> {
        Season {
            number: season.number,
            with: season.extent.whole(),
            episodes: season.extent.parts(),
        }
    }

    to.collect_seq(shows.iter().filter(|show| show.is_meant()).map(|show| {
        let seasons = show.extent.parts().iter();
        Show {
            item: &show.item,
            with: show.extent.whole(),
            seasons: seasons.filter(|part| part.is_meant()).map(season).collect(),
        }
    }))
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
