//! How far a user is: what to go on with, and a show episode by episode.

use chrono::{DateTime, Utc};

use super::{Episode, Item, Titled};
use crate::UserId;
use crate::words::words;

words! {
    /// Why something is to be gone on with.
    ProgressKind {
        /// A player stopped in it.
        Resume = "resume",
        /// It is the next episode of its show.
        Next = "next",
    }
}

/// Something to go on with.
#[derive(Clone, Debug, PartialEq)]
pub struct ToWatch {
    /// Why.
    pub kind: ProgressKind,
    /// Its place among those of its kind: Trakt's id of the resume point, or Trakt's number of the
    /// show.
    pub id: i64,
    /// A movie or an episode.
    pub item: Item,
    /// In percent: of the item where a player stopped in it, else of what has aired of the show.
    pub progress: f64,
    /// How many episodes of the show have aired and were not watched. `None` for a movie, and where
    /// the episodes of the show are not known yet.
    pub left: Option<u32>,
    /// When the player stopped, or when an episode of the show was last watched; `None` where Trakt
    /// does not know.
    pub last_watched_at: Option<DateTime<Utc>>,
}

impl ToWatch {
    /// Its place.
    #[must_use]
    pub fn cursor(&self) -> ProgressCursor {
        ProgressCursor {
            at: self.last_watched_at,
            kind: self.kind,
            id: self.id,
        }
    }
}

/// A place in the list of what to go on with, which stays one when what it was of is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgressCursor {
    /// [`ToWatch::last_watched_at`].
    pub at: Option<DateTime<Utc>>,
    /// [`ToWatch::kind`].
    pub kind: ProgressKind,
    /// [`ToWatch::id`].
    pub id: i64,
}

/// What to go on with, the newest first. Of a show there is one item, and none of one that is
/// hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgressQuery {
    /// Whose.
    pub user: UserId,
    /// Those that come after this one.
    pub after: Option<ProgressCursor>,
    /// How many at the most, from 1.
    pub limit: u32,
}

/// A movie or a show as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TitleName {
    /// By Trakt's number.
    Number(i64),
    /// By Trakt's word for it.
    Slug(String),
}

impl TitleName {
    /// A number where it is one, as at Trakt: the show whose slug is `24` is asked for by its
    /// number. `None` for what is neither: lower case letters, digits, `-` and `_`, up to 200.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(number) = text.parse() {
            return Some(Self::Number(number));
        }
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
        let is_slug = (1..=200).contains(&text.len()) && text.bytes().all(fits);
        is_slug.then(|| Self::Slug(text.to_owned()))
    }
}

/// An episode that has aired, and how often a user watched it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenEpisode {
    /// Which.
    pub episode: Episode,
    /// How often, whenever that was.
    pub plays: u32,
    /// When last.
    pub last_watched_at: Option<DateTime<Utc>>,
}

/// What is held of a user and a show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShowRecord {
    /// Which.
    pub show: Titled,
    /// Since when it is watched anew.
    pub reset_at: Option<DateTime<Utc>>,
    /// Its episodes that have aired, without specials, in their order.
    pub episodes: Vec<SeenEpisode>,
    /// As [`Listing::as_of`](super::Listing::as_of).
    pub as_of: Option<DateTime<Utc>>,
}

/// How far a user is in a show. Specials do not count, nor does what has not aired
/// (`GET /shows/{id}/progress/watched`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShowProgress {
    /// Which.
    pub show: Titled,
    /// How many episodes have aired.
    pub aired: usize,
    /// How many of them are completed.
    pub completed: usize,
    /// When one was last watched, be it before the reset.
    pub last_watched_at: Option<DateTime<Utc>>,
    /// Since when it is watched anew: plays before complete nothing.
    pub reset_at: Option<DateTime<Utc>>,
    /// The first after the furthest completed one that is not completed itself.
    pub next: Option<Episode>,
    /// Those of which something has aired.
    pub seasons: Vec<SeasonProgress>,
    /// As [`Listing::as_of`](super::Listing::as_of).
    pub as_of: Option<DateTime<Utc>>,
}

/// A season of a [`ShowProgress`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeasonProgress {
    /// Its number, from 1.
    pub number: i32,
    /// Each of its episodes that has aired, and whether it is completed.
    pub episodes: Vec<(SeenEpisode, bool)>,
}

impl SeasonProgress {
    /// How many of its episodes are completed.
    #[must_use]
    pub fn completed(&self) -> usize {
        let completed = self.episodes.iter().filter(|(_, completed)| *completed);
        completed.count()
    }
}

impl ShowRecord {
    /// What it comes to. A store keeps the same sums of every show in statements of its own: see
    /// `docs/progress.md`.
    #[must_use]
    pub fn progress(self) -> ShowProgress {
        let reset_at = self.reset_at;
        let counts = |seen: &SeenEpisode| {
            // A play whose time nobody knows may be from before the reset.
            let since = reset_at.is_none_or(|reset| seen.last_watched_at >= Some(reset));
            seen.plays > 0 && since
        };
        let furthest = self.episodes.iter().rposition(counts);
        let after = furthest.map_or(0, |furthest| furthest + 1);
        let next = self.episodes.get(after).map(|seen| seen.episode.clone());
        let last = self.episodes.iter().filter_map(|seen| seen.last_watched_at);
        let last_watched_at = last.max();
        let mut seasons: Vec<SeasonProgress> = Vec::new();
        for seen in self.episodes {
            let completed = counts(&seen);
            let number = seen.episode.season;
            match seasons.last_mut().filter(|season| season.number == number) {
                Some(season) => season.episodes.push((seen, completed)),
                None => seasons.push(SeasonProgress {
                    number,
                    episodes: vec![(seen, completed)],
                }),
            }
        }
        ShowProgress {
            show: self.show,
            aired: seasons.iter().map(|season| season.episodes.len()).sum(),
            completed: seasons.iter().map(SeasonProgress::completed).sum(),
            last_watched_at,
            reset_at,
            next,
            seasons,
            as_of: self.as_of,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_named_by_its_number_or_its_slug() {
        let slug = |text: &str| Some(TitleName::Slug(text.to_owned()));
        assert_eq!(TitleName::parse("24"), Some(TitleName::Number(24)));
        assert_eq!(TitleName::parse("the-office_2005"), slug("the-office_2005"));
        // PostgreSQL stores no NUL.
        for wrong in ["", "a\0b", "A", "a b", "é", &"a".repeat(201)] {
            assert_eq!(TitleName::parse(wrong), None, "{wrong:?}");
        }
    }
}
