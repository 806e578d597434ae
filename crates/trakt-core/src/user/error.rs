//! What can go wrong with a user.

use crate::PortError;

/// Why a user was not found, added or let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserError {
    /// Wrong password, unknown address, or no password set: a caller is not told which.
    #[error("the e-mail address or the password is wrong")]
    WrongCredentials,
    /// The token is valid, but it names no user we know and none we may add.
    #[error("the token names no user")]
    Stranger,
    /// The address is another user's.
    #[error("a user with this e-mail address exists")]
    EmailTaken,
    /// There is no such user.
    #[error("no user has this e-mail address")]
    NotFound,
    /// The password is too short to be one.
    #[error(
        "a password has at least {} characters",
        super::UserService::MIN_PASSWORD
    )]
    PasswordTooShort,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}
