//! Starting, checking and ending a link.

use std::sync::Arc;
use std::time::Duration;

use super::run::Run;
use super::{Link, LinkError};
use crate::audit::AuditStamp;
use crate::ports::{
    ClaimPoll, CurrentFlow, FlowStep, LinkStore, OpenFlow, PollClaim, Revocation, TraktFault,
    TraktGateway, Unlink,
};
use crate::token::Revoker;
use crate::{Clock, Deadline, Entropy, FlowHandle, FlowId, FlowKey, UserId};

/// Links of users to Trakt accounts.
///
/// Every method ends within [`Revoker::CALL_LIMIT`] and what the store needs, whatever Trakt
/// does; and every method may be killed between any two of its steps: a flow can then be
/// finished or started anew, and no half-made link is left.
#[derive(Clone)]
pub struct LinkService {
    pub(super) store: Arc<dyn LinkStore>,
    pub(super) trakt: Arc<dyn TraktGateway>,
    pub(super) revoker: Revoker,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

/// A user's wish to link.
#[derive(Clone, Debug)]
pub struct StartLink {
    /// Who.
    pub user: UserId,
    /// Whether a link to another account may give way.
    pub replace: bool,
    /// Who and from where.
    pub stamp: AuditStamp,
}

/// A flow that was started: what the person and the client need (RFC 8628 section 3.2).
#[derive(Clone, Debug)]
pub struct StartedLink {
    /// What the client asks with.
    pub handle: FlowHandle,
    /// What the person types.
    pub user_code: String,
    /// Where the person types it.
    pub verification_url: String,
    /// How long the code can be used.
    pub expires_in: Duration,
    /// The least time between two checks.
    pub interval: Duration,
}

/// A client's question how its flow stands.
#[derive(Clone, Debug)]
pub struct CheckLink {
    /// Who asks.
    pub user: UserId,
    /// About which flow.
    pub handle: FlowHandle,
    /// Who and from where.
    pub stamp: AuditStamp,
}

/// How a flow stands that is not over.
#[derive(Clone, Debug)]
pub enum LinkProgress {
    /// Linked just now.
    Linked(Box<Link>),
    /// Not decided. Ask again after this time.
    Pending(Duration),
}

impl LinkService {
    /// RFC 8628 section 3.2: the interval where the server states none.
    const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
    /// RFC 8628 section 3.5: what a "slow down" adds, for all later polls.
    pub(super) const SLOW_DOWN: Duration = Duration::from_secs(5);
    /// The longest interval that trouble leads to, unless Trakt's own is longer: the flow lives
    /// ten minutes only.
    pub(super) const MAX_INTERVAL: Duration = Duration::from_secs(60);
    /// The longest wait of Trakt's own asking: more than the life of a flow.
    pub(super) const MAX_WAIT: Duration = Duration::from_secs(3600);
    /// The longest life of a flow that we believe.
    const MAX_LIFETIME: Duration = Duration::from_secs(24 * 3600);
    /// How many flows one round of [`Self::expire_flows`] ends.
    const EXPIRY_BATCH: u32 = 100;
    /// For how long a check that never comes back keeps others from asking Trakt: longer than
    /// any call, or two would ask at once and one would see its code as used.
    const LEASE: Duration = Duration::from_secs(15);

    /// Links in `store` with accounts at `trakt`.
    #[must_use]
    pub fn new(
        store: Arc<dyn LinkStore>,
        trakt: Arc<dyn TraktGateway>,
        revoker: Revoker,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            trakt,
            revoker,
            clock,
            entropy,
        }
    }

    /// The link of a user, from the database alone.
    ///
    /// # Errors
    /// [`LinkError::UserGone`], [`LinkError::Store`].
    pub fn association(&self, user: UserId) -> Result<Option<Link>, LinkError> {
        self.store.association(user)?.ok_or(LinkError::UserGone)
    }

    /// Starts a flow. An open one of the same user ends.
    ///
    /// # Errors
    /// [`LinkError::Trakt`], [`LinkError::UserGone`], [`LinkError::Store`]; nothing is stored then.
    pub fn start(&self, cmd: &StartLink) -> Result<StartedLink, LinkError> {
        let deadline = self.revoker.deadline();
        let asked = self.clock.now();
        let grant = self.trakt.device_code(self.left(deadline)?)?;
        let handle = FlowHandle::random(&*self.entropy);
        // The code lives at Trakt from some moment after we asked: what the answer took is gone.
        let took = (self.clock.now() - asked).to_std().unwrap_or_default();
        let lifetime = seconds(grant.expires_in, Self::MAX_LIFETIME)
            .saturating_sub(took)
            .max(Duration::from_secs(1));
        let interval = grant
            .interval
            .filter(|seconds| *seconds > 0)
            .map_or(Self::DEFAULT_INTERVAL, |given| {
                seconds(given, Self::MAX_WAIT)
            });
        let open = OpenFlow {
            id: FlowId::random(&*self.entropy),
            key: handle.key(),
            user: cmd.user,
            replace: cmd.replace,
            device_code: grant.device_code,
            user_code: grant.user_code.clone(),
            verification_url: grant.verification_url.clone(),
            lifetime,
            interval,
            stamp: cmd.stamp.clone(),
        };
        let revocations = self.store.open_flow(&open)?.ok_or(LinkError::UserGone)?;
        self.revoker.revoke(&revocations, deadline);
        Ok(StartedLink {
            handle,
            user_code: grant.user_code,
            verification_url: grant.verification_url,
            expires_in: lifetime,
            interval,
        })
    }

    /// Takes a flow one step on: asks Trakt if it is time to, and links once approved.
    ///
    /// # Errors
    /// How the flow ended, [`LinkError::Trakt`] or [`LinkError::Store`]; after the last two
    /// the same call may be made again.
    pub fn check(&self, cmd: &CheckLink) -> Result<LinkProgress, LinkError> {
        self.step(cmd.user, cmd.handle.key(), &cmd.stamp)
    }

    /// The open flow of a user, or else the one that was started last, for a page that shows it
    /// without holding its handle; `None` where there is none, or it ended more than a day ago.
    ///
    /// # Errors
    /// [`LinkError::Store`].
    pub fn current(&self, user: UserId) -> Result<Option<CurrentFlow>, LinkError> {
        Ok(self.store.current_flow(user)?)
    }

    /// Takes the flow that [`Self::current`] shows one step on, as [`Self::check`] does.
    ///
    /// # Errors
    /// As of [`Self::check`]; [`LinkError::FlowUnknown`] where there is none.
    pub fn check_current(
        &self,
        user: UserId,
        stamp: &AuditStamp,
    ) -> Result<LinkProgress, LinkError> {
        let flow = self.store.current_flow(user)?;
        self.step(user, flow.ok_or(LinkError::FlowUnknown)?.key, stamp)
    }

    fn step(
        &self,
        user: UserId,
        key: FlowKey,
        stamp: &AuditStamp,
    ) -> Result<LinkProgress, LinkError> {
        let deadline = self.revoker.deadline();
        let claim = ClaimPoll {
            user,
            key,
            lease: Self::LEASE,
            stamp: stamp.clone(),
        };
        let due = match self.store.claim_poll(&claim)? {
            PollClaim::Unknown => return Err(LinkError::FlowUnknown),
            PollClaim::TooSoon(wait) => return Ok(LinkProgress::Pending(wait)),
            PollClaim::Ended(end) => return Err(end.into()),
            PollClaim::Due(due) => due,
        };
        let run = Run {
            service: self,
            user,
            stamp,
            due: &due,
            deadline,
        };
        match &due.step {
            FlowStep::Poll(code) => {
                let polled = self
                    .left(deadline)
                    .and_then(|t| self.trakt.device_token(code, t));
                run.polled(polled)
            }
            FlowStep::Identify(tokens) => run.identify(tokens),
        }
    }

    /// Ends the link of a user, without a call to Trakt, if there is one; with `purge` what is held of
    /// the user's Trakt data goes too. What is returned is for [`Revoker::revoke`]; what does not come
    /// to that, the worker revokes.
    ///
    /// # Errors
    /// [`LinkError::Store`].
    pub fn unlink(
        &self,
        user: UserId,
        purge: bool,
        stamp: &AuditStamp,
    ) -> Result<Vec<Revocation>, LinkError> {
        Ok(self.store.unlink(&Unlink {
            user,
            purge,
            stamp: stamp.clone(),
        })?)
    }

    /// Ends flows that nobody asks about any more, a batch at the most.
    ///
    /// # Errors
    /// [`LinkError::Store`].
    pub fn expire_flows(&self) -> Result<(), LinkError> {
        let revocations = self.store.expire_flows(Self::EXPIRY_BATCH)?;
        self.revoker.revoke(&revocations, self.revoker.deadline());
        Ok(())
    }

    pub(super) fn left(&self, deadline: Deadline) -> Result<Duration, TraktFault> {
        deadline
            .remaining(&*self.clock)
            .ok_or_else(|| TraktFault::Unavailable {
                detail: "the time for this request is used up".to_owned(),
                retry_after: None,
            })
    }
}

/// A number of seconds from Trakt, as a period of at least one second and at most `most`.
fn seconds(given: i64, most: Duration) -> Duration {
    Duration::from_secs(u64::try_from(given).unwrap_or(0)).clamp(Duration::from_secs(1), most)
}
