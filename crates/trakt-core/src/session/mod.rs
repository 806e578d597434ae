//! Who is signed in to the pages: one session a browser.

use std::sync::Arc;
use std::time::Duration;

use crate::audit::AuditStamp;
use crate::ports::{CloseSession, OpenSession, SessionStore};
use crate::{Entropy, PortError, SessionToken, UserId};

/// Sessions of browsers. They end on sign-out, when nobody used them for a day, after two weeks, and
/// with their user.
///
/// Every method blocks; none may be called on an async thread.
#[derive(Clone)]
pub struct SessionService {
    store: Arc<dyn SessionStore>,
    entropy: Arc<dyn Entropy>,
}

impl SessionService {
    /// How long one lives that nobody uses.
    pub const IDLE: Duration = Duration::from_secs(86_400);
    /// How long one lives at the most.
    pub const LIFE: Duration = Duration::from_secs(14 * 86_400);
    /// How many that are over are forgotten in one transaction.
    const FORGET: u32 = 1000;

    /// Those in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn SessionStore>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, entropy }
    }

    /// Begins one, always with a new token: a token that a browser had before sign-in may be known to
    /// whoever put it there. `None` where the user is gone.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn open(&self, user: UserId) -> Result<Option<SessionToken>, PortError> {
        let token = SessionToken::random(&*self.entropy);
        let cmd = OpenSession {
            key: token.key(),
            user,
            idle: Self::IDLE,
            life: Self::LIFE,
        };
        Ok(self.store.open_session(&cmd)?.then_some(token))
    }

    /// Whose it is, and that it is used; `None` where it is over.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn user(&self, token: &SessionToken) -> Result<Option<UserId>, PortError> {
        self.store.use_session(&token.key(), Self::IDLE)
    }

    /// Ends one, with its entry on the audit trail.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn close(&self, token: &SessionToken, stamp: &AuditStamp) -> Result<(), PortError> {
        let cmd = CloseSession {
            key: token.key(),
            stamp: stamp.clone(),
        };
        self.store.close_session(&cmd)
    }

    /// Forgets some that are over; tells whether there may be more.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn forget_over(&self) -> Result<bool, PortError> {
        let forgotten = self.store.forget_sessions(Self::FORGET)?;
        Ok(forgotten == Self::FORGET as usize)
    }
}
