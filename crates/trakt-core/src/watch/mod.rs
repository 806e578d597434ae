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
//! | `listing` | lists of what is held, as they are served |
//! | `plan` | when a user is pulled for next |

mod breaker;
mod error;
mod listing;
mod merge;
mod model;
mod part;
mod plan;
mod pull;
mod sink;

pub(crate) use breaker::Breaker;
pub use error::{PullError, WatchError};
pub use listing::{HistoryCursor, HistoryQuery, Listing, Play};
pub use merge::{Held, Merge};
pub use model::{Episode, Fact, Fingerprint, Item, ItemKind, MediaIds, Row, Said, Titled};
pub use part::{Activities, Mark, Part, due};
pub use plan::{HeldChange, Pace, PullPhase, PullPolicy, PullState};
pub use pull::{Pulled, WatchService};
