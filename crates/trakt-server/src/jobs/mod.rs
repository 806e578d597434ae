//! Work that no request asks for.

mod ticker;
pub mod workers;

pub use ticker::Ticker;
