//! What the user changes, and what a player reports: kept, and sent to Trakt.

pub(crate) mod history;
mod item;
pub(crate) mod list;
pub(crate) mod outbox;
pub(crate) mod player;
mod take;

pub use history::{add_play, remove_play};
pub use item::{ANY, MAX_PLACE, PLAYABLE};
pub use list::{list, rate, unlist, unrate};
pub use outbox::outbox;
pub use player::{pause, start, stop};
pub use take::{TakenView, keep, key, take};
