//! What the user watches: `/trakt/sync` and what is served of it.

mod history;
mod listing;
mod lists;
mod progress;
mod sync;
mod view;
mod watched;

pub use history::history;
pub use lists::{ratings, watchlist};
pub use progress::{progress, show};
pub use sync::{ask, state};
pub use view::ItemView;
pub use watched::{movies, shows};
