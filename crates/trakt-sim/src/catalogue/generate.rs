//! How the catalogue comes out of a seed.

use std::collections::HashMap;

use super::words::{ADJECTIVES, NETWORKS, NOUNS, PLACES};
use super::{Catalogue, Movie, RUNS_UNTIL, Season, Show};
use crate::dice::Dice;
use crate::time::{DAY, HOUR, MINUTE, midnight, year};

const MOVIES: u32 = 3_000;
const SHOWS: u32 = 900;

impl Catalogue {
    pub(crate) fn generate(seed: u64) -> Self {
        let mut made = Self {
            movies: Vec::new(),
            shows: Vec::new(),
            seasons: Vec::new(),
            movie_slugs: HashMap::new(),
            show_slugs: HashMap::new(),
            movie_titles: HashMap::new(),
            show_titles: HashMap::new(),
        };
        let mut dice = Dice::new(seed, 1);
        for index in 0..MOVIES {
            made.add_movie(&mut dice, index);
        }
        let mut dice = Dice::new(seed, 2);
        for index in 0..SHOWS {
            made.add_show(&mut dice, index);
        }
        made
    }

    fn add_movie(&mut self, dice: &mut Dice, index: u32) {
        let title = title(dice);
        // The newer ones are more, and some are still to come.
        let age = dice.skewed(45);
        let released = midnight(2028, 1, 1) - age * 365 * DAY + dice.below(365) * DAY;
        let year = year(released);
        let slug = free_slug(&self.movie_slugs, &format!("{} {year}", title), year);
        self.movie_slugs.insert(slug.clone(), index);
        self.movie_titles
            .entry((title.to_lowercase(), year))
            .or_insert(index);
        self.movies.push(Movie {
            title,
            slug,
            year,
            released,
            runtime: minutes(dice, 78, 170),
        });
    }

    fn add_show(&mut self, dice: &mut Dice, index: u32) {
        let title = title(dice);
        let network = u8::try_from(dice.below(NETWORKS.len() as u64)).unwrap_or(0);
        let runs = dice.chance(25);
        let first_year = i32::try_from(2025 - dice.skewed(30)).unwrap_or(2000);
        let years = match (runs, dice.below(10)) {
            (true, _) => RUNS_UNTIL - first_year,
            (false, 0) => 0,
            (false, _) => i32::try_from(dice.skewed(12)).unwrap_or(1),
        };
        let runtime = *dice.pick(&[22, 25, 30, 42, 45, 50, 58]);
        // One in three comes out at once, as streaming services do.
        let every = *dice.pick(&[0, 7 * DAY, 7 * DAY]);
        let usual = dice.between(6, 24);
        // In the evening of its place, moved to UTC.
        let evening = 20 * 60 - NETWORKS[usize::from(network)].3;
        let evening = u64::try_from(evening).unwrap_or(0) * MINUTE;
        let day = dice.below(300) * DAY;

        let first = self.len(super::Kind::Season);
        let begins = midnight(first_year, 1, 1) + day + evening;
        if dice.chance(40) {
            let specials = dice.between(1, 12);
            self.add_season(index, 0, specials, begins + 60 * DAY + HOUR, 120 * DAY);
        }
        for later in 0..=years {
            let number = u16::try_from(later + 1).unwrap_or(u16::MAX);
            let starts = midnight(first_year + later, 1, 1) + day + evening;
            let count = (usual + dice.below(5)).saturating_sub(2);
            self.add_season(index, number, count, starts, every);
        }
        let year = year(begins);
        let slug = free_slug(&self.show_slugs, &title, year);
        self.show_slugs.insert(slug.clone(), index);
        self.show_titles
            .entry((title.to_lowercase(), year))
            .or_insert(index);
        self.shows.push(Show {
            title,
            slug,
            year,
            runtime,
            network,
            runs,
            seasons: first..self.len(super::Kind::Season),
        });
    }

    fn add_season(&mut self, show: u32, number: u16, count: u64, starts: u64, every: u64) {
        let first = self.len(super::Kind::Episode);
        self.seasons.push(Season {
            show,
            number,
            episodes: first..first + u32::try_from(count).unwrap_or(1),
            starts,
            every,
        });
    }
}

fn minutes(dice: &mut Dice, low: u64, high: u64) -> u16 {
    u16::try_from(dice.between(low, high)).unwrap_or(u16::MAX)
}

fn title(dice: &mut Dice) -> String {
    let adjective = dice.pick(ADJECTIVES);
    let noun = dice.pick(NOUNS);
    let place = dice.pick(PLACES);
    match dice.below(5) {
        0 => format!("The {noun} of {place}"),
        1 => format!("{place}: {adjective} {noun}"),
        2 => format!("The {adjective} {noun}"),
        _ => format!("{adjective} {noun}"),
    }
}

/// A slug as Trakt makes one: letters and digits with hyphens between; the year and then a number
/// behind where it is taken.
fn free_slug(taken: &HashMap<String, u32>, text: &str, year: u16) -> String {
    let slug = slug(text);
    if !taken.contains_key(&slug) {
        return slug;
    }
    let year = year.to_string();
    let dated = if slug.ends_with(&year) {
        slug
    } else {
        format!("{slug}-{year}")
    };
    let mut free = dated.clone();
    let mut number = 1;
    while taken.contains_key(&free) {
        number += 1;
        free = format!("{dated}-{number}");
    }
    free
}

fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        let plain = match letter {
            'ã' | 'á' => 'a',
            'é' => 'e',
            'ï' | 'í' => 'i',
            'ö' => 'o',
            'ü' => 'u',
            other => other,
        };
        if plain.is_ascii_alphanumeric() {
            slug.push(plain);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::{IdType, Item, Kind};
    use super::*;

    #[test]
    fn a_seed_decides_the_catalogue() {
        let titles = |seed| {
            let made = Catalogue::generate(seed);
            let movies = made.movies.iter().map(|m| m.slug.clone());
            let shows = made.shows.iter().map(|s| s.slug.clone());
            movies.chain(shows).collect::<Vec<_>>()
        };
        assert_eq!(titles(1), titles(1));
        assert_ne!(titles(1), titles(2));
    }

    #[test]
    fn every_item_is_found_by_everything_it_is_known_by() {
        let made = Catalogue::generate(3);
        assert!(
            made.len(Kind::Episode) > 50_000,
            "{}",
            made.len(Kind::Episode)
        );
        for kind in Kind::ALL {
            let mut unknown = 0;
            for index in 0..made.len(kind) {
                let item = kind.item(index);
                for id_type in [IdType::Trakt, IdType::Tmdb, IdType::Tvdb] {
                    match super::super::ids::number(item, id_type) {
                        Some(id) => {
                            assert_eq!(made.by_id(kind, id_type, &id.to_string()), Some(item));
                        }
                        None => unknown += 1,
                    }
                }
                if let Some(imdb) = super::super::ids::imdb(item) {
                    assert_eq!(made.by_id(kind, IdType::Imdb, &imdb), Some(item));
                }
            }
            assert!(unknown > 0, "{kind:?}: another site always misses some");
        }
        for (index, show) in (0..).zip(&made.shows) {
            assert_eq!(
                made.by_slug(Kind::Show, &show.slug),
                Some(Item::Show(index))
            );
            for episode in made.episodes(index) {
                assert_eq!(made.show_of(episode), index);
                let (season, number) = made.numbers(episode);
                let found = made.find_episode(index, season.into(), number.into());
                assert_eq!(found, Some(episode));
            }
        }
        let slugs: HashSet<_> = made.movies.iter().map(|m| &m.slug).collect();
        assert_eq!(slugs.len(), made.movies.len());
    }

    #[test]
    fn what_has_aired_is_what_has_a_date_before_now() {
        let made = Catalogue::generate(4);
        for now in [
            midnight(1990, 5, 5),
            midnight(2026, 7, 3),
            midnight(2031, 1, 1),
        ] {
            for show in 0..made.len(Kind::Show) {
                let by_date = made
                    .episodes(show)
                    .filter(|e| made.numbers(*e).0 > 0 && made.first_aired(*e) <= now)
                    .count();
                assert_eq!(made.aired(show, now) as usize, by_date);
            }
        }
        let soon = midnight(2026, 7, 3);
        let next_week = (0..made.len(Kind::Episode))
            .map(|episode| made.first_aired(episode))
            .filter(|at| (soon..soon + 7 * DAY).contains(at));
        assert!(next_week.count() > 5);
    }

    #[test]
    fn slugs_are_plain() {
        assert_eq!(slug("São Paulo: Naïve Café"), "sao-paulo-naive-cafe");
    }
}
