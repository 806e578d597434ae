//! What somebody thinks of what they watched, and what they plan.

use crate::catalogue::{Catalogue, Item, Kind};
use crate::dice::Dice;
use crate::library::{Library, ListName, Media, Section};
use crate::time::{DAY, HOUR, MINUTE};

use super::end;

/// Something that a person did on a day.
pub(super) enum Event {
    Watched(Kind),
    Rate(Item, u8),
    List(ListName, Item),
    Collect(Item),
    Pause(Item, f64),
    Drop(Item),
    Reset(u32),
}

impl Event {
    pub(super) fn happen(self, media: &mut Media<'_>) {
        let at = media.now;
        match self {
            Self::Watched(kind) => {
                let leaf = (kind.plural(), "watched_at");
                media.library.activities.touch(leaf, at);
            }
            Self::Rate(item, rating) => media.rate(item, rating, at),
            Self::List(name, item) => {
                media.enlist(name, item, at, None);
            }
            Self::Collect(item) => {
                media.collect(item, Some(at));
            }
            Self::Pause(item, progress) => media.pause(item, progress),
            Self::Drop(show) => {
                media.hide(Section::Dropped, show);
            }
            Self::Reset(show) => {
                media.reset(show);
            }
        }
    }
}

/// In the order of their time.
pub(super) fn events(
    catalogue: &Catalogue,
    dice: &mut Dice,
    library: &mut Library,
    started: u64,
) -> Vec<(u64, Event)> {
    let watched = library.watched(catalogue).clone();
    let mut events = Vec::new();
    for (kind, counts) in [
        (Kind::Movie, &watched.movies),
        (Kind::Episode, &watched.episodes),
    ] {
        if let Some(last) = counts.values().map(|count| count.last).max() {
            events.push((last, Event::Watched(kind)));
        }
    }
    let mut favorites = 0;
    for (kind, counts, percent) in [
        (Kind::Movie, &watched.movies, 40),
        (Kind::Show, &watched.shows, 30),
        (Kind::Episode, &watched.episodes, 2),
    ] {
        for (index, count) in counts {
            if !dice.chance(percent) {
                continue;
            }
            let item = kind.item(*index);
            let rating = u8::try_from(10 - dice.skewed(10)).unwrap_or(7);
            let at = count.last + dice.below(60) * MINUTE;
            events.push((at, Event::Rate(item, rating)));
            if rating == 10 && favorites < 25 && kind != Kind::Episode && dice.chance(20) {
                favorites += 1;
                events.push((at + HOUR, Event::List(ListName::Favorites, item)));
            }
        }
    }
    let last_year = |dice: &mut Dice| end() - dice.below(365 * 24) * HOUR;
    for _ in 0..dice.between(5, 60) {
        let kind = *dice.pick(&[Kind::Movie, Kind::Show]);
        let item = any(catalogue, dice, kind);
        if !watched.contains(item) {
            events.push((last_year(dice), Event::List(ListName::Watchlist, item)));
        }
    }
    if dice.chance(30) {
        for _ in 0..dice.between(5, 60) {
            let at = last_year(dice);
            events.push((at, Event::Collect(any(catalogue, dice, Kind::Movie))));
        }
        for _ in 0..dice.between(1, 10) {
            let at = last_year(dice);
            let season = catalogue.season(any(catalogue, dice, Kind::Season).index());
            for episode in season.episodes.clone() {
                events.push((at, Event::Collect(Item::Episode(episode))));
            }
        }
    }
    let shows: Vec<u32> = watched.shows.keys().copied().collect();
    if !shows.is_empty() {
        for _ in 0..dice.below(4) {
            events.push((last_year(dice), Event::Drop(Item::Show(*dice.pick(&shows)))));
            events.push((last_year(dice), Event::Reset(*dice.pick(&shows))));
        }
    }
    for _ in 0..dice.between(1, 8) {
        let kind = *dice.pick(&[Kind::Movie, Kind::Episode, Kind::Episode]);
        let item = any(catalogue, dice, kind);
        let at = started.saturating_sub(dice.below(60 * 24) * HOUR + DAY);
        if catalogue.out(item) <= at {
            // Tenths of a percent, as players send them.
            let progress = dice.between(10, 799) as f64 / 10.0;
            events.push((at, Event::Pause(item, progress)));
        }
    }
    events.sort_by_key(|(at, _)| *at);
    events
}

fn any(catalogue: &Catalogue, dice: &mut Dice, kind: Kind) -> Item {
    kind.item(u32::try_from(dice.below(catalogue.len(kind).into())).unwrap_or(0))
}
