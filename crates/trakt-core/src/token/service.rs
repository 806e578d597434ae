//! A valid access token for a user.

use std::sync::Arc;
use std::time::Duration;

use super::attempt::Attempts;
use super::flight::Flights;
use super::quiet::Quiet;
use super::{AccessGrant, GateReason, LossReason, RefreshPolicy, Revoker, TokenError};
use crate::link::LinkStatus;
use crate::ports::{
    ClaimDue, ClaimRefresh, HeldToken, PortError, Probed, RefreshClaim, RefreshJournal,
    RevocationStore, SettleProbe, TokenStore, TraktFault, TraktGateway,
};
use crate::{AttemptId, Clock, Deadline, Entropy, SystemClock, SystemEntropy, UserId};

/// Access tokens of links, kept alive.
///
/// Every method blocks; none may be called on an async thread. What was begun with Trakt is
/// finished even if nobody waits for it any more, as long as the thread that does it is not
/// killed: run it where a client that leaves does not stop it (`spawn_blocking` does).
#[derive(Clone)]
pub struct TokenService(Arc<Inner>);

struct Inner {
    store: Arc<dyn TokenStore>,
    trakt: Arc<dyn TraktGateway>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    attempts: Attempts,
    flights: Flights<Result<AccessGrant, TokenError>>,
    quiet: Quiet,
}

enum Held {
    Good(AccessGrant),
    Stale(HeldToken),
}

impl TokenService {
    /// How long a caller waits for a refresh, its own or another's: the call and its storing.
    const PATIENCE: Duration = Duration::from_secs(27);
    /// How long a caller waits at first before it looks again whether another is done.
    const LOOK_AGAIN: Duration = Duration::from_millis(25);
    /// At most.
    const LOOK_AGAIN_MOST: Duration = Duration::from_millis(200);
    /// A wait that is not worth telling a caller of.
    const SHORT: Duration = Duration::from_secs(1);
    /// What a caller is told to wait when another has not come back.
    const RETRY: Duration = Duration::from_secs(5);
    /// How many links one round of the worker takes.
    const BATCH: u32 = 4;
    /// A trial of an access token.
    const PROBE: Duration = Duration::from_secs(10);
    /// How many trials one round makes.
    const PROBES: u32 = 10;

    /// Tokens in `store`, renewed at `trakt`, with the answers in `journal` until they are stored.
    #[must_use]
    pub fn new(
        store: Arc<dyn TokenStore>,
        trakt: Arc<dyn TraktGateway>,
        journal: Arc<dyn RefreshJournal>,
        revoker: Revoker,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let attempts = Attempts::new(
            store.clone(),
            trakt.clone(),
            journal,
            revoker,
            clock.clone(),
            entropy.clone(),
        );
        Self(Arc::new(Inner {
            store,
            trakt,
            clock,
            entropy,
            attempts,
            flights: Flights::default(),
            quiet: Quiet::default(),
        }))
    }

    /// The same on one store for all of it, with the clock and the randomness of the system.
    #[must_use]
    pub fn over<S: TokenStore + RevocationStore + 'static>(
        store: Arc<S>,
        trakt: Arc<dyn TraktGateway>,
        journal: Arc<dyn RefreshJournal>,
    ) -> Self {
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let revoker = Revoker::new(store.clone(), trakt.clone(), clock.clone());
        Self::new(store, trakt, journal, revoker, clock, entropy)
    }

    /// A valid access token of the user's: from the store while it is good, else by a refresh,
    /// which happens once however many ask.
    ///
    /// When Trakt answers 401 to it, say so to [`Self::refused`] and call again.
    ///
    /// # Errors
    /// [`TokenError`], typed by what can be done about it.
    pub fn access_token(&self, user: UserId) -> Result<AccessGrant, TokenError> {
        let stale = match self.held(user)? {
            Held::Good(grant) => return Ok(grant),
            Held::Stale(stale) => stale,
        };
        // Joining a flight that was under way before Trakt refused the token may give just that
        // token again: then once more, with a flight that begins now.
        for _ in 0..2 {
            let joined = self
                .0
                .flights
                .join(user, Self::PATIENCE, || self.renewed(user));
            match joined {
                Some(Ok(grant)) if grant.generation <= stale.generation => {}
                Some(answer) => return answer,
                None => break,
            }
        }
        Err(TokenError::Unavailable {
            retry_after: Self::RETRY,
        })
    }

    /// Trakt answered 401 to the token of this generation. It is not handed out again; of all who
    /// report the same generation, one makes the refresh.
    ///
    /// # Errors
    /// [`TokenError::Store`].
    pub fn refused(&self, user: UserId, generation: i64) -> Result<(), TokenError> {
        Ok(self.0.store.refuse(user, generation)?)
    }

    /// Trakt answered 423 to the token of this generation: the account is locked or deactivated.
    /// It is tried again once a day.
    ///
    /// # Errors
    /// [`TokenError::Store`].
    pub fn locked(&self, user: UserId, generation: i64) -> Result<(), TokenError> {
        Ok(self.0.store.lock(user, generation)?)
    }

    /// Whether refreshes are held back for everybody, and why.
    ///
    /// # Errors
    /// [`TokenError::Store`].
    pub fn gate(&self) -> Result<Option<GateReason>, TokenError> {
        Ok(self.0.store.gate()?)
    }

    /// Begins no refresh from here on: the process is about to end.
    pub fn stop(&self) {
        self.0.attempts.stop();
    }

    /// Stores what earlier processes, or this one without its database, left in the journal, and
    /// takes over their attempts. Returns whether nothing is left. To be called at the start and
    /// again and again: a pair that waits here is one that a database trouble kept from its link.
    ///
    /// # Errors
    /// [`TokenError::Store`] when the store or the journal cannot be asked.
    pub fn recover(&self) -> Result<bool, TokenError> {
        Ok(self.0.attempts.recover()?)
    }

    /// Refreshes what is due, whoever asks for it, and returns how many that were. A round takes a
    /// few; come back at once while it returns more than none.
    ///
    /// # Errors
    /// [`TokenError::Store`].
    pub fn refresh_due(&self) -> Result<usize, TokenError> {
        if self.0.attempts.stopping() || !self.recover()? {
            return Ok(0);
        }
        let attempts = (0..Self::BATCH).map(|_| AttemptId::random(&*self.0.entropy));
        let cmd = ClaimDue {
            attempts: attempts.collect(),
            owner: self.0.attempts.owner(),
            lease: RefreshPolicy::LEASE,
        };
        let mut slots = self.0.attempts.reserve(Self::BATCH)?;
        let send_by = self.0.attempts.send_by();
        let claimed = self.0.store.claim_due(&cmd);
        let claimed = match claimed {
            Ok(claimed) => claimed,
            Err(error) => {
                self.0.attempts.give_back(slots);
                // It may have been made all the same.
                self.0.attempts.hand_back(cmd.attempts);
                return Err(error.into());
            }
        };
        let count = claimed.len();
        std::thread::scope(|scope| {
            for refresh in claimed {
                if let Some(slot) = slots.pop() {
                    scope.spawn(move || self.0.attempts.run(&refresh, slot, send_by));
                }
            }
        });
        self.0.attempts.give_back(slots);
        Ok(count)
    }

    /// Tries access tokens that have not worked yet, and those of locked accounts once a day.
    /// Returns how many; come back at once while it returns more than none. A round ends when
    /// Trakt does not answer or asks to wait, and none begins until that is over.
    ///
    /// # Errors
    /// [`TokenError::Store`].
    pub fn probe_due(&self) -> Result<usize, TokenError> {
        let (clock, quiet) = (&*self.0.clock, &self.0.quiet);
        if quiet.holds(clock) {
            return Ok(0);
        }
        let due = self
            .0
            .store
            .due_probes(Self::PROBES, Self::PROBE * Self::PROBES * 2)?;
        for probe in &due {
            if self.0.attempts.stopping() {
                return Ok(0);
            }
            let answer = self.0.trakt.identity(&probe.access, Self::PROBE);
            let end = match &answer {
                Ok(_) => Probed::Works,
                Err(TraktFault::TokenRefused) => Probed::Refused,
                Err(TraktFault::Locked) => Probed::Locked,
                Err(_) => Probed::Unknown,
            };
            self.0.store.settle_probe(&SettleProbe {
                link: probe.link,
                generation: probe.generation,
                end,
            })?;
            if answer.is_err_and(|fault| quiet.heed(&fault, clock)) {
                return Ok(0);
            }
        }
        Ok(due.len())
    }

    fn held(&self, user: UserId) -> Result<Held, TokenError> {
        let held = self.0.store.held(user)?.ok_or(TokenError::UserGone)?;
        let held = held.ok_or(TokenError::NotLinked)?;
        match held.status {
            LinkStatus::Unverified => return Err(TokenError::NotLinked),
            LinkStatus::Locked => return Err(TokenError::Locked),
            LinkStatus::NeedsRelink => {
                let reason = held.reason.unwrap_or(LossReason::Revoked);
                return Err(TokenError::NeedsRelink(reason));
            }
            LinkStatus::Active => {}
        }
        Ok(match (&held.access, held.expires_at) {
            (Some(token), Some(expires_at)) if held.good => Held::Good(AccessGrant {
                token: token.clone(),
                generation: held.generation,
                expires_at,
            }),
            _ => Held::Stale(held),
        })
    }

    /// A good token, by a refresh of ours or of whoever else is at it.
    fn renewed(&self, user: UserId) -> Result<AccessGrant, TokenError> {
        let inner = &self.0;
        let later = Err(TokenError::Unavailable {
            retry_after: Self::RETRY,
        });
        let deadline = Deadline::start(&*inner.clock, Self::PATIENCE);
        let mut pause = Self::LOOK_AGAIN;
        loop {
            let stale = match self.held(user)? {
                Held::Good(grant) => return Ok(grant),
                Held::Stale(stale) => stale,
            };
            if inner.attempts.stopping() {
                return later;
            }
            let Some(left) = deadline.remaining(&*inner.clock) else {
                return later;
            };
            match self.claim(&stale, left)? {
                Claimed::Tried => {}
                Claimed::Busy => {
                    inner.clock.sleep(pause.min(left));
                    pause = (pause * 2).min(Self::LOOK_AGAIN_MOST);
                }
                // The budget of this second is spent, or the like: worth waiting for.
                Claimed::Wait(wait) if wait <= Self::SHORT && wait < left => {
                    inner.clock.sleep(wait);
                }
                Claimed::Wait(retry_after) => return Err(TokenError::Unavailable { retry_after }),
            }
        }
    }

    fn claim(&self, stale: &HeldToken, left: Duration) -> Result<Claimed, PortError> {
        let inner = &self.0;
        if !inner.attempts.recover()? {
            return Ok(Claimed::Wait(Self::RETRY));
        }
        let Some(_place) = inner.attempts.place(left) else {
            return Ok(Claimed::Wait(Self::RETRY));
        };
        let slots = inner.attempts.reserve(1)?;
        let send_by = inner.attempts.send_by();
        let attempt = AttemptId::random(&*inner.entropy);
        let claim = inner.store.claim_refresh(&ClaimRefresh {
            link: stale.link,
            generation: stale.generation,
            attempt,
            owner: inner.attempts.owner(),
            lease: RefreshPolicy::LEASE,
        });
        match (claim, slots.first()) {
            (Ok(RefreshClaim::Claimed(refresh)), Some(slot)) => {
                inner.attempts.run_in_place(&refresh, *slot, send_by);
                Ok(Claimed::Tried)
            }
            (claim, _) => {
                inner.attempts.give_back(slots);
                if claim.is_err() {
                    // It may have been made all the same.
                    inner.attempts.hand_back(vec![attempt]);
                }
                Ok(match claim? {
                    RefreshClaim::Wait(wait) => Claimed::Wait(wait),
                    RefreshClaim::Claimed(_) | RefreshClaim::Busy => Claimed::Busy,
                })
            }
        }
    }
}

enum Claimed {
    Tried,
    Busy,
    Wait(Duration),
}
