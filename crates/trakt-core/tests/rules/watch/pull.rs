//! What a pull asks of the store and of Trakt, and what it makes of trouble.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use chrono::DateTime;
use trakt_core::ports::{
    Begun, Lease, MockRefreshJournal, MockTokenStore, MockTraktWatch, MockWatchStore, ReadFault,
    Reading, Stored, TraktFault,
};
use trakt_core::testing::{CountingEntropy, FixedClock};
use trakt_core::token::TokenService;
use trakt_core::watch::{
    Activities, Fact, Held, Item, Mark, MediaIds, Pace, Part, PullError, Pulled, Row, Titled,
    WatchService,
};
use trakt_core::{AccessToken, PortError};

use crate::bench::{World, held_token, now, store_down, unavailable, user_id};

/// A store, Trakt, and a token that is good.
pub(super) struct Bench {
    pub store: MockWatchStore,
    pub trakt: MockTraktWatch,
    tokens: MockTokenStore,
}

/// Movies changed, and nothing else.
pub(super) fn activities() -> Activities {
    Activities {
        movies_watched: DateTime::from_timestamp(9, 0),
        ..quiet()
    }
}

fn quiet() -> Activities {
    let time = DateTime::from_timestamp(1, 0);
    Activities {
        movies_watched: time,
        episodes_watched: time,
        movies_paused: time,
        episodes_paused: time,
        movies_rated: time,
        shows_rated: time,
        seasons_rated: time,
        episodes_rated: time,
        watchlist: time,
        shows_hidden: time,
        shows_dropped: time,
    }
}

fn marks() -> Vec<(Part, Mark)> {
    let marks = Part::ALL.iter().map(|part| (*part, quiet().mark(*part)));
    marks.map(|(part, mark)| (part, mark.unwrap())).collect()
}

pub(super) fn row(key: i64) -> Row {
    let ids = MediaIds {
        trakt: key,
        slug: None,
        imdb: None,
        tmdb: None,
        tvdb: None,
    };
    let (title, year) = (None, None);
    let (watched_at, action) = (Some(now()), None);
    Row {
        key,
        item: Item::Movie(Titled { ids, title, year }),
        fact: Fact::Play { watched_at, action },
    }
}

impl Bench {
    /// Neither the store nor Trakt expects anything.
    pub fn bare() -> Self {
        let mut tokens = MockTokenStore::new();
        tokens
            .expect_held()
            .returning(|_| Ok(Some(Some(held_token(4)))));
        Self {
            store: MockWatchStore::new(),
            trakt: MockTraktWatch::new(),
            tokens,
        }
    }

    /// The rows 1 and 2 are held.
    fn new() -> Self {
        let mut bench = Self::bare();
        let store = &mut bench.store;
        store.expect_begin_pull().returning(|_| {
            let (marks, pace) = (marks(), Pace::default());
            Ok(Some(Begun {
                marks,
                pace,
                holds: Vec::new(),
            }))
        });
        store.expect_held().returning(|_, part| {
            assert_eq!(part, Part::MoviePlays);
            let held = |key| Held {
                key,
                fingerprint: row(key).fingerprint(),
            };
            Ok([1, 2].map(held).to_vec())
        });
        bench
    }

    pub fn changed(mut self) -> Self {
        self.trakt
            .expect_activities()
            .returning(|_, _| Ok(activities()));
        self
    }

    /// Trakt gives the rows 2 and 3, and ends so.
    fn read(mut self, end: Result<Reading, ReadFault>) -> Self {
        self.trakt.expect_read().returning(move |_, _, _, into| {
            into.page(vec![row(2), row(3)])?;
            end.clone()
        });
        self
    }

    /// The store takes row 3.
    fn stored(mut self, answer: Result<Stored, PortError>) -> Self {
        self.store.expect_store_rows().returning(move |cmd| {
            let keys: Vec<_> = cmd.rows.iter().map(|row| row.key).collect();
            assert_eq!((keys, cmd.items.len()), (vec![3], 2));
            assert_eq!(cmd.seen, 2);
            answer.clone()
        });
        self
    }

    pub fn ended(mut self, reason: Option<&'static str>) -> Self {
        self.store
            .expect_end_pull()
            .withf(move |cmd| cmd.reason == reason)
            .once()
            .returning(|_| Ok(Lease::Kept));
        self
    }

    pub fn pull(self) -> Result<Pulled, PullError> {
        self.service().pull(user_id(1))
    }

    fn service(self) -> WatchService {
        self.service_by(Arc::new(FixedClock::at(now())))
    }

    pub fn service_by(self, clock: Arc<FixedClock>) -> WatchService {
        let (trakt, revoker, _) = World::new().parts();
        let entropy = Arc::new(CountingEntropy::default());
        let journal = Arc::new(MockRefreshJournal::new());
        let tokens = Arc::new(self.tokens);
        let tokens = TokenService::new(
            tokens,
            trakt,
            journal,
            revoker,
            clock.clone(),
            entropy.clone(),
        );
        let (store, trakt) = (Arc::new(self.store), Arc::new(self.trakt));
        WatchService::new(store, trakt, tokens, clock, entropy)
    }
}

#[test]
fn nothing_changed_and_nothing_is_read() {
    let mut bench = Bench::new().ended(None);
    bench.trakt.expect_activities().returning(|user, token| {
        assert_eq!((user, token.expose()), (user_id(1), "access-4"));
        Ok(quiet())
    });
    assert_eq!(bench.pull(), Ok(Pulled::default()));
}

#[test]
fn what_no_page_had_is_removed_and_the_mark_is_of_before_the_reading() {
    let mut bench = Bench::new().changed().ended(None);
    bench = bench.read(Ok(Reading::Whole)).stored(Ok(Stored::Whole));
    bench.store.expect_finish_part().once().returning(|cmd| {
        assert_eq!((cmd.part, &cmd.removed[..]), (Part::MoviePlays, &[1][..]));
        assert_eq!(cmd.mark, activities().mark(Part::MoviePlays));
        Ok(Lease::Kept)
    });
    let pulled = bench.pull().unwrap();
    assert_eq!(
        (pulled.whole, pulled.partial),
        (vec![Part::MoviePlays], vec![])
    );
}

#[test]
fn a_part_that_was_not_seen_as_a_whole_loses_nothing() {
    let detail = "it changed while it was read".to_owned();
    let bench = Bench::new().changed().ended(Some("partial"));
    let bench = bench.read(Ok(Reading::Partial { detail }));
    let pulled = bench.stored(Ok(Stored::Whole)).pull().unwrap();
    assert_eq!(
        (pulled.whole, pulled.partial),
        (vec![], vec![Part::MoviePlays])
    );
}

#[test]
fn trouble_ends_the_pull_and_is_kept_as_a_word() {
    for (fault, reason) in [
        (unavailable(Some(7)), "trakt_unavailable"),
        (crate::bench::misconfigured(), "misconfigured"),
    ] {
        let bench = Bench::new().changed().ended(Some(reason));
        let bench = bench.read(Err(fault.clone().into()));
        let failed = bench.stored(Ok(Stored::Whole)).pull();
        assert_eq!(failed, Err(PullError::Trakt(fault)));
    }
    let bench = Bench::new().changed().ended(Some("database_unavailable"));
    let bench = bench.read(Ok(Reading::Whole)).stored(Err(store_down()));
    assert_eq!(bench.pull(), Err(PullError::Store(store_down())));
}

#[test]
fn a_pull_that_lost_its_lease_says_nothing_more() {
    let bench = Bench::new().changed().ended(Some("superseded"));
    let bench = bench.read(Ok(Reading::Whole)).stored(Ok(Stored::Lost));
    assert_eq!(bench.pull(), Err(PullError::Superseded));

    let mut bench = Bench::new().changed().ended(Some("superseded"));
    bench = bench.read(Ok(Reading::Whole)).stored(Ok(Stored::Whole));
    let finish = bench.store.expect_finish_part();
    finish.once().returning(|_| Ok(Lease::Lost));
    assert_eq!(bench.pull(), Err(PullError::Superseded));
}

#[test]
fn who_has_nothing_to_pull_or_is_being_pulled_is_left_alone() {
    let mut store = MockWatchStore::new();
    store.expect_begin_pull().once().returning(|_| Ok(None));
    let bench = Bench {
        store,
        trakt: MockTraktWatch::new(),
        tokens: MockTokenStore::new(),
    };
    assert_eq!(bench.pull(), Err(PullError::Nothing));
}

#[test]
fn a_locked_account_is_told_to_its_link() {
    let mut bench = Bench::new().ended(Some("locked"));
    let activities = bench.trakt.expect_activities();
    activities.once().returning(|_, _| Err(TraktFault::Locked));
    let lock = bench.tokens.expect_lock();
    lock.withf(|user, generation| (*user, *generation) == (user_id(1), 4));
    lock.once().returning(|_, _| Ok(()));
    assert_eq!(bench.pull(), Err(PullError::Trakt(TraktFault::Locked)));
}

#[test]
fn a_token_that_is_refused_is_changed_once() {
    let mut bench = Bench::new().ended(Some("token_refused"));
    let activities = bench.trakt.expect_activities();
    let refusal = |_, _: &AccessToken| Err(TraktFault::TokenRefused);
    activities.times(2).returning(refusal);
    let refuse = bench.tokens.expect_refuse();
    refuse.times(2).returning(|_, _| Ok(()));
    let failed = bench.pull();
    assert_eq!(failed, Err(PullError::Trakt(TraktFault::TokenRefused)));
}

#[test]
fn a_stop_ends_a_pull_that_waits_and_every_one_after_it() {
    let mut bench = Bench::new().changed();
    let end = bench.store.expect_end_pull();
    end.withf(|cmd| cmd.reason == Some("stopped")).times(2);
    end.returning(|_| Ok(Lease::Kept));
    let (tell, told) = mpsc::channel();
    let read = bench.trakt.expect_read();
    read.once().returning(move |_, _, _, into| {
        tell.send(()).unwrap();
        into.wait(Duration::from_secs(10))?;
        unreachable!("it waited to the end");
    });
    let service = bench.service();
    let pulling = service.clone();
    let pull = thread::spawn(move || pulling.pull(user_id(1)));
    told.recv().unwrap();
    service.stop();
    assert_eq!(pull.join().unwrap(), Err(PullError::Stopped));
    assert_eq!(service.pull(user_id(1)), Err(PullError::Stopped));
}

#[test]
fn a_trakt_that_answers_nobody_is_left_alone_for_a_while() {
    let clock = Arc::new(FixedClock::at(now()));
    let answers = Arc::new(AtomicBool::new(false));
    let mut bench = Bench::new();
    let claims = bench.store.expect_claim_pulls();
    claims.returning(|_, _| Ok(vec![user_id(1)]));
    let end = bench.store.expect_end_pull();
    end.returning(|_| Ok(Lease::Kept));
    let answering = answers.clone();
    let activities = bench.trakt.expect_activities();
    activities.returning(move |_, _| match answering.load(Ordering::SeqCst) {
        true => Ok(quiet()),
        false => Err(unavailable(None)),
    });
    let service = bench.service_by(clock.clone());
    let calls = || {
        let calls = (0..20).take_while(|_| service.pull_due().unwrap());
        calls.count()
    };
    assert_eq!(calls(), 5);
    assert_eq!(calls(), 0);
    clock.advance(Duration::from_secs(29));
    assert_eq!(calls(), 0);
    clock.advance(Duration::from_secs(1));
    assert_eq!(calls(), 5);
    // One that is answered begins the count anew.
    clock.advance(Duration::from_secs(30));
    for _ in 0..4 {
        assert!(service.pull_due().unwrap());
    }
    answers.store(true, Ordering::SeqCst);
    assert_eq!(calls(), 20);
    answers.store(false, Ordering::SeqCst);
    assert_eq!(calls(), 5);
}

#[test]
fn a_long_wait_keeps_the_lease() {
    let mut bench = Bench::new().changed().ended(Some("superseded"));
    bench.trakt.expect_read().once().returning(|_, _, _, into| {
        into.wait(Duration::from_millis(1))?;
        into.wait(Duration::MAX)?;
        unreachable!("the lease is lost");
    });
    let store = bench.store.expect_store_rows();
    store.once().returning(|cmd| {
        assert_eq!((cmd.rows.len(), cmd.items.len()), (0, 0));
        Ok(Stored::Lost)
    });
    assert_eq!(bench.pull(), Err(PullError::Superseded));
}
