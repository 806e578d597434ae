//! Many threads at once: one refresh a generation.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use trakt_core::token::{AccessGrant, TokenService};

use super::memory::{Store, Trakt};
use crate::bench::user_id;

const THREADS: usize = 32;

/// Waits until this is true, and returns whether that was within `limit`.
fn within(limit: Duration, condition: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < limit {
        if condition() {
            return true;
        }
        thread::yield_now();
    }
    false
}

fn comes_true(condition: impl Fn() -> bool) -> bool {
    within(Duration::from_secs(10), condition)
}

fn token_of(service: &TokenService, user: u128) -> AccessGrant {
    service.access_token(user_id(user)).unwrap()
}

/// What Trakt is sent for user 1 up to this generation, each once.
fn each_once(generations: i64) -> Vec<String> {
    (1..=generations)
        .map(|generation| format!("{}/{generation}", user_id(1)))
        .collect()
}

/// During each call, until all have seen that the token is stale, once, and whoever makes the
/// call once more.
#[test]
fn of_many_who_ask_at_once_and_of_many_who_were_refused_one_refreshes() {
    let store = Store::of(1);
    let seen = store.clone();
    let trakt = Trakt::new(move |count| {
        let stale = (THREADS + 1) * count;
        assert!(comes_true(|| seen.stale.load(Ordering::SeqCst) >= stale));
    });
    let (service, line) = (trakt.service(&store), Barrier::new(THREADS));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                line.wait();
                let grant = token_of(&service, 1);
                assert_eq!(grant.generation, 2);
                assert_eq!(grant.token.expose(), "access-2");
                line.wait();
                service.refused(user_id(1), 2).unwrap();
                let grant = token_of(&service, 1);
                assert_eq!(grant.generation, 3);
                assert_eq!(grant.token.expose(), "access-3");
            });
        }
    });
    assert_eq!(trakt.sent(), each_once(2));
    // The others did not even ask for the right to.
    assert_eq!(store.claimed.load(Ordering::SeqCst), 2);
    assert_eq!(store.busy.load(Ordering::SeqCst), 0);
}

/// The call lasts until the other process has found the claim taken.
#[test]
fn of_two_processes_one_refreshes_and_the_other_gets_its_token() {
    let store = Store::of(1);
    let seen = store.clone();
    let trakt = Trakt::new(move |_| {
        assert!(comes_true(|| seen.busy.load(Ordering::SeqCst) > 0));
    });
    let services = [trakt.service(&store), trakt.service(&store)];
    let line = Barrier::new(THREADS);
    thread::scope(|scope| {
        for n in 0..THREADS {
            let (service, line) = (&services[n % 2], &line);
            scope.spawn(move || {
                line.wait();
                assert_eq!(token_of(service, 1).generation, 2);
            });
        }
    });
    assert_eq!(trakt.sent(), each_once(1));
}

/// Some join a flight that was under way before their token was refused.
#[test]
fn a_token_that_was_refused_is_never_given_to_who_refused_it() {
    const CALLERS: usize = 8;
    const ROUNDS: usize = 200;
    let store = Store::of(1);
    let trakt = Trakt::new(|_| thread::yield_now());
    let service = trakt.service(&store);
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                let mut last = token_of(&service, 1).generation;
                for _ in 0..ROUNDS {
                    service.refused(user_id(1), last).unwrap();
                    let next = token_of(&service, 1).generation;
                    assert!(next > last, "{next} after {last}");
                    last = next;
                }
            });
        }
    });
    let sent = trakt.sent();
    assert!(sent.len() > ROUNDS);
    assert_eq!(sent, each_once(i64::try_from(sent.len()).unwrap()));
}

/// The first calls last until there are as many as may be, and then long enough for one more.
#[test]
fn a_process_has_four_calls_in_flight_and_every_user_gets_a_token() {
    const USERS: u128 = 12;
    let (in_flight, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let counts = std::sync::Arc::new((in_flight, most));
    let counted = counts.clone();
    let trakt = Trakt::new(move |_| {
        let (in_flight, most) = &*counted;
        most.fetch_max(
            in_flight.fetch_add(1, Ordering::SeqCst) + 1,
            Ordering::SeqCst,
        );
        assert!(comes_true(|| most.load(Ordering::SeqCst) >= 4));
        within(Duration::from_millis(50), || {
            most.load(Ordering::SeqCst) > 4
        });
        in_flight.fetch_sub(1, Ordering::SeqCst);
    });
    let store = Store::of(USERS);
    let service = trakt.service(&store);
    thread::scope(|scope| {
        for user in 1..=USERS {
            let service = &service;
            scope.spawn(move || assert_eq!(token_of(service, user).generation, 2));
        }
    });
    assert_eq!(counts.1.load(Ordering::SeqCst), 4);
    assert_eq!(trakt.sent().len(), 12);
}
