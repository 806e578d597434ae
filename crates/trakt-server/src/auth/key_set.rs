//! The keys of an identity provider, kept for a while. Requests whose key is known never wait
//! for the provider; the others share one fetch, and there is at most one fetch a minute, so
//! that made-up key names cannot be used to flood the provider.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};
use jsonwebtoken::Algorithm;
use trakt_core::Clock;

use super::jwks::{self, Key};
use super::{AuthError, KeySetSource, TokenRefused};

/// The time between two fetches, however the first one ended.
const PAUSE: Duration = Duration::from_secs(60);
/// The age from which keys are fetched anew. Until that has worked they go on to count.
const FRESH: Duration = Duration::from_secs(3600);
/// How many requests may wait for a fetch. More would hold up the threads that others need.
const MAX_WAITING: usize = 16;

/// A cached key set.
#[derive(Clone)]
pub(super) struct KeySet(Arc<Inner>);

struct Inner {
    source: Arc<dyn KeySetSource>,
    clock: Arc<dyn Clock>,
    /// Held for moments only.
    state: Mutex<State>,
    /// Held during a fetch.
    fetching: Mutex<()>,
    waiting: AtomicUsize,
    refreshing: AtomicBool,
}

#[derive(Default)]
struct State {
    keys: Vec<Arc<Key>>,
    read_at: Option<DateTime<Utc>>,
    last: Option<Attempt>,
}

/// A fetch that has ended.
struct Attempt {
    began: DateTime<Utc>,
    worked: bool,
}

impl KeySet {
    /// An empty key set; the first token fills it.
    pub fn new(source: Arc<dyn KeySetSource>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            source,
            clock,
            state: Mutex::default(),
            fetching: Mutex::default(),
            waiting: AtomicUsize::new(0),
            refreshing: AtomicBool::new(false),
        }))
    }

    /// The one key for this algorithm with this name, or the only one for the algorithm when
    /// there is no name.
    pub fn find(&self, algorithm: Algorithm, id: Option<&str>) -> Result<Arc<Key>, AuthError> {
        let state = lock(&self.0.state);
        let now = self.0.clock.now();
        if let Some(key) = state.pick(algorithm, id)? {
            let refresh = state.is_stale(now) && state.may_fetch(now);
            drop(state);
            if refresh {
                self.refresh();
            }
            return Ok(key);
        }
        if !state.may_fetch(now) {
            return Err(state.unknown());
        }
        drop(state);
        let _place = Place::take(&self.0.waiting)?;
        self.0
            .fetch_if_due(|state| matches!(state.pick(algorithm, id), Ok(None)));
        let state = lock(&self.0.state);
        state.pick(algorithm, id)?.ok_or_else(|| state.unknown())
    }

    /// Fetches in the background, so that the request which notices the age does not wait.
    fn refresh(&self) {
        if self.0.refreshing.swap(true, Ordering::AcqRel) {
            return;
        }
        let inner = self.0.clone();
        let begun = thread::Builder::new()
            .name("key-set".to_owned())
            .spawn(move || {
                inner.fetch_if_due(|state| state.is_stale(inner.clock.now()));
                inner.refreshing.store(false, Ordering::Release);
            });
        if let Err(error) = begun {
            self.0.refreshing.store(false, Ordering::Release);
            log::warn!("the key set is not refreshed: no thread: {error}");
        }
    }
}

impl Inner {
    /// Fetches, unless another thread has just done so. `wanted` tells whether it still matters
    /// when the turn has come.
    fn fetch_if_due(&self, wanted: impl FnOnce(&State) -> bool) {
        let _turn = lock(&self.fetching);
        let began = self.clock.now();
        {
            let state = lock(&self.state);
            if !state.may_fetch(began) || !wanted(&state) {
                return;
            }
        }
        let read = self.source.fetch().and_then(|json| jwks::read(&json));
        let mut state = lock(&self.state);
        state.last = Some(Attempt {
            began,
            worked: read.is_ok(),
        });
        match read {
            Ok(keys) => {
                state.keys = keys.into_iter().map(Arc::new).collect();
                state.read_at = Some(began);
                log::info!("the key set was read: {} keys", state.keys.len());
            }
            Err(fault) => log::warn!("the key set cannot be read: {fault}"),
        }
    }
}

impl State {
    fn pick(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
    ) -> Result<Option<Arc<Key>>, TokenRefused> {
        let named = |key: &&Arc<Key>| id.is_none() || key.id.as_deref() == id;
        let mut fitting = self
            .keys
            .iter()
            .filter(named)
            .filter(|key| key.algorithm == algorithm);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(Some(key.clone())),
            (Some(_), Some(_)) => Err(TokenRefused::UnknownKey),
            // The name is known: another fetch would not make the key one for this algorithm.
            (None, _) if id.is_some() && self.keys.iter().any(|key| named(&key)) => {
                Err(TokenRefused::Algorithm)
            }
            (None, _) => Ok(None),
        }
    }

    fn may_fetch(&self, now: DateTime<Utc>) -> bool {
        self.last
            .as_ref()
            .is_none_or(|last| passed(last.began, now, PAUSE))
    }

    fn is_stale(&self, now: DateTime<Utc>) -> bool {
        self.read_at
            .is_none_or(|read_at| passed(read_at, now, FRESH))
    }

    /// What to say of a token whose key is not there.
    fn unknown(&self) -> AuthError {
        match &self.last {
            Some(last) if last.worked => TokenRefused::UnknownKey.into(),
            _ => AuthError::KeysUnavailable,
        }
    }
}

/// Whether `period` has passed. A clock that was set back must not stop us for ever.
fn passed(since: DateTime<Utc>, now: DateTime<Utc>, period: Duration) -> bool {
    (now - since).to_std().map_or(true, |age| age >= period)
}

/// Nothing is left half-done when a thread panics with one of these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place among those who wait.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self, AuthError> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::AcqRel) >= MAX_WAITING {
            return Err(AuthError::KeysUnavailable);
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
