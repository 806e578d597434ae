//! Who a caller is: local accounts with a password, and users of an outside identity provider.

mod error;
mod model;
mod service;

pub use error::UserError;
pub use model::{Email, InvalidEmail, OutsideIdentity, PasswordHash, Role, UnknownRole, User};
pub use service::UserService;
