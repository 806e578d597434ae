//! Reading the trail, and writing what has no effect of its own.

use std::sync::Arc;

use super::{AuditEntry, AuditQuery, AuditRecord};
use crate::ports::AuditStore;
use crate::{Page, PortError};

/// The audit trail.
#[derive(Clone)]
pub struct AuditService {
    store: Arc<dyn AuditStore>,
}

impl AuditService {
    /// The trail in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn AuditStore>) -> Self {
        Self { store }
    }

    /// Writes one entry.
    ///
    /// # Errors
    /// [`PortError`] when it could not be stored.
    pub fn record(&self, entry: &AuditEntry) -> Result<(), PortError> {
        self.store.record(entry)
    }

    /// One page of entries, newest first.
    ///
    /// # Errors
    /// [`PortError`] when the trail could not be read.
    pub fn search(&self, query: &AuditQuery) -> Result<Page<AuditRecord>, PortError> {
        self.store.search(query)
    }
}
