//! The least that a store does: tokens of links (`TokenStore`), and those that Trakt has to be told
//! are out of use (`RevocationStore`). In memory, so that the rules are seen; yours has a table, and
//! each method is one transaction.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use trakt_core::link::{LinkStatus, TokenPair};
use trakt_core::ports::{
    ClaimRefresh, ClaimedRefresh, HeldToken, PairStored, PortError, RefreshClaim, Revocation,
    RevocationStore, SettleRefresh, StorePair, TokenStore,
};
use trakt_core::token::{AttemptOwner, Attempted, LossReason, RefreshPolicy};
use trakt_core::{AttemptId, Clock, LinkId, RevocationId, SystemClock, SystemEntropy, UserId};

#[derive(Default)]
pub struct Store {
    links: Mutex<HashMap<UserId, Link>>,
    revocations: Mutex<Vec<Revocation>>,
}

struct Link {
    id: LinkId,
    /// Grows by one with every pair.
    generation: i64,
    pair: TokenPair,
    /// Trakt has refused the access token.
    refused: bool,
    status: LinkStatus,
    reason: Option<LossReason>,
    /// Who is at work on a refresh, and until when nobody else may.
    attempt: Option<(AttemptId, DateTime<Utc>)>,
    /// Not before.
    wait_until: DateTime<Utc>,
    failures: u32,
    /// How often the refresh token was sent without an answer.
    replays: u32,
}

impl Link {
    fn new(generation: i64, pair: TokenPair) -> Self {
        Self {
            id: LinkId::random(&SystemEntropy),
            generation,
            pair,
            refused: false,
            status: LinkStatus::Active,
            reason: None,
            attempt: None,
            wait_until: DateTime::UNIX_EPOCH,
            failures: 0,
            replays: 0,
        }
    }
}

impl Store {
    /// Links a user. The tokens that this puts out of use are on the list of revocations with it.
    pub fn link(&self, user: UserId, pair: TokenPair) {
        if let Some(old) = self.links().insert(user, Link::new(1, pair)) {
            lock(&self.revocations).push(revocation(old.pair));
        }
    }

    fn links(&self) -> MutexGuard<'_, HashMap<UserId, Link>> {
        lock(&self.links)
    }
}

impl TokenStore for Store {
    fn held(&self, user: UserId) -> Result<Option<Option<HeldToken>>, PortError> {
        let links = self.links();
        // `None` is a user who does not exist: those of this example all do.
        Ok(Some(links.get(&user).map(|link| {
            let left = link.pair.expires_at - SystemClock.now();
            HeldToken {
                link: link.id,
                generation: link.generation,
                status: link.status,
                reason: link.reason,
                access: Some(link.pair.access.clone()),
                expires_at: Some(link.pair.expires_at),
                // Not one that ends on its way.
                good: !link.refused && left.num_seconds() > 30,
            }
        })))
    }

    fn claim_refresh(&self, cmd: &ClaimRefresh) -> Result<RefreshClaim, PortError> {
        let (mut links, now) = (self.links(), SystemClock.now());
        let Some(link) = latest(&mut links, cmd.link, cmd.generation) else {
            return Ok(RefreshClaim::Busy);
        };
        match link.attempt {
            Some((_, until)) if until > now => return Ok(RefreshClaim::Busy),
            // Its answer never came, so the token may have been used.
            Some(_) => link.replays += 1,
            None => {}
        }
        link.attempt = None;
        let wait = (link.wait_until - now).to_std().unwrap_or_default();
        if !wait.is_zero() {
            return Ok(RefreshClaim::Wait(wait));
        }
        link.attempt = Some((cmd.attempt, now + cmd.lease));
        Ok(RefreshClaim::Claimed(Box::new(ClaimedRefresh {
            link: link.id,
            generation: link.generation,
            attempt: cmd.attempt,
            refresh: link.pair.refresh.clone(),
            replays: link.replays,
        })))
    }

    fn release(&self, _: AttemptOwner, attempts: &[AttemptId]) -> Result<(), PortError> {
        for link in self.links().values_mut() {
            link.attempt = link.attempt.filter(|(id, _)| !attempts.contains(id));
        }
        Ok(())
    }

    fn store_pair(&self, cmd: &StorePair) -> Result<PairStored, PortError> {
        let mut links = self.links();
        let pair = TokenPair {
            access: cmd.pair.access.clone(),
            refresh: cmd.pair.refresh.clone(),
            expires_at: SystemClock.now() + (cmd.pair.lifetime.saturating_sub(cmd.age)),
        };
        let Some(link) = links.values_mut().find(|link| link.id == cmd.link) else {
            let gone = revocation(pair);
            lock(&self.revocations).push(gone.clone());
            return Ok(PairStored::Gone(vec![gone]));
        };
        if link.generation != cmd.generation {
            return Ok(PairStored::Superseded);
        }
        *link = Link {
            id: link.id,
            ..Link::new(link.generation + 1, pair)
        };
        Ok(PairStored::Stored(link.generation))
    }

    fn settle_refresh(&self, cmd: &SettleRefresh) -> Result<(), PortError> {
        let mut links = self.links();
        let link = latest(&mut links, cmd.link, cmd.generation)
            .filter(|link| link.attempt.is_some_and(|(id, _)| id == cmd.attempt));
        let Some(link) = link else { return Ok(()) };
        link.attempt = None;
        let backoff = RefreshPolicy::backoff(link.failures, cmd.jitter);
        link.failures += 1;
        let wait = match cmd.end {
            Attempted::NotSent | Attempted::Misconfigured => backoff,
            Attempted::Refused { retry_after } => backoff.max(retry_after.unwrap_or_default()),
            Attempted::Uncertain { replay_after, .. } => {
                link.replays += 1;
                replay_after
            }
            Attempted::Lost(reason) => {
                link.status = LinkStatus::NeedsRelink;
                link.reason = Some(reason);
                Duration::ZERO
            }
        };
        link.wait_until = SystemClock.now() + wait;
        Ok(())
    }

    fn refuse(&self, user: UserId, generation: i64) -> Result<(), PortError> {
        if let Some(link) = self.links().get_mut(&user) {
            link.refused |= link.generation == generation;
        }
        Ok(())
    }

    fn lock(&self, user: UserId, generation: i64) -> Result<(), PortError> {
        let mut links = self.links();
        if let Some(link) = links.get_mut(&user).filter(|l| l.generation == generation) {
            link.status = LinkStatus::Locked;
        }
        Ok(())
    }
}

impl RevocationStore for Store {
    // The lease keeps other processes away: here there are none.
    fn due(&self, limit: u32, _: Duration) -> Result<Vec<Revocation>, PortError> {
        let waiting = lock(&self.revocations);
        Ok(waiting.iter().take(limit as usize).cloned().collect())
    }

    fn done(&self, id: RevocationId) -> Result<(), PortError> {
        lock(&self.revocations).retain(|revocation| revocation.id != id);
        Ok(())
    }
}

/// The link with this id, while this is its latest pair.
fn latest(links: &mut HashMap<UserId, Link>, id: LinkId, generation: i64) -> Option<&mut Link> {
    let mut links = links.values_mut();
    links.find(|link| link.id == id && link.generation == generation)
}

fn revocation(pair: TokenPair) -> Revocation {
    Revocation {
        id: RevocationId::random(&SystemEntropy),
        token: pair.access,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
