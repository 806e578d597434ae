//! One at a time and user, inside one process: of many callers one does the work and the others
//! get its answer. Between processes the claim in the store does the same, at a greater cost.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::UserId;

/// The work under way.
pub(super) struct Flights<T>(Mutex<HashMap<UserId, Arc<Flight<T>>>>);

struct Flight<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

enum State<T> {
    UnderWay,
    Done(T),
    /// Its thread panicked.
    Broken,
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Flights<T> {
    /// What `work` gives: done here, or by whoever is at it already. `None` when that takes longer
    /// than `patience`, or broke.
    pub(super) fn join(
        &self,
        user: UserId,
        patience: Duration,
        work: impl FnOnce() -> T,
    ) -> Option<T> {
        let (flight, ours) = {
            let mut flights = lock(&self.0);
            match flights.get(&user) {
                Some(flight) => (flight.clone(), false),
                None => {
                    let flight = Arc::new(Flight {
                        state: Mutex::new(State::UnderWay),
                        changed: Condvar::new(),
                    });
                    flights.insert(user, flight.clone());
                    (flight, true)
                }
            }
        };
        if !ours {
            return flight.wait(patience);
        }
        let mut landing = Landing {
            flights: self,
            flight: &flight,
            user,
            state: State::Broken,
        };
        let done = work();
        landing.state = State::Done(done.clone());
        Some(done)
    }
}

impl<T: Clone> Flight<T> {
    fn wait(&self, patience: Duration) -> Option<T> {
        let state = lock(&self.state);
        let under_way = |state: &mut State<T>| matches!(state, State::UnderWay);
        let (state, _) = self
            .changed
            .wait_timeout_while(state, patience, under_way)
            .unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::Done(answer) => Some(answer.clone()),
            State::UnderWay | State::Broken => None,
        }
    }
}

/// Ends the flight even if its work panics: those who wait must not wait for ever.
struct Landing<'a, T> {
    flights: &'a Flights<T>,
    flight: &'a Flight<T>,
    user: UserId,
    state: State<T>,
}

impl<T> Drop for Landing<'_, T> {
    fn drop(&mut self) {
        lock(&self.flights.0).remove(&self.user);
        *lock(&self.flight.state) = std::mem::replace(&mut self.state, State::Broken);
        self.flight.changed.notify_all();
    }
}

/// Nothing is left half-done when a thread panics with one of these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use uuid::Uuid;

    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    fn user(n: u128) -> UserId {
        Uuid::from_u128(n).into()
    }

    #[test]
    fn many_callers_one_work() {
        let (flights, runs, line) = (Flights::default(), AtomicUsize::new(0), Barrier::new(8));
        let waiting = AtomicUsize::new(0);
        let answers: Vec<_> = thread::scope(|scope| {
            let callers: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        line.wait();
                        waiting.fetch_add(1, Ordering::SeqCst);
                        flights.join(user(1), LONG, || {
                            // Until all are here, so that nobody comes too late to join.
                            while waiting.load(Ordering::SeqCst) < 8 {
                                thread::yield_now();
                            }
                            runs.fetch_add(1, Ordering::SeqCst)
                        })
                    })
                })
                .collect();
            callers.into_iter().map(|c| c.join().unwrap()).collect()
        });
        // Whoever counted itself but was not yet at the lock made a flight of its own.
        let flown = runs.load(Ordering::SeqCst);
        assert!(flown < 8, "{flown}");
        assert!(
            answers
                .iter()
                .all(|answer| answer.is_some_and(|n| n < flown))
        );
    }

    #[test]
    fn users_do_not_wait_for_each_other_and_a_flight_leaves_nothing() {
        let flights = Flights::default();
        let other = || flights.join(user(2), LONG, || 2).unwrap();
        assert_eq!(flights.join(user(1), LONG, || other() + 1), Some(3));
        assert_eq!(flights.join(user(1), LONG, || 4), Some(4));
        assert!(lock(&flights.0).is_empty());
    }

    #[test]
    fn who_waits_too_long_or_for_a_panic_gets_nothing() {
        let (flights, line) = (Flights::<()>::default(), Barrier::new(2));
        thread::scope(|scope| {
            let leader = scope.spawn(|| {
                flights.join(user(1), LONG, || {
                    line.wait();
                    line.wait();
                    panic!("as if by a fault");
                })
            });
            line.wait();
            let short = Duration::from_millis(1);
            assert_eq!(flights.join(user(1), short, || ()), None);
            let follower = scope.spawn(|| flights.join(user(1), LONG, || ()));
            line.wait();
            assert!(leader.join().is_err());
            // It joined and saw the end, or came after it and did the work itself.
            assert!(matches!(follower.join().unwrap(), None | Some(())));
        });
        assert!(lock(&flights.0).is_empty());
    }
}
