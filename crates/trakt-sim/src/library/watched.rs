//! What was watched how often: always derived from the plays.

use std::collections::BTreeMap;

use super::plays::Play;
use crate::catalogue::{Catalogue, Item};

/// How often, and when last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) plays: u32,
    pub(crate) last: u64,
}

impl Count {
    fn add(&mut self, at: u64) {
        self.plays += 1;
        self.last = self.last.max(at);
    }
}

/// By place in the catalogue. The plays of a show are those of its episodes, specials too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watched {
    pub(crate) movies: BTreeMap<u32, Count>,
    pub(crate) shows: BTreeMap<u32, Count>,
    pub(crate) episodes: BTreeMap<u32, Count>,
}

impl Watched {
    pub(crate) fn derive(catalogue: &Catalogue, plays: &[Play]) -> Self {
        let mut watched = Self::default();
        for play in plays {
            watched.add(catalogue, *play);
        }
        watched
    }

    /// Spares deriving all of it anew when a play comes. There is no way to take one out, since
    /// the play before it is not known here.
    pub(crate) fn add(&mut self, catalogue: &Catalogue, play: Play) {
        match play.item() {
            Item::Movie(movie) => self.movies.entry(movie).or_default().add(play.at),
            Item::Episode(episode) => {
                self.episodes.entry(episode).or_default().add(play.at);
                let show = catalogue.show_of(episode);
                self.shows.entry(show).or_default().add(play.at);
            }
            Item::Show(_) | Item::Season(_) => {}
        }
    }

    pub(crate) fn contains(&self, item: Item) -> bool {
        match item {
            Item::Movie(movie) => self.movies.contains_key(&movie),
            Item::Show(show) => self.shows.contains_key(&show),
            Item::Episode(episode) => self.episodes.contains_key(&episode),
            Item::Season(_) => false,
        }
    }

    /// Movies or shows, the one watched last first.
    pub(crate) fn newest_first(counts: &BTreeMap<u32, Count>) -> Vec<(u32, Count)> {
        let mut all: Vec<_> = counts
            .iter()
            .map(|(index, count)| (*index, *count))
            .collect();
        all.sort_unstable_by_key(|(index, count)| (std::cmp::Reverse(count.last), *index));
        all
    }
}
