//! Things as callers name them: by whichever ids they have.

use std::fmt;
use std::str::FromStr;

use crate::watch::ItemKind;

/// The ids by which a thing is named; at least one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SoughtIds {
    /// Trakt's number.
    pub trakt: Option<i64>,
    /// Trakt's word, of a movie or a show.
    pub slug: Option<String>,
    /// Of imdb.com.
    pub imdb: Option<String>,
    /// Of themoviedb.org, by kind.
    pub tmdb: Option<i64>,
    /// Of thetvdb.com, by kind.
    pub tvdb: Option<i64>,
}

impl SoughtIds {
    /// Whether it names nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A thing that is sought.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sought {
    /// By ids of its own.
    Own {
        /// What it is.
        kind: ItemKind,
        /// Its ids.
        ids: SoughtIds,
    },
    /// An episode by its place in a show.
    EpisodeOf {
        /// The ids of the show.
        show: SoughtIds,
        /// The season: 0 are the specials.
        season: i32,
        /// The number in the season.
        number: i32,
    },
}

impl Sought {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> ItemKind {
        match self {
            Self::Own { kind, .. } => *kind,
            Self::EpisodeOf { .. } => ItemKind::Episode,
        }
    }

    /// The ids that are given: of the thing, or of its show.
    #[must_use]
    pub fn ids(&self) -> &SoughtIds {
        match self {
            Self::Own { ids, .. } => ids,
            Self::EpisodeOf { show, .. } => show,
        }
    }
}

/// As it is stored: `movie tmdb=1 imdb=tt1`, `episode_of season=1 number=2 trakt=3`.
impl fmt::Display for Sought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own { kind, .. } => f.write_str(kind.as_str())?,
            Self::EpisodeOf { season, number, .. } => {
                write!(f, "episode_of season={season} number={number}")?;
            }
        }
        let ids = self.ids();
        for (name, number) in [("trakt", ids.trakt), ("tmdb", ids.tmdb), ("tvdb", ids.tvdb)] {
            if let Some(number) = number {
                write!(f, " {name}={number}")?;
            }
        }
        for (name, word) in [("slug", &ids.slug), ("imdb", &ids.imdb)] {
            if let Some(word) = word {
                write!(f, " {name}={word}")?;
            }
        }
        Ok(())
    }
}

/// The text is of nothing that can be sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("names nothing that can be sought")]
pub struct UnknownSought;

impl FromStr for Sought {
    type Err = UnknownSought;

    fn from_str(text: &str) -> Result<Self, UnknownSought> {
        let mut words = text.split(' ');
        let first = words.next().unwrap_or_default();
        let (mut ids, mut season, mut number) = (SoughtIds::default(), None, None);
        for word in words {
            let (name, value) = word.split_once('=').ok_or(UnknownSought)?;
            let int = || value.parse().map_err(|_| UnknownSought);
            let place = || value.parse().map_err(|_| UnknownSought);
            match name {
                "trakt" => ids.trakt = Some(int()?),
                "tmdb" => ids.tmdb = Some(int()?),
                "tvdb" => ids.tvdb = Some(int()?),
                "slug" => ids.slug = Some(value.to_owned()),
                "imdb" => ids.imdb = Some(value.to_owned()),
                "season" => season = Some(place()?),
                "number" => number = Some(place()?),
                _ => return Err(UnknownSought),
            }
        }
        if first == "episode_of" {
            let (season, number) = (season.ok_or(UnknownSought)?, number.ok_or(UnknownSought)?);
            let show = ids;
            return Ok(Self::EpisodeOf {
                show,
                season,
                number,
            });
        }
        let kind = ItemKind::ALL.iter().find(|kind| kind.as_str() == first);
        let kind = *kind.ok_or(UnknownSought)?;
        Ok(Self::Own { kind, ids })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_back() {
        let ids = SoughtIds {
            trakt: Some(1),
            slug: Some("a-b".to_owned()),
            imdb: Some("tt1".to_owned()),
            tmdb: Some(2),
            tvdb: Some(3),
        };
        let kind = ItemKind::Show;
        let own = Sought::Own {
            kind,
            ids: ids.clone(),
        };
        let place = Sought::EpisodeOf {
            show: SoughtIds { slug: None, ..ids },
            season: 0,
            number: 12,
        };
        for sought in [own, place] {
            assert_eq!(sought.to_string().parse(), Ok(sought));
        }
        for wrong in [
            "",
            "person trakt=1",
            "movie trakt",
            "movie x=1",
            "episode_of trakt=1",
        ] {
            assert_eq!(wrong.parse::<Sought>(), Err(UnknownSought), "{wrong}");
        }
    }
}
