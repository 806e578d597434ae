//! Budgets: how often Trakt may be called, asked before each call and told after it.

mod gate;
mod ledger;
mod limits;
mod local;
mod window;

use std::time::Duration;

pub use limits::{Limits, Rate};
pub use local::{Clock, LocalBudget, Monotonic};

use crate::error::edge;
use crate::headers::{RateLimit, retry_after, until};
use crate::{Config, Edge, Error, Host, Method, RawReply, RawRequest, Urgency};

/// The port by which calls share what Trakt allows (Trakt's guide "Rate Limiting"). [`LocalBudget`]
/// serves the threads of one process; several processes share one by an implementation over
/// whatever they have in common.
///
/// Each call spends its own [`Bucket`] and the global one, both or none.
pub trait Budget: Send + Sync {
    /// Waits for a permit. It comes by `spend.within` or not at all; where it is clear that it
    /// would come later, the answer is no at once.
    ///
    /// # Errors
    /// [`OverBudget`]: nothing was spent, and [`Self::tell`] is not called.
    fn ask(&self, spend: &Spend<'_>) -> Result<(), OverBudget>;

    /// Ends the call that a permit was given for: what the answer said of the budget. It is called
    /// once for each permit, also when no answer came.
    fn tell(&self, spend: &Spend<'_>, heard: &Heard);
}

/// What a call is about to spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spend<'a> {
    /// Of what, besides the global bucket.
    pub bucket: Bucket<'a>,
    /// Who waits for it.
    pub urgency: Urgency,
    /// How long it may wait.
    pub within: Duration,
}

/// Trakt's buckets. A user is named by [`crate::Call::user`], or by `token:` and a keyed hash of
/// the access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket<'a> {
    /// `AUTHED_API_GET_LIMIT`: 500 GET in 5 minutes for each user.
    UserReads(&'a str),
    /// `AUTHED_API_POST_LIMIT`: one write a second for each user, and never two at a time.
    UserWrites(&'a str),
    /// `UNAUTHED_API_GET_LIMIT`: 500 GET in 5 minutes for this client id and the public address.
    ApplicationReads(&'a str),
    /// None of these: OAuth, which spends the global bucket alone.
    Global,
}

impl Bucket<'_> {
    /// Trakt's name of it, in `X-Ratelimit`.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        match self {
            Self::UserReads(_) => Some("AUTHED_API_GET_LIMIT"),
            Self::UserWrites(_) => Some("AUTHED_API_POST_LIMIT"),
            Self::ApplicationReads(_) => Some("UNAUTHED_API_GET_LIMIT"),
            Self::Global => None,
        }
    }
}

/// How many reads are left until Trakt would refuse one, for those who watch over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Without a token.
    pub application_reads: u32,
    /// Of the user with the fewest, among those who called lately.
    pub user_reads: u32,
}

/// What an answer said of the budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The status; none where no answer came. 429 closes the call's own bucket for a while, but
    /// not [`Bucket::Global`]: what OAuth says with it is about one code.
    pub status: Option<u16>,
    /// `Retry-After`, between a second and an hour.
    pub retry_after: Option<Duration>,
    /// How many calls Trakt says are left in the call's own bucket.
    pub remaining: Option<u64>,
    /// How long it is until that bucket is full again.
    pub until: Option<Duration>,
    /// Whether the edge shuts this address out ([`Edge::Banned`]): that closes everything.
    pub banned: bool,
}

impl Heard {
    /// What this answer said of this bucket.
    #[must_use]
    pub fn of(reply: &RawReply, bucket: Bucket<'_>) -> Self {
        let about = |rate: &RateLimit| rate.name.is_none() || rate.name.as_deref() == bucket.name();
        let rate = RateLimit::read(reply).filter(about).unwrap_or_default();
        Self {
            status: Some(reply.status),
            retry_after: retry_after(reply),
            remaining: rate.remaining,
            until: rate.until.and_then(|time| until(reply, time)),
            banned: edge(reply) == Some(Edge::Banned),
        }
    }
}

/// The budget has no room in time. Nothing was spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the budget has room in {} s", retry_after.as_secs_f32())]
pub struct OverBudget {
    /// When it may have room, at the earliest. Longer than zero.
    pub retry_after: Duration,
}

impl<'a> Spend<'a> {
    pub(crate) fn of(
        request: &RawRequest,
        config: &'a Config,
        user: Option<&'a str>,
        urgency: Urgency,
    ) -> Self {
        let bucket = match (request.host, request.method, user) {
            (Host::Auth, ..) => Bucket::Global,
            (Host::Api, Method::Get, Some(user)) => Bucket::UserReads(user),
            (Host::Api, _, Some(user)) => Bucket::UserWrites(user),
            (Host::Api, Method::Get, None) => Bucket::ApplicationReads(&config.client_id),
            (Host::Api, _, None) => Bucket::Global,
        };
        Self {
            bucket,
            urgency,
            within: request.within,
        }
    }
}

/// A permit of a budget, which hears of the call's end even when the transport panics: a write
/// that never ends would hold up all others of its user.
pub(crate) struct Permit<'a> {
    budget: &'a dyn Budget,
    spend: &'a Spend<'a>,
    heard: Heard,
}

impl<'a> Permit<'a> {
    pub(crate) fn ask(budget: &'a dyn Budget, spend: &'a Spend<'a>) -> Result<Self, Error> {
        match budget.ask(spend) {
            Ok(()) => Ok(Self {
                budget,
                spend,
                heard: Heard::default(),
            }),
            Err(OverBudget { retry_after }) => Err(Error::OverBudget { retry_after }),
        }
    }

    pub(crate) fn heard(&mut self, reply: &RawReply) {
        self.heard = Heard::of(reply, self.spend.bucket);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.budget.tell(self.spend, &self.heard);
    }
}
