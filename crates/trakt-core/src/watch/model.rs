//! The things, and what is held of them.

use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, Utc};

use crate::words::words;

/// The ids of a thing in all of Trakt's id spaces. Trakt's own number is the key; it never changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MediaIds {
    /// Trakt's number.
    pub trakt: i64,
    /// Trakt's word for movies and shows; it can change.
    pub slug: Option<String>,
    /// Of imdb.com.
    pub imdb: Option<String>,
    /// Of themoviedb.org, by kind.
    pub tmdb: Option<i64>,
    /// Of thetvdb.com, by kind.
    pub tvdb: Option<i64>,
}

/// A movie or a show.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Titled {
    /// Its ids.
    pub ids: MediaIds,
    /// In English; Trakt has a few without.
    pub title: Option<String>,
    /// Of its release.
    pub year: Option<i32>,
}

/// An episode of a show.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Episode {
    /// Its ids.
    pub ids: MediaIds,
    /// The season: 0 are the specials.
    pub season: i32,
    /// The number in the season.
    pub number: i32,
    /// In English.
    pub title: Option<String>,
}

words! {
    /// What kinds of things there are.
    ItemKind {
        /// A movie.
        Movie = "movie",
        /// A show.
        Show = "show",
        /// A season of a show.
        Season = "season",
        /// An episode of a show.
        Episode = "episode",
    }
}

/// What something is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// A movie.
    Movie(Titled),
    /// A show as a whole.
    Show(Titled),
    /// A season.
    Season {
        /// Of what.
        show: Titled,
        /// Its ids.
        ids: MediaIds,
        /// Its number: 0 are the specials.
        number: i32,
    },
    /// An episode.
    Episode {
        /// Of what.
        show: Titled,
        /// Which.
        episode: Episode,
    },
}

impl Item {
    /// What kind of thing it is.
    #[must_use]
    pub fn kind(&self) -> ItemKind {
        match self {
            Self::Movie(_) => ItemKind::Movie,
            Self::Show(_) => ItemKind::Show,
            Self::Season { .. } => ItemKind::Season,
            Self::Episode { .. } => ItemKind::Episode,
        }
    }

    /// The ids of the thing itself: of an episode, not of its show.
    #[must_use]
    pub fn ids(&self) -> &MediaIds {
        match self {
            Self::Movie(titled) | Self::Show(titled) => &titled.ids,
            Self::Season { ids, .. } => ids,
            Self::Episode { episode, .. } => &episode.ids,
        }
    }
}

/// What is held of a thing.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// It was watched.
    Play {
        /// When; `None` where Trakt does not know.
        watched_at: Option<DateTime<Utc>>,
        /// How it came to be: `watch`, `scrobble` or `checkin`, or a word that is new.
        action: Option<String>,
    },
    /// A show of which something was watched.
    Watching {
        /// Since when it is watched anew: plays before do not count.
        reset_at: Option<DateTime<Utc>>,
    },
    /// A player stopped in it.
    Resume {
        /// How far, in percent.
        progress: f64,
        /// When.
        paused_at: Option<DateTime<Utc>>,
    },
    /// It was rated.
    Rating {
        /// 1 to 10.
        rating: i16,
        /// When.
        rated_at: Option<DateTime<Utc>>,
    },
    /// It is on the watchlist.
    Listed {
        /// Its place, from 1.
        rank: Option<i64>,
        /// Since when.
        listed_at: Option<DateTime<Utc>>,
        /// What the user noted.
        notes: Option<String>,
    },
    /// It is not to be shown among what is to be watched next.
    Hidden {
        /// Since when.
        hidden_at: Option<DateTime<Utc>>,
    },
}

/// Something that is held of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which, among those of its part: Trakt's id of the play or of the resume point, else of the
    /// thing.
    pub key: i64,
    /// About what.
    pub item: Item,
    /// What.
    pub fact: Fact,
}

impl Fact {
    /// The time that it speaks of, its number and its word, as a store keeps them.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "no list has a rank beyond 2^53")]
    pub fn said(&self) -> Said<'_> {
        match self {
            Self::Play { watched_at, action } => (*watched_at, None, action.as_deref()),
            Self::Watching { reset_at } => (*reset_at, None, None),
            Self::Resume {
                progress,
                paused_at,
            } => (*paused_at, Some(*progress), None),
            Self::Rating { rating, rated_at } => (*rated_at, Some(f64::from(*rating)), None),
            Self::Listed {
                rank,
                listed_at,
                notes,
            } => (*listed_at, rank.map(|rank| rank as f64), notes.as_deref()),
            Self::Hidden { hidden_at } => (*hidden_at, None, None),
        }
    }
}

/// See [`Fact::said`].
pub type Said<'a> = (Option<DateTime<Utc>>, Option<f64>, Option<&'a str>);

/// Tells whether two rows of one key say the same. Only within one process: it is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Of what is said of a thing, without its titles: they are held once, for all users. `kind`
    /// is the word of an [`ItemKind`].
    #[must_use]
    pub fn of(kind: &str, trakt: i64, (at, number, text): Said<'_>) -> Self {
        let mut hasher = DefaultHasher::new();
        // A time as PostgreSQL keeps it.
        let at = at.map(|at| at.timestamp_micros());
        (kind, trakt, at, number.map(f64::to_bits), text).hash(&mut hasher);
        Self(hasher.finish())
    }
}

impl Row {
    /// See [`Fingerprint::of`].
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let kind = self.item.kind().as_str();
        Fingerprint::of(kind, self.item.ids().trakt, self.fact.said())
    }
}
