//! Reading what changed at Trakt, part by part.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use metrics::{counter, histogram};

use super::sink::Sink;
use super::{Breaker, Mark, Part, PullError, PullPolicy, PullState, WatchError, due};
use crate::link::LinkStatus;
use crate::ports::{
    Asked, BeginPull, Begun, EndPull, FinishPart, HoldPart, Lease, PullHold, ReadFault, Reading,
    TraktFault, TraktWatch, UserState, WatchStore,
};
use crate::scrobble::Brake;
use crate::token::{AccessGrant, TokenService};
use crate::{Clock, Entropy, PortError, PullId, SystemClock, SystemEntropy, UserId};

/// What users watch, held as Trakt has it.
///
/// Every method blocks; none may be called on an async thread.
#[derive(Clone)]
pub struct WatchService {
    pub(super) store: Arc<dyn WatchStore>,
    trakt: Arc<dyn TraktWatch>,
    tokens: TokenService,
    pub(super) clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    pub(super) stop: Arc<Stop>,
    pub(super) waiting: Arc<AtomicUsize>,
    breaker: Arc<Breaker>,
}

/// Whether pulls are to end, for those that wait.
#[derive(Default)]
pub(super) struct Stop {
    asked: Mutex<bool>,
    told: Condvar,
}

impl Stop {
    pub(super) fn ask(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
    }

    /// Waits, unless it is asked or was; tells whether it is.
    pub(super) fn wait(&self, period: Duration) -> bool {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.told.wait_timeout_while(asked, period, |asked| !*asked);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// What a pull read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pulled {
    /// The parts that had changed and were read as a whole.
    pub whole: Vec<Part>,
    /// Those that were not seen as a whole: nothing of them was removed, and they are read again
    /// the next time.
    pub partial: Vec<Part>,
    /// Those that lost so much that the user has to say whether that is meant: nothing of them was
    /// removed.
    pub held: Vec<Part>,
}

/// How a part was dealt with.
enum PartEnd {
    Whole,
    Partial,
    Held,
}

/// One pull, under way.
pub(super) struct Pull<'a> {
    pub(super) service: &'a WatchService,
    pub(super) user: UserId,
    pub(super) id: PullId,
}

impl WatchService {
    /// Longer than a page takes to come, after the lease was renewed, and its storing; and as long
    /// as a user waits for the next pull when a process was killed in the middle of one.
    pub(super) const LEASE: Duration = Duration::from_secs(60);
    /// From the claim of a user to the beginning of the pull, should we never come to it.
    const CLAIM: Duration = Duration::from_secs(60);

    /// What is in `store`, read at `trakt` with the tokens of `tokens`.
    #[must_use]
    pub fn new(
        store: Arc<dyn WatchStore>,
        trakt: Arc<dyn TraktWatch>,
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
            stop: Arc::default(),
            waiting: Arc::default(),
            breaker: Arc::default(),
        }
    }

    /// The same with the clock and the randomness of the system.
    #[must_use]
    pub fn over(
        store: Arc<dyn WatchStore>,
        trakt: Arc<dyn TraktWatch>,
        tokens: &TokenService,
    ) -> Self {
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        Self::new(store, trakt, tokens.clone(), clock, entropy)
    }

    /// Ends all pulls of this service before their next page, and those that are yet to begin.
    pub fn stop(&self) {
        self.stop.ask();
    }

    /// How many pulls of this service wait until Trakt may be asked for the next page: as many others
    /// may be under way besides.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Pulls for one user who is due, if there is one; tells whether there was. What goes wrong
    /// with one user is logged, and no trouble of the next one's. After five in a row whom Trakt
    /// did not answer it leaves Trakt alone for half a minute.
    ///
    /// # Errors
    /// When the store cannot say who is due.
    pub fn pull_due(&self) -> Result<bool, PortError> {
        if self.breaker.holds(&*self.clock) {
            return Ok(false);
        }
        let due = self.store.claim_pulls(1, Self::CLAIM)?;
        for user in &due {
            let pulled = self.pull(*user);
            self.breaker.heed(&pulled, &*self.clock);
            match pulled {
                Ok(_) | Err(PullError::Nothing | PullError::Stopped) => {}
                Err(error) => log::warn!("the pull for user {user}: {error}"),
            }
        }
        Ok(!due.is_empty())
    }

    /// Asks for a pull, which begins as soon as a worker is free, or is under way. With `confirm`
    /// everything that is held back is meant.
    ///
    /// # Errors
    /// [`WatchError`].
    pub fn ask(&self, user: UserId, confirm: bool) -> Result<(), WatchError> {
        match self.store.ask_pull(user, confirm)? {
            Asked::Due => Ok(()),
            Asked::SwitchedOff => Err(WatchError::SwitchedOff),
            Asked::Inactive(LinkStatus::NeedsRelink) => Err(WatchError::NeedsRelink),
            Asked::Inactive(LinkStatus::Locked) => Err(WatchError::Locked),
            Asked::Inactive(_) | Asked::NotLinked => Err(WatchError::NotLinked),
        }
    }

    /// How the data of a user stands; `None` where there never was any.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn state(&self, user: UserId) -> Result<Option<PullState>, PortError> {
        self.store.pull_state(user)
    }

    /// How the data of each of these users stands; those who are gone are left out.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn states(&self, users: &[UserId]) -> Result<Vec<UserState>, PortError> {
        self.store.pull_states(users)
    }

    /// Reads what changed at Trakt since it was read last: one call where nothing did.
    ///
    /// A part that was read as a whole is then held as it was at Trakt at some moment between the
    /// beginning of its reading and its end; what changed after the beginning is read again the
    /// next time.
    ///
    /// # Errors
    /// [`PullError`]. The parts that were read before it are held.
    pub fn pull(&self, user: UserId) -> Result<Pulled, PullError> {
        let pull = Pull {
            service: self,
            user,
            id: PullId::random(&*self.entropy),
        };
        let begin = BeginPull {
            user,
            pull: pull.id,
            lease: Self::LEASE,
        };
        let begun = self.store.begin_pull(&begin)?.ok_or(PullError::Nothing)?;
        let start = self.clock.elapsed();
        let pulled = pull.run(&begun);
        let chance = PullPolicy::chance(&*self.entropy);
        let later = |wait| PullPolicy::after_trouble(begun.pace, wait, chance);
        let (reason, next) = match &pulled {
            // What cannot be read today cannot be read sooner than all else.
            Ok(pulled) if !pulled.partial.is_empty() => {
                let usual = PullPolicy::after(begun.pace, chance);
                (Some("partial"), later(None).min(usual))
            }
            Ok(pulled) => {
                let held = (!pulled.held.is_empty()).then_some("held");
                (held, PullPolicy::after(begun.pace, chance))
            }
            // Another process goes on at once.
            Err(PullError::Stopped) => (Some("stopped"), Duration::ZERO),
            Err(error) => (Some(error.reason()), later(error.retry_after())),
        };
        let took = self.clock.elapsed().saturating_sub(start);
        histogram!("trakt_sync_run_duration_seconds").record(took);
        let outcome = reason.unwrap_or("whole");
        counter!("trakt_sync_runs_total", "outcome" => outcome).increment(1);
        let end = EndPull {
            user,
            pull: pull.id,
            reason,
            next,
        };
        match (self.store.end_pull(&end), pulled) {
            // The lease ends by itself.
            (Err(error), Err(_)) => {
                log::warn!("the end of a pull could not be noted: {error}");
                Err(error.into())
            }
            (Err(error), Ok(_)) => Err(error.into()),
            (Ok(Lease::Lost), Ok(_)) => Err(PullError::Superseded),
            (Ok(_), pulled) => pulled,
        }
    }
}

impl Pull<'_> {
    fn run(&self, begun: &Begun) -> Result<Pulled, PullError> {
        let trakt = &self.service.trakt;
        let ask = |grant: &AccessGrant| trakt.activities(self.user, &grant.token);
        let (activities, grant) = self.service.tokens.using(self.user, ask)?;
        let mut pulled = Pulled::default();
        let mut trouble = false;
        for (part, mark) in due(&begun.marks, &activities) {
            if self.service.stop.wait(Duration::ZERO) {
                return Err(PullError::Stopped);
            }
            let hold = begun.holds.iter().find(|hold| hold.part == part);
            // Nothing has changed since: it waits for the user's word. So do shows whose plays do.
            let same = |hold: &PullHold| !hold.meant && hold.mark.is_some() && hold.mark == mark;
            let plays_wait = part == Part::Shows && pulled.held.contains(&Part::EpisodePlays);
            if plays_wait || hold.is_some_and(same) {
                pulled.held.push(part);
                continue;
            }
            match self.part(part, mark, &grant, hold) {
                Ok(PartEnd::Whole) => pulled.whole.push(part),
                Ok(PartEnd::Partial) => pulled.partial.push(part),
                Ok(PartEnd::Held) => pulled.held.push(part),
                // A list that Trakt cannot give keeps it from giving no other; two are its trouble.
                Err(PullError::Trakt(TraktFault::Unavailable {
                    detail,
                    retry_after: None,
                })) if !trouble => {
                    log::info!("{part} of user {} was not read: {detail}", self.user);
                    trouble = true;
                    pulled.partial.push(part);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(pulled)
    }

    /// What Trakt says of the token is for the link to know.
    fn fault(&self, grant: &AccessGrant, fault: TraktFault) -> PullError {
        let told = self.service.tokens.told(self.user, grant, &fault);
        told.map_or_else(PullError::Token, |()| PullError::Trakt(fault))
    }

    fn part(
        &self,
        part: Part,
        mark: Option<Mark>,
        grant: &AccessGrant,
        hold: Option<&PullHold>,
    ) -> Result<PartEnd, PullError> {
        let store = &self.service.store;
        let mut sink = Sink::new(self, part, store.held(self.user, part)?);
        let trakt = &self.service.trakt;
        let read = trakt.read(part, self.user, &grant.token, &mut sink);
        let read = read.and_then(|reading| {
            sink.flush()?;
            Ok(reading)
        });
        if let Some(end) = sink.end {
            return Err(end);
        }
        let reading = read.map_err(|fault| match fault {
            ReadFault::Trakt(fault) => self.fault(grant, fault),
            store => store.into(),
        })?;
        if let Reading::Partial { detail } = reading {
            log::info!("{part} of user {} was read in part: {detail}", self.user);
            return Ok(PartEnd::Partial);
        }
        let (held, missing) = sink.merge.missing();
        let (held, removes) = (held as u64, missing as u64);
        // What the user meant, and a little more that came since.
        let meant = hold.filter(|hold| hold.meant).map(|hold| hold.removes);
        let meant = meant.is_some_and(|meant| removes <= meant + Brake::ITEMS);
        let (lease, mark) = (WatchService::LEASE, mark.filter(|_| !sink.left_out));
        let (user, pull) = (self.user, self.id);
        let (end, kept) = if Brake::holds(removes, held) && !meant {
            log::warn!("{part} of user {user} would lose {removes} of {held}: held back");
            let hold = HoldPart {
                user,
                pull,
                lease,
                part,
                removes,
                held,
                mark,
                meant: hold.is_some_and(|hold| hold.meant),
            };
            (PartEnd::Held, store.hold_part(&hold)?)
        } else {
            let finish = FinishPart {
                user,
                pull,
                lease,
                part,
                removed: sink.merge.into_missing(),
                mark,
            };
            (PartEnd::Whole, store.finish_part(&finish)?)
        };
        match kept {
            Lease::Kept => Ok(end),
            Lease::Lost => Err(PullError::Superseded),
        }
    }
}
