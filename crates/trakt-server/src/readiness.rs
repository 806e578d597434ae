//! Whether this process can serve.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use trakt_core::PortError;
use trakt_core::ports::TokenStore as _;
use trakt_core::token::GateReason;
use trakt_store::PgStore;

/// What `/readyz` tells, and what the gate in front of the routes looks at.
#[derive(Clone)]
pub struct Readiness {
    store: PgStore,
    prepared: Arc<AtomicBool>,
    stopping: Arc<AtomicBool>,
}

impl Readiness {
    /// Not ready yet.
    #[must_use]
    pub fn new(store: PgStore) -> Self {
        Self {
            store,
            prepared: Arc::default(),
            stopping: Arc::default(),
        }
    }

    /// Whether the database was migrated and the keys were checked.
    #[must_use]
    pub fn prepared(&self) -> bool {
        self.prepared.load(Ordering::Acquire)
    }

    /// Whether workers may begin a round.
    #[must_use]
    pub fn at_work(&self) -> bool {
        self.prepared() && !self.stopping()
    }

    /// Whether a stop was asked for.
    #[must_use]
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// The database is migrated and the keys fit: routes may be served.
    pub fn set_prepared(&self) {
        self.prepared.store(true, Ordering::Release);
    }

    /// A stop was asked for: no new work should be sent here.
    pub fn set_stopping(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Asks the database whether it is there, and why refreshes are held back, if they are.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn gate(&self) -> Result<Option<GateReason>, PortError> {
        self.store.gate()
    }
}
