//! What the user watches: `/trakt/sync` and what is served of it.

mod history;
mod listing;
mod sync;
mod view;

pub use history::history;
pub use sync::{ask, state};
