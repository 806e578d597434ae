//! Users as a store, and the check of passwords.

use std::collections::HashMap;

use super::token::Revocation;
use crate::audit::AuditStamp;
use crate::user::{Email, PasswordHash, Role, User};
use crate::{Password, PortError, UserId};

/// The users of the media application, as far as this service knows them.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait UserStore: Send + Sync {
    /// The user with this id.
    fn by_id(&self, id: UserId) -> Result<Option<User>, PortError>;

    /// The user with this address, without regard to case.
    fn by_email(&self, email: &Email) -> Result<Option<User>, PortError>;

    /// The user whom an outside provider calls by this `sub`.
    fn by_subject(&self, subject: &str) -> Result<Option<User>, PortError>;

    /// The addresses of those of these users who are there.
    fn addresses(&self, ids: &[UserId]) -> Result<HashMap<UserId, Email>, PortError>;

    /// All users, by address.
    fn list(&self) -> Result<Vec<User>, PortError>;

    /// Adds a user and writes `user_added`; [`PortError::Conflict`] when the address is taken.
    fn add(&self, cmd: &NewUser) -> Result<User, PortError>;

    /// Finds the user by address or adds one with [`Role::User`] (what a provider says of roles
    /// holds for a request; stored, it would outlive the day it is taken back), ties it to the outside provider's `sub`, and
    /// writes `user_added` for a new one. [`PortError::Conflict`] when the user of that address
    /// is tied to another `sub`, or when a user of that address or `sub` was deleted: a token that
    /// outlives its user must not bring it back.
    fn provision(&self, cmd: &ProvisionUser) -> Result<User, PortError>;

    /// Deletes a user with link, flows and tokens and writes `user_removed`; the audit trail
    /// stays. Returns what is to be revoked, `None` when there is no such user.
    fn remove(&self, cmd: &RemoveUser) -> Result<Option<Vec<Revocation>>, PortError>;
}

/// See [`UserStore::add`].
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The id of the user.
    pub id: UserId,
    /// The address.
    pub email: Email,
    /// What the user may do.
    pub role: Role,
    /// None: the user cannot sign in with a password.
    pub password_hash: Option<PasswordHash>,
    /// Who and from where.
    pub stamp: AuditStamp,
}

/// See [`UserStore::provision`].
#[derive(Clone, Debug)]
pub struct ProvisionUser {
    /// The id of the user, if it is a new one.
    pub new_id: UserId,
    /// The address that the provider vouches for.
    pub email: Email,
    /// What the provider calls the user.
    pub subject: String,
    /// Who and from where.
    pub stamp: AuditStamp,
}

/// See [`UserStore::remove`].
#[derive(Clone, Debug)]
pub struct RemoveUser {
    /// Whom.
    pub email: Email,
    /// Who and from where.
    pub stamp: AuditStamp,
}

/// Makes and checks password hashes (argon2id, RFC 9106). Slow by design.
#[cfg_attr(feature = "testing", mockall::automock)]
#[expect(clippy::needless_lifetimes, reason = "mockall needs a name for it")]
pub trait PasswordHasher: Send + Sync {
    /// A hash in PHC string format, with a salt of its own.
    fn hash(&self, password: &Password) -> PasswordHash;

    /// Whether the password fits. Without a hash it answers no after the same work, so that
    /// time does not tell which users exist.
    fn verify<'a>(&self, password: &Password, hash: Option<&'a PasswordHash>) -> bool;
}
