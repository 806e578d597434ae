//! What users write: as a store, and at Trakt.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::ports::{Lease, TraktFault};
use crate::scrobble::{
    Deed, Pressure, Sought, Target, Waiting, Wish, WriteKey, WriteRecord, WriteState, Written,
};
use crate::watch::Item;
use crate::{AccessToken, PortError, PushId, UserId, WriteId};

/// What users want written, until Trakt has it. A turn of a worker has a lease: what one without it
/// says is not stored.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait OutboxStore: Send + Sync {
    /// Which thing of those that are held is meant; the first id that is known decides.
    fn find(&self, sought: &Sought) -> Result<Option<Target>, PortError>;

    /// Whether a write of the user's would be taken today, of which `daily` are; `None` where no
    /// account is linked to write to.
    fn may_write(&self, user: UserId, daily: u32) -> Result<Option<bool>, PortError>;

    /// Takes a write: it is kept, seen in what is served of the user's data, and due at once.
    fn accept(&self, cmd: &AcceptWrite) -> Result<Accepted, PortError>;

    /// How a write of the user's stands.
    fn write(&self, user: UserId, id: WriteId) -> Result<Option<WriteRecord>, PortError>;

    /// Takes a turn at the user who is due longest and at whom nobody else is at work. What the
    /// brake holds is left out.
    fn claim_writes(&self, cmd: &ClaimWrites) -> Result<Option<ClaimedWrites>, PortError>;

    /// Holds writes of a part back until the user says that they are meant.
    fn hold_writes(&self, cmd: &HoldWrites) -> Result<Lease, PortError>;

    /// Notes that writes are about to be sent: from here on nobody knows whether Trakt has them.
    fn begin_send(
        &self,
        user: UserId,
        push: PushId,
        writes: &[WriteId],
    ) -> Result<Lease, PortError>;

    /// Notes which thing a write is about.
    fn name_write(&self, cmd: &NameWrite) -> Result<Lease, PortError>;

    /// Ends a turn, and notes what became of writes.
    fn end_push(&self, cmd: &EndPush) -> Result<Lease, PortError>;

    /// Forgets writes that came to their end so long ago, up to `limit`; tells how many.
    fn forget_writes(&self, ended: Duration, limit: u32) -> Result<usize, PortError>;
}

/// See [`OutboxStore::accept`].
#[derive(Clone, Debug)]
pub struct AcceptWrite {
    /// The id that it gets.
    pub id: WriteId,
    /// Whose.
    pub user: UserId,
    /// What.
    pub wish: Wish,
    /// The thing, where it is known.
    pub target: Option<Target>,
    /// What Trakt said of it, where it had to be asked: held from now on.
    pub item: Option<Item>,
    /// Why it is refused from the start: Trakt knows no such thing.
    pub refused: Option<&'static str>,
    /// The caller's word for it.
    pub key: Option<WriteKey>,
    /// How many a day may have.
    pub daily: u32,
}

/// See [`OutboxStore::accept`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is kept, or was before.
    Kept {
        /// Its id.
        id: WriteId,
        /// How it stands.
        state: WriteState,
    },
    /// The user has linked no account.
    NotLinked,
    /// The user has switched writing off.
    SwitchedOff,
    /// There is no such play.
    NotFound,
    /// There is one whose id at Trakt is not known yet.
    NotYet,
    /// The key is that of another write.
    KeyReused,
    /// It is one too many for today.
    Ceiling {
        /// How long until there is room.
        retry_after: Duration,
    },
}

/// See [`OutboxStore::claim_writes`].
#[derive(Clone, Copy, Debug)]
pub struct ClaimWrites {
    /// The id of the turn.
    pub push: PushId,
    /// For how long nobody else may, should we never come back.
    pub lease: Duration,
    /// How many writes are wanted, the oldest first.
    pub limit: u32,
    /// Below so many changes a day nobody counts what is held.
    pub count_from: u64,
}

/// See [`OutboxStore::claim_writes`].
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedWrites {
    /// Whose.
    pub user: UserId,
    /// What waits, the oldest first.
    pub writes: Vec<Waiting>,
    /// How many turns in a row came to trouble.
    pub attempts: u32,
    /// What they would change, where it may be too much.
    pub pressure: Vec<Pressure>,
}

/// See [`OutboxStore::hold_writes`].
#[derive(Clone, Debug)]
pub struct HoldWrites {
    /// Whose.
    pub user: UserId,
    /// In which turn.
    pub push: PushId,
    /// What is too much.
    pub parts: Vec<Pressure>,
}

/// See [`OutboxStore::name_write`].
#[derive(Clone, Debug)]
pub struct NameWrite {
    /// Whose.
    pub user: UserId,
    /// In which turn.
    pub push: PushId,
    /// Which.
    pub id: WriteId,
    /// The thing.
    pub target: Target,
    /// What Trakt said of it, where it had to be asked.
    pub item: Option<Item>,
}

/// See [`OutboxStore::end_push`].
#[derive(Clone, Debug)]
pub struct EndPush {
    /// Whose.
    pub user: UserId,
    /// Which turn.
    pub push: PushId,
    /// What became of writes.
    pub writes: Vec<(WriteId, Written)>,
    /// How long until the next turn, if something still waits.
    pub next: Duration,
    /// Why it came to nothing; `None` where it did.
    pub trouble: Option<&'static str>,
}

/// Writing at Trakt.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait TraktScrobble: Send + Sync {
    /// `GET /search/{id_type}/{id}`, `GET /shows/{id}/seasons/{season}/episodes/{episode}` and the
    /// like: which thing is meant. `None` where Trakt knows none.
    fn look_up(&self, sought: &Sought, within: Duration) -> Result<Option<Item>, TraktFault>;

    /// `GET /sync/history/{type}/{id}`: plays of a thing between two times, with their ids.
    fn plays(
        &self,
        user: UserId,
        token: &AccessToken,
        of: Target,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<(i64, DateTime<Utc>)>, TraktFault>;

    /// Makes one call for writes of one deed. The answer has as many as there are writes, in their
    /// order.
    fn send(
        &self,
        user: UserId,
        token: &AccessToken,
        deed: Deed,
        writes: &[Waiting],
    ) -> Result<Vec<Written>, SendFault>;
}

/// Why a call that writes gave no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendFault {
    /// It had no effect.
    #[error(transparent)]
    Trakt(#[from] TraktFault),
    /// It may have had its effect.
    #[error("nobody knows what became of it: {detail}")]
    Unknown {
        /// What happened, for the log. No body, no secret.
        detail: String,
        /// How long Trakt asks us to wait.
        retry_after: Option<Duration>,
    },
    /// Trakt will never do it: the word says why.
    #[error("Trakt refuses it: {0}")]
    Refused(&'static str),
}
