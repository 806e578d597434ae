//! When a user is pulled for next, and how that stands.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Part;
use crate::token::RefreshPolicy;
use crate::words::words;

/// How often users are pulled for.
#[derive(Clone, Copy, Debug)]
pub struct PullPolicy;

/// What is known of a user as a pull begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// How long ago the user was last seen: a request or a scrobble of theirs.
    pub seen: Option<Duration>,
    /// How many pulls in a row, this one included, did not read everything.
    pub attempts: u32,
}

impl PullPolicy {
    const HOUR: Duration = Duration::from_secs(3600);
    const DAY: Duration = Duration::from_secs(86_400);
    /// For whoever was seen within the hour.
    pub const ACTIVE: Duration = Duration::from_secs(600);
    /// For whoever was seen within the week.
    pub const USUAL: Duration = Self::HOUR;
    /// For everybody else.
    pub const IDLE: Duration = Duration::from_secs(6 * 3600);
    /// After a pull that did not read everything: doubled each time, up to [`Self::IDLE`].
    pub const TROUBLE: Duration = Duration::from_secs(60);

    /// How long until the next pull after one that read everything. `chance` is from 0 to 1: it
    /// spreads those who began together over four tenths of the interval.
    #[must_use]
    pub fn after(pace: Pace, chance: f64) -> Duration {
        let interval = match pace.seen {
            Some(seen) if seen < Self::HOUR => Self::ACTIVE,
            Some(seen) if seen < 7 * Self::DAY => Self::USUAL,
            _ => Self::IDLE,
        };
        interval.mul_f64(0.8 + 0.4 * chance.clamp(0.0, 1.0))
    }

    /// After one that did not: at least as long as Trakt asks for.
    #[must_use]
    pub fn after_trouble(pace: Pace, retry_after: Option<Duration>, chance: f64) -> Duration {
        let doubled = 1 << pace.attempts.saturating_sub(1).min(16);
        let backoff = Self::TROUBLE.saturating_mul(doubled).min(Self::IDLE);
        let backoff = backoff.mul_f64(0.5 + 0.5 * chance.clamp(0.0, 1.0));
        backoff.max(retry_after.unwrap_or_default())
    }

    pub(super) fn chance(entropy: &dyn crate::Entropy) -> f64 {
        RefreshPolicy::chance(entropy)
    }
}

words! {
    /// What is going on with a user's data.
    PullPhase {
        /// Nothing: the last pull read everything, or there was none yet.
        Idle = "idle",
        /// A pull begins as soon as a worker is free.
        Queued = "queued",
        /// A pull is under way.
        Running = "running",
        /// Changes that are too many to be meant wait for the user's word.
        Held = "held",
        /// The last pull did not read everything. It is tried again.
        Failed = "failed",
    }
}

/// How the data of a user stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullState {
    /// What is going on.
    pub phase: PullPhase,
    /// When the last pull began.
    pub started_at: Option<DateTime<Utc>>,
    /// When the last one ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// When the next one begins; `None` where none is planned.
    pub next_at: Option<DateTime<Utc>>,
    /// Why the last one did not read everything.
    pub reason: Option<String>,
    /// How many rows each part had when it was last read as a whole.
    pub counts: Vec<(Part, u64)>,
    /// What waits for the user's word.
    pub held: Vec<HeldChange>,
    /// How far the pull is that is under way; `None` where none is, or it has read nothing yet.
    pub progress: Option<PullProgress>,
}

/// How far a pull is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullProgress {
    /// The part that is being read.
    pub part: Part,
    /// How many of its rows were seen so far.
    pub rows: u64,
}

/// Changes that are too many to be meant (see [`crate::scrobble::Brake`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldChange {
    /// `pull`: of our data, as Trakt has it. `push`: of Trakt's, as the user wrote.
    pub side: String,
    /// Which part of the data.
    pub part: String,
    /// How much it would add.
    pub adds: u64,
    /// How much it would remove.
    pub removes: u64,
    /// Of how many.
    pub of: u64,
}
