//! Sessions of browsers, as a store.

use std::time::Duration;

use crate::audit::AuditStamp;
use crate::{PortError, SessionKey, UserId};

/// Who is signed in to the pages.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait SessionStore: Send + Sync {
    /// Begins a session; tells whether the user is there.
    fn open_session(&self, cmd: &OpenSession) -> Result<bool, PortError>;

    /// Whose session it is, while it is not over; from now on it lives for `idle` again.
    fn use_session(&self, key: &SessionKey, idle: Duration) -> Result<Option<UserId>, PortError>;

    /// Ends a session and writes `signed_out`, if it is there.
    fn close_session(&self, cmd: &CloseSession) -> Result<(), PortError>;

    /// Forgets up to `limit` sessions that are over; tells how many.
    fn forget_sessions(&self, limit: u32) -> Result<usize, PortError>;
}

/// See [`SessionStore::open_session`].
#[derive(Clone, Debug)]
pub struct OpenSession {
    /// What the token hashes to.
    pub key: SessionKey,
    /// Whose it is.
    pub user: UserId,
    /// How long it lives unused.
    pub idle: Duration,
    /// How long it lives at the most.
    pub life: Duration,
}

/// See [`SessionStore::close_session`].
#[derive(Clone, Debug)]
pub struct CloseSession {
    /// Which.
    pub key: SessionKey,
    /// Who and from where.
    pub stamp: AuditStamp,
}
