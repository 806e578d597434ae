//! Everything that can be watched here: movies and shows that a seed decides, the same in every
//! run. No accounts and no HTTP.
//!
//! Episodes are not stored: a season knows where its episodes begin, when the first airs and how
//! far they are apart, and everything else about one is computed. All dates are fixed, whatever
//! the clock says; a show that still runs has seasons until [`RUNS_UNTIL`], so that there is
//! always something that airs next week.

mod describe;
mod generate;
mod ids;
mod words;

use std::collections::HashMap;
use std::ops::Range;

use crate::entropy::split_mix;
use crate::time::MINUTE;

pub(crate) use describe::{Detail, season_title};
pub(crate) use ids::{IdType, Kind};

/// How far the catalogue goes.
pub(crate) const RUNS_UNTIL: i32 = 2035;

/// Something that a person watches, rates or lists: a place in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Item {
    Movie(u32),
    Show(u32),
    Season(u32),
    Episode(u32),
}

impl Item {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Movie(_) => Kind::Movie,
            Self::Show(_) => Kind::Show,
            Self::Season(_) => Kind::Season,
            Self::Episode(_) => Kind::Episode,
        }
    }

    pub(crate) fn index(self) -> u32 {
        match self {
            Self::Movie(index) | Self::Show(index) | Self::Season(index) | Self::Episode(index) => {
                index
            }
        }
    }

    /// `ids.trakt`.
    pub(crate) fn trakt(self) -> u64 {
        u64::from(self.index()) + 1
    }
}

#[derive(Debug)]
pub(crate) struct Movie {
    pub(crate) title: String,
    pub(crate) slug: String,
    pub(crate) year: u16,
    /// Midnight in UTC.
    pub(crate) released: u64,
    /// Minutes.
    pub(crate) runtime: u16,
}

#[derive(Debug)]
pub(crate) struct Show {
    pub(crate) title: String,
    pub(crate) slug: String,
    pub(crate) year: u16,
    /// Minutes of an episode.
    pub(crate) runtime: u16,
    /// Index in the table of networks.
    network: u8,
    runs: bool,
    /// Its seasons, the specials first where there are any.
    pub(crate) seasons: Range<u32>,
}

#[derive(Debug)]
pub(crate) struct Season {
    pub(crate) show: u32,
    /// 0 for the specials.
    pub(crate) number: u16,
    pub(crate) episodes: Range<u32>,
    /// When the first episode airs.
    starts: u64,
    /// How long after it the next does; 0 where a season comes out at once.
    every: u64,
}

impl Season {
    /// How many episodes have aired by `now`.
    pub(crate) fn aired(&self, now: u64) -> u32 {
        let count = self.episodes.end - self.episodes.start;
        match now.checked_sub(self.starts) {
            None => 0,
            Some(since) => since.checked_div(self.every).map_or(count, |gone| {
                count.min(u32::try_from(gone + 1).unwrap_or(count))
            }),
        }
    }

    /// When an episode of this season airs.
    fn airs(&self, episode: u32) -> u64 {
        self.starts + self.every * u64::from(episode - self.episodes.start)
    }
}

#[derive(Debug)]
pub(crate) struct Catalogue {
    movies: Vec<Movie>,
    shows: Vec<Show>,
    /// Those of a show together, and ascending by their first episode.
    seasons: Vec<Season>,
    movie_slugs: HashMap<String, u32>,
    show_slugs: HashMap<String, u32>,
    movie_titles: HashMap<(String, u16), u32>,
    show_titles: HashMap<(String, u16), u32>,
}

impl Catalogue {
    pub(crate) fn len(&self, kind: Kind) -> u32 {
        let len = match kind {
            Kind::Movie => self.movies.len(),
            Kind::Show => self.shows.len(),
            Kind::Season => self.seasons.len(),
            Kind::Episode => return self.seasons.last().map_or(0, |s| s.episodes.end),
        };
        u32::try_from(len).unwrap_or(u32::MAX)
    }

    pub(crate) fn movie(&self, movie: u32) -> &Movie {
        &self.movies[movie as usize]
    }

    pub(crate) fn show(&self, show: u32) -> &Show {
        &self.shows[show as usize]
    }

    pub(crate) fn season(&self, season: u32) -> &Season {
        &self.seasons[season as usize]
    }

    /// The seasons of a show, the specials first where there are any.
    pub(crate) fn seasons(&self, show: u32) -> &[Season] {
        let seasons = &self.show(show).seasons;
        &self.seasons[seasons.start as usize..seasons.end as usize]
    }

    /// All episodes of a show, specials too: they are one run of places.
    pub(crate) fn episodes(&self, show: u32) -> Range<u32> {
        let seasons = self.seasons(show);
        match (seasons.first(), seasons.last()) {
            (Some(first), Some(last)) => first.episodes.start..last.episodes.end,
            _ => 0..0,
        }
    }

    /// The season of an episode.
    pub(crate) fn season_of(&self, episode: u32) -> u32 {
        let after = self
            .seasons
            .partition_point(|s| s.episodes.start <= episode);
        u32::try_from(after.saturating_sub(1)).unwrap_or(0)
    }

    pub(crate) fn show_of(&self, episode: u32) -> u32 {
        self.season(self.season_of(episode)).show
    }

    /// Season and episode number.
    pub(crate) fn numbers(&self, episode: u32) -> (u16, u32) {
        let season = self.season(self.season_of(episode));
        (season.number, episode - season.episodes.start + 1)
    }

    pub(crate) fn first_aired(&self, episode: u32) -> u64 {
        self.season(self.season_of(episode)).airs(episode)
    }

    /// When an item came out: a movie its day, an episode its minute, a season and a show as
    /// their first episode. The specials do not count for a show.
    pub(crate) fn out(&self, item: Item) -> u64 {
        match item {
            Item::Movie(movie) => self.movie(movie).released,
            Item::Episode(episode) => self.first_aired(episode),
            Item::Season(season) => self.season(season).starts,
            Item::Show(show) => {
                let seasons = self.seasons(show);
                let regular = seasons.iter().find(|season| season.number > 0);
                regular
                    .or(seasons.first())
                    .map_or(0, |season| season.starts)
            }
        }
    }

    /// Milliseconds that a movie or an episode takes.
    pub(crate) fn runtime(&self, item: Item) -> u64 {
        let minutes = match item {
            Item::Movie(movie) => self.movie(movie).runtime,
            Item::Show(show) => self.show(show).runtime,
            Item::Season(season) => self.show(self.season(season).show).runtime,
            Item::Episode(episode) => self.show(self.show_of(episode)).runtime,
        };
        u64::from(minutes) * MINUTE
    }

    /// How many episodes of a show have aired by `now`, without the specials.
    pub(crate) fn aired(&self, show: u32, now: u64) -> u32 {
        let regular = self.seasons(show).iter().filter(|s| s.number > 0);
        regular.map(|season| season.aired(now)).sum()
    }

    pub(crate) fn find_season(&self, show: u32, number: u64) -> Option<u32> {
        let at = self
            .seasons(show)
            .iter()
            .position(|season| u64::from(season.number) == number)?;
        Some(self.show(show).seasons.start + u32::try_from(at).ok()?)
    }

    pub(crate) fn find_episode(&self, show: u32, season: u64, number: u64) -> Option<u32> {
        let season = self.season(self.find_season(show, season)?);
        let before = u32::try_from(number.checked_sub(1)?).ok()?;
        let episode = season.episodes.start.checked_add(before)?;
        season.episodes.contains(&episode).then_some(episode)
    }

    /// By the number among all regular episodes of a show.
    pub(crate) fn find_absolute(&self, show: u32, number: u64) -> Option<u32> {
        let first = self.season(self.find_season(show, 1)?).episodes.start;
        let episode = first.checked_add(u32::try_from(number.checked_sub(1)?).ok()?)?;
        self.episodes(show).contains(&episode).then_some(episode)
    }

    /// Items of a type whose title has all of these words, which are in small letters.
    pub(crate) fn search(&self, kind: Kind, words: &[String]) -> Vec<Item> {
        let fits = |title: &str| {
            let title = title.to_lowercase();
            words.iter().all(|word| title.contains(word.as_str()))
        };
        let title = |index: u32| match kind {
            Kind::Movie => fits(&self.movie(index).title),
            Kind::Show => fits(&self.show(index).title),
            Kind::Episode => fits(&describe::episode_title(index)),
            Kind::Season => false,
        };
        let all = 0..self.len(kind);
        all.filter(|index| title(*index))
            .map(|index| kind.item(index))
            .collect()
    }

    /// By an id of one space.
    pub(crate) fn by_id(&self, kind: Kind, id_type: IdType, id: &str) -> Option<Item> {
        let index = ids::index_of(kind, id_type, id)?;
        (index < self.len(kind)).then(|| kind.item(index))
    }

    pub(crate) fn by_slug(&self, kind: Kind, slug: &str) -> Option<Item> {
        let slugs = match kind {
            Kind::Movie => &self.movie_slugs,
            Kind::Show => &self.show_slugs,
            Kind::Season | Kind::Episode => return None,
        };
        slugs.get(slug).map(|index| kind.item(*index))
    }

    /// As an id stands in a path: the trakt id, the slug or the imdb id.
    pub(crate) fn in_path(&self, kind: Kind, id: &str) -> Option<Item> {
        self.by_id(kind, IdType::Trakt, id)
            .or_else(|| self.by_slug(kind, id))
            .or_else(|| self.by_id(kind, IdType::Imdb, id))
    }

    /// A movie or a show by title, in any case, and year. Where two have both, the first.
    pub(crate) fn by_title(&self, kind: Kind, title: &str, year: u64) -> Option<Item> {
        let titles = match kind {
            Kind::Movie => &self.movie_titles,
            Kind::Show => &self.show_titles,
            Kind::Season | Kind::Episode => return None,
        };
        let key = (title.to_lowercase(), u16::try_from(year).ok()?);
        titles.get(&key).map(|index| kind.item(*index))
    }
}

/// Looks random and is not: what is not worth storing about an item is made of it.
fn hash(index: u64, salt: u64) -> u64 {
    let mut state = index ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    split_mix(&mut state)
}
