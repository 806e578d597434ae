//! A store of tokens in memory that compares and swaps as the real one does, and a Trakt that
//! notes what it is sent: for many threads at once, where a list of expected calls does not do.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trakt_core::link::LinkStatus;
use trakt_core::ports::{
    ClaimDue, ClaimRefresh, ClaimedRefresh, DeviceGrant, DevicePoll, HeldToken,
    MockRevocationStore, PairStored, PortError, ProbeDue, RefreshClaim, RefreshFault, SettleProbe,
    SettleRefresh, StorePair, TokenGrant, TokenStore, TraktFault, TraktGateway,
};
use trakt_core::token::{AttemptOwner, GateReason, NoJournal, Revoker, TokenService};
use trakt_core::{
    AccessToken, AttemptId, DeviceCode, LinkId, RefreshToken, SystemClock, SystemEntropy,
    TraktIdentity, TraktProfile, TraktSlug, UserId,
};

use crate::bench::{misconfigured, now, user_id};

/// A link whose newest pair is `access-<generation>` and `<link>/<generation>`.
#[derive(Clone, Copy)]
struct Row {
    generation: i64,
    good: bool,
    attempt: Option<AttemptId>,
}

/// The link of a user has the user's id.
pub struct Store {
    rows: Mutex<HashMap<UserId, Row>>,
    /// Reads that found a token which is not good.
    pub stale: AtomicUsize,
    pub claimed: AtomicUsize,
    pub busy: AtomicUsize,
}

impl Store {
    /// Users 1 to `users`, each with a stale token of generation 1.
    pub fn of(users: u128) -> Arc<Self> {
        let row = Row {
            generation: 1,
            good: false,
            attempt: None,
        };
        Arc::new(Self {
            rows: Mutex::new((1..=users).map(|n| (user_id(n), row)).collect()),
            stale: AtomicUsize::new(0),
            claimed: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
        })
    }

    /// Runs this on a row, if it is at this generation.
    fn at<T>(&self, user: UserId, generation: i64, run: impl FnOnce(&mut Row) -> T) -> Option<T> {
        let mut rows = self.rows.lock().unwrap();
        let row = rows.get_mut(&user)?;
        (row.generation == generation).then(|| run(row))
    }
}

fn user_of(link: LinkId) -> UserId {
    link.uuid().into()
}

impl TokenStore for Store {
    fn held(&self, user: UserId) -> Result<Option<Option<HeldToken>>, PortError> {
        let row = self.rows.lock().unwrap().get(&user).copied();
        if row.is_some_and(|row| !row.good) {
            self.stale.fetch_add(1, Ordering::SeqCst);
        }
        Ok(row.map(|row| {
            Some(HeldToken {
                link: user.uuid().into(),
                generation: row.generation,
                status: LinkStatus::Active,
                reason: None,
                access: Some(AccessToken::from(format!("access-{}", row.generation))),
                expires_at: Some(now()),
                good: row.good,
            })
        }))
    }

    fn claim_refresh(&self, cmd: &ClaimRefresh) -> Result<RefreshClaim, PortError> {
        let user = user_of(cmd.link);
        let taken = self.at(user, cmd.generation, |row| {
            let free = row.attempt.is_none();
            if free {
                row.attempt = Some(cmd.attempt);
            }
            free
        });
        if taken != Some(true) {
            self.busy.fetch_add(1, Ordering::SeqCst);
            return Ok(RefreshClaim::Busy);
        }
        self.claimed.fetch_add(1, Ordering::SeqCst);
        let refresh = format!("{}/{}", cmd.link, cmd.generation);
        Ok(RefreshClaim::Claimed(Box::new(ClaimedRefresh {
            link: cmd.link,
            generation: cmd.generation,
            attempt: cmd.attempt,
            refresh: RefreshToken::from(refresh),
            replays: 0,
        })))
    }

    fn store_pair(&self, cmd: &StorePair) -> Result<PairStored, PortError> {
        let stored = self.at(user_of(cmd.link), cmd.generation, |row| {
            *row = Row {
                generation: row.generation + 1,
                good: true,
                attempt: None,
            };
            row.generation
        });
        Ok(stored.map_or(PairStored::Superseded, PairStored::Stored))
    }

    fn settle_refresh(&self, cmd: &SettleRefresh) -> Result<(), PortError> {
        self.at(user_of(cmd.link), cmd.generation, |row| {
            row.attempt.take_if(|attempt| *attempt == cmd.attempt);
        });
        Ok(())
    }

    fn refuse(&self, user: UserId, generation: i64) -> Result<(), PortError> {
        self.at(user, generation, |row| row.good = false);
        Ok(())
    }

    fn reclaim(&self, _: AttemptOwner) -> Result<u32, PortError> {
        Ok(0)
    }

    fn release(&self, _: AttemptOwner, _: &[AttemptId]) -> Result<(), PortError> {
        Ok(())
    }

    fn claim_due(&self, _: &ClaimDue) -> Result<Vec<ClaimedRefresh>, PortError> {
        Ok(Vec::new())
    }

    fn lock(&self, _: UserId, _: i64) -> Result<(), PortError> {
        Ok(())
    }

    fn due_probes(&self, _: u32, _: Duration) -> Result<Vec<ProbeDue>, PortError> {
        Ok(Vec::new())
    }

    fn settle_probe(&self, _: &SettleProbe) -> Result<(), PortError> {
        Ok(())
    }

    fn gate(&self) -> Result<Option<GateReason>, PortError> {
        Ok(None)
    }
}

/// Refreshes and nothing else; notes every token it was sent.
pub struct Trakt<F> {
    sent: Mutex<Vec<String>>,
    /// Runs during each call, which is this one of all, counted from 1.
    meanwhile: F,
}

impl<F: Fn(usize) + Send + Sync> TraktGateway for Trakt<F> {
    fn refresh(&self, token: &RefreshToken, _: Duration) -> Result<TokenGrant, RefreshFault> {
        let count = {
            let mut sent = self.sent.lock().unwrap();
            sent.push(token.expose().to_owned());
            sent.len()
        };
        (self.meanwhile)(count);
        Ok(TokenGrant {
            access: AccessToken::from("new-access".to_owned()),
            refresh: RefreshToken::from("new-refresh".to_owned()),
            expires_in: 604_800,
        })
    }

    fn device_code(&self, _: Duration) -> Result<DeviceGrant, TraktFault> {
        Err(misconfigured())
    }

    fn device_token(&self, _: &DeviceCode, _: Duration) -> Result<DevicePoll, TraktFault> {
        Err(misconfigured())
    }

    fn revoke(&self, _: &AccessToken, _: Duration) -> Result<(), TraktFault> {
        Err(misconfigured())
    }

    fn identity(&self, _: &AccessToken, _: Duration) -> Result<TraktIdentity, TraktFault> {
        Err(misconfigured())
    }

    fn profile(&self, _: &TraktSlug, _: Duration) -> Result<Option<TraktProfile>, TraktFault> {
        Err(misconfigured())
    }
}

impl<F: Fn(usize) + Send + Sync + 'static> Trakt<F> {
    pub fn new(meanwhile: F) -> Arc<Self> {
        Arc::new(Self {
            sent: Mutex::default(),
            meanwhile,
        })
    }

    /// Every token it was sent, in this order.
    pub fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap().clone()
    }

    /// A process of its own over the same store.
    pub fn service(self: &Arc<Self>, store: &Arc<Store>) -> TokenService {
        let clock = Arc::new(SystemClock);
        let waiting = Arc::new(MockRevocationStore::new());
        TokenService::new(
            store.clone(),
            self.clone(),
            Arc::new(NoJournal::new(&SystemEntropy)),
            Revoker::new(waiting, self.clone(), clock.clone()),
            clock,
            Arc::new(SystemEntropy),
        )
    }
}
