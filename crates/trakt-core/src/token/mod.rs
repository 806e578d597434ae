//! The tokens of a link. For now: handing back to Trakt those that nobody may use any more.

mod revoke;

pub use revoke::Revoker;
