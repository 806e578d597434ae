//! Movies, shows, seasons and episodes as Trakt writes them.

use serde_json::{Value, json};

use super::ids::{IdType, imdb, number};
use super::words::{ADJECTIVES, CERTIFICATIONS, GENRES, NETWORKS, NOUNS};
use super::{Catalogue, Item, hash};
use crate::time::{date, iso, weekday};

/// How much of an item an answer tells: title, year and ids, or with `extended=full` all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    Min,
    Full,
}

impl Catalogue {
    /// `movie`, `show`, `season` or `episode`, alone.
    pub(crate) fn describe(&self, item: Item, detail: Detail, now: u64) -> Value {
        match item {
            Item::Movie(movie) => self.describe_movie(movie, detail),
            Item::Show(show) => self.describe_show(show, detail, now),
            Item::Season(season) => self.describe_season(season, detail, now),
            Item::Episode(episode) => self.describe_episode(episode, detail),
        }
    }

    /// As an item stands in a list: `type` and the item under its type, with the show beside a
    /// season or an episode.
    pub(crate) fn entry(&self, item: Item, detail: Detail, now: u64) -> Value {
        let name = item.kind().name();
        let mut entry = json!({ "type": name });
        entry[name] = self.describe(item, detail, now);
        let show = match item {
            Item::Season(season) => self.season(season).show,
            Item::Episode(episode) => self.show_of(episode),
            Item::Movie(_) | Item::Show(_) => return entry,
        };
        entry["show"] = self.describe_show(show, detail, now);
        entry
    }

    fn describe_movie(&self, index: u32, detail: Detail) -> Value {
        let movie = self.movie(index);
        let item = Item::Movie(index);
        let mut out = json!({
            "title": movie.title,
            "year": movie.year,
            "ids": {
                "trakt": item.trakt(),
                "slug": movie.slug,
                "imdb": imdb(item),
                "tmdb": number(item, IdType::Tmdb),
                "plex": { "guid": plex(item), "slug": movie.slug },
            },
        });
        if detail == Detail::Full {
            fill(&mut out, item);
            out["released"] = json!(date(movie.released));
            out["runtime"] = json!(movie.runtime);
            out["tagline"] = json!(words(item, 20));
            out["country"] = json!("us");
            out["status"] = json!("released");
            out["certification"] = json!("PG-13");
            out["original_title"] = json!(movie.title);
            out["after_credits"] = json!(false);
            out["during_credits"] = json!(false);
        }
        out
    }

    fn describe_show(&self, index: u32, detail: Detail, now: u64) -> Value {
        let show = self.show(index);
        let item = Item::Show(index);
        let mut out = json!({
            "title": show.title,
            "year": show.year,
            "ids": {
                "trakt": item.trakt(),
                "slug": show.slug,
                "tvdb": number(item, IdType::Tvdb),
                "imdb": imdb(item),
                "tmdb": number(item, IdType::Tmdb),
                "plex": { "guid": plex(item), "slug": show.slug },
            },
        });
        if detail == Detail::Full {
            let (network, country, timezone, _) = NETWORKS[usize::from(show.network)];
            let starts = self.out(item);
            let certification = hash(u64::from(index), 31) as usize % CERTIFICATIONS.len();
            fill(&mut out, item);
            out["aired_episodes"] = json!(self.aired(index, now));
            out["tagline"] = json!(words(item, 20));
            out["first_aired"] = json!(iso(starts));
            out["airs"] = json!({ "day": weekday(starts), "time": "20:00", "timezone": timezone });
            out["runtime"] = json!(show.runtime);
            out["certification"] = json!(CERTIFICATIONS[certification]);
            out["network"] = json!(network);
            out["country"] = json!(country);
            out["status"] = json!(if show.runs {
                "returning series"
            } else {
                "ended"
            });
            out["original_title"] = json!(show.title);
        }
        out
    }

    fn describe_season(&self, index: u32, detail: Detail, now: u64) -> Value {
        let season = self.season(index);
        let item = Item::Season(index);
        let mut out = json!({
            "number": season.number,
            "ids": {
                "trakt": item.trakt(),
                "tvdb": number(item, IdType::Tvdb),
                "tmdb": number(item, IdType::Tmdb),
            },
        });
        if detail == Detail::Full {
            fill(&mut out, item);
            out["title"] = json!(season_title(season.number));
            out["episode_count"] = json!(season.episodes.len());
            out["aired_episodes"] = json!(season.aired(now));
            out["first_aired"] = json!(iso(season.starts));
            out["network"] = json!(NETWORKS[usize::from(self.show(season.show).network)].0);
        }
        out
    }

    fn describe_episode(&self, index: u32, detail: Detail) -> Value {
        let (season, episode) = self.numbers(index);
        let item = Item::Episode(index);
        let mut out = json!({
            "season": season,
            "number": episode,
            "title": episode_title(index),
            "ids": {
                "trakt": item.trakt(),
                "tvdb": number(item, IdType::Tvdb),
                "imdb": imdb(item),
                "tmdb": number(item, IdType::Tmdb),
            },
        });
        if detail == Detail::Full {
            let show = self.show_of(index);
            fill(&mut out, item);
            out["first_aired"] = json!(iso(self.first_aired(index)));
            out["runtime"] = json!(self.show(show).runtime);
            out["number_abs"] = json!(self.number_abs(show, index));
            out["episode_type"] = json!(self.episode_type(show, index));
            out["original_title"] = out["title"].clone();
        }
        out
    }

    /// Counts the episodes of a show without its specials; `None` for a special.
    pub(crate) fn number_abs(&self, show: u32, episode: u32) -> Option<u32> {
        let regular = self.seasons(show).iter().find(|s| s.number > 0)?;
        Some(episode.checked_sub(regular.episodes.start)? + 1)
    }

    fn episode_type(&self, show: u32, episode: u32) -> &'static str {
        let season = self.season(self.season_of(episode));
        let first = episode == season.episodes.start;
        let last = episode + 1 == season.episodes.end;
        let ends = !self.show(show).runs && episode + 1 == self.episodes(show).end;
        match season.number {
            0 => "standard",
            1 if first => "series_premiere",
            _ if first => "season_premiere",
            _ if ends => "series_finale",
            _ if last => "season_finale",
            _ => "standard",
        }
    }
}

pub(super) fn episode_title(episode: u32) -> String {
    words(Item::Episode(episode), 10)
}

/// `Specials` or `Season 3`.
pub(crate) fn season_title(number: u16) -> String {
    match number {
        0 => "Specials".to_owned(),
        number => format!("Season {number}"),
    }
}

/// What every type tells with `extended=full`.
fn fill(out: &mut Value, item: Item) {
    let seed = hash(u64::from(item.index()), 40 + item.kind() as u64);
    // Half points of a hundred, so that the number is short.
    out["rating"] = json!((600 + seed % 60 * 5) as f64 / 100.0);
    out["votes"] = json!(seed % 50_000);
    out["comment_count"] = json!(seed % 300);
    out["overview"] = json!(format!("{}. {}.", words(item, 30), words(item, 31)));
    out["updated_at"] = json!("2026-06-01T08:00:00.000Z");
    out["available_translations"] = json!(["de", "en", "fr"]);
    if matches!(item, Item::Movie(_) | Item::Show(_)) {
        out["language"] = json!("en");
        out["languages"] = json!(["en"]);
        out["genres"] = json!([GENRES[seed as usize % GENRES.len()]]);
        out["subgenres"] = json!([]);
        out["trailer"] = Value::Null;
        out["homepage"] = Value::Null;
    }
}

fn words(item: Item, salt: u64) -> String {
    let seed = hash(u64::from(item.index()), salt + item.kind() as u64);
    let adjective = ADJECTIVES[seed as usize % ADJECTIVES.len()];
    let noun = NOUNS[(seed >> 32) as usize % NOUNS.len()];
    format!("{adjective} {noun}")
}

/// 24 hexadecimal digits.
fn plex(item: Item) -> String {
    let seed = hash(u64::from(item.index()), 50 + item.kind() as u64);
    format!("5d77{seed:016x}{:04x}", item.index() & 0xffff)
}
