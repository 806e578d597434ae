//! What an answer means for an event.

use std::time::Duration;

use super::WebhookAnswer;

/// How long, and how often.
#[derive(Clone, Copy, Debug)]
pub struct WebhookPolicy;

/// What becomes of a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The endpoint has it.
    Delivered,
    /// It is sent again after this time.
    Again(Duration),
    /// It was tried for long enough.
    GivenUp,
    /// The endpoint wants nothing any more (410).
    Gone,
}

impl Verdict {
    /// The word that metrics have for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Again(_) => "again",
            Self::GivenUp => "given_up",
            Self::Gone => "gone",
        }
    }
}

impl WebhookPolicy {
    const DAY: Duration = Duration::from_secs(86_400);
    /// How long a whole call may take.
    pub const CALL: Duration = Duration::from_secs(10);
    /// After this time somebody else sends it, should we never come back from a call.
    pub const LEASE: Duration = Duration::from_secs(30);
    /// After the first attempt; doubled each time, up to [`Self::LONGEST`].
    pub const FIRST: Duration = Duration::from_secs(5);
    /// The longest wait, whatever the endpoint asks for.
    pub const LONGEST: Duration = Duration::from_secs(6 * 3600);
    /// For how long an event is tried.
    pub const GIVE_UP: Duration = Duration::from_secs(3 * 86_400);
    /// For how long an endpoint is told of events that no process names any more.
    pub const FORGOTTEN: Duration = Self::GIVE_UP;
    /// From when on an event that nobody tries is given up: its endpoint is named by no process, or
    /// is gone.
    pub const NOT_TAKEN: Duration = Duration::from_secs(4 * 86_400);
    /// For how long an event can be asked for again.
    pub const KEEP: Duration = Self::DAY.saturating_mul(7);

    /// What becomes of an event after this answer to its `attempts`th sending, `age` after it was to
    /// be sent. `chance` is from 0 to 1: it spreads those who failed together.
    #[must_use]
    pub fn verdict(answer: WebhookAnswer, attempts: u32, age: Duration, chance: f64) -> Verdict {
        let asked = match answer {
            WebhookAnswer::Status {
                status: 200..=299, ..
            } => return Verdict::Delivered,
            WebhookAnswer::Status { status: 410, .. } => return Verdict::Gone,
            WebhookAnswer::Status {
                status: 429 | 503,
                retry_after,
            } => retry_after.unwrap_or_default(),
            _ => Duration::ZERO,
        };
        if age >= Self::GIVE_UP {
            return Verdict::GivenUp;
        }
        let doubled = 1 << attempts.saturating_sub(1).min(16);
        let backoff = Self::FIRST.saturating_mul(doubled).min(Self::LONGEST);
        let backoff = backoff.mul_f64(0.8 + 0.2 * chance.clamp(0.0, 1.0));
        Verdict::Again(backoff.max(asked).min(Self::LONGEST))
    }
}
