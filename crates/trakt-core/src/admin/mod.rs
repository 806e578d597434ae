//! What an operator may do to the links of others.

mod error;
mod model;
mod service;

pub use error::AdminError;
pub use model::{AssociationRecord, Foreseen, Overview};
pub use service::{AdminService, Associate};
