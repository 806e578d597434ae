//! What is sent next, what is read back first, and what is not sent at all.

use std::collections::HashSet;
use std::time::Duration;

use super::model::is_watched;
use super::{Deed, Target, Waiting, Written};
use crate::WriteId;
use crate::token::RefreshPolicy;

/// When writes are sent.
#[derive(Clone, Copy, Debug)]
pub struct PushPolicy;

impl PushPolicy {
    /// Between two writes of a user: Trakt takes one a second.
    pub const PAUSE: Duration = Duration::from_secs(1);
    /// How many items go into one call.
    pub const BATCH: usize = 100;
    /// How many writes are read back in one turn, each with a call of its own.
    pub const READ_BACK: usize = 20;
    /// How long after a write that nobody knows of it is looked for: what Trakt was still busy
    /// with is there by then.
    pub const SETTLING: Duration = Duration::from_secs(5);
    /// From then on a player's word is old: what it watched is added to the history with its time,
    /// where Trakt would take the moment of the call.
    pub const LATE: Duration = Duration::from_secs(120);
    /// From then on nobody wants to know any more that a player began.
    pub const STALE: Duration = Duration::from_secs(300);
    /// After trouble: doubled each time, up to [`Self::MOST`].
    pub const TROUBLE: Duration = Duration::from_secs(5);
    /// The longest wait after trouble.
    pub const MOST: Duration = Duration::from_secs(900);
    /// While the link has no token that works. A link that is made anew is served at once.
    pub const NO_TOKEN: Duration = Duration::from_secs(3600);

    /// How long to wait after trouble: at least as long as Trakt asks for.
    #[must_use]
    pub fn after_trouble(attempts: u32, retry_after: Option<Duration>, chance: f64) -> Duration {
        let doubled = 1 << attempts.saturating_sub(1).min(16);
        let backoff = Self::TROUBLE.saturating_mul(doubled).min(Self::MOST);
        let backoff = backoff.mul_f64(0.5 + 0.5 * chance.clamp(0.0, 1.0));
        backoff.max(retry_after.unwrap_or_default())
    }

    pub(super) fn chance(entropy: &dyn crate::Entropy) -> f64 {
        RefreshPolicy::chance(entropy)
    }
}

/// What is to be done next for a user.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Nothing waits.
    Nothing,
    /// These need not be sent.
    Settle(Vec<(WriteId, Written)>),
    /// Trakt is asked which thing is meant.
    LookUp(Waiting),
    /// Trakt is asked whether it has these.
    ReadBack(Vec<Waiting>),
    /// These go in one call: all of one deed.
    Send(Deed, Vec<Waiting>),
}

/// What to do with what waits, which is in the order of its taking.
#[must_use]
pub fn step(waiting: &[Waiting]) -> Step {
    let old: Vec<_> = waiting
        .iter()
        .enumerate()
        .filter(|(place, write)| is_overtaken(write, waiting.get(place + 1..).unwrap_or_default()))
        .map(|(_, write)| (write.id, Written::confirmed(Some("overtaken"))))
        .collect();
    if !old.is_empty() {
        return Step::Settle(old);
    }
    let Some(first) = waiting.first() else {
        return Step::Nothing;
    };
    if first.item.is_none() && first.deed != Deed::RemovePlay {
        return Step::LookUp(first.clone());
    }
    if needs_read_back(first) {
        let same = waiting.iter().take_while(|write| needs_read_back(write));
        return Step::ReadBack(same.take(PushPolicy::READ_BACK).cloned().collect());
    }
    let call = |place: usize, write: &Waiting| {
        call_of(write, waiting.get(place + 1..).unwrap_or_default())
    };
    let deed = call(0, first);
    let single = matches!(deed, Deed::Start | Deed::Pause | Deed::Stop | Deed::Hide);
    if first.alone || single {
        return Step::Send(deed, vec![first.clone()]);
    }
    let mut seen = HashSet::new();
    let batch = waiting.iter().enumerate().take_while(|(place, write)| {
        let known = write.item.is_some() || deed == Deed::RemovePlay;
        known
            && !write.alone
            && !needs_read_back(write)
            && call(*place, write) == deed
            && seen.insert(key(deed, write))
    });
    let batch = batch.take(PushPolicy::BATCH);
    Step::Send(deed, batch.map(|(_, write)| write.clone()).collect())
}

/// Of one thing only one word goes into a call, or nobody knows which comes last.
fn key(deed: Deed, write: &Waiting) -> (Option<Target>, i64) {
    match deed {
        Deed::AddPlay => (write.item, write.at.timestamp().div_euclid(60)),
        Deed::RemovePlay => (None, write.play.unwrap_or_default()),
        _ => (write.item, 0),
    }
}

fn is_player(deed: Deed) -> bool {
    matches!(deed, Deed::Start | Deed::Pause | Deed::Stop)
}

/// Whether a second one would be another play. All else may be said twice.
pub(super) fn makes_play(write: &Waiting) -> bool {
    match write.deed {
        Deed::AddPlay => true,
        Deed::Stop => is_watched(write.number),
        _ => false,
    }
}

fn needs_read_back(write: &Waiting) -> bool {
    write.sent && makes_play(write) && write.item.is_some()
}

/// Whether a later word of a player makes this one void.
fn is_overtaken(write: &Waiting, later: &[Waiting]) -> bool {
    let passing = match write.deed {
        Deed::Start | Deed::Pause => true,
        Deed::Stop => !is_watched(write.number),
        _ => false,
    };
    let same = |other: &Waiting| {
        is_player(other.deed) && other.item == write.item && other.sought == write.sought
    };
    let stale = write.deed == Deed::Start && write.age > PushPolicy::STALE;
    passing && (stale || later.iter().any(same))
}

/// By which call a write goes. What a player watched to the end goes into the history with its own
/// time where the moment of a scrobble would be wrong.
fn call_of(write: &Waiting, later: &[Waiting]) -> Deed {
    let watched = write.deed == Deed::Stop && is_watched(write.number);
    let late = write.age > PushPolicy::LATE || later.iter().any(|other| is_player(other.deed));
    if watched && late {
        Deed::AddPlay
    } else {
        write.deed
    }
}
