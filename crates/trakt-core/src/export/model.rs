//! What there is to export, part by part.

use chrono::{DateTime, Utc};

use crate::audit::AuditRecord;
use crate::choice::Choices;
use crate::link::Link;
use crate::scrobble::WriteRecord;
use crate::watch::{Item, ItemKind, Listed, Play, PullState, Rated};
use crate::words::words;

words! {
    /// The parts of an export, in their order.
    ExportPart {
        /// The link: no token.
        Link = "link",
        /// The switches.
        Settings = "settings",
        /// How reading the user's data stands, and what is held back.
        Sync = "sync",
        /// How each part stood at Trakt when it was last read.
        Marks = "mark",
        /// The history.
        Plays = "play",
        /// Where players stopped.
        Playback = "playback",
        /// Ratings.
        Ratings = "rating",
        /// The watchlist.
        Watchlist = "watchlist",
        /// Shows that are hidden or given up.
        Hidden = "hidden",
        /// Shows of which something was watched.
        Watching = "watching",
        /// What the user wrote, and what became of it.
        Writes = "write",
        /// When recommendations were read and asked for.
        RecommendationStates = "recommendation_state",
        /// What Trakt recommends.
        Recommendations = "recommendation",
        /// What is not to be recommended.
        RecommendationHides = "recommendation_hide",
        /// The audit trail.
        Audit = "audit",
    }
}

impl ExportPart {
    /// The one after this.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        let mut rest = Self::ALL.iter().copied().skip_while(|part| *part != self);
        rest.nth(1)
    }
}

/// A place in a part: what its rows are ordered by, which the store knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportPlace {
    /// A word, such as a kind; empty where the number alone is enough.
    pub word: String,
    /// A number, such as an id.
    pub number: i64,
}

impl ExportPlace {
    /// Before the first row of a part.
    #[must_use]
    pub fn first() -> Self {
        Self {
            word: String::new(),
            number: i64::MIN,
        }
    }
}

/// How far an export is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportStep {
    /// In which part.
    pub part: ExportPart,
    /// After which row of it.
    pub after: ExportPlace,
}

/// What was written, as it is exported.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportedWrite {
    /// How it stands.
    pub record: WriteRecord,
    /// What was asked for, with the ids that the caller gave.
    pub wish: String,
    /// The caller's word for it.
    pub key: Option<String>,
    /// When it happened: of a play, a rating or a scrobble.
    pub at: DateTime<Utc>,
    /// The rating, or the progress in percent.
    pub number: Option<f64>,
    /// About what, where that is known.
    pub item: Option<Item>,
}

/// One line of an export.
#[derive(Clone, Debug, PartialEq)]
pub enum ExportItem {
    /// See [`ExportPart::Link`].
    Link(Box<Link>),
    /// See [`ExportPart::Settings`].
    Settings(Choices),
    /// See [`ExportPart::Sync`].
    Sync(PullState),
    /// See [`ExportPart::Marks`].
    Mark {
        /// Which part of the data.
        part: String,
        /// Trakt's times.
        mark: String,
        /// How many rows it had.
        rows: u64,
        /// When it was read.
        read_at: DateTime<Utc>,
    },
    /// See [`ExportPart::Plays`].
    Play(Play),
    /// See [`ExportPart::Playback`].
    Playback {
        /// Trakt's id; below zero while Trakt has not confirmed it.
        id: i64,
        /// How far, in percent.
        progress: f64,
        /// When.
        paused_at: Option<DateTime<Utc>>,
        /// In what.
        item: Item,
    },
    /// See [`ExportPart::Ratings`].
    Rating(Rated),
    /// See [`ExportPart::Watchlist`].
    Listed(Listed),
    /// See [`ExportPart::Hidden`].
    Hidden {
        /// `hidden` or `dropped`.
        list: String,
        /// Since when.
        hidden_at: Option<DateTime<Utc>>,
        /// Which show.
        item: Item,
    },
    /// See [`ExportPart::Watching`].
    Watching {
        /// Since when it is watched anew.
        reset_at: Option<DateTime<Utc>>,
        /// When an episode was last watched.
        last_watched_at: Option<DateTime<Utc>>,
        /// How many episodes are completed.
        completed: u32,
        /// Which show.
        item: Item,
    },
    /// See [`ExportPart::Writes`].
    Write(Box<ExportedWrite>),
    /// See [`ExportPart::RecommendationStates`].
    RecommendationState {
        /// Of movies or shows.
        kind: ItemKind,
        /// When the list was read at Trakt.
        read_at: Option<DateTime<Utc>>,
        /// When the user last asked for it.
        asked_at: DateTime<Utc>,
    },
    /// See [`ExportPart::Recommendations`].
    Recommendation {
        /// Its place in the list.
        place: i64,
        /// What.
        item: Item,
    },
    /// See [`ExportPart::RecommendationHides`].
    RecommendationHide {
        /// Since when.
        hidden_at: Option<DateTime<Utc>>,
        /// What; `None` where only its number is known.
        item: Option<Item>,
        /// Of what kind.
        kind: ItemKind,
        /// Trakt's number.
        trakt: i64,
    },
    /// See [`ExportPart::Audit`].
    Audit(Box<AuditRecord>),
}
