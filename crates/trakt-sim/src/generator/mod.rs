//! Accounts as they are found at Trakt, from a seed: long histories with rewatches, specials,
//! whole seasons marked at once, evenings in the person's own time zone, ratings, lists, and
//! episodes left in the middle.
//!
//! Everything but the pauses has fixed dates up to the first of September 2026, whenever the
//! simulator is started; the pauses lie in the weeks before its start, since Trakt forgets old
//! ones.

mod history;
mod opinions;

use crate::Account;
use crate::catalogue::Catalogue;
use crate::config::Generated;
use crate::dice::Dice;
use crate::library::{Library, Media};
use crate::time::{DAY, midnight};

const NAMES: &[&str] = &[
    "Amélie Roux",
    "Björn Sandahl",
    "Chiara Conti",
    "Dmitri Volkov",
    "Ewa Nowak",
    "Farid Haddad",
    "Grace Okafor",
    "Hiro Tanaka",
    "Inés Márquez",
    "João Pereira",
    "Kateřina Malá",
    "Liam O'Shea",
    "Mina Park",
    "Noor Rahman",
    "Olga Ivanova",
    "Priya Nair",
];

/// Name and minutes from UTC.
const ZONES: &[(&str, i64)] = &[
    ("America/Los_Angeles", -480),
    ("America/New_York", -300),
    ("America/Sao_Paulo", -180),
    ("Europe/London", 0),
    ("Europe/Berlin", 60),
    ("Asia/Kolkata", 330),
    ("Asia/Tokyo", 540),
    ("Australia/Sydney", 600),
    ("Pacific/Auckland", 720),
];

/// Who somebody is, apart from what they watch.
struct Person {
    timezone: usize,
    joined: u64,
    plays: usize,
}

/// When the histories end.
fn end() -> u64 {
    midnight(2026, 9, 1)
}

impl Person {
    fn new(dice: &mut Dice, generated: Generated, index: usize) -> Self {
        let timezone = usize::try_from(dice.below(ZONES.len() as u64)).unwrap_or(0);
        let joined = midnight(2011, 1, 1) + dice.below(14 * 365) * DAY;
        let plays = match dice.below(20) {
            0 => dice.between(3_000, 8_000),
            1..5 => dice.between(500, 3_000),
            _ => dice.between(30, 500),
        };
        match index {
            0 if generated.plays > 0 => Self {
                timezone,
                joined: midnight(2011, 1, 1),
                plays: generated.plays,
            },
            _ => Self {
                timezone,
                joined,
                plays: usize::try_from(plays).unwrap_or(0),
            },
        }
    }
}

fn dice(generated: Generated, index: usize) -> Dice {
    Dice::new(generated.seed, 1_000 + index as u64)
}

/// All accounts, `viewer-1` first.
pub(crate) fn accounts(generated: Generated) -> impl Iterator<Item = Account> {
    (0..generated.accounts).map(move |index| {
        let mut dice = Dice::new(generated.seed, u64::MAX - index as u64);
        let number = index + 1;
        let name = dice.pick(NAMES);
        let vip = dice.chance(20);
        let private = index > 0 && dice.chance(5);
        Account {
            vip,
            private,
            timezone: timezone(generated, index).to_owned(),
            uuid: format!(
                "{:016x}{:016x}{:08x}",
                dice.next(),
                dice.next(),
                index & 0xffff_ffff
            ),
            ..Account::new(
                &format!("viewer-{number}"),
                &format!("Viewer.{number}"),
                name,
            )
        }
    })
}

/// Where the account at `index` among the generated ones lives.
fn timezone(generated: Generated, index: usize) -> &'static str {
    ZONES[Person::new(&mut dice(generated, index), generated, index).timezone].0
}

/// The library of the account at `index` among the generated ones, as it is when the simulator
/// starts.
pub(crate) fn library(
    catalogue: &Catalogue,
    generated: Generated,
    index: usize,
    started: u64,
) -> Library {
    let mut dice = dice(generated, index);
    let person = Person::new(&mut dice, generated, index);
    let mut next_id = first_id(index);
    let plays = history::plays(catalogue, &mut dice, &person, &mut next_id);
    let mut library = Library::with_plays(person.joined, plays);
    let events = opinions::events(catalogue, &mut dice, &mut library, started);
    for (at, event) in events {
        let mut media = Media::new(catalogue, &mut library, at, &mut next_id);
        event.happen(&mut media);
    }
    library
}

/// Ids that no other generated account has. The first account may have more plays than fit
/// between two others.
fn first_id(index: usize) -> u64 {
    match index {
        0 => 1 << 40,
        index => 10_000_000_000 + index as u64 * 1_000_000,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::catalogue::Item;
    use crate::library::{ListName, Play};
    use crate::time::HOUR;

    fn generated(seed: u64) -> Generated {
        Generated {
            accounts: 40,
            seed,
            plays: 20_000,
        }
    }

    #[test]
    fn a_seed_decides_every_library() {
        let catalogue = Catalogue::generate(5);
        let made = |seed, index| library(&catalogue, generated(seed), index, end());
        for index in [0, 1, 17] {
            let (one, other) = (made(5, index), made(5, index));
            assert_eq!(one.plays().all(), other.plays().all());
            assert_eq!(one.ratings, other.ratings);
            assert_eq!(one.activities.json(), other.activities.json());
        }
        assert_ne!(made(5, 1).plays().all(), made(5, 2).plays().all());
        assert_ne!(made(5, 1).plays().all(), made(6, 1).plays().all());
    }

    #[test]
    fn histories_look_like_those_of_people() {
        let catalogue = Catalogue::generate(5);
        let mut big = library(&catalogue, generated(5), 0, end());
        let plays = big.plays().all().to_vec();
        assert_eq!(plays.len(), 20_000);
        let watched = big.watched(&catalogue).clone();
        assert!(watched.shows.len() > 200, "{}", watched.shows.len());
        assert!(watched.movies.len() > 200);
        assert!(watched.episodes.values().any(|count| count.plays > 1));
        assert!(
            watched
                .episodes
                .keys()
                .any(|e| catalogue.numbers(*e).0 == 0)
        );
        for play in &plays {
            assert!(play.at <= end());
            assert!(play.at >= catalogue.out(play.item()), "{play:?}");
        }
        let at_once = plays.windows(2).filter(|two| two[0].at == two[1].at);
        assert!(at_once.count() > 20, "seasons are marked at once");

        let ids: HashSet<u64> = (0..40)
            .map(|index| library(&catalogue, generated(5), index, end()))
            .flat_map(|one| one.plays().all().iter().map(|p| p.id).collect::<Vec<_>>())
            .collect();
        let all: usize = (0..40)
            .map(|index| library(&catalogue, generated(5), index, end()))
            .map(|one| one.plays().all().len())
            .sum();
        assert_eq!(ids.len(), all, "an id is given out once");
    }

    #[test]
    fn people_watch_in_the_evening_of_their_time_zone() {
        let catalogue = Catalogue::generate(5);
        for index in 1..20 {
            let minutes =
                ZONES[Person::new(&mut dice(generated(5), index), generated(5), index).timezone].1;
            let one = library(&catalogue, generated(5), index, end());
            let local = |play: &&Play| {
                let shifted = i64::try_from(play.at).unwrap() + minutes * 60_000;
                (shifted.unsigned_abs() % DAY) / HOUR
            };
            let all = one.plays().all();
            let asleep = all.iter().filter(|play| (5..17).contains(&local(play)));
            assert!(asleep.count() * 4 < all.len(), "account {index}");
        }
    }

    #[test]
    fn what_people_think_and_plan_is_there_too() {
        let catalogue = Catalogue::generate(5);
        let big = library(&catalogue, generated(5), 0, end());
        assert!(big.ratings.len() > 100);
        let watchlist = big.list(ListName::Watchlist);
        assert!((5..=250).contains(&watchlist.entries.len()));
        assert!(
            watchlist
                .entries
                .windows(2)
                .all(|two| two[0].at <= two[1].at)
        );
        let items: HashSet<Item> = watchlist.entries.iter().map(|e| e.item).collect();
        assert_eq!(items.len(), watchlist.entries.len());
        assert!(big.paused().count() > 0);
    }
}
