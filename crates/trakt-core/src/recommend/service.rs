//! Lists of recommendations, and keeping them fresh.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::RecommendError;
use crate::link::LinkStatus;
use crate::ports::{
    ClaimedList, HeldList, RecommendQuery, RecommendStore, StoreList, TraktFault, TraktRecommend,
};
use crate::token::{RefreshPolicy, TokenService};
use crate::watch::{Breaker, Item, Pace, PullError, PullPolicy};
use crate::{Clock, Entropy, PortError};

/// How fresh lists are.
#[derive(Clone, Copy, Debug)]
pub struct RecommendPolicy;

impl RecommendPolicy {
    const HOUR: Duration = Duration::from_secs(3600);
    /// How often a list is read again.
    pub const FRESH: Duration = Duration::from_secs(6 * 3600);
    /// From this age on it is stale.
    pub const STALE: Duration = Duration::from_secs(24 * 3600);
    /// Whoever has not asked for so long gets no new list.
    pub const ASKED: Duration = Duration::from_secs(7 * 24 * 3600);

    /// How long a list that could not be read is left alone also when somebody waits for it.
    pub const PAUSE: Duration = Duration::from_secs(30);

    /// Whether a list of this age is stale; earlier where reading it again has failed.
    #[must_use]
    pub fn is_stale(age: Duration, attempts: u32) -> bool {
        let late = Self::FRESH + Self::HOUR;
        age > Self::STALE || (attempts > 0 && age > late)
    }
}

/// Recommendations for a user.
#[derive(Clone, Debug, PartialEq)]
pub struct Recommended {
    /// Movies or shows, the best first.
    pub items: Vec<Item>,
    /// When they were read at Trakt.
    pub as_of: Option<DateTime<Utc>>,
    /// Whether they should have been read again by now.
    pub stale: bool,
}

/// What Trakt recommends to users.
///
/// Every method blocks; none may be called on an async thread.
#[derive(Clone)]
pub struct RecommendService {
    store: Arc<dyn RecommendStore>,
    trakt: Arc<dyn TraktRecommend>,
    tokens: TokenService,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    breaker: Arc<Breaker>,
}

impl RecommendService {
    /// Longer than a token and the call take.
    const LEASE: Duration = Duration::from_secs(90);
    /// How long a caller who has no list yet waits for Trakt.
    const WAIT: Duration = Duration::from_secs(8);
    /// How often it is noted that a user has asked.
    const NOTED: Duration = Duration::from_secs(300);

    /// What is in `store`, read at `trakt` with the tokens of `tokens`.
    #[must_use]
    pub fn new(
        store: Arc<dyn RecommendStore>,
        trakt: Arc<dyn TraktRecommend>,
        tokens: TokenService,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            trakt,
            tokens,
            clock,
            entropy,
            breaker: Arc::default(),
        }
    }

    /// What is held, from our own database alone; `None` where the list was never read, so that
    /// [`Self::fetch`] has to come first.
    ///
    /// # Errors
    /// [`RecommendError`].
    pub fn held(&self, query: &RecommendQuery) -> Result<Option<Recommended>, RecommendError> {
        let Some(held) = self.look(query)? else {
            return Ok(None);
        };
        let asked = self.store.ask(query, Self::NOTED, RecommendPolicy::FRESH);
        if let Err(error) = asked {
            log::warn!(
                "that user {} has asked could not be noted: {error}",
                query.user
            );
        }
        Ok(Some(shown(held)))
    }

    /// Reads a list that was never read, for a user who waits for it.
    ///
    /// # Errors
    /// [`RecommendError`].
    pub fn fetch(&self, query: &RecommendQuery) -> Result<Recommended, RecommendError> {
        let of = Some((query.user, query.kind));
        if let Some(claimed) = self.store.claim_list(of, Self::LEASE)? {
            self.read(&claimed, Some(Self::WAIT))?;
        }
        let held = self.look(query)?.ok_or_else(|| {
            // Somebody else is reading it right now, or could not a moment ago.
            RecommendError::Trakt(TraktFault::Unavailable {
                detail: "the list is being read".to_owned(),
                retry_after: Some(Duration::from_secs(2)),
            })
        })?;
        Ok(shown(held))
    }

    /// What is held, unless nothing can be; `None` where the list was never read.
    fn look(&self, query: &RecommendQuery) -> Result<Option<HeldList>, RecommendError> {
        let held = self.store.recommendations(query)?;
        let link = held.link.ok_or(RecommendError::NotLinked)?;
        if link == LinkStatus::Unverified {
            return Err(RecommendError::NotLinked);
        }
        if held.off {
            return Err(RecommendError::SwitchedOff);
        }
        match link {
            _ if held.read_at.is_some() => Ok(Some(held)),
            LinkStatus::NeedsRelink => Err(RecommendError::NeedsRelink),
            LinkStatus::Locked => Err(RecommendError::Locked),
            _ => Ok(None),
        }
    }

    /// Reads the list that has been due for longest, if there is one; tells whether there was. After
    /// five in a row that Trakt did not answer it is left alone for half a minute.
    ///
    /// # Errors
    /// When the store fails.
    pub fn refresh_due(&self) -> Result<bool, PortError> {
        if self.breaker.holds(&*self.clock) {
            return Ok(false);
        }
        let Some(claimed) = self.store.claim_list(None, Self::LEASE)? else {
            return Ok(false);
        };
        match self.read(&claimed, None) {
            Ok(()) => {}
            Err(RecommendError::Store(error)) => return Err(error),
            Err(error) => log::warn!("recommendations for user {}: {error}", claimed.user),
        }
        Ok(true)
    }

    fn read(
        &self,
        claimed: &ClaimedList,
        patience: Option<Duration>,
    ) -> Result<(), RecommendError> {
        let (user, kind) = (claimed.user, claimed.kind);
        let read = self.tokens.using(user, |grant| {
            self.trakt.recommended(user, &grant.token, kind, patience)
        });
        let read: Result<Vec<Item>, RecommendError> = match read {
            Ok((items, _)) => Ok(items),
            Err(error) => Err(error.into()),
        };
        let heard = match &read {
            Ok(_) => Some(Ok(())),
            Err(RecommendError::Trakt(fault)) => Some(Err(PullError::Trakt(fault.clone()))),
            Err(_) => None,
        };
        if let Some(heard) = heard {
            self.breaker.heed(&heard, &*self.clock);
        }
        let chance = RefreshPolicy::chance(&*self.entropy);
        match read {
            Ok(items) => Ok(self.store.store_list(&StoreList {
                claimed: claimed.clone(),
                items,
                next: RecommendPolicy::FRESH.mul_f64(0.8 + 0.4 * chance),
                asked: RecommendPolicy::ASKED,
            })?),
            Err(error) => {
                let retry_after = match &error {
                    RecommendError::Token(error) => error.retry_after(),
                    RecommendError::Trakt(TraktFault::Unavailable { retry_after, .. }) => {
                        *retry_after
                    }
                    _ => None,
                };
                let pace = Pace {
                    seen: None,
                    attempts: claimed.attempts,
                };
                let next = PullPolicy::after_trouble(pace, retry_after, chance);
                self.store.fail_list(claimed, next)?;
                Err(error)
            }
        }
    }
}

fn shown(held: HeldList) -> Recommended {
    Recommended {
        stale: RecommendPolicy::is_stale(held.age, held.attempts),
        as_of: held.read_at,
        items: held.items,
    }
}
