//! The tokens of a link: a valid access token for a user, whatever happens; and handing back to
//! Trakt those that nobody may use any more.
//!
//! A refresh token of Trakt's works once. So there is one refresh a *generation*, however many
//! threads, processes and machines want one: it is claimed in the store, called, written to a
//! journal on the disk, and stored by compare-and-swap on the generation. What each step survives
//! stands in `docs/adr/0007-one-refresh-a-generation.md`.

mod attempt;
mod error;
mod flight;
mod journal;
mod model;
mod places;
mod quiet;
mod revoke;
mod service;
mod using;

pub use error::TokenError;
pub use journal::NoJournal;
pub use model::{
    AccessGrant, AttemptOwner, Attempted, GateReason, LossReason, NewPair, RefreshPolicy,
    UnknownReason,
};
pub use revoke::Revoker;
pub use service::TokenService;
pub(crate) use using::UseError;
