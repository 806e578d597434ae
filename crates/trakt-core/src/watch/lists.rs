//! What was watched, rated and listed, as it is served.

use chrono::{DateTime, Utc};

use super::{HistoryCursor, Item, ItemKind};
use crate::UserId;

/// A movie or a show of which something was watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// A movie or a show.
    pub item: Item,
    /// How many plays: of a show those of all its episodes, specials too, and be they from before
    /// a reset.
    pub plays: u64,
    /// When last; `None` where Trakt does not know.
    pub last_watched_at: Option<DateTime<Utc>>,
    /// Of a show: since when it is watched anew.
    pub reset_at: Option<DateTime<Utc>>,
    /// Of a show: its seasons of which something was watched, in order, the specials first.
    pub seasons: Vec<WatchedSeason>,
}

/// A season of a [`Watched`] show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedSeason {
    /// Its number; 0 are the specials.
    pub number: i32,
    /// The episodes that were watched, in order.
    pub episodes: Vec<WatchedEpisode>,
}

/// An episode of a [`WatchedSeason`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchedEpisode {
    /// Its number in the season.
    pub number: i32,
    /// How many plays.
    pub plays: u64,
    /// When last; `None` where Trakt does not know.
    pub last_watched_at: Option<DateTime<Utc>>,
}

impl Watched {
    /// Its place: by its last play, and then by Trakt's number.
    #[must_use]
    pub fn cursor(&self) -> HistoryCursor {
        HistoryCursor {
            watched_at: self.last_watched_at,
            id: self.item.ids().trakt,
        }
    }
}

/// Which movies or shows are wanted, those watched last first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedQuery {
    /// Whose.
    pub user: UserId,
    /// [`ItemKind::Movie`] or [`ItemKind::Show`].
    pub kind: ItemKind,
    /// Only what of these was watched.
    pub among: Option<Vec<ById>>,
    /// Those that come after this one.
    pub after: Option<HistoryCursor>,
    /// How many at the most, from 1.
    pub limit: u32,
}

/// A thing by one of its ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ById {
    /// Trakt's number.
    Trakt(i64),
    /// Trakt's word.
    Slug(String),
    /// Of imdb.com.
    Imdb(String),
    /// Of themoviedb.org.
    Tmdb(i64),
    /// Of thetvdb.com.
    Tvdb(i64),
}

impl ById {
    /// Reads `trakt:1`, `slug:x`, `imdb:tt2`, `tmdb:3` or `tvdb:4`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (space, id) = text.split_once(':')?;
        // PostgreSQL stores no NUL, and no space has one.
        let fits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
        let word = || fits.then(|| id.to_owned());
        match space {
            "trakt" => id.parse().ok().map(Self::Trakt),
            "slug" => word().map(Self::Slug),
            "imdb" => word().map(Self::Imdb),
            "tmdb" => id.parse().ok().map(Self::Tmdb),
            "tvdb" => id.parse().ok().map(Self::Tvdb),
            _ => None,
        }
    }
}

/// A rating.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rated {
    /// Of what.
    pub item: Item,
    /// 1 to 10.
    pub rating: i16,
    /// When.
    pub rated_at: Option<DateTime<Utc>>,
}

impl Rated {
    /// Its place.
    #[must_use]
    pub fn cursor(&self) -> RatingCursor {
        RatingCursor {
            rated_at: self.rated_at,
            kind: self.item.kind(),
            id: self.item.ids().trakt,
        }
    }
}

/// A place among the ratings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatingCursor {
    /// When.
    pub rated_at: Option<DateTime<Utc>>,
    /// Of what kind of thing.
    pub kind: ItemKind,
    /// Trakt's number of it.
    pub id: i64,
}

/// Which ratings are wanted, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatingsQuery {
    /// Whose.
    pub user: UserId,
    /// Of this kind of thing alone.
    pub kind: Option<ItemKind>,
    /// Those that come after this one.
    pub after: Option<RatingCursor>,
    /// How many at the most, from 1.
    pub limit: u32,
}

/// An entry of the watchlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Trakt's id of the entry.
    pub id: i64,
    /// Its place, from 1.
    pub rank: Option<i64>,
    /// Since when.
    pub listed_at: Option<DateTime<Utc>>,
    /// What the user noted.
    pub notes: Option<String>,
    /// What is to be watched.
    pub item: Item,
}

impl Listed {
    /// Its place.
    #[must_use]
    pub fn cursor(&self) -> WatchlistCursor {
        WatchlistCursor {
            rank: self.rank,
            id: self.id,
        }
    }
}

/// A place in the watchlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchlistCursor {
    /// [`Listed::rank`].
    pub rank: Option<i64>,
    /// [`Listed::id`].
    pub id: i64,
}

/// Which entries of the watchlist are wanted, by rank, and those without one at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchlistQuery {
    /// Whose.
    pub user: UserId,
    /// Of this kind of thing alone.
    pub kind: Option<ItemKind>,
    /// Those that come after this one.
    pub after: Option<WatchlistCursor>,
    /// How many at the most, from 1.
    pub limit: u32,
}
