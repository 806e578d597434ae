//! What the user watches: `/trakt/sync` and what is served of it.

mod events;
mod history;
mod listing;
mod lists;
mod progress;
mod sync;
mod view;
mod watched;

pub use events::events;
pub use history::history;
pub use lists::{ratings, watchlist};
pub use progress::{progress, show};
pub use sync::{SyncView, ask, state, text};
pub use view::{ItemView, ThingsView, trakts};
pub use watched::{movies, shows};
