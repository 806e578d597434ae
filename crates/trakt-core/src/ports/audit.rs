//! The audit trail as a store.

use crate::audit::{AuditEntry, AuditPlace, AuditQuery, AuditRecord, AuditStep};
use crate::{Page, PortError};

/// Reads the trail, and writes entries that belong to no effect.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait AuditStore: Send + Sync {
    /// Appends one entry.
    fn record(&self, entry: &AuditEntry) -> Result<(), PortError>;

    /// One page of the entries that fit, newest first.
    fn search(&self, query: &AuditQuery) -> Result<Page<AuditRecord>, PortError>;

    /// Up to `limit` of the entries that are wanted, newest first, and the place of the last one
    /// where there may be more. How long it takes does not depend on how far it is.
    fn read_on(
        &self,
        step: &AuditStep,
        limit: u32,
    ) -> Result<(Vec<AuditRecord>, Option<AuditPlace>), PortError>;
}
