//! Work that no request asks for.

mod heads;
mod ticker;
pub mod workers;

pub use heads::{HEADS_FILE, heads_job, kept_heads, kept_or_aside, set_aside};
pub use ticker::Ticker;
