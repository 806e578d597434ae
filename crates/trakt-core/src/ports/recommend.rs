//! What Trakt recommends: as a store, and at Trakt.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::link::LinkStatus;
use crate::ports::TraktFault;
use crate::watch::{Item, ItemKind};
use crate::{AccessToken, PortError, UserId};

/// The lists of users, as Trakt gave them last.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait RecommendStore: Send + Sync {
    /// The list of a user without what the user has watched or hidden since, the best first.
    fn recommendations(&self, query: &RecommendQuery) -> Result<HeldList, PortError>;

    /// Notes that the user has asked, if that was not noted within `noted`: the list is kept fresh
    /// from then on, and read at once where it is older than `fresh`.
    fn ask(
        &self,
        query: &RecommendQuery,
        noted: Duration,
        fresh: Duration,
    ) -> Result<(), PortError>;

    /// Takes the right to read a list: that of `of`, or the one that has been due for longest. Nobody
    /// else gets it for as long as `lease`. `None` where there is no active link, recommendations
    /// are switched off, or nothing is due; of `of`, too, within a moment of a reading that failed.
    fn claim_list(
        &self,
        of: Option<(UserId, ItemKind)>,
        lease: Duration,
    ) -> Result<Option<ClaimedList>, PortError>;

    /// Stores a list in place of the one before, if the right to read it is still held, it is of the
    /// account that is linked, and recommendations are not switched off. A list that was made due
    /// meanwhile stays so.
    fn store_list(&self, cmd: &StoreList) -> Result<(), PortError>;

    /// Notes that a reading failed, and when the next one is.
    fn fail_list(&self, claimed: &ClaimedList, next: Duration) -> Result<(), PortError>;
}

/// Which recommendations are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecommendQuery {
    /// Whose.
    pub user: UserId,
    /// Movies or shows.
    pub kind: ItemKind,
    /// How many at the most.
    pub limit: u32,
}

/// See [`RecommendStore::recommendations`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeldList {
    /// How the link stands; `None` where there is none.
    pub link: Option<LinkStatus>,
    /// Whether the user has switched recommendations off.
    pub off: bool,
    /// When it was read at Trakt; `None` where it never was.
    pub read_at: Option<DateTime<Utc>>,
    /// How long ago that was.
    pub age: Duration,
    /// How many readings have failed since.
    pub attempts: u32,
    /// What is in it.
    pub items: Vec<Item>,
}

/// A list that is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedList {
    /// Whose.
    pub user: UserId,
    /// Movies or shows.
    pub kind: ItemKind,
    /// Of which account.
    pub account: String,
    /// How many readings in a row, this one included, came to nothing.
    pub attempts: u32,
    /// Until when nobody else may read it, by the store's clock.
    pub until: DateTime<Utc>,
}

/// See [`RecommendStore::store_list`].
#[derive(Clone, Debug)]
pub struct StoreList {
    /// What was claimed.
    pub claimed: ClaimedList,
    /// What Trakt recommends, the best first.
    pub items: Vec<Item>,
    /// How long until it is read again.
    pub next: Duration,
    /// Whoever has not asked for so long gets no new list.
    pub asked: Duration,
}

/// `GET /recommendations/{type}`.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait TraktRecommend: Send + Sync {
    /// All that Trakt recommends, which is at most a hundred, the best first. `patience` is how long
    /// somebody waits for it; without, it goes behind all calls that somebody waits for.
    fn recommended(
        &self,
        user: UserId,
        token: &AccessToken,
        kind: ItemKind,
        patience: Option<Duration>,
    ) -> Result<Vec<Item>, TraktFault>;
}
