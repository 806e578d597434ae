//! What is served of what users watch, as a store.

use std::time::Duration;

use crate::watch::{
    HistoryCursor, Listed, Listing, ProgressCursor, ProgressQuery, Rated, RatingCursor,
    RatingsQuery, ShowRecord, TitleName, ToWatch, Watched, WatchedQuery, WatchlistCursor,
    WatchlistQuery,
};
use crate::{PortError, UserId};

/// Reads of what is held. How many statements one takes does not depend on how much there is.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait WatchReads: Send + Sync {
    /// What to go on with, the newest first.
    fn progress(
        &self,
        query: &ProgressQuery,
    ) -> Result<Listing<ToWatch, ProgressCursor>, PortError>;

    /// What is held of a show; `None` where the user has watched nothing of it.
    fn show(&self, user: UserId, show: &TitleName) -> Result<Option<ShowRecord>, PortError>;

    /// Movies or shows that were watched, those watched last first. Where some are asked for by
    /// their ids it is all of those, in one stretch.
    fn watched(&self, query: &WatchedQuery) -> Result<Listing<Watched, HistoryCursor>, PortError>;

    /// Ratings, the newest first.
    fn ratings(&self, query: &RatingsQuery) -> Result<Listing<Rated, RatingCursor>, PortError>;

    /// The watchlist, by rank.
    fn watchlist(
        &self,
        query: &WatchlistQuery,
    ) -> Result<Listing<Listed, WatchlistCursor>, PortError>;

    /// Notes that a user was seen, if that was not noted within `noted`; the next pull is then
    /// `soon` away at the most. A pull that waits after trouble goes on waiting.
    fn see(&self, user: UserId, noted: Duration, soon: Duration) -> Result<(), PortError>;
}
