//! What a user watches: held here as Trakt has it, and read again only where it changed.
//!
//! | file | what it decides |
//! |---|---|
//! | `model` | the things, and what is held of them |
//! | `part` | which parts there are, and which of them changed |
//! | `merge` | what a reading of a part adds, changes and removes |
//! | `pull` | reading what changed, part by part |
//! | `sink` | storing the pages of a part |
//! | `breaker` | when nobody is pulled for |
//! | `listing`, `lists` | lists of what is held, as they are served |
//! | `progress` | how far a user is |
//! | `serve` | serving all of that |
//! | `catalogue` | which episodes the shows have, read for all users |
//! | `plan` | when a user is pulled for next |

mod breaker;
mod catalogue;
mod error;
mod listing;
mod lists;
mod merge;
mod model;
mod part;
mod plan;
mod progress;
mod pull;
mod serve;
mod sink;

pub(crate) use breaker::Breaker;
pub use catalogue::{Airing, CataloguePolicy, CatalogueService, ShowEpisodes};
pub use error::{PullError, WatchError};
pub use listing::{HistoryCursor, HistoryQuery, Listing, Play};
pub use lists::{
    ById, Listed, Rated, RatingCursor, RatingsQuery, Watched, WatchedEpisode, WatchedQuery,
    WatchedSeason, WatchlistCursor, WatchlistQuery,
};
pub use merge::{Held, Merge};
pub use model::{Episode, Fact, Fingerprint, Item, ItemKind, MediaIds, Row, Said, Titled};
pub use part::{Activities, Mark, Part, due};
pub use plan::{HeldChange, Pace, PullPhase, PullPolicy, PullProgress, PullState};
pub use progress::{
    ProgressCursor, ProgressKind, ProgressQuery, SeasonProgress, SeenEpisode, ShowProgress,
    ShowRecord, TitleName, ToWatch,
};
pub use pull::{Pulled, WatchService};
pub use serve::ReadService;
