//! What the metrics say that only the store knows.

use std::time::Duration;

use crate::PortError;
use crate::link::LinkStatus;
use crate::token::GateReason;

/// Reads for metrics, made every few seconds by every replica.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait MeasureStore: Send + Sync {
    /// How everything stands. What it costs is that of what waits, and not of what there is.
    fn measures(&self) -> Result<Measures, PortError>;
}

/// See [`MeasureStore::measures`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures {
    /// How many links there are of each status. Above fifty thousand the number of active ones is as
    /// the store estimates it.
    pub links: Vec<(LinkStatus, u64)>,
    /// For how long the refresh has been due that is due the longest; zero where none is.
    pub refresh_due_for: Duration,
    /// For how long the access token has been dead that died first, of links that are active; zero
    /// where none is.
    pub dead_for: Duration,
    /// How many refreshes are under way, or were when their process died.
    pub refreshing: u64,
    /// How many refresh tokens may be used up without an answer.
    pub uncertain: u64,
    /// Why no refresh is sent for anybody, where that is so.
    pub gate: Option<GateReason>,
    /// How many refreshes all replicas together may begin at once now.
    pub refresh_budget: f64,
    /// How many writes wait until Trakt has them.
    pub writes: u64,
    /// For how long the oldest has of those that do not wait for their user; zero where there is none.
    pub writes_for: Duration,
    /// How many users a pull is due for.
    pub pulls: u64,
    /// For how long the pull has been due that is due the longest; zero where none is.
    pub pulls_for: Duration,
    /// How many users have changes that are held back until they say that these are meant.
    pub held: u64,
    /// How many tokens wait until Trakt is told that they have ended.
    pub revocations: u64,
    /// How many events are to be told to an endpoint.
    pub webhooks: u64,
    /// For how long the oldest of them has been tried; zero where there is none.
    pub webhooks_for: Duration,
}
