//! What somebody has watched: sessions in the evening, a handful of shows at a time.

use std::collections::BTreeSet;

use super::{Person, ZONES, end};
use crate::catalogue::{Catalogue, Item, Kind};
use crate::dice::Dice;
use crate::library::{Action, Play};
use crate::time::{DAY, HOUR, MINUTE};

/// Shows that are watched side by side.
const AT_A_TIME: usize = 6;

/// A show and the next episode to watch.
#[derive(Clone, Copy)]
struct Current {
    show: u32,
    next: u32,
}

struct Viewer<'a> {
    catalogue: &'a Catalogue,
    dice: &'a mut Dice,
    usual: Action,
    current: Vec<Current>,
    finished: Vec<u32>,
    movies: Vec<u32>,
    plays: Vec<Play>,
    next_id: &'a mut u64,
}

/// As many plays as the person has, in no order.
pub(super) fn plays(
    catalogue: &Catalogue,
    dice: &mut Dice,
    person: &Person,
    next_id: &mut u64,
) -> Vec<Play> {
    let usual = if dice.chance(70) {
        Action::Scrobble
    } else {
        Action::Watch
    };
    let mut viewer = Viewer {
        catalogue,
        dice,
        usual,
        current: Vec::new(),
        finished: Vec::new(),
        movies: Vec::new(),
        plays: Vec::with_capacity(person.plays),
        next_id,
    };
    // The last week is left free, so that no evening runs beyond the end.
    let span = (end() - 7 * DAY).saturating_sub(person.joined);
    let east = ZONES[person.timezone].1;
    while viewer.plays.len() < person.plays {
        let done = viewer.plays.len() as u64;
        let day = person.joined + span / person.plays as u64 * done;
        let evening = i64::try_from(day / DAY * DAY + 18 * HOUR).unwrap_or(0) - east * 60_000;
        let mut at = evening.unsigned_abs() + viewer.dice.below(4 * 60 * 60) * 1_000;
        let left = person.plays - viewer.plays.len();
        if viewer.dice.chance(2) {
            viewer.mark_season(at, left);
            continue;
        }
        for _ in 0..left.min(usize::try_from(viewer.dice.between(1, 4)).unwrap_or(1)) {
            let item = viewer.choose(at);
            at += catalogue.runtime(item) + viewer.dice.below(10) * MINUTE;
            viewer.watch(item, at, viewer.usual);
        }
    }
    viewer.plays
}

impl Viewer<'_> {
    fn watch(&mut self, item: Item, at: u64, action: Action) {
        *self.next_id += 1;
        let action = match action {
            Action::Scrobble if self.dice.chance(3) => Action::Checkin,
            action => action,
        };
        self.plays
            .extend(Play::new(*self.next_id, at, item, action));
    }

    /// Something that is out by then.
    fn choose(&mut self, at: u64) -> Item {
        if self.dice.chance(15) {
            return self.choose_movie(at);
        }
        self.choose_episode(at)
            .map_or_else(|| self.choose_movie(at), Item::Episode)
    }

    fn choose_movie(&mut self, at: u64) -> Item {
        if !self.movies.is_empty() && self.dice.chance(10) {
            return Item::Movie(*self.dice.pick(&self.movies));
        }
        loop {
            let movie = self.any(Kind::Movie);
            if self.catalogue.movie(movie).released <= at {
                self.movies.push(movie);
                return Item::Movie(movie);
            }
        }
    }

    fn choose_episode(&mut self, at: u64) -> Option<u32> {
        for _ in 0..4 {
            if self.current.len() < AT_A_TIME {
                let begun = self.begin(at)?;
                self.current.push(begun);
            }
            let place = usize::try_from(self.dice.below(self.current.len() as u64)).ok()?;
            let Current { show, next } = self.current[place];
            let season = &self.catalogue.seasons(show)[0];
            // A special in between.
            if season.number == 0 && self.dice.chance(4) {
                let special = season.episodes.start;
                if self.catalogue.first_aired(special) <= at {
                    return Some(special);
                }
            }
            if next < self.catalogue.episodes(show).end && self.catalogue.first_aired(next) <= at {
                self.current[place].next += 1;
                return Some(next);
            }
            self.current.swap_remove(place);
            self.finished.push(show);
        }
        None
    }

    /// A show that has begun by then, or one that was seen already.
    fn begin(&mut self, at: u64) -> Option<Current> {
        for _ in 0..20 {
            let show = if !self.finished.is_empty() && self.dice.chance(8) {
                *self.dice.pick(&self.finished)
            } else {
                self.any(Kind::Show)
            };
            let regular = self.catalogue.find_season(show, 1)?;
            let next = self.catalogue.season(regular).episodes.start;
            let known = self.current.iter().any(|current| current.show == show);
            if !known && self.catalogue.first_aired(next) <= at {
                return Some(Current { show, next });
            }
        }
        None
    }

    /// A whole season with one time, as it is marked in Trakt's apps.
    fn mark_season(&mut self, at: u64, most: usize) {
        let season = self.any(Kind::Season);
        let season = self.catalogue.season(season);
        let aired = season.episodes.start..season.episodes.start + season.aired(at);
        let episodes: BTreeSet<u32> = aired.take(most).collect();
        for episode in episodes {
            self.watch(Item::Episode(episode), at, Action::Watch);
        }
    }

    fn any(&mut self, kind: Kind) -> u32 {
        u32::try_from(self.dice.below(self.catalogue.len(kind).into())).unwrap_or(0)
    }
}
