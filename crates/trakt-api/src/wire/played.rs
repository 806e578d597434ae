//! Whole sets of plays by ids (`extended=min`).

use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::if_readable;

/// The answer of `GET /sync/watched/{type}?extended=min`: every play, by ids, in Trakt's order.
/// More than [`Played::AT_MOST`] in one answer cannot be read at all; such a set has to be read
/// by its pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played<T> {
    /// Every play that could be read.
    pub plays: Vec<T>,
    /// How many things have an id that could not. With any, this is not the whole set.
    pub bad: usize,
}

/// A play of a movie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayedMovie {
    /// Trakt's number of the movie.
    pub movie: i64,
    /// When; `None` where Trakt does not know, or says it in a way that cannot be read.
    pub watched_at: Option<DateTime<Utc>>,
}

/// A play of an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayedEpisode {
    /// Trakt's number of the show.
    pub show: i64,
    /// The season's number: 0 are the specials.
    pub season: u32,
    /// Trakt's number of the episode.
    pub episode: i64,
    /// When; `None` where Trakt does not know, or says it in a way that cannot be read.
    pub watched_at: Option<DateTime<Utc>>,
}

impl<T> Played<T> {
    /// The most plays in one answer, and few enough that no answer costs many times its size.
    pub const AT_MOST: usize = 200_000;

    fn add<E: Error>(&mut self, play: T) -> Result<(), E> {
        let length = self.plays.len();
        if length == Self::AT_MOST {
            return Err(E::custom("more plays than are read"));
        }
        if length == self.plays.capacity() {
            // As ever, but never room for more than there may be.
            let more = length.max(64).min(Self::AT_MOST - length);
            self.plays.reserve_exact(more);
        }
        self.plays.push(play);
        Ok(())
    }
}

impl<T> Default for Played<T> {
    fn default() -> Self {
        Self {
            plays: Vec::new(),
            bad: 0,
        }
    }
}

impl<'de> Deserialize<'de> for Played<PlayedMovie> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut played = Self::default();
        from.deserialize_map(Movies(&mut played))?;
        Ok(played)
    }
}

impl<'de> Deserialize<'de> for Played<PlayedEpisode> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut played = Self::default();
        from.deserialize_map(Shows(&mut played))?;
        Ok(played)
    }
}

/// An id as the key of an object; `None` where it is no number.
struct Id(Option<i64>);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Key;

        impl Visitor<'_> for Key {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Id, E> {
                Ok(Id(text.parse().ok()))
            }
        }

        from.deserialize_str(Key)
    }
}

/// What stands under an id is read by `then`, and passed over where the id is none.
fn each<'de, A: MapAccess<'de>, T>(
    mut map: A,
    into: &mut Played<T>,
    mut then: impl FnMut(&mut A, &mut Played<T>, i64) -> Result<(), A::Error>,
) -> Result<(), A::Error> {
    while let Some(Id(id)) = map.next_key()? {
        match id {
            Some(id) => then(&mut map, into, id)?,
            None => {
                into.bad += 1;
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    Ok(())
}

/// Movies by their ids.
struct Movies<'a>(&'a mut Played<PlayedMovie>);

impl<'de> Visitor<'de> for Movies<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("movies by ids")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        each(map, self.0, |map, into, movie| {
            let play = |watched_at| PlayedMovie { movie, watched_at };
            map.next_value_seed(Times { into, play })
        })
    }
}

/// Shows by their ids.
struct Shows<'a>(&'a mut Played<PlayedEpisode>);

impl<'de> Visitor<'de> for Shows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shows by ids")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        each(map, self.0, |map, into, show| {
            map.next_value_seed(Seasons { into, show })
        })
    }
}

/// Seasons of a show, by their numbers.
struct Seasons<'a> {
    into: &'a mut Played<PlayedEpisode>,
    show: i64,
}

impl<'de> Visitor<'de> for Seasons<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seasons by numbers")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let show = self.show;
        each(map, self.into, |map, into, season| {
            let Ok(season) = u32::try_from(season) else {
                into.bad += 1;
                return map.next_value::<IgnoredAny>().map(drop);
            };
            map.next_value_seed(Episodes { into, show, season })
        })
    }
}

/// Episodes of a season, by their ids.
struct Episodes<'a> {
    into: &'a mut Played<PlayedEpisode>,
    show: i64,
    season: u32,
}

impl<'de> Visitor<'de> for Episodes<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("episodes by ids")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let (show, season) = (self.show, self.season);
        each(map, self.into, |map, into, episode| {
            let play = |watched_at| PlayedEpisode {
                show,
                season,
                episode,
                watched_at,
            };
            map.next_value_seed(Times { into, play })
        })
    }
}

/// The times of the plays of one thing.
struct Times<'a, T, F> {
    into: &'a mut Played<T>,
    play: F,
}

impl<'de, T, F: Fn(Option<DateTime<Utc>>) -> T> Visitor<'de> for Times<'_, T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("times")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        #[derive(Default, Deserialize)]
        struct Time(#[serde(deserialize_with = "if_readable")] Option<DateTime<Utc>>);

        while let Some(Time(time)) = seq.next_element()? {
            self.into.add((self.play)(time))?;
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seasons<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> DeserializeSeed<'de> for Episodes<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, T, F: Fn(Option<DateTime<Utc>>) -> T> DeserializeSeed<'de> for Times<'_, T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}
