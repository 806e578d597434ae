//! The history of an account: every single play, 24 bytes each.

use serde::{Deserialize, Serialize};

use crate::catalogue::Item;

/// How a play came about, in the words of `action`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It was added to the history.
    #[default]
    Watch,
    /// A player reported that it was watched to the end.
    Scrobble,
    /// A checkin ran its time.
    Checkin,
}

impl Action {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Scrobble => "scrobble",
            Self::Checkin => "checkin",
        }
    }
}

/// One play of a movie or an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Play {
    pub(crate) id: u64,
    /// `watched_at`.
    pub(crate) at: u64,
    /// The place of a movie with [`MOVIE`], or of an episode.
    what: u32,
    pub(crate) action: Action,
}

const MOVIE: u32 = 1 << 31;

impl Play {
    /// `None` for a season or a show, which have no plays of their own.
    pub(crate) fn new(id: u64, at: u64, item: Item, action: Action) -> Option<Self> {
        let what = match item {
            Item::Movie(movie) => movie | MOVIE,
            Item::Episode(episode) => episode,
            Item::Show(_) | Item::Season(_) => return None,
        };
        Some(Self {
            id,
            at,
            what,
            action,
        })
    }

    pub(crate) fn item(self) -> Item {
        if self.what & MOVIE == 0 {
            Item::Episode(self.what)
        } else {
            Item::Movie(self.what & !MOVIE)
        }
    }

    fn key(&self) -> (u64, u64) {
        (self.at, self.id)
    }
}

/// Plays, always in the order of their time and then of their id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plays(Vec<Play>);

impl Plays {
    /// From plays in any order.
    pub(crate) fn from_unsorted(mut plays: Vec<Play>) -> Self {
        plays.sort_unstable_by_key(Play::key);
        plays.shrink_to_fit();
        Self(plays)
    }

    pub(crate) fn add(&mut self, play: Play) {
        let at = self.0.partition_point(|other| other.key() < play.key());
        self.0.insert(at, play);
    }

    pub(crate) fn all(&self) -> &[Play] {
        &self.0
    }

    /// Those from `start_at` to `end_at`, both included, oldest first.
    pub(crate) fn between(&self, start_at: u64, end_at: u64) -> &[Play] {
        let start = self.0.partition_point(|play| play.at < start_at);
        let end = self.0.partition_point(|play| play.at <= end_at);
        self.0.get(start..end).unwrap_or_default()
    }

    /// Takes out all that `which` says and returns them.
    pub(crate) fn remove(&mut self, which: impl Fn(&Play) -> bool) -> Vec<Play> {
        let removed: Vec<Play> = self.0.iter().copied().filter(&which).collect();
        if !removed.is_empty() {
            self.0.retain(|play| !which(play));
        }
        removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_play_is_small_and_keeps_what_it_is_of() {
        assert_eq!(size_of::<Play>(), 24);
        for item in [Item::Movie(0), Item::Movie(70_000), Item::Episode(70_000)] {
            let play = Play::new(1, 2, item, Action::Scrobble).unwrap();
            assert_eq!(play.item(), item);
        }
        assert_eq!(Play::new(1, 2, Item::Show(1), Action::Watch), None);
    }

    #[test]
    fn plays_stay_in_the_order_of_their_time() {
        let mut plays = Plays::default();
        for (id, at) in [(1, 50), (2, 10), (3, 50), (4, 30)] {
            plays.add(Play::new(id, at, Item::Movie(1), Action::Watch).unwrap());
        }
        let ids = |plays: &[Play]| plays.iter().map(|p| p.id).collect::<Vec<_>>();
        assert_eq!(ids(plays.all()), [2, 4, 1, 3]);
        assert_eq!(ids(plays.between(10, 30)), [2, 4]);
        assert_eq!(ids(plays.between(31, 50)), [1, 3]);
        assert_eq!(ids(plays.between(60, 20)), [0_u64; 0]);
        assert_eq!(ids(&plays.remove(|play| play.at == 50)), [1, 3]);
        assert_eq!(ids(plays.all()), [2, 4]);
    }
}
