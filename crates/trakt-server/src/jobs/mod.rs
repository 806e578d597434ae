//! Work that no request asks for.

mod ticker;

pub use ticker::Ticker;
