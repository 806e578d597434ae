//! What the user changes, and what a player reports: kept, and sent to Trakt.

mod history;
mod item;
mod list;
mod outbox;
mod player;
mod take;

pub use history::{add_play, remove_play};
pub use list::{list, rate, unlist, unrate};
pub use outbox::outbox;
pub use player::{pause, start, stop};
pub use take::{keep, key, take};
