//! What is held of what users watch, served from our own database alone.

use std::sync::Arc;
use std::time::Duration;

use super::{
    HistoryCursor, HistoryQuery, Listed, Listing, Play, ProgressCursor, ProgressQuery, PullPolicy,
    Rated, RatingCursor, RatingsQuery, ShowProgress, TitleName, ToWatch, Watched, WatchedQuery,
    WatchlistCursor, WatchlistQuery,
};
use crate::ports::{WatchReads, WatchStore};
use crate::{PortError, UserId};

/// Reads for a user who is there: each counts the user as seen, so that their data is read at Trakt
/// more often.
///
/// Every method blocks; none may be called on an async thread.
#[derive(Clone)]
pub struct ReadService {
    store: Arc<dyn WatchStore>,
    reads: Arc<dyn WatchReads>,
}

impl ReadService {
    /// How often it is noted that a user was seen: a page asks for several lists at once.
    const NOTED: Duration = Duration::from_secs(300);

    /// Of what is in these.
    #[must_use]
    pub fn new(store: Arc<dyn WatchStore>, reads: Arc<dyn WatchReads>) -> Self {
        Self { store, reads }
    }

    /// The user's plays, the newest first.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn history(&self, query: &HistoryQuery) -> Result<Listing<Play, HistoryCursor>, PortError> {
        self.seen(query.user, self.store.history(query))
    }

    /// What to go on with, the newest first.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn progress(
        &self,
        query: &ProgressQuery,
    ) -> Result<Listing<ToWatch, ProgressCursor>, PortError> {
        self.seen(query.user, self.reads.progress(query))
    }

    /// How far the user is in a show; `None` where nothing of it was watched.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn show(&self, user: UserId, show: &TitleName) -> Result<Option<ShowProgress>, PortError> {
        let record = self.seen(user, self.reads.show(user, show))?;
        Ok(record.map(super::ShowRecord::progress))
    }

    /// The movies or shows of which something was watched, those watched last first.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn watched(
        &self,
        query: &WatchedQuery,
    ) -> Result<Listing<Watched, HistoryCursor>, PortError> {
        self.seen(query.user, self.reads.watched(query))
    }

    /// The ratings, the newest first.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn ratings(&self, query: &RatingsQuery) -> Result<Listing<Rated, RatingCursor>, PortError> {
        self.seen(query.user, self.reads.ratings(query))
    }

    /// The watchlist, by rank.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn watchlist(
        &self,
        query: &WatchlistQuery,
    ) -> Result<Listing<Listed, WatchlistCursor>, PortError> {
        self.seen(query.user, self.reads.watchlist(query))
    }

    /// What was read is answered all the same where this cannot be noted.
    fn seen<T>(&self, user: UserId, read: Result<T, PortError>) -> Result<T, PortError> {
        let read = read?;
        if let Err(error) = self.reads.see(user, Self::NOTED, PullPolicy::ACTIVE) {
            log::warn!("that user {user} was seen could not be noted: {error}");
        }
        Ok(read)
    }
}
