//! The libraries of the accounts. A generated one is made when it is first looked at.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{AccountId, ControlError, World};
use crate::catalogue::{Catalogue, IdType, Item, Kind};
use crate::config::Generated;
use crate::generator;
use crate::library::{Action, Library, Media};
use crate::time;

/// Ids above all that the generator gives out, and below 2⁵³, where JavaScript loses digits.
const FIRST_ID: u64 = 1 << 41;

/// What a play is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaType {
    /// A movie.
    Movie,
    /// An episode of a show.
    Episode,
}

/// One play in an account's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Play {
    /// `id` in the history.
    pub id: u64,
    /// What it is of.
    #[serde(rename = "type")]
    pub media: MediaType,
    /// `ids.trakt` of the movie or the episode.
    pub trakt: u64,
    /// Milliseconds since 1970-01-01 UTC.
    pub watched_at_ms: u64,
    /// How it came about.
    pub action: Action,
}

/// A play that a test adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPlay {
    /// What it is of.
    #[serde(rename = "type")]
    pub media: MediaType,
    /// `ids.trakt` of the movie or the episode.
    pub trakt: u64,
    /// Milliseconds since 1970-01-01 UTC.
    pub watched_at_ms: u64,
    /// How it came about.
    #[serde(default)]
    pub action: Action,
}

/// How often an account has watched a movie or an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WatchedItem {
    /// What it is.
    #[serde(rename = "type")]
    pub media: MediaType,
    /// `ids.trakt` of the movie or the episode.
    pub trakt: u64,
    /// How many plays there are.
    pub plays: u32,
    /// Milliseconds since 1970-01-01 UTC.
    pub last_watched_at_ms: u64,
}

#[derive(Debug)]
pub(super) struct Libraries {
    catalogue: Catalogue,
    generated: Generated,
    /// The first generated account.
    first: AccountId,
    started: u64,
    by_account: HashMap<AccountId, Library>,
    next_id: u64,
}

impl Libraries {
    /// `first` is the place that the first generated account will have.
    pub(super) fn new(generated: Option<Generated>, first: AccountId, started: u64) -> Self {
        let generated = generated.unwrap_or_default();
        Self {
            catalogue: Catalogue::generate(generated.seed),
            generated,
            first,
            started,
            by_account: HashMap::new(),
            next_id: FIRST_ID,
        }
    }

    pub(super) fn of(&mut self, account: AccountId, now: u64) -> Media<'_> {
        let Self {
            catalogue,
            generated,
            first,
            started,
            by_account,
            next_id,
        } = self;
        let library = by_account.entry(account).or_insert_with(|| {
            let index = account.checked_sub(*first);
            match index.filter(|index| *index < generated.accounts) {
                Some(index) => generator::library(catalogue, *generated, index, *started),
                None => Library::empty(time::midnight(2010, 9, 25)),
            }
        });
        Media::new(catalogue, library, now, next_id)
    }

    /// A library that is not the present one of any account.
    pub(super) fn with<'a>(&'a mut self, library: &'a mut Library, now: u64) -> Media<'a> {
        Media::new(&self.catalogue, library, now, &mut self.next_id)
    }
}

impl World {
    /// Everything that can be watched.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.libraries.catalogue
    }

    /// The library of an account as it is now.
    pub(crate) fn media(&mut self, account: AccountId) -> Media<'_> {
        let now = self.now_ms();
        self.libraries.of(account, now)
    }

    pub(crate) fn plays(&mut self, slug: &str) -> Result<Vec<Play>, ControlError> {
        let account = self.living_account(slug)?;
        let media = self.media(account);
        let plays = media.library.plays().all().iter().rev().map(|play| {
            let (media, trakt) = named(play.item());
            Play {
                id: play.id,
                media,
                trakt,
                watched_at_ms: play.at,
                action: play.action,
            }
        });
        Ok(plays.collect())
    }

    pub(crate) fn add_plays(
        &mut self,
        slug: &str,
        plays: &[NewPlay],
    ) -> Result<Vec<u64>, ControlError> {
        let account = self.living_account(slug)?;
        let item = |play: &NewPlay| {
            let kind = match play.media {
                MediaType::Movie => Kind::Movie,
                MediaType::Episode => Kind::Episode,
            };
            self.catalogue()
                .by_id(kind, IdType::Trakt, &play.trakt.to_string())
                .ok_or(ControlError::UnknownItem)
        };
        let items = plays.iter().map(item).collect::<Result<Vec<_>, _>>()?;
        let mut media = self.media(account);
        // The oldest first: each finds its place at the end, and a long history is soon there.
        let mut added: Vec<_> = plays.iter().zip(items).enumerate().collect();
        added.sort_by_key(|(_, (play, _))| play.watched_at_ms);
        let mut ids = vec![0; plays.len()];
        for (place, (play, item)) in added {
            if let Some(id) = ids.get_mut(place) {
                *id = media.play(item, play.watched_at_ms, play.action);
            }
        }
        Ok(ids)
    }

    pub(crate) fn watched(&mut self, slug: &str) -> Result<Vec<WatchedItem>, ControlError> {
        let account = self.living_account(slug)?;
        let media = self.media(account);
        let watched = media.library.watched(media.catalogue);
        let movies = watched
            .movies
            .iter()
            .map(|(i, count)| (Item::Movie(*i), count));
        let episodes = watched
            .episodes
            .iter()
            .map(|(i, count)| (Item::Episode(*i), count));
        Ok(movies
            .chain(episodes)
            .map(|(item, count)| {
                let (media, trakt) = named(item);
                WatchedItem {
                    media,
                    trakt,
                    plays: count.plays,
                    last_watched_at_ms: count.last,
                }
            })
            .collect())
    }
}

fn named(item: Item) -> (MediaType, u64) {
    let media = match item.kind() {
        Kind::Movie => MediaType::Movie,
        _ => MediaType::Episode,
    };
    (media, item.trakt())
}
