//! Lists of what is held, as they are served.

use chrono::{DateTime, Utc};

use super::{Item, ItemKind};
use crate::UserId;

/// A stretch of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing<T, C> {
    /// Its items.
    pub items: Vec<T>,
    /// Where the list goes on; `None` at its end.
    pub next: Option<C>,
    /// The moment that it is true of: when the last pull began that read everything. `None` where
    /// none did yet.
    pub as_of: Option<DateTime<Utc>>,
}

/// A play of the history.
#[derive(Clone, Debug, PartialEq)]
pub struct Play {
    /// Trakt's id of the play.
    pub id: i64,
    /// When; `None` where Trakt does not know.
    pub watched_at: Option<DateTime<Utc>>,
    /// How it came to be: `watch`, `scrobble` or `checkin`, or a word that is new.
    pub action: Option<String>,
    /// Of what: a movie or an episode.
    pub item: Item,
}

/// Which plays are wanted, the newest first, and those without a time at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Whose.
    pub user: UserId,
    /// Of movies or of episodes alone.
    pub kind: Option<ItemKind>,
    /// None before. It leaves out those without a time.
    pub since: Option<DateTime<Utc>>,
    /// None at this time or after. It leaves out those without a time.
    pub until: Option<DateTime<Utc>>,
    /// Those that come after this one.
    pub after: Option<HistoryCursor>,
    /// How many at the most, from 1.
    pub limit: u32,
}

/// A place in the history: of a play that was given. It stays one when that play is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryCursor {
    /// Its time.
    pub watched_at: Option<DateTime<Utc>>,
    /// Its id.
    pub id: i64,
}

impl Play {
    /// Its place.
    #[must_use]
    pub fn cursor(&self) -> HistoryCursor {
        HistoryCursor {
            watched_at: self.watched_at,
            id: self.id,
        }
    }
}
