//! All episodes that a show has.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{BadItem, Ids, Items, if_object, if_readable};

/// The answer of `GET /shows/{id}/seasons?extended=full,episodes`: every season with its episodes,
/// those that are yet to air too. More than [`Seasons::AT_MOST`] episodes cannot be read at all.
#[derive(Clone, Debug, Default)]
pub struct Seasons {
    /// Those that could be read, in Trakt's order.
    pub seasons: Vec<ShowSeason>,
    /// Those that could not.
    pub bad: Vec<BadItem>,
}

/// A season of [`Seasons`].
#[derive(Clone, Debug, Deserialize)]
pub struct ShowSeason {
    /// From 1; 0 are the specials.
    pub number: u32,
    /// All that are known.
    #[serde(default, deserialize_with = "if_object")]
    pub ids: Ids,
    /// Its episodes.
    pub episodes: Items<SeasonEpisode>,
}

/// An episode of a [`ShowSeason`]: what a list of thousands has room for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct SeasonEpisode {
    /// The season's number: 0 are the specials.
    pub season: u32,
    /// Its number in the season.
    pub number: u32,
    /// All that are known.
    #[serde(default, deserialize_with = "if_object")]
    pub ids: Ids,
    /// Its title in English, where it has one.
    #[serde(default, deserialize_with = "if_readable")]
    pub title: Option<String>,
    /// When it aired or will; `None` where nobody knows.
    #[serde(default, deserialize_with = "if_readable")]
    pub first_aired: Option<DateTime<Utc>>,
}

impl Seasons {
    /// The most episodes in one answer: more than any show has, and few enough that a body of
    /// nothing but braces costs little.
    pub const AT_MOST: usize = 20_000;

    /// Whether every season and every episode of the answer could be read.
    #[must_use]
    pub fn whole(&self) -> bool {
        self.bad.is_empty() && self.seasons.iter().all(|one| one.episodes.bad.is_empty())
    }
}

impl<'de> Deserialize<'de> for Seasons {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = Seasons;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of seasons")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Seasons, A::Error> {
                let (mut list, mut sent) = (Seasons::default(), 0);
                while let Some(raw) = seq.next_element::<&RawValue>()? {
                    match super::from_json::<ShowSeason>(raw.get().as_bytes()) {
                        Ok(season) => {
                            sent += season.episodes.sent();
                            list.seasons.push(season);
                        }
                        Err(error) => list.bad.push(BadItem {
                            index: list.seasons.len() + list.bad.len(),
                            column: error.column(),
                        }),
                    }
                    // What a season holds of its own costs as much as some episodes.
                    sent += 8;
                    if sent > Seasons::AT_MOST {
                        return Err(A::Error::custom("a show of too many episodes"));
                    }
                }
                Ok(list)
            }
        }

        from.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Seasons, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn what_cannot_be_read_is_told_at_either_level() {
        let episode = r#"{"season":1,"number":2,"ids":{"trakt":3},"first_aired":null}"#;
        let whole = read(&format!(r#"[{{"number":1,"episodes":[{episode}]}}]"#)).unwrap();
        assert!(whole.whole());
        let read_back = &whole.seasons[0].episodes.items[0];
        assert_eq!((read_back.season, read_back.number), (1, 2));
        assert_eq!(
            (read_back.ids.trakt, read_back.first_aired),
            (Some(3), None)
        );
        for (bad, seasons, episodes) in [
            (
                format!(r#"[{{"number":1,"episodes":[{episode},{{}}]}}]"#),
                1,
                1,
            ),
            (format!(r#"[{{"episodes":[{episode}]}}]"#), 0, 0),
            (r#"[{"number":1}]"#.to_owned(), 0, 0),
            (r#"[{"number":1,"episodes":{}}]"#.to_owned(), 0, 0),
            ("[null]".to_owned(), 0, 0),
        ] {
            let read = read(&bad).unwrap();
            let count = read.seasons.iter().map(|one| one.episodes.items.len());
            assert_eq!(
                (read.seasons.len(), count.sum()),
                (seasons, episodes),
                "{bad}"
            );
            assert!(!read.whole(), "{bad}");
        }
        assert!(read("{}").is_err() && read("null").is_err());
    }

    #[test]
    fn a_show_of_too_many_episodes_is_none() {
        let season = |episodes: usize| {
            let episodes = vec![r#"{"season":1,"number":1}"#; episodes].join(",");
            format!(r#"{{"number":1,"episodes":[{episodes}]}}"#)
        };
        let most = format!("[{}]", vec![season(4990); 4].join(","));
        assert_eq!(read(&most).unwrap().seasons.len(), 4);
        let more = format!("[{},{}]", vec![season(4990); 4].join(","), season(1));
        assert!(read(&more).is_err());
    }
}
