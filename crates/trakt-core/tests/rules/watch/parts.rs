//! What the trouble of one part, and what is held back of it, mean for the others.

use std::sync::{Arc, Mutex};

use trakt_core::ports::{Begun, Lease, PullHold, Reading, Stored, TraktFault};
use trakt_core::watch::{Fact, Fingerprint, Held, Part, PullError, Pulled};

use super::pull::{Bench, activities};
use crate::bench::{misconfigured, unavailable};

/// All parts are due, and hold this many rows of which Trakt has none; reading some of them comes to
/// this.
#[derive(Default)]
struct Reads {
    held: Vec<(Part, i64)>,
    holds: Vec<PullHold>,
    faults: Vec<(Part, TraktFault)>,
}

impl Reads {
    /// How the pull ends, and which parts were read.
    fn pull(self, reason: Option<&'static str>) -> (Result<Pulled, PullError>, Vec<Part>) {
        let mut bench = Bench::bare().changed().ended(reason);
        let (store, trakt) = (&mut bench.store, &mut bench.trakt);
        let begun = Begun {
            holds: self.holds,
            ..Begun::default()
        };
        store
            .expect_begin_pull()
            .returning(move |_| Ok(Some(begun.clone())));
        store.expect_held().returning(move |_, part| {
            let rows = self.held.iter().find(|(of, _)| *of == part);
            let rows = rows.map_or(0, |(_, rows)| *rows);
            let fact = Fact::Hidden { hidden_at: None };
            let fingerprint = Fingerprint::of("movie", 1, fact.said());
            Ok((1..=rows).map(|key| Held { key, fingerprint }).collect())
        });
        store.expect_store_rows().returning(|_| Ok(Stored::Whole));
        store.expect_finish_part().returning(|_| Ok(Lease::Kept));
        store.expect_hold_part().returning(|_| Ok(Lease::Kept));
        let read = Arc::new(Mutex::new(Vec::new()));
        let tell = read.clone();
        trakt.expect_read().returning(move |part, _, _, _| {
            tell.lock().unwrap().push(part);
            let fault = self.faults.iter().find(|(of, _)| *of == part);
            match fault {
                Some((_, fault)) => Err(fault.clone().into()),
                None => Ok(Reading::Whole),
            }
        });
        let pulled = bench.pull();
        let read = read.lock().unwrap().clone();
        (pulled, read)
    }

    fn of_faults(faults: &[(Part, TraktFault)]) -> Self {
        Self {
            faults: faults.to_vec(),
            ..Self::default()
        }
    }
}

fn all_but(parts: &[Part]) -> Vec<Part> {
    let all = Part::ALL.iter().copied();
    all.filter(|part| !parts.contains(part)).collect()
}

/// Up to this one, which is the last.
fn up_to(part: Part) -> Vec<Part> {
    let place = Part::ALL.iter().position(|other| *other == part).unwrap();
    Part::ALL[..=place].to_vec()
}

#[test]
fn shows_wait_while_the_plays_of_their_episodes_do() {
    let held = |part| Reads {
        held: vec![(part, 51)],
        ..Reads::default()
    };
    let (pulled, read) = held(Part::EpisodePlays).pull(Some("held"));
    let wait = [Part::EpisodePlays, Part::Shows];
    let pulled = pulled.unwrap();
    assert_eq!((pulled.held, pulled.whole), (wait.to_vec(), all_but(&wait)));
    assert_eq!(read, all_but(&[Part::Shows]));
    // So they do while nothing has changed since.
    let waits = PullHold {
        part: Part::EpisodePlays,
        mark: activities().mark(Part::EpisodePlays),
        removes: 51,
        meant: false,
    };
    let reads = Reads {
        holds: vec![waits],
        ..Reads::default()
    };
    let (pulled, read) = reads.pull(Some("held"));
    assert_eq!(pulled.unwrap().held, wait);
    assert_eq!(read, all_but(&wait));
    // Movies are none of theirs.
    let (pulled, read) = held(Part::MoviePlays).pull(Some("held"));
    assert_eq!(pulled.unwrap().held, [Part::MoviePlays]);
    assert_eq!(read, Part::ALL);
}

#[test]
fn a_list_that_trakt_cannot_give_keeps_it_from_giving_no_other() {
    for part in Part::ALL.iter().copied() {
        let reads = Reads::of_faults(&[(part, unavailable(None))]);
        let (pulled, read) = reads.pull(Some("partial"));
        let pulled = pulled.unwrap();
        let ended = (pulled.partial, pulled.whole);
        assert_eq!(ended, (vec![part], all_but(&[part])));
        assert_eq!(read, Part::ALL, "{part}");
    }
}

#[test]
fn two_lists_that_trakt_cannot_give_are_its_trouble() {
    let faults = [Part::EpisodePlays, Part::Watchlist].map(|part| (part, unavailable(None)));
    let (pulled, read) = Reads::of_faults(&faults).pull(Some("trakt_unavailable"));
    assert_eq!(pulled, Err(PullError::Trakt(unavailable(None))));
    assert_eq!(read, up_to(Part::Watchlist));
}

#[test]
fn whoever_is_asked_to_wait_asks_for_no_other_list() {
    for (fault, reason) in [
        (unavailable(Some(7)), "trakt_unavailable"),
        (misconfigured(), "misconfigured"),
    ] {
        let reads = Reads::of_faults(&[(Part::EpisodePlays, fault.clone())]);
        let (pulled, read) = reads.pull(Some(reason));
        assert_eq!(pulled, Err(PullError::Trakt(fault)));
        assert_eq!(read, up_to(Part::EpisodePlays));
    }
}
