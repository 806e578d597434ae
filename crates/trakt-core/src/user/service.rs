//! Local accounts, sign-in, and users whom an outside provider vouches for.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Email, OutsideIdentity, Role, User, UserError};
use crate::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use crate::ports::{
    AuditStore, NewUser, PasswordHasher, PortError, ProvisionUser, RemoveUser, UserStore,
};
use crate::token::Revoker;
use crate::{Entropy, Password, UserId};

/// Users.
#[derive(Clone)]
pub struct UserService {
    store: Arc<dyn UserStore>,
    audit: Arc<dyn AuditStore>,
    hasher: Arc<dyn PasswordHasher>,
    entropy: Arc<dyn Entropy>,
}

impl UserService {
    /// The least length of a password, in characters (NIST SP 800-63B section 3.1.1.2).
    pub const MIN_PASSWORD: usize = 8;

    /// Users in `store`.
    #[must_use]
    pub fn new(
        store: Arc<dyn UserStore>,
        audit: Arc<dyn AuditStore>,
        hasher: Arc<dyn PasswordHasher>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            audit,
            hasher,
            entropy,
        }
    }

    /// The user with this id, as of now: a deleted user is gone at once.
    ///
    /// # Errors
    /// [`UserError::Stranger`] when there is none, [`UserError::Store`].
    pub fn caller(&self, id: UserId) -> Result<User, UserError> {
        self.store.by_id(id)?.ok_or(UserError::Stranger)
    }

    /// The addresses of those of these users who are there still.
    ///
    /// # Errors
    /// [`UserError::Store`].
    pub fn addresses(&self, ids: &[UserId]) -> Result<HashMap<UserId, Email>, UserError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        Ok(self.store.addresses(ids)?)
    }

    /// The user whom an outside provider vouches for, added if new. The role is the
    /// provider's where it gives one.
    ///
    /// The `sub` decides; failing that, a `sub` that is the id of a user; failing that, an
    /// address the provider vouches for.
    ///
    /// # Errors
    /// [`UserError::Stranger`] when no user fits and none may be added, [`UserError::Store`].
    pub fn outside_caller(
        &self,
        outside: &OutsideIdentity,
        stamp: &AuditStamp,
    ) -> Result<User, UserError> {
        let known = match self.store.by_subject(&outside.subject)? {
            Some(user) => Some(user),
            None => match uuid::Uuid::parse_str(&outside.subject) {
                Ok(id) => self.store.by_id(UserId::from(id))?,
                Err(_) => None,
            },
        };
        let mut user = match (known, outside.vouched_email()) {
            (Some(user), _) => user,
            (None, None) => return Err(UserError::Stranger),
            (None, Some(email)) => {
                let cmd = ProvisionUser {
                    new_id: UserId::random(&*self.entropy),
                    email: email.clone(),
                    subject: outside.subject.clone(),
                    stamp: stamp.clone(),
                };
                self.store.provision(&cmd).map_err(|error| match error {
                    PortError::Conflict(_) => UserError::Stranger,
                    error => error.into(),
                })?
            }
        };
        user.role = outside.role.unwrap_or(user.role);
        Ok(user)
    }

    /// Checks a password. The answer takes as long for an unknown user as for a known one, and
    /// is on the audit trail before it is given.
    ///
    /// # Errors
    /// [`UserError::WrongCredentials`], [`UserError::Store`].
    pub fn sign_in(
        &self,
        email: Option<&Email>,
        password: &Password,
        stamp: &AuditStamp,
    ) -> Result<User, UserError> {
        let user = email
            .map(|email| self.store.by_email(email))
            .transpose()?
            .flatten();
        let hash = user.as_ref().and_then(|user| user.password_hash.as_ref());
        let fits = self.hasher.verify(password, hash) && hash.is_some();
        let (event, outcome) = if fits {
            (AuditEvent::SignInSucceeded, AuditOutcome::Succeeded)
        } else {
            (AuditEvent::SignInFailed, AuditOutcome::Refused)
        };
        let mut entry = AuditEntry::new(event, outcome, stamp);
        entry.subject = user.as_ref().map(|user| user.id);
        self.audit.record(&entry)?;
        user.filter(|_| fits).ok_or(UserError::WrongCredentials)
    }

    /// The user with this address.
    ///
    /// # Errors
    /// [`UserError::NotFound`], [`UserError::Store`].
    pub fn find(&self, email: &Email) -> Result<User, UserError> {
        self.store.by_email(email)?.ok_or(UserError::NotFound)
    }

    /// All users, by address.
    ///
    /// # Errors
    /// [`UserError::Store`].
    pub fn list(&self) -> Result<Vec<User>, UserError> {
        Ok(self.store.list()?)
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`UserError::EmailTaken`], [`UserError::PasswordTooShort`], [`UserError::Store`].
    pub fn add(
        &self,
        email: Email,
        role: Role,
        password: Option<&Password>,
        stamp: &AuditStamp,
    ) -> Result<User, UserError> {
        if password.is_some_and(|p| p.expose().chars().count() < Self::MIN_PASSWORD) {
            return Err(UserError::PasswordTooShort);
        }
        let cmd = NewUser {
            id: UserId::random(&*self.entropy),
            email,
            role,
            password_hash: password.map(|p| self.hasher.hash(p)),
            stamp: stamp.clone(),
        };
        self.store.add(&cmd).map_err(|error| match error {
            PortError::Conflict(_) => UserError::EmailTaken,
            error => error.into(),
        })
    }

    /// Deletes a user with everything but the audit trail. With a `revoker` the tokens are
    /// revoked at once, else by the service's worker.
    ///
    /// # Errors
    /// [`UserError::NotFound`], [`UserError::Store`].
    pub fn remove(
        &self,
        email: Email,
        stamp: &AuditStamp,
        revoker: Option<&Revoker>,
    ) -> Result<(), UserError> {
        let cmd = RemoveUser {
            email,
            stamp: stamp.clone(),
        };
        let revocations = self.store.remove(&cmd)?.ok_or(UserError::NotFound)?;
        if let Some(revoker) = revoker {
            revoker.revoke(&revocations, revoker.deadline());
        }
        Ok(())
    }
}
