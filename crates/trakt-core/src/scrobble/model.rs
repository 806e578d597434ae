//! What can be written, and what becomes of it.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Sought;
use crate::WriteId;
use crate::watch::ItemKind;
use crate::words::words;

words! {
    /// What is done at Trakt.
    Deed {
        /// `POST /sync/history`.
        AddPlay = "history_add",
        /// `POST /sync/history/remove` of a single play.
        RemovePlay = "history_remove",
        /// `POST /sync/ratings`.
        Rate = "rating_add",
        /// `POST /sync/ratings/remove`.
        Unrate = "rating_remove",
        /// `POST /sync/watchlist`.
        List = "watchlist_add",
        /// `POST /sync/watchlist/remove`.
        Unlist = "watchlist_remove",
        /// `DELETE /recommendations/{type}/{id}`.
        Hide = "recommendation_hide",
        /// `POST /users/hidden/recommendations/remove`.
        Show = "recommendation_show",
        /// `POST /scrobble/start`.
        Start = "scrobble_start",
        /// `POST /scrobble/pause`.
        Pause = "scrobble_pause",
        /// `POST /scrobble/stop`.
        Stop = "scrobble_stop",
    }
}

words! {
    /// Which of a user's data a write changes.
    WritePart {
        /// Plays.
        History = "history",
        /// Ratings.
        Ratings = "ratings",
        /// The watchlist.
        Watchlist = "watchlist",
        /// Where players stopped.
        Playback = "playback",
        /// What is not to be recommended.
        Recommendations = "recommendations",
    }
}

words! {
    /// How a write stands.
    WriteState {
        /// It is kept, and waits to be sent.
        Queued = "queued",
        /// It was sent, and nobody knows yet what became of it.
        Sent = "sent",
        /// Trakt has it.
        Confirmed = "confirmed",
        /// Trakt will not have it.
        Refused = "refused",
    }
}

impl Deed {
    /// From this percentage on Trakt counts what a player stops as watched.
    pub const WATCHED: f64 = 80.0;
    /// Below this percentage Trakt keeps nothing of what a player pauses or stops.
    pub const LEAST: f64 = 1.0;

    /// What it changes. `number` is the progress of a scrobble.
    #[must_use]
    pub fn part(self, number: Option<f64>) -> WritePart {
        match self {
            Self::AddPlay | Self::RemovePlay => WritePart::History,
            Self::Rate | Self::Unrate => WritePart::Ratings,
            Self::List | Self::Unlist => WritePart::Watchlist,
            Self::Hide | Self::Show => WritePart::Recommendations,
            Self::Stop if is_watched(number) => WritePart::History,
            Self::Start | Self::Pause | Self::Stop => WritePart::Playback,
        }
    }
}

pub(super) fn is_watched(progress: Option<f64>) -> bool {
    progress.is_some_and(|progress| progress >= Deed::WATCHED)
}

/// What a user wants written.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// It was watched.
    AddPlay {
        /// A movie or an episode.
        item: Sought,
        /// When; `None` is now.
        watched_at: Option<DateTime<Utc>>,
    },
    /// It was not.
    RemovePlay {
        /// Trakt's id of the play.
        id: i64,
    },
    /// It was not, of a play whose id at Trakt the caller does not know.
    TakeBack {
        /// The write that made it.
        write: WriteId,
    },
    /// The user's opinion.
    Rate {
        /// Of what.
        item: Sought,
        /// 1 to 10.
        rating: i16,
    },
    /// No opinion any more.
    Unrate {
        /// Of what.
        item: Sought,
    },
    /// To be watched.
    List {
        /// What.
        item: Sought,
    },
    /// Not to be watched any more.
    Unlist {
        /// What.
        item: Sought,
    },
    /// Not to be recommended.
    Hide {
        /// A movie or a show.
        item: Sought,
    },
    /// To be recommended again.
    Show {
        /// A movie or a show.
        item: Sought,
    },
    /// What a player does.
    Scrobble {
        /// [`Deed::Start`], [`Deed::Pause`] or [`Deed::Stop`].
        deed: Deed,
        /// A movie or an episode.
        item: Sought,
        /// How far, in percent.
        progress: f64,
    },
}

impl Wish {
    /// What is to be done.
    #[must_use]
    pub fn deed(&self) -> Deed {
        match self {
            Self::AddPlay { .. } => Deed::AddPlay,
            Self::RemovePlay { .. } | Self::TakeBack { .. } => Deed::RemovePlay,
            Self::Rate { .. } => Deed::Rate,
            Self::Unrate { .. } => Deed::Unrate,
            Self::List { .. } => Deed::List,
            Self::Unlist { .. } => Deed::Unlist,
            Self::Hide { .. } => Deed::Hide,
            Self::Show { .. } => Deed::Show,
            Self::Scrobble { deed, .. } => *deed,
        }
    }

    /// About what; a play is named by its id, or by the write that made it.
    #[must_use]
    pub fn item(&self) -> Option<&Sought> {
        match self {
            Self::RemovePlay { .. } | Self::TakeBack { .. } => None,
            Self::AddPlay { item, .. }
            | Self::Rate { item, .. }
            | Self::Unrate { item }
            | Self::List { item }
            | Self::Unlist { item }
            | Self::Hide { item }
            | Self::Show { item }
            | Self::Scrobble { item, .. } => Some(item),
        }
    }

    /// All that was asked for, as it is stored and compared: of one key there is one wish.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.deed().as_str().to_owned();
        match self {
            Self::RemovePlay { id } => text += &format!(" {id}"),
            Self::TakeBack { write } => text += &format!(" {write}"),
            Self::AddPlay {
                watched_at: Some(at),
                ..
            } => text += &format!(" {}", at.timestamp_micros()),
            _ => {}
        }
        if let Some(number) = self.number() {
            text += &format!(" {number}");
        }
        if let Some(item) = self.item() {
            text += &format!(" {item}");
        }
        text
    }

    /// The number that goes with it: the rating, or the progress in percent.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Rate { rating, .. } => Some(f64::from(*rating)),
            Self::Scrobble { progress, .. } => Some(*progress),
            _ => None,
        }
    }
}

/// A caller's word for a write (`Idempotency-Key`,
/// draft-ietf-httpapi-idempotency-key-header-07): 1 to 128 visible ASCII characters. The same word
/// again is the same write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteKey(String);

impl WriteKey {
    /// Reads one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A thing as Trakt knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// What it is.
    pub kind: ItemKind,
    /// Trakt's number.
    pub trakt: i64,
}

/// A write that waits, or of which nobody knows what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Which.
    pub id: WriteId,
    /// What is to be done.
    pub deed: Deed,
    /// About what; `None` while Trakt could not be asked which thing is meant.
    pub item: Option<Target>,
    /// As the caller named it, while it is not known.
    pub sought: Option<Sought>,
    /// When it happened: of a play, a rating or a scrobble.
    pub at: DateTime<Utc>,
    /// The rating, or the progress in percent.
    pub number: Option<f64>,
    /// Of a play that is removed: Trakt's id.
    pub play: Option<i64>,
    /// How long ago it was taken.
    pub age: Duration,
    /// Whether it was sent, and nobody knows what became of it.
    pub sent: bool,
    /// Whether it is to be sent without others: together with them it was refused.
    pub alone: bool,
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// Trakt has it.
    Confirmed {
        /// Trakt's id of the play, where it is known.
        play: Option<i64>,
        /// The time of the play at Trakt, where it is known.
        at: Option<DateTime<Utc>>,
        /// Why nothing was sent, or what else there is to say.
        reason: Option<&'static str>,
    },
    /// Trakt took what a player stopped for a pause.
    Paused,
    /// Trakt will not have it, and why.
    Refused(&'static str),
    /// It reached nobody, or had no effect: it is sent again.
    Again,
    /// Together with others it was refused: it is sent again by itself.
    Alone,
    /// Nobody knows: it is read back before it is sent again.
    Unknown,
}

impl Written {
    /// Trakt has it, and nothing more is known.
    #[must_use]
    pub fn confirmed(reason: Option<&'static str>) -> Self {
        Self::Confirmed {
            play: None,
            at: None,
            reason,
        }
    }
}

/// A write as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteRecord {
    /// Which.
    pub id: WriteId,
    /// A word of [`Deed`].
    pub deed: String,
    /// How it stands.
    pub state: WriteState,
    /// Why it stands so, where there is something to say.
    pub reason: Option<String>,
    /// When it was taken.
    pub accepted_at: DateTime<Utc>,
    /// When it was sent last.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it came to its end.
    pub settled_at: Option<DateTime<Utc>>,
}
