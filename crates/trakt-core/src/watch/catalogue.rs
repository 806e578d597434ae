//! Which episodes the shows have that anybody watches: what comes next is counted from them.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::pull::Stop;
use super::{Breaker, Episode, Pace, PullError, PullPolicy};
use crate::ports::{CatalogueStore, SettleCatalogue, StoreCatalogue, TraktCatalogue};
use crate::{Clock, Entropy, PortError, SystemClock, SystemEntropy};

/// An episode, and when it comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Airing {
    /// Which.
    pub episode: Episode,
    /// When it aired or will; `None` where nobody knows.
    pub first_aired: Option<DateTime<Utc>>,
}

/// The episodes of a show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShowEpisodes {
    /// Those that could be read, aired or not, specials too.
    pub episodes: Vec<Airing>,
    /// Whether these are all of them.
    pub whole: bool,
}

/// How often the episodes of a show are read again.
#[derive(Clone, Copy, Debug)]
pub struct CataloguePolicy;

impl CataloguePolicy {
    const DAY: Duration = Duration::from_secs(86_400);
    /// Of a show that airs: one of its episodes did within [`Self::RECENT`], or will.
    pub const AIRING: Duration = Self::DAY;
    /// Of every other.
    pub const ENDED: Duration = Duration::from_secs(7 * 86_400);
    /// How long a show is taken to go on after an episode.
    pub const RECENT: TimeDelta = TimeDelta::days(30);

    /// How long until they are read again. `chance` is from 0 to 1: it spreads those that were read
    /// together over four tenths of the interval.
    #[must_use]
    pub fn after(show: &ShowEpisodes, now: DateTime<Utc>, chance: f64) -> Duration {
        let recent = now - Self::RECENT;
        let airs = |one: &Airing| one.first_aired.is_some_and(|at| at > recent);
        let interval = match show.episodes.iter().any(airs) {
            true => Self::AIRING,
            false => Self::ENDED,
        };
        interval.mul_f64(0.8 + 0.4 * chance.clamp(0.0, 1.0))
    }
}

/// The episodes of shows, read at Trakt without any user's token and shared by all.
///
/// Every method blocks; none may be called on an async thread.
#[derive(Clone)]
pub struct CatalogueService {
    store: Arc<dyn CatalogueStore>,
    trakt: Arc<dyn TraktCatalogue>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    stop: Arc<Stop>,
    /// Not that of the pulls: where the application's own budget is used up, those of users may
    /// have room.
    breaker: Arc<Breaker>,
}

impl CatalogueService {
    /// Longer than a call with its wait for a turn, and the storing, take.
    const LEASE: Duration = Duration::from_secs(300);

    /// What is in `store`, read at `trakt`.
    #[must_use]
    pub fn new(
        store: Arc<dyn CatalogueStore>,
        trakt: Arc<dyn TraktCatalogue>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            trakt,
            clock,
            entropy,
            stop: Arc::default(),
            breaker: Arc::default(),
        }
    }

    /// The same with the clock and the randomness of the system.
    #[must_use]
    pub fn over(store: Arc<dyn CatalogueStore>, trakt: Arc<dyn TraktCatalogue>) -> Self {
        Self::new(store, trakt, Arc::new(SystemClock), Arc::new(SystemEntropy))
    }

    /// Reads no further show.
    pub fn stop(&self) {
        self.stop.ask();
    }

    /// Reads the episodes of one show that is due, if there is one; tells whether there was. Trouble
    /// at Trakt is logged and waited out. After five in a row that Trakt did not answer it is left
    /// alone for half a minute.
    ///
    /// # Errors
    /// When the store fails. The show is then read again when its lease has ended.
    pub fn read_due(&self) -> Result<bool, PortError> {
        if self.stop.wait(Duration::ZERO) || self.breaker.holds(&*self.clock) {
            return Ok(false);
        }
        let Some(claimed) = self.store.claim_catalogue(Self::LEASE)? else {
            return Ok(false);
        };
        let show = claimed.show;
        let read = self.trakt.episodes(show).map_err(PullError::Trakt);
        self.breaker.heed(&read, &*self.clock);
        let chance = PullPolicy::chance(&*self.entropy);
        let next = match &read {
            Ok(found) => {
                if let Some(found) = found {
                    self.keep(show, found)?;
                }
                let found = found.as_ref();
                found.map_or(CataloguePolicy::ENDED, |found| {
                    CataloguePolicy::after(found, self.clock.now(), chance)
                })
            }
            Err(error) => {
                log::warn!("the episodes of show {show}: {error}");
                let pace = Pace {
                    seen: None,
                    attempts: claimed.attempts,
                };
                PullPolicy::after_trouble(pace, error.retry_after(), chance)
            }
        };
        self.store.settle_catalogue(&SettleCatalogue {
            claimed,
            read: read.is_ok(),
            next,
        })?;
        Ok(true)
    }

    /// Stores them, and counts anew for all who watch the show, some at a time. Whoever comes to
    /// watch it meanwhile is counted with what is stored by then.
    fn keep(&self, show: i64, found: &ShowEpisodes) -> Result<(), PortError> {
        self.store.store_catalogue(&StoreCatalogue {
            show,
            episodes: found.episodes.clone(),
            whole: found.whole,
        })?;
        let mut after = None;
        loop {
            after = self.store.count_show(show, after)?;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}
