//! Taking a write.

use std::sync::Arc;
use std::time::Duration;

use super::{Brake, Target, Wish, WriteError, WriteKey, WriteRecord, WriteState};
use crate::ports::{AcceptWrite, Accepted, OutboxStore, TraktScrobble};
use crate::token::TokenService;
use crate::watch::{Breaker, Item};
use crate::{Clock, Entropy, PortError, UserId, WriteId};

/// What users write, kept until Trakt has it.
///
/// Every method blocks; none may be called on an async thread.
#[derive(Clone)]
pub struct ScrobbleService {
    pub(super) store: Arc<dyn OutboxStore>,
    pub(super) trakt: Arc<dyn TraktScrobble>,
    pub(super) tokens: TokenService,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) breaker: Arc<Breaker>,
}

/// What is known of the thing that a wish is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// It is held here, or the wish names none.
    Held(Option<Target>),
    /// It was never seen here, and Trakt said which it is.
    Told(Box<Item>),
    /// Trakt knows no such thing.
    Nothing,
    /// It was never seen here, and Trakt was not asked.
    Later,
}

impl ScrobbleService {
    /// How long a caller waits for Trakt's word on a thing that was never seen here. Without it the
    /// write is kept all the same.
    const LOOK_UP: Duration = Duration::from_secs(3);

    /// What is in `store`, sent to `trakt` with the tokens of `tokens`.
    #[must_use]
    pub fn new(
        store: Arc<dyn OutboxStore>,
        trakt: Arc<dyn TraktScrobble>,
        tokens: TokenService,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            trakt,
            tokens,
            clock,
            entropy,
            breaker: Arc::default(),
        }
    }

    /// Takes a write: when this returns it is kept, and seen in what is served of the user's data.
    /// The same again (the same key; or a play of the same thing in the same minute) is the one
    /// that was taken before.
    ///
    /// A thing that was never seen here is looked up at Trakt first. Where that cannot be, the
    /// write is kept, and seen as soon as it can.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn write(
        &self,
        user: UserId,
        wish: Wish,
        key: Option<WriteKey>,
    ) -> Result<(WriteId, WriteState), WriteError> {
        let known = match self.find(user, &wish)? {
            Known::Later => self.look_up(&wish),
            known => known,
        };
        self.accept(user, wish, key, known)
    }

    /// What is known here of the thing that a wish is about, without a call to Trakt. Nothing is
    /// worth one for a user who has no account to write to.
    ///
    /// # Errors
    /// [`WriteError::NotLinked`] and [`WriteError::Store`].
    pub fn find(&self, user: UserId, wish: &Wish) -> Result<Known, WriteError> {
        let Some(sought) = wish.item() else {
            return Ok(Known::Held(None));
        };
        if let Some(target) = self.store.find(sought)? {
            return Ok(Known::Held(Some(target)));
        }
        match self.store.may_write(user, Brake::DAILY)? {
            Some(true) => Ok(Known::Later),
            // It is not taken, or was taken before.
            Some(false) => Ok(Known::Held(None)),
            None => Err(WriteError::NotLinked),
        }
    }

    /// What Trakt knows of it.
    #[must_use]
    pub fn look_up(&self, wish: &Wish) -> Known {
        let Some(sought) = wish.item() else {
            return Known::Held(None);
        };
        match self.trakt.look_up(sought, Self::LOOK_UP) {
            Ok(Some(item)) if item.kind() == sought.kind() => Known::Told(Box::new(item)),
            Ok(_) => Known::Nothing,
            Err(fault) => {
                log::info!("a {} could not be looked up: {fault}", sought.kind());
                Known::Later
            }
        }
    }

    /// Takes a write, as [`Self::write`] does, with what was found out about its thing.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn accept(
        &self,
        user: UserId,
        wish: Wish,
        key: Option<WriteKey>,
        known: Known,
    ) -> Result<(WriteId, WriteState), WriteError> {
        let (target, item, refused) = match known {
            Known::Held(target) => (target, None, None),
            Known::Told(item) => (Some(target_of(&item)), Some(*item), None),
            Known::Nothing => (None, None, Some("not_found")),
            Known::Later => (None, None, None),
        };
        let accepted = self.store.accept(&AcceptWrite {
            id: WriteId::random(&*self.entropy),
            user,
            wish,
            target,
            item,
            refused,
            key,
            daily: Brake::DAILY,
        })?;
        match accepted {
            Accepted::Kept { id, state } => Ok((id, state)),
            Accepted::NotLinked => Err(WriteError::NotLinked),
            Accepted::SwitchedOff => Err(WriteError::SwitchedOff),
            Accepted::NotFound => Err(WriteError::NotFound),
            Accepted::NotYet => Err(WriteError::NotYet),
            Accepted::KeyReused => Err(WriteError::KeyReused),
            Accepted::Ceiling { retry_after } => {
                log::warn!("user {user} has made {} writes in a day", Brake::DAILY);
                Err(WriteError::Ceiling { retry_after })
            }
        }
    }

    /// How a write of the user's stands; `None` where the user has no such write.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn record(&self, user: UserId, id: WriteId) -> Result<Option<WriteRecord>, PortError> {
        self.store.write(user, id)
    }
}

pub(super) fn target_of(item: &Item) -> Target {
    let kind = item.kind();
    let trakt = item.ids().trakt;
    Target { kind, trakt }
}
