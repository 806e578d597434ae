//! Linking a Trakt account to a user: the device flow (RFC 8628) kept by the service, and the
//! rule that one account has one user and one user one account.

mod decide;
mod error;
mod model;
mod run;
mod service;

pub use decide::{Account, Decision, HeldLink, decide};
pub use error::LinkError;
pub use model::{FlowEnd, Link, LinkStatus, TokenPair, UnknownStatus};
pub use service::{CheckLink, LinkProgress, LinkService, StartLink, StartedLink};
