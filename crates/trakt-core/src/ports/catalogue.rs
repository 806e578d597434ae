//! The episodes of shows: as a store, and at Trakt.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::ports::TraktFault;
use crate::watch::{Airing, ShowEpisodes};
use crate::{PortError, UserId};

/// The episodes of the shows that anybody watches, and when each show is to be read again.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait CatalogueStore: Send + Sync {
    /// Takes the show that has been due for longest: nobody else gets it for as long as `lease`.
    /// Those that others are taking right now are passed over.
    fn claim_catalogue(&self, lease: Duration) -> Result<Option<ClaimedShow>, PortError>;

    /// Stores the episodes of a show. Where these are all of them, others that are held of it are
    /// held no longer as episodes that air; they stay, as plays may be about them.
    fn store_catalogue(&self, cmd: &StoreCatalogue) -> Result<(), PortError>;

    /// Counts anew how far users are in a show, some hundred at a time: those after this user, in
    /// their order. Gives the last of them, or `None` where no more come after.
    fn count_show(&self, show: i64, after: Option<UserId>) -> Result<Option<UserId>, PortError>;

    /// Notes how the reading ended, and when the next is due. A show that came to be due anew in the
    /// meantime stays so. One that was read before and that nobody watches any more is forgotten.
    fn settle_catalogue(&self, cmd: &SettleCatalogue) -> Result<(), PortError>;
}

/// A show that is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimedShow {
    /// Trakt's number.
    pub show: i64,
    /// The end of the lease, by the clock of the store: it tells this claim from others.
    pub until: DateTime<Utc>,
    /// How many readings in a row, this one included, came to nothing.
    pub attempts: u32,
}

/// See [`CatalogueStore::store_catalogue`].
#[derive(Clone, Debug)]
pub struct StoreCatalogue {
    /// Of which show.
    pub show: i64,
    /// Its episodes.
    pub episodes: Vec<Airing>,
    /// Whether these are all of them.
    pub whole: bool,
}

/// See [`CatalogueStore::settle_catalogue`].
#[derive(Clone, Copy, Debug)]
pub struct SettleCatalogue {
    /// What was claimed.
    pub claimed: ClaimedShow,
    /// Whether Trakt answered.
    pub read: bool,
    /// How long until the next reading.
    pub next: Duration,
}

/// The episodes of shows, at Trakt. Each call goes behind those that somebody waits for.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait TraktCatalogue: Send + Sync {
    /// `GET /shows/{id}/seasons?extended=full,episodes`, without a token. `None` where Trakt knows
    /// no such show.
    fn episodes(&self, show: i64) -> Result<Option<ShowEpisodes>, TraktFault>;
}
