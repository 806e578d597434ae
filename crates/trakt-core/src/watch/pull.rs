//! Reading what changed at Trakt, part by part.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::breaker::Breaker;
use super::{
    HistoryCursor, HistoryQuery, Item, Listing, Mark, Merge, Part, Play, PullPolicy, PullState,
    Row, due,
};
use crate::link::LinkStatus;
use crate::ports::{
    BeginPull, EndPull, FinishPart, Lease, PageSink, ReadFault, Reading, StoreRows, TraktFault,
    TraktWatch, WatchStore,
};
use crate::token::{AccessGrant, TokenError, TokenService};
use crate::{Clock, Entropy, PortError, PullId, UserId};

/// What users watch, held as Trakt has it.
///
/// Every method blocks; none may be called on an async thread.
#[derive(Clone)]
pub struct WatchService {
    store: Arc<dyn WatchStore>,
    trakt: Arc<dyn TraktWatch>,
    tokens: TokenService,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    stop: Arc<Stop>,
    breaker: Arc<Breaker>,
}

/// Whether pulls are to end, for those that wait.
#[derive(Default)]
struct Stop {
    asked: Mutex<bool>,
    told: Condvar,
}

impl Stop {
    fn ask(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
    }

    /// Waits, unless it is asked or was; tells whether it is.
    fn wait(&self, period: Duration) -> bool {
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
}

/// Why a pull did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// The user has no active link, or another pull is under way.
    #[error("there is nothing to pull, or it is being pulled")]
    Nothing,
    /// Another pull has taken over, or the link is gone.
    #[error("the pull has lost its lease")]
    Superseded,
    /// The process is about to end: the next pull goes on.
    #[error("the pull was stopped")]
    Stopped,
    /// There is no token to read with.
    #[error(transparent)]
    Token(TokenError),
    /// Trakt.
    #[error(transparent)]
    Trakt(#[from] TraktFault),
    /// The store.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl PullError {
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Token(error) => error.retry_after(),
            Self::Trakt(TraktFault::Unavailable { retry_after, .. }) => *retry_after,
            _ => None,
        }
    }

    /// The word that is kept of it.
    fn reason(&self) -> &'static str {
        match self {
            Self::Nothing | Self::Superseded => "superseded",
            Self::Stopped => "stopped",
            Self::Token(_) => "no_token",
            Self::Trakt(TraktFault::Locked) => "locked",
            Self::Trakt(TraktFault::TokenRefused) => "token_refused",
            Self::Trakt(TraktFault::Misconfigured { .. }) => "misconfigured",
            Self::Trakt(_) => "trakt_unavailable",
            Self::Store(_) => "database_unavailable",
        }
    }
}

impl From<ReadFault> for PullError {
    fn from(fault: ReadFault) -> Self {
        match fault {
            ReadFault::Trakt(fault) => Self::Trakt(fault),
            ReadFault::Store(error) => Self::Store(error),
        }
    }
}

/// Why nothing can be read for a user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// The user has linked no Trakt account (an admin's claim is none).
    #[error("no Trakt account is linked")]
    NotLinked,
    /// The connection to Trakt has ended: the user has to link again.
    #[error("the Trakt account has to be linked again")]
    NeedsRelink,
    /// Trakt has locked or deactivated the account.
    #[error("the Trakt account is locked")]
    Locked,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// One pull, under way.
struct Pull<'a> {
    service: &'a WatchService,
    user: UserId,
    id: PullId,
}

impl WatchService {
    /// Longer than any page takes to come: a call, its wait for a turn in Trakt's budget, and its
    /// storing.
    const LEASE: Duration = Duration::from_secs(600);
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
            breaker: Arc::default(),
        }
    }

    /// Ends all pulls of this service before their next page, and those that are yet to begin.
    pub fn stop(&self) {
        self.stop.ask();
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

    /// Asks for a pull, which begins as soon as a worker is free, or is under way.
    ///
    /// # Errors
    /// [`WatchError`].
    pub fn ask(&self, user: UserId) -> Result<(), WatchError> {
        match self.store.ask_pull(user)? {
            Some(LinkStatus::Active) => Ok(()),
            Some(LinkStatus::NeedsRelink) => Err(WatchError::NeedsRelink),
            Some(LinkStatus::Locked) => Err(WatchError::Locked),
            Some(LinkStatus::Unverified) | None => Err(WatchError::NotLinked),
        }
    }

    /// How the data of a user stands; `None` where there never was any.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn state(&self, user: UserId) -> Result<Option<PullState>, PortError> {
        self.store.pull_state(user)
    }

    /// The user's plays, the newest first, from our own database alone.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn history(&self, query: &HistoryQuery) -> Result<Listing<Play, HistoryCursor>, PortError> {
        self.store.history(query)
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
        let pulled = pull.run(&begun.marks);
        let chance = PullPolicy::chance(&*self.entropy);
        let later = |wait| PullPolicy::after_trouble(begun.pace, wait, chance);
        let (reason, next) = match &pulled {
            Ok(pulled) if pulled.partial.is_empty() => {
                (None, PullPolicy::after(begun.pace, chance))
            }
            Ok(_) => (Some("partial"), later(None)),
            // Another process goes on at once.
            Err(PullError::Stopped) => (Some("stopped"), Duration::ZERO),
            Err(error) => (Some(error.reason()), later(error.retry_after())),
        };
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
    fn run(&self, marks: &[(Part, Mark)]) -> Result<Pulled, PullError> {
        let mut grant = self.token()?;
        let trakt = &self.service.trakt;
        let first = trakt.activities(self.user, &grant.token);
        let activities = match first {
            Err(TraktFault::TokenRefused) => {
                self.refused(&grant)?;
                grant = self.token()?;
                trakt.activities(self.user, &grant.token)
            }
            first => first,
        }
        .map_err(|fault| self.fault(&grant, fault))?;
        let mut pulled = Pulled::default();
        for (part, mark) in due(marks, &activities) {
            if self.service.stop.wait(Duration::ZERO) {
                return Err(PullError::Stopped);
            }
            match self.part(part, mark, &grant)? {
                Reading::Whole => pulled.whole.push(part),
                Reading::Partial { detail } => {
                    log::info!("{part} of user {} was read in part: {detail}", self.user);
                    pulled.partial.push(part);
                }
            }
        }
        Ok(pulled)
    }

    fn token(&self) -> Result<AccessGrant, PullError> {
        let tokens = &self.service.tokens;
        tokens.access_token(self.user).map_err(PullError::Token)
    }

    fn refused(&self, grant: &AccessGrant) -> Result<(), PullError> {
        let tokens = &self.service.tokens;
        tokens
            .refused(self.user, grant.generation)
            .map_err(PullError::Token)
    }

    /// What Trakt says of the token is for the link to know.
    fn fault(&self, grant: &AccessGrant, fault: TraktFault) -> PullError {
        let tokens = &self.service.tokens;
        let told = match fault {
            TraktFault::TokenRefused => tokens.refused(self.user, grant.generation),
            TraktFault::Locked => tokens.locked(self.user, grant.generation),
            _ => Ok(()),
        };
        told.map_or_else(PullError::Token, |()| PullError::Trakt(fault))
    }

    fn part(
        &self,
        part: Part,
        mark: Option<Mark>,
        grant: &AccessGrant,
    ) -> Result<Reading, PullError> {
        let store = &self.service.store;
        let mut sink = Sink {
            pull: self,
            part,
            merge: Merge::new(store.held(self.user, part)?),
            end: None,
        };
        let trakt = &self.service.trakt;
        let read = trakt.read(part, self.user, &grant.token, &mut sink);
        if let Some(end) = sink.end {
            return Err(end);
        }
        let reading = read.map_err(|fault| match fault {
            ReadFault::Trakt(fault) => self.fault(grant, fault),
            store => store.into(),
        })?;
        if reading == Reading::Whole {
            let finish = FinishPart {
                user: self.user,
                pull: self.id,
                lease: WatchService::LEASE,
                part,
                removed: sink.merge.into_missing(),
                mark,
            };
            if store.finish_part(&finish)? == Lease::Lost {
                return Err(PullError::Superseded);
            }
        }
        Ok(reading)
    }
}

/// Stores what is new on a page.
struct Sink<'a> {
    pull: &'a Pull<'a>,
    part: Part,
    merge: Merge,
    /// Why it wanted no more.
    end: Option<PullError>,
}

impl Sink<'_> {
    fn end(&mut self, why: PullError) -> Result<(), PortError> {
        let error = PortError::Unavailable(why.to_string());
        self.end = Some(why);
        Err(error)
    }

    /// Stores what is new, and renews the lease also where there is nothing new.
    fn store(&mut self, rows: Vec<Row>, items: Vec<Item>) -> Result<(), PortError> {
        let stored = self.pull.service.store.store_rows(&StoreRows {
            user: self.pull.user,
            pull: self.pull.id,
            lease: WatchService::LEASE,
            part: self.part,
            rows,
            items,
        })?;
        match stored {
            Lease::Kept => Ok(()),
            Lease::Lost => self.end(PullError::Superseded),
        }
    }
}

impl PageSink for Sink<'_> {
    fn page(&mut self, rows: Vec<Row>) -> Result<(), PortError> {
        // Titles may have changed where nothing else has.
        let items = rows.iter().map(|row| row.item.clone()).collect();
        let rows = self.merge.page(rows);
        self.store(rows, items)?;
        self.wait(Duration::ZERO)
    }

    fn wait(&mut self, period: Duration) -> Result<(), PortError> {
        if period > WatchService::LEASE / 10 {
            self.store(Vec::new(), Vec::new())?;
        }
        match self.pull.service.stop.wait(period) {
            true => self.end(PullError::Stopped),
            false => Ok(()),
        }
    }
}
