//! The audit trail as a store.

use crate::audit::{AuditEntry, AuditQuery, AuditRecord};
use crate::{Page, PortError};

/// Reads the trail, and writes entries that belong to no effect.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait AuditStore: Send + Sync {
    /// Appends one entry.
    fn record(&self, entry: &AuditEntry) -> Result<(), PortError>;

    /// One page of the entries that fit, newest first.
    fn search(&self, query: &AuditQuery) -> Result<Page<AuditRecord>, PortError>;
}
