//! What is being watched: scrobbles and check-ins.

use chrono::{DateTime, Utc};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Action, Ids, Media, Named, about, if_readable};

/// What is in the player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Playing {
    /// A movie.
    Movie(Named),
    /// An episode by ids of its own: `trakt` or `tvdb`.
    Episode(Ids),
    /// An episode by its numbers.
    EpisodeOf {
        /// Of what.
        show: Named,
        /// The season: 0 are the specials.
        season: u32,
        /// The number in the season.
        number: u32,
    },
}

/// As the fields that stand beside the others of a body.
impl Serialize for Playing {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Own<'a> {
            ids: &'a Ids,
        }
        #[derive(Serialize)]
        struct Numbers {
            season: u32,
            number: u32,
        }
        let mut fields = to.serialize_map(None)?;
        match self {
            Self::Movie(movie) => fields.serialize_entry("movie", movie)?,
            Self::Episode(ids) => fields.serialize_entry("episode", &Own { ids })?,
            Self::EpisodeOf {
                show,
                season,
                number,
            } => {
                fields.serialize_entry("show", show)?;
                let (season, number) = (*season, *number);
                fields.serialize_entry("episode", &Numbers { season, number })?;
            }
        }
        fields.end()
    }
}

/// How far a player is, in percent: 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
pub struct Percent(f64);

impl Percent {
    /// 0 to 100; anything else, and what is no number, is none.
    #[must_use]
    pub fn new(percent: f64) -> Option<Self> {
        (0.0..=100.0).contains(&percent).then_some(Self(percent))
    }

    /// 0 to 100.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

about! {
    /// What a scrobble did.
    Scrobbled(Option<Media>) {
        /// Of the play in the history, 64 bits; 0 where there is none.
        #[serde(default, deserialize_with = "if_readable")]
        id: i64,
        /// [`Action::Scrobble`] (or [`Action::Stop`], as Trakt's contract has it) when it counts as
        /// watched, [`Action::Pause`] when the progress was kept.
        #[serde()]
        action: Action,
        /// How far, in percent.
        #[serde(default, deserialize_with = "if_readable")]
        progress: Option<f64>,
    }
}

impl Scrobbled {
    /// Whether it is in the history now.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        matches!(self.action, Action::Scrobble | Action::Stop)
    }
}

about! {
    /// A check-in that was made.
    CheckedIn(Option<Media>) {
        /// Of the play in the history, 64 bits.
        #[serde()]
        id: i64,
        /// When it counts as watched.
        #[serde(default)]
        watched_at: Option<DateTime<Utc>>,
    }
}
