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
    /// renews. `None` where the user has no active link, or another pull is under way. What is
    /// held of another Trakt account than the linked one is forgotten.
    fn begin_pull(&self, cmd: &BeginPull) -> Result<Option<Begun>, PortError>;

    /// What is held of a part.
    fn held(&self, user: UserId, part: Part) -> Result<Vec<Held>, PortError>;

    /// Stores rows of a part, in place of those with the same keys, and things.
    fn store_rows(&self, cmd: &StoreRows) -> Result<Lease, PortError>;

    /// Removes rows of a part, and notes how it stood when its reading began.
    fn finish_part(&self, cmd: &FinishPart) -> Result<Lease, PortError>;

    /// Gives the lease back, and notes how the pull ended and when the next one is due.
    fn end_pull(&self, cmd: &EndPull) -> Result<Lease, PortError>;

    /// Takes up to `limit` users who are due, the longest due first, for a caller who then begins
    /// their pulls: nobody else gets them for as long as `lease`. Those whom others are at work on
    /// are passed over.
    fn claim_pulls(&self, limit: u32, lease: Duration) -> Result<Vec<UserId>, PortError>;

    /// Makes a user due at once, who was seen just now, if the link is active; tells how it stands,
    /// where there is one. A pull that is under way goes on, and is the one that was asked for.
    fn ask_pull(&self, user: UserId) -> Result<Option<LinkStatus>, PortError>;

    /// How the data of a user stands; `None` where there never was any.
    fn pull_state(&self, user: UserId) -> Result<Option<PullState>, PortError>;

    /// Plays that are held, the newest first.
    fn history(&self, query: &HistoryQuery) -> Result<Listing<Play, HistoryCursor>, PortError>;
}

/// A pull that may begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Begun {
    /// How the parts stood when they were last read as a whole.
    pub marks: Vec<(Part, Mark)>,
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

/// Whether the pull still had its lease.
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
