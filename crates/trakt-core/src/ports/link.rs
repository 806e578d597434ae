//! Flows and links as a store.

use std::time::Duration;

use super::token::Revocation;
use crate::audit::AuditStamp;
use crate::link::{FlowEnd, Link, TokenPair};
use crate::{DeviceCode, FlowId, FlowKey, LinkId, PortError, TraktIdentity, UserId};

/// Flows and links. The end of a flow stays known for a day, so that its handle gets a true
/// answer; of a user who starts many, the latest twenty ends at least.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait LinkStore: Send + Sync {
    /// The link of a user: `None` when there is no such user, `Some(None)` when the user has
    /// no link. One query: this is the call that everything else is asked through.
    fn association(&self, user: UserId) -> Result<Option<Option<Link>>, PortError>;

    /// Stores a new flow, ends the user's open one as [`FlowEnd::Superseded`], and writes
    /// `flow_started`. What an ended flow had already received is returned for revoking.
    /// `None` when the user is gone; nothing is stored then.
    fn open_flow(&self, cmd: &OpenFlow) -> Result<Option<Vec<Revocation>>, PortError>;

    /// The open flow of the user, or else the one that was started last while its end is known.
    fn current_flow(&self, user: UserId) -> Result<Option<CurrentFlow>, PortError>;

    /// Takes the right to ask Trakt about a flow, once an interval and for one caller at a time,
    /// however many replicas there are. A flow whose time is over is ended, with its entry.
    fn claim_poll(&self, cmd: &ClaimPoll) -> Result<PollClaim, PortError>;

    /// Notes what Trakt said. An end is written with its entry, and tokens that the flow held
    /// are returned for revoking. Does nothing when `attempt` is no longer the latest.
    fn settle_poll(&self, cmd: &SettlePoll) -> Result<Vec<Revocation>, PortError>;

    /// Keeps the tokens of an approved flow until the account behind them is known. If the
    /// flow is no longer open they go straight to be revoked.
    fn authorise(&self, cmd: &Authorise) -> Result<AuthoriseOutcome, PortError>;

    /// Makes the link, as [`crate::link::decide`] has it, and ends the flow; writes `linked`,
    /// `replaced` or `conflict`.
    fn complete(&self, cmd: &CompleteFlow) -> Result<Completion, PortError>;

    /// Ends up to `limit` open flows whose time is over and that nobody is at work on, each with
    /// its `expired`, and returns what they held for revoking. Forgets ends that are a day old.
    fn expire_flows(&self, limit: u32) -> Result<Vec<Revocation>, PortError>;

    /// Ends the link of a user, wipes its tokens and writes `unlinked`. Returns what is to be
    /// revoked; nothing happens without a link. With `purge` what is held of the user's data goes in
    /// the same transaction, with or without a link, which writes `data_purged`.
    fn unlink(&self, cmd: &Unlink) -> Result<Vec<Revocation>, PortError>;
}

/// See [`LinkStore::open_flow`].
#[derive(Clone, Debug)]
pub struct OpenFlow {
    /// The id of the flow.
    pub id: FlowId,
    /// What the client's handle hashes to.
    pub key: FlowKey,
    /// Who started it.
    pub user: UserId,
    /// Whether a link to another account may give way.
    pub replace: bool,
    /// Trakt's code, to be sealed.
    pub device_code: DeviceCode,
    /// The code that the person types, to be sealed.
    pub user_code: String,
    /// Where it is typed.
    pub verification_url: String,
    /// How long the flow lives from now.
    pub lifetime: Duration,
    /// The least time between two polls.
    pub interval: Duration,
    /// Who and from where.
    pub stamp: AuditStamp,
}

/// See [`LinkStore::current_flow`].
#[derive(Clone, Debug)]
pub struct CurrentFlow {
    /// What its handle hashes to.
    pub key: FlowKey,
    /// Whether a link to another account may give way.
    pub replace: bool,
    /// How it stands.
    pub state: FlowState,
}

/// How a flow stands, for the person who is to approve it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowState {
    /// The person may approve.
    Open {
        /// What the person types.
        user_code: String,
        /// Where.
        verification_url: String,
        /// How much of its life is left.
        left: Duration,
        /// How long it lives in all.
        lifetime: Duration,
        /// How long until it is worth asking again; at least a second, as of
        /// [`PollClaim::TooSoon`].
        wait: Duration,
    },
    /// Approved, and about to be linked.
    Approved {
        /// How long until the next step may be tried.
        wait: Duration,
    },
    /// It is over.
    Ended {
        /// How it ended.
        end: FlowEnd,
        /// How long ago.
        ago: Duration,
    },
}

/// See [`LinkStore::claim_poll`].
#[derive(Clone, Debug)]
pub struct ClaimPoll {
    /// Who asks: another user's flow is unknown.
    pub user: UserId,
    /// Which flow.
    pub key: FlowKey,
    /// How long nobody else may ask, should we never come back.
    pub lease: Duration,
    /// Who and from where.
    pub stamp: AuditStamp,
}

/// What came of claiming a poll.
#[derive(Clone, Debug)]
pub enum PollClaim {
    /// This user has no such flow.
    Unknown,
    /// Not yet, or somebody is asking right now.
    TooSoon(Duration),
    /// The flow is over.
    Ended(FlowEnd),
    /// The caller is to take the next step.
    Due(DueFlow),
}

/// A flow that was claimed.
#[derive(Clone, Debug)]
pub struct DueFlow {
    /// Which flow.
    pub flow: FlowId,
    /// The number of this claim; a later claim has a larger one.
    pub attempt: i32,
    /// The least time between two polls.
    pub interval: Duration,
    /// What is to be done.
    pub step: FlowStep,
}

/// What a claimed flow waits for.
#[derive(Clone, Debug)]
pub enum FlowStep {
    /// Nobody is known to have approved: ask Trakt.
    Poll(DeviceCode),
    /// Approved, but the account behind the tokens was not read yet.
    Identify(TokenPair),
}

/// See [`LinkStore::settle_poll`].
#[derive(Clone, Debug)]
pub struct SettlePoll {
    /// Which flow.
    pub flow: FlowId,
    /// Which claim of it.
    pub attempt: i32,
    /// What came of it.
    pub outcome: PollOutcome,
    /// Who and from where.
    pub stamp: AuditStamp,
}

/// What came of a poll that did not link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollOutcome {
    /// Still open.
    Again {
        /// The next poll is due after this time.
        wait: Duration,
        /// The least time between two polls from then on.
        interval: Duration,
    },
    /// Over.
    End(FlowEnd),
}

/// See [`LinkStore::authorise`].
#[derive(Clone, Debug)]
pub struct Authorise {
    /// Which flow.
    pub flow: FlowId,
    /// What Trakt gave, to be sealed.
    pub tokens: TokenPair,
}

/// What became of the tokens.
#[derive(Clone, Debug)]
pub enum AuthoriseOutcome {
    /// They are stored with the flow.
    Kept,
    /// The flow is over (or its user gone): they are to be revoked.
    TooLate(Vec<Revocation>),
}

/// See [`LinkStore::complete`].
#[derive(Clone, Debug)]
pub struct CompleteFlow {
    /// Which flow.
    pub flow: FlowId,
    /// Whose it is.
    pub user: UserId,
    /// What becomes the link's; or is revoked, even if flow and user are gone.
    pub tokens: TokenPair,
    /// Whose tokens they are.
    pub identity: TraktIdentity,
    /// The id of the link, if it is a new one.
    pub new_link: LinkId,
    /// Who and from where.
    pub stamp: AuditStamp,
}

/// What came of completing a flow.
#[derive(Clone, Debug)]
pub enum Completion {
    /// Linked. What a replaced link held is to be revoked; what a renewed link held is not, as
    /// Trakt may count both pairs as one session.
    Linked(Box<Link>, Vec<Revocation>),
    /// Refused: the flow ended thus, and its tokens are to be revoked.
    Refused(FlowEnd, Vec<Revocation>),
}

/// See [`LinkStore::unlink`].
#[derive(Clone, Debug)]
pub struct Unlink {
    /// Whose link.
    pub user: UserId,
    /// Whether what is held of the user's Trakt data goes too, and what waits to be written there.
    pub purge: bool,
    /// Who and from where.
    pub stamp: AuditStamp,
}
