//! What users watch: as a store, and at Trakt.

use std::time::Duration;

use crate::link::LinkStatus;
use crate::ports::TraktFault;
use crate::watch::{
    Activities, Held, HistoryCursor, HistoryQuery, Item, Listing, Mark, Pace, Part, Play,
    PullState, Row,
};
use crate::{AccessToken, PortError, PullId, UserId};

/// What is held of what users watch. A pull has a lease: what one without it says is not stored.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait WatchStore: Send + Sync {
    /// Takes the right to pull for a user, for as long as `lease`, which every word of the pull
    /// renews. `None` where the user has no active link or has switched pulls off, or another pull
    /// is under way. What is
    /// held of another Trakt account than the linked one is forgotten.
    fn begin_pull(&self, cmd: &BeginPull) -> Result<Option<Begun>, PortError>;

    /// What is held of a part.
    fn held(&self, user: UserId, part: Part) -> Result<Vec<Held>, PortError>;

    /// Stores rows of a part, in place of those with the same keys, and things. Where the user
    /// wrote something that Trakt may not have told of yet, what the user wrote stays.
    fn store_rows(&self, cmd: &StoreRows) -> Result<Stored, PortError>;

    /// Removes rows of a part, and notes how it stood when its reading began.
    fn finish_part(&self, cmd: &FinishPart) -> Result<Lease, PortError>;

    /// Holds the removal of rows back until the user says that it is meant.
    fn hold_part(&self, cmd: &HoldPart) -> Result<Lease, PortError>;

    /// Gives the lease back, and notes how the pull ended and when the next one is due.
    fn end_pull(&self, cmd: &EndPull) -> Result<Lease, PortError>;

    /// Takes up to `limit` users who are due, the longest due first, for a caller who then begins
    /// their pulls: nobody else gets them for as long as `lease`. Those whom others are at work on
    /// are passed over.
    fn claim_pulls(&self, limit: u32, lease: Duration) -> Result<Vec<UserId>, PortError>;

    /// Makes a user due at once, who was seen just now, if the link is active and pulls are on. A pull that is under way goes on, and is the one that was asked for.
    /// With `confirm`, everything that is held back is meant, also where pulls are switched off.
    fn ask_pull(&self, user: UserId, confirm: bool) -> Result<Asked, PortError>;

    /// How the data of a user stands; `None` where there never was any.
    fn pull_state(&self, user: UserId) -> Result<Option<PullState>, PortError>;

    /// How the data of each of these users stands; those who are gone are left out. One statement.
    fn pull_states(&self, users: &[UserId]) -> Result<Vec<UserState>, PortError>;

    /// Plays that are held, the newest first.
    fn history(&self, query: &HistoryQuery) -> Result<Listing<Play, HistoryCursor>, PortError>;
}

/// A user, and how their data stands; `None` where there never was any.
pub type UserState = (UserId, Option<PullState>);

/// What came of asking for a pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Asked {
    /// The user is due, or a pull is under way; or what was held back goes on.
    Due,
    /// The user has switched pulls off.
    SwitchedOff,
    /// The link is not active.
    Inactive(LinkStatus),
    /// There is none.
    NotLinked,
}

/// A pull that may begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Begun {
    /// How the parts stood when they were last read as a whole.
    pub marks: Vec<(Part, Mark)>,
    /// What is held back.
    pub holds: Vec<PullHold>,
    /// What the time of the next one depends on.
    pub pace: Pace,
}

/// See [`WatchStore::begin_pull`].
#[derive(Clone, Copy, Debug)]
pub struct BeginPull {
    /// For whom.
    pub user: UserId,
    /// The id of the pull.
    pub pull: PullId,
    /// For how long nobody else may, should we never come back.
    pub lease: Duration,
}

/// See [`WatchStore::store_rows`].
#[derive(Clone, Debug)]
pub struct StoreRows {
    /// Whose.
    pub user: UserId,
    /// Which pull says so.
    pub pull: PullId,
    /// The lease from now on.
    pub lease: Duration,
    /// Of which part.
    pub part: Part,
    /// How many rows of the part the pull has seen so far.
    pub seen: u64,
    /// What is new; each key once.
    pub rows: Vec<Row>,
    /// All things that were seen, as they are called now.
    pub items: Vec<Item>,
}

/// See [`WatchStore::finish_part`].
#[derive(Clone, Debug)]
pub struct FinishPart {
    /// Whose.
    pub user: UserId,
    /// Which pull says so.
    pub pull: PullId,
    /// The lease from now on.
    pub lease: Duration,
    /// Which part.
    pub part: Part,
    /// The keys of the rows that Trakt has no more.
    pub removed: Vec<i64>,
    /// How it stood; `None` where nobody knows, so that it is read again the next time.
    pub mark: Option<Mark>,
}

/// A removal that is held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullHold {
    /// Of which part.
    pub part: Part,
    /// How the part stood at Trakt.
    pub mark: Option<Mark>,
    /// How many rows it would remove.
    pub removes: u64,
    /// Whether the user has said that it is meant.
    pub meant: bool,
}

/// See [`WatchStore::hold_part`].
#[derive(Clone, Debug)]
pub struct HoldPart {
    /// Whose.
    pub user: UserId,
    /// Which pull says so.
    pub pull: PullId,
    /// The lease from now on.
    pub lease: Duration,
    /// Which part.
    pub part: Part,
    /// How many rows would be removed.
    pub removes: u64,
    /// Of how many.
    pub held: u64,
    /// How the part stands at Trakt.
    pub mark: Option<Mark>,
    /// Whether the user has said of fewer that they are meant: these are not.
    pub meant: bool,
}

/// See [`WatchStore::end_pull`].
#[derive(Clone, Debug)]
pub struct EndPull {
    /// Whose.
    pub user: UserId,
    /// Which pull.
    pub pull: PullId,
    /// Why it did not read everything; `None` where it did.
    pub reason: Option<&'static str>,
    /// How long until the next one.
    pub next: Duration,
}

/// What became of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Stored {
    /// All are stored.
    Whole,
    /// Some are not: the user wrote something else since, which Trakt may not have told of yet.
    Without,
    /// As [`Lease::Lost`].
    Lost,
}

/// Whether a pull, or a turn at a user's writes, still had its lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Lease {
    /// It had, and what it said is stored.
    Kept,
    /// Another one has it, or the link is gone: nothing was stored.
    Lost,
}

/// What a user watches, at Trakt. Each call goes behind those that somebody waits for.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait TraktWatch: Send + Sync {
    /// `GET /sync/last_activities`.
    fn activities(&self, user: UserId, token: &AccessToken) -> Result<Activities, TraktFault>;

    /// Reads a part to its end and gives each page to `into`.
    fn read(
        &self,
        part: Part,
        user: UserId,
        token: &AccessToken,
        into: &mut dyn PageSink,
    ) -> Result<Reading, ReadFault>;
}

/// Gets the pages of a part, each when it has come. An error ends the reading.
pub trait PageSink {
    /// Takes a page.
    fn page(&mut self, rows: Vec<Row>) -> Result<(), PortError>;

    /// Passes the time until the next page may be asked for.
    fn wait(&mut self, period: Duration) -> Result<(), PortError>;
}

/// How a part was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As a whole.
    Whole,
    /// Not everything was seen, or nobody knows: what is missing may be there all the same.
    Partial {
        /// Why, for the log.
        detail: String,
    },
}

/// Why a part was not read to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadFault {
    /// Trakt.
    #[error(transparent)]
    Trakt(#[from] TraktFault),
    /// Whoever got the pages.
    #[error(transparent)]
    Store(#[from] PortError),
}
