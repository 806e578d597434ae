//! What a user watches: held here as Trakt has it, and read again only where it changed.
//!
//! | file | what it decides |
//! |---|---|
//! | `model` | the things, and what is held of them |
//! | `part` | which parts there are, and which of them changed |
//! | `merge` | what a reading of a part adds, changes and removes |
//! | `pull` | reading what changed, part by part |
//! | `plan` | when a user is pulled for next |

mod merge;
mod model;
mod part;
mod plan;
mod pull;

pub use merge::{Held, Merge};
pub use model::{Episode, Fact, Fingerprint, Item, ItemKind, MediaIds, Row, Said, Titled};
pub use part::{Activities, Mark, Part, due};
pub use plan::{Pace, PullPhase, PullPolicy, PullState};
pub use pull::{PullError, Pulled, WatchError, WatchService};
