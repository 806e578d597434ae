//! The tokens of links: held, refreshed, and handed back to Trakt.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::link::LinkStatus;
use crate::token::{AttemptOwner, Attempted, GateReason, LossReason, NewPair};
use crate::{AccessToken, AttemptId, LinkId, PortError, RefreshToken, RevocationId, UserId};

/// A token that nobody may use any more and that Trakt does not know of yet.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// Its row.
    pub id: RevocationId,
    /// The token. Revoking an access token at Trakt ends its refresh token too.
    pub token: AccessToken,
}

/// The tokens still to be revoked. Rows come into it inside the transactions that drop tokens
/// (unlink, replace, conflict, a deleted user), so a crash forgets none.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait RevocationStore: Send + Sync {
    /// Takes up to `limit` that are due, and lets nobody else take them for `lease`.
    fn due(&self, limit: u32, lease: Duration) -> Result<Vec<Revocation>, PortError>;

    /// Trakt has been told: forgets the token.
    fn done(&self, id: RevocationId) -> Result<(), PortError>;
}

/// The tokens of links. A pair of one link is named by its *generation*, which grows by one with
/// every new pair: what is written is written for a generation, and only while it is the latest.
///
/// A store of one process, which refreshes when somebody asks and never in the background, has no
/// more to write than what has no default.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait TokenStore: Send + Sync {
    /// The token of a user: `None` when there is no such user, `Some(None)` when the user has no
    /// link. One query. A token that does not open is an error, and on the trail.
    fn held(&self, user: UserId) -> Result<Option<Option<HeldToken>>, PortError>;

    /// Takes the right to refresh this generation. It is committed when this returns, which also
    /// proves that the store can be written to.
    fn claim_refresh(&self, cmd: &ClaimRefresh) -> Result<RefreshClaim, PortError>;

    /// Takes the right to refresh links whose time has come, whoever asks for them: one for each
    /// of the attempts, as far as the shared budget goes.
    /// By default none is ever due.
    fn claim_due(&self, cmd: &ClaimDue) -> Result<Vec<ClaimedRefresh>, PortError> {
        let _ = cmd;
        Ok(Vec::new())
    }

    /// Gives back claims for which nothing was sent: as if they had not been made. Ids of which
    /// no claim is known do nothing, so that also a claim can be given back whose answer was lost.
    fn release(&self, owner: AttemptOwner, attempts: &[AttemptId]) -> Result<(), PortError>;

    /// Makes the attempts of earlier processes of this owner due at once, and returns how many
    /// they were: nobody is at work on them any more.
    /// By default there are none.
    fn reclaim(&self, owner: AttemptOwner) -> Result<u32, PortError> {
        let _ = owner;
        Ok(0)
    }

    /// Stores a new pair if `generation` is still the latest, whatever became of the attempt that
    /// brought it; writes `token_refreshed`. Its access token is to be tried at once, and a minute
    /// later again where the refresh token was sent more than once.
    fn store_pair(&self, cmd: &StorePair) -> Result<PairStored, PortError>;

    /// Notes how an attempt ended that brought no pair. Does nothing when the attempt is no longer
    /// the latest. A link that is lost gets its reason and `needs_relink` on the trail, unless so
    /// many are being lost at once that it must be Trakt's trouble.
    fn settle_refresh(&self, cmd: &SettleRefresh) -> Result<(), PortError>;

    /// Notes that Trakt refused the access token of this generation with 401: it is not handed
    /// out any more, and a refresh is due.
    fn refuse(&self, user: UserId, generation: i64) -> Result<(), PortError>;

    /// Notes that Trakt answered 423 to the token of this generation; writes `account_locked`.
    fn lock(&self, user: UserId, generation: i64) -> Result<(), PortError>;

    /// Takes up to `limit` links whose newest access token is to be tried, and lets nobody else
    /// take them for `lease`. By default there are none.
    fn due_probes(&self, limit: u32, lease: Duration) -> Result<Vec<ProbeDue>, PortError> {
        let _ = (limit, lease);
        Ok(Vec::new())
    }

    /// Notes what a trial of the access token of this generation said. By default nothing: there is
    /// none without [`Self::due_probes`].
    fn settle_probe(&self, cmd: &SettleProbe) -> Result<(), PortError> {
        let _ = cmd;
        Ok(())
    }

    /// Whether refreshes are held back for everybody, and why. By default they are not.
    fn gate(&self) -> Result<Option<GateReason>, PortError> {
        Ok(None)
    }
}

/// A user's token as it is held.
#[derive(Clone, Debug)]
pub struct HeldToken {
    /// Of which link.
    pub link: LinkId,
    /// Which pair of it.
    pub generation: i64,
    /// How the link stands.
    pub status: LinkStatus,
    /// Why it needs to be made anew.
    pub reason: Option<LossReason>,
    /// The access token; none where there never was one.
    pub access: Option<AccessToken>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it has time left and Trakt has not refused it, by the clock of the store.
    pub good: bool,
}

/// See [`TokenStore::claim_refresh`].
#[derive(Clone, Debug)]
pub struct ClaimRefresh {
    /// Which link.
    pub link: LinkId,
    /// Which pair is to be replaced.
    pub generation: i64,
    /// The id of the attempt.
    pub attempt: AttemptId,
    /// Who tries.
    pub owner: AttemptOwner,
    /// For how long nobody else may.
    pub lease: Duration,
}

/// What came of claiming a refresh.
#[derive(Clone, Debug)]
pub enum RefreshClaim {
    /// The caller is to refresh.
    Claimed(Box<ClaimedRefresh>),
    /// Somebody else is at it, or has done it: look again.
    Busy,
    /// Not before this time has passed: a backoff, or refreshes are held back for everybody.
    Wait(Duration),
}

/// See [`TokenStore::claim_due`].
#[derive(Clone, Debug)]
pub struct ClaimDue {
    /// The ids of the attempts: as many links at the most.
    pub attempts: Vec<AttemptId>,
    /// Who tries.
    pub owner: AttemptOwner,
    /// For how long nobody else may.
    pub lease: Duration,
}

/// A refresh that was claimed: one call to Trakt may be made for it.
#[derive(Clone, Debug)]
pub struct ClaimedRefresh {
    /// Which link.
    pub link: LinkId,
    /// Which pair is to be replaced.
    pub generation: i64,
    /// The id of the attempt.
    pub attempt: AttemptId,
    /// What to refresh with.
    pub refresh: RefreshToken,
    /// How often this token was sent before by attempts whose answer nobody saw. 0: never.
    pub replays: u32,
}

/// See [`TokenStore::store_pair`].
#[derive(Clone, Debug)]
pub struct StorePair {
    /// Of which link.
    pub link: LinkId,
    /// Which pair it replaces.
    pub generation: i64,
    /// What Trakt gave.
    pub pair: NewPair,
    /// How long ago it was received.
    pub age: Duration,
    /// When it is to be refreshed, from when it was received.
    pub refresh_after: Duration,
    /// A word for the trail: `replayed`, `adopted`.
    pub detail: Option<&'static str>,
}

/// What came of a pair.
#[derive(Clone, Debug)]
pub enum PairStored {
    /// It is the link's, under this generation.
    Stored(i64),
    /// The link has a newer one: this one is dead.
    Superseded,
    /// The link is gone: the pair is to be revoked.
    Gone(Vec<Revocation>),
}

/// See [`TokenStore::settle_refresh`].
#[derive(Clone, Debug)]
pub struct SettleRefresh {
    /// Of which link.
    pub link: LinkId,
    /// Which pair was to be replaced.
    pub generation: i64,
    /// Which attempt.
    pub attempt: AttemptId,
    /// How it ended.
    pub end: Attempted,
    /// A random share from 0 to 1 for the length of a backoff, so that many links do not come back
    /// at once.
    pub jitter: f64,
}

/// See [`TokenStore::due_probes`].
#[derive(Clone, Debug)]
pub struct ProbeDue {
    /// Of which link.
    pub link: LinkId,
    /// Which pair.
    pub generation: i64,
    /// What to try.
    pub access: AccessToken,
}

/// See [`TokenStore::settle_probe`].
#[derive(Clone, Debug)]
pub struct SettleProbe {
    /// Of which link.
    pub link: LinkId,
    /// Which pair.
    pub generation: i64,
    /// What Trakt said.
    pub end: Probed,
}

/// What came of trying an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probed {
    /// It works: the pair before it is of no use any more, and a locked account is open again.
    Works,
    /// 401: the pair may be dead, so a refresh is due.
    Refused,
    /// 423: the account is locked.
    Locked,
    /// Nobody knows: to be tried again.
    Unknown,
}

/// Pairs that Trakt gave and that are not known to be in the store: on a disk, sealed, and there
/// before anything else happens with them. A crash between Trakt's answer and the store's commit
/// loses no link.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait RefreshJournal: Send + Sync {
    /// Who owns it: the same through restarts, with a mark of the process.
    fn owner(&self) -> AttemptOwner;

    /// Whether an entry outlives the process. Where it does not, a process that is about to end
    /// tries on to reach the store.
    fn outlives(&self) -> bool;

    /// Keeps room for one entry, so that a full disk is found before a refresh and not after it.
    fn reserve(&self) -> Result<JournalSlot, PortError>;

    /// Writes the entry into its room. It is on the disk when this returns.
    fn write(&self, slot: JournalSlot, entry: &JournalEntry) -> Result<(), PortError>;

    /// Gives the room back, with what was written into it.
    fn clear(&self, slot: JournalSlot);

    /// What processes that are gone wrote and nobody gave back, each only once. To be asked before
    /// the first [`Self::reserve`], which gives out rooms that nobody keeps, and again now and
    /// then: another process that shares the disk may be gone by then.
    fn left_behind(&self) -> Result<Vec<LeftBehind>, PortError>;
}

/// See [`RefreshJournal::left_behind`].
#[derive(Clone, Debug)]
pub enum LeftBehind {
    /// A pair, in a room that is kept for the caller.
    Pair(JournalSlot, JournalEntry),
    /// A pair that is there, but its key is not: the refresh token of this generation was used, so
    /// it must not be sent again.
    Sealed(LinkId, i64),
}

/// Room for one entry of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JournalSlot(pub usize);

/// A pair that Trakt gave, and for what.
#[derive(Clone, Debug)]
pub struct JournalEntry {
    /// Of which link.
    pub link: LinkId,
    /// Which pair it replaces.
    pub generation: i64,
    /// What Trakt gave.
    pub pair: NewPair,
}
