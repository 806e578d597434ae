//! What the user watches: `/trakt/sync` and what is served of it.

pub(crate) mod events;
pub(crate) mod history;
mod listing;
pub(crate) mod lists;
pub(crate) mod progress;
pub(crate) mod sync;
mod view;
pub(crate) mod watched;

pub use events::events;
pub use history::history;
pub use lists::{ratings, watchlist};
pub use progress::{progress, show};
pub use sync::{SyncView, ask, state, text};
pub use view::{ItemView, ThingsView, trakts};
pub use watched::{movies, shows};
