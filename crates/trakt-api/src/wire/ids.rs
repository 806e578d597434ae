//! The ids of everything, in all of Trakt's id spaces.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{if_readable, maybe_object};

/// The ids of a movie, a show, a season, an episode or a user. Which of them are there depends on
/// what it is; any may be missing. An id that cannot be read counts as missing, so that a new form
/// of one does not cost the item.
///
/// Written (as in [`super::Named`]), only those that are there are sent, and Trakt goes by the
/// first that it knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Ids {
    /// Trakt's number. Stays, and is unique among things of one kind.
    #[serde(
        deserialize_with = "if_readable",
        skip_serializing_if = "Option::is_none"
    )]
    pub trakt: Option<i64>,
    /// For paths; it changes with a rename.
    #[serde(
        deserialize_with = "if_readable",
        skip_serializing_if = "Option::is_none"
    )]
    pub slug: Option<String>,
    /// `tt` and digits.
    #[serde(
        deserialize_with = "if_readable",
        skip_serializing_if = "Option::is_none"
    )]
    pub imdb: Option<String>,
    /// The Movie Database.
    #[serde(
        deserialize_with = "if_readable",
        skip_serializing_if = "Option::is_none"
    )]
    pub tmdb: Option<i64>,
    /// TheTVDB.
    #[serde(
        deserialize_with = "if_readable",
        skip_serializing_if = "Option::is_none"
    )]
    pub tvdb: Option<i64>,
    /// Of a user alone: stays for ever. Only of use as a key of one's own: no path takes it.
    #[serde(
        deserialize_with = "if_readable",
        skip_serializing_if = "Option::is_none"
    )]
    pub uuid: Option<String>,
    /// Plex's. Never sent.
    #[serde(deserialize_with = "maybe_object", skip_serializing)]
    pub plex: Option<PlexIds>,
}

/// The ids that Plex gives to the same thing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default)]
pub struct PlexIds {
    /// Stays.
    #[serde(deserialize_with = "if_readable")]
    pub guid: Option<String>,
    /// For paths.
    #[serde(deserialize_with = "if_readable")]
    pub slug: Option<String>,
}

impl Ids {
    /// Trakt's number and nothing else.
    #[must_use]
    pub fn trakt(id: i64) -> Self {
        Self {
            trakt: Some(id),
            ..Self::default()
        }
    }

    /// An IMDb id and nothing else.
    #[must_use]
    pub fn imdb(id: impl Into<String>) -> Self {
        Self {
            imdb: Some(id.into()),
            ..Self::default()
        }
    }

    /// A TMDB id and nothing else.
    #[must_use]
    pub fn tmdb(id: i64) -> Self {
        Self {
            tmdb: Some(id),
            ..Self::default()
        }
    }

    /// A TVDB id and nothing else.
    #[must_use]
    pub fn tvdb(id: i64) -> Self {
        Self {
            tvdb: Some(id),
            ..Self::default()
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The one that stands in a path: Trakt's number, else the slug, else the IMDb id. A slug of
    /// digits alone ("24") would be read as the number of something else.
    #[must_use]
    pub fn in_path(&self) -> Option<PathId<'_>> {
        let number = |slug: &str| slug.bytes().all(|byte| byte.is_ascii_digit());
        let slug = self.slug.as_deref().filter(|slug| !number(slug));
        let text = || slug.or(self.imdb.as_deref());
        self.trakt.map(PathId::from).or(text().map(PathId::from))
    }
}

/// What stands in a path for a movie or a show: Trakt's number, a slug, or an IMDb id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathId<'a>(Cow<'a, str>);

impl From<i64> for PathId<'_> {
    fn from(id: i64) -> Self {
        Self(id.to_string().into())
    }
}

impl<'a> From<&'a str> for PathId<'a> {
    fn from(id: &'a str) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for PathId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
