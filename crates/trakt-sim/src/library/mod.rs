//! What one account has watched, rated, listed and hidden. No HTTP.

mod activities;
mod changes;
mod lists;
mod plays;
mod progress;
mod watched;
mod watching;

use std::collections::{BTreeMap, HashMap};

use crate::catalogue::{Catalogue, Item, Kind};

pub(crate) use activities::{Activities, Leaf};
pub(crate) use changes::Media;
pub(crate) use lists::{List, Listed};
pub use plays::Action;
pub(crate) use plays::{Play, Plays};
pub(crate) use progress::{EpisodeProgress, ShowProgress, Wanted, stats};
pub(crate) use watched::{Count, Watched};
pub(crate) use watching::{Paused, Scrobbled};

/// A person's opinion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rating {
    /// 1 to 10.
    pub(crate) rating: u8,
    pub(crate) at: u64,
}

/// Where an item can be hidden, in the words of `/users/hidden/{section}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    Calendar,
    Dropped,
    ProgressWatched,
    Recommendations,
}

impl Section {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "calendar" => Some(Self::Calendar),
            "dropped" => Some(Self::Dropped),
            "progress_watched" => Some(Self::ProgressWatched),
            "recommendations" => Some(Self::Recommendations),
            _ => None,
        }
    }

    /// What can be hidden there.
    pub(crate) fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Calendar | Self::Recommendations => &[Kind::Movie, Kind::Show],
            Self::ProgressWatched => &[Kind::Show, Kind::Season],
            Self::Dropped => &[Kind::Show],
        }
    }
}

/// The two lists that every account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListName {
    Watchlist,
    Favorites,
}

#[derive(Clone, Debug)]
pub(crate) struct Library {
    plays: Plays,
    /// Derived from the plays as they are; `None` when that has to be done anew.
    watched: Option<Watched>,
    /// `last_updated_at` of movies and shows that changed since the account was made. It does
    /// not move when a play is removed.
    updated: HashMap<Item, u64>,
    pub(crate) ratings: BTreeMap<Item, Rating>,
    watchlist: List,
    favorites: List,
    /// Movies and episodes, and when each was collected.
    pub(crate) collection: BTreeMap<Item, u64>,
    paused: Vec<Paused>,
    hidden: BTreeMap<(Section, Item), u64>,
    /// Shows that are watched again, and since when.
    resets: BTreeMap<u32, u64>,
    checkin: Option<watching::Checkin>,
    /// The scrobbles that must not come again so soon.
    scrobbled: HashMap<Item, Scrobbled>,
    pub(crate) activities: Activities,
}

impl Library {
    /// Of somebody who joined then and has done nothing since.
    pub(crate) fn empty(joined: u64) -> Self {
        Self::with_plays(joined, Vec::new())
    }

    pub(crate) fn with_plays(joined: u64, plays: Vec<Play>) -> Self {
        Self {
            plays: Plays::from_unsorted(plays),
            watched: None,
            updated: HashMap::new(),
            ratings: BTreeMap::new(),
            watchlist: List::default(),
            favorites: List::default(),
            collection: BTreeMap::new(),
            paused: Vec::new(),
            hidden: BTreeMap::new(),
            resets: BTreeMap::new(),
            checkin: None,
            scrobbled: HashMap::new(),
            activities: Activities::new(joined),
        }
    }

    pub(crate) fn plays(&self) -> &Plays {
        &self.plays
    }

    /// Derived from the plays when it is first asked for after one was removed.
    pub(crate) fn watched(&mut self, catalogue: &Catalogue) -> &Watched {
        self.watched
            .get_or_insert_with(|| Watched::derive(catalogue, self.plays.all()))
    }

    /// `last_updated_at` of a movie or a show that was last watched then.
    pub(crate) fn updated_at(&self, item: Item, last: u64) -> u64 {
        self.updated.get(&item).copied().unwrap_or(last)
    }

    pub(crate) fn reset_at(&self, show: u32) -> Option<u64> {
        self.resets.get(&show).copied()
    }

    pub(crate) fn list(&self, name: ListName) -> &List {
        match name {
            ListName::Watchlist => &self.watchlist,
            ListName::Favorites => &self.favorites,
        }
    }

    pub(crate) fn list_mut(&mut self, name: ListName) -> &mut List {
        match name {
            ListName::Watchlist => &mut self.watchlist,
            ListName::Favorites => &mut self.favorites,
        }
    }

    /// What was left in the middle, newest first.
    pub(crate) fn paused(&self) -> impl Iterator<Item = &Paused> {
        self.paused.iter().rev()
    }

    pub(crate) fn is_hidden(&self, section: Section, item: Item) -> bool {
        self.hidden.contains_key(&(section, item))
    }

    /// Everything hidden in a section, newest first.
    pub(crate) fn hidden(&self, section: Section) -> Vec<(Item, u64)> {
        let mut all: Vec<_> = self
            .hidden
            .iter()
            .filter(|((in_section, _), _)| *in_section == section)
            .map(|((_, item), at)| (*item, *at))
            .collect();
        all.sort_unstable_by_key(|(item, at)| (std::cmp::Reverse(*at), *item));
        all
    }

    /// How many movies and shows are in the collection.
    pub(crate) fn collected(&self, catalogue: &Catalogue) -> usize {
        let mut shows = std::collections::BTreeSet::new();
        let mut movies = 0;
        for item in self.collection.keys() {
            match item {
                Item::Episode(episode) => {
                    shows.insert(catalogue.show_of(*episode));
                }
                _ => movies += 1,
            }
        }
        movies + shows.len()
    }
}

/// The group of leaves that an item's plays, pauses and copies move.
pub(crate) fn leaf(kind: Kind, what: &'static str) -> Leaf {
    (kind.plural(), what)
}
