//! What Trakt says of a write.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Ids, Items, Named, if_object, if_readable, maybe_object, nullable};

/// What a write did. Which of these there are depends on the write; what is missing is nothing. An
/// answer with none of them cannot be read: nobody knows what was done.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Sent")]
pub struct Changed {
    /// How many are new.
    pub added: Counts,
    /// How many were changed.
    pub updated: Counts,
    /// How many were there before.
    pub existing: Counts,
    /// How many are gone.
    pub deleted: Counts,
    /// What Trakt does not know. The call is a success all the same: look here.
    pub not_found: NotFound,
    /// The list after the write, where it was one.
    pub list: Option<ListState>,
}

#[derive(Deserialize)]
struct Sent {
    #[serde(default, deserialize_with = "maybe_object")]
    added: Option<Counts>,
    #[serde(default, deserialize_with = "maybe_object")]
    updated: Option<Counts>,
    #[serde(default, deserialize_with = "maybe_object")]
    existing: Option<Counts>,
    #[serde(default, deserialize_with = "maybe_object")]
    deleted: Option<Counts>,
    #[serde(default, deserialize_with = "maybe_object")]
    not_found: Option<NotFound>,
    #[serde(default, deserialize_with = "maybe_object")]
    list: Option<ListState>,
}

impl TryFrom<Sent> for Changed {
    type Error = &'static str;

    fn try_from(sent: Sent) -> Result<Self, Self::Error> {
        let counts = [&sent.added, &sent.updated, &sent.existing, &sent.deleted];
        if counts.iter().all(|counts| counts.is_none()) && sent.not_found.is_none() {
            return Err("it does not say what was done");
        }
        Ok(Self {
            added: sent.added.unwrap_or_default(),
            updated: sent.updated.unwrap_or_default(),
            existing: sent.existing.unwrap_or_default(),
            deleted: sent.deleted.unwrap_or_default(),
            not_found: sent.not_found.unwrap_or_default(),
            list: sent.list,
        })
    }
}

/// How many of each kind. A number that cannot be read is no 0: the answer cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Movies.
    #[serde(deserialize_with = "nullable")]
    pub movies: u64,
    /// Shows.
    #[serde(deserialize_with = "nullable")]
    pub shows: u64,
    /// Seasons.
    #[serde(deserialize_with = "nullable")]
    pub seasons: u64,
    /// Episodes.
    #[serde(deserialize_with = "nullable")]
    pub episodes: u64,
}

/// What Trakt does not know of that which was sent, by kind. What cannot be read is in the
/// [`Items::bad`] of its kind, so that nothing passes for found.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NotFound {
    /// Movies.
    #[serde(deserialize_with = "nullable")]
    pub movies: Items<Named>,
    /// Shows, or parts of them.
    #[serde(deserialize_with = "nullable")]
    pub shows: Items<MissingShow>,
    /// Seasons.
    #[serde(deserialize_with = "nullable")]
    pub seasons: Items<Named>,
    /// Episodes.
    #[serde(deserialize_with = "nullable")]
    pub episodes: Items<Named>,
    /// Plays, of those to be removed.
    #[serde(deserialize_with = "nullable")]
    pub ids: Items<i64>,
}

impl NotFound {
    /// Whether Trakt knew all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let things = [&self.movies, &self.seasons, &self.episodes];
        let shows = self.shows.sent() + self.ids.sent();
        shows == 0 && things.iter().all(|items| items.sent() == 0)
    }
}

/// A show that Trakt does not know, or does not know in all of its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct MissingShow {
    /// Those that were sent.
    #[serde(deserialize_with = "if_object")]
    pub ids: Ids,
    /// As it was sent.
    #[serde(deserialize_with = "if_readable")]
    pub title: Option<String>,
    /// As it was sent.
    #[serde(deserialize_with = "if_readable")]
    pub year: Option<i32>,
    /// The parts that it does not know; without any it is the show itself.
    #[serde(deserialize_with = "nullable")]
    pub seasons: Vec<MissingSeason>,
}

/// A season of a [`MissingShow`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MissingSeason {
    /// From 1; 0 are the specials.
    pub number: u32,
    /// The episodes that Trakt does not know; without any it is the season itself.
    #[serde(default, deserialize_with = "nullable")]
    pub episodes: Vec<MissingEpisode>,
}

/// An episode of a [`MissingSeason`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct MissingEpisode {
    /// Its number in the season.
    pub number: u32,
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
