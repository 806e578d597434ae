//! Reading the trail, and writing what has no effect of its own.

use std::sync::Arc;

use super::{AuditEntry, AuditQuery, AuditRecord, AuditStep};
use crate::ports::AuditStore;
use crate::{Page, PageRequest, PortError, UserId};

/// The audit trail.
#[derive(Clone)]
pub struct AuditService {
    store: Arc<dyn AuditStore>,
}

impl AuditService {
    /// How many entries one piece has.
    const PIECE: u32 = 1000;

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

    /// The next piece of all entries that are wanted, newest first, and the step after it; `None`
    /// when that was all.
    ///
    /// # Errors
    /// [`PortError`] when the trail could not be read.
    pub fn read_on(
        &self,
        step: &AuditStep,
    ) -> Result<(Vec<AuditRecord>, Option<AuditStep>), PortError> {
        let (records, after) = self.store.read_on(step, Self::PIECE)?;
        let next = after.map(|after| AuditStep {
            query: step.query.clone(),
            after: Some(after),
        });
        Ok((records, next))
    }

    /// One page of the entries in which a user acted or was touched, newest first, as that user may
    /// see them: who acted, and from where, is left out where it was somebody else.
    ///
    /// # Errors
    /// [`PortError`] when the trail could not be read.
    pub fn of_user(&self, user: UserId, page: PageRequest) -> Result<Page<AuditRecord>, PortError> {
        let query = AuditQuery {
            user: Some(user.into()),
            page,
            ..AuditQuery::default()
        };
        let mut found = self.store.search(&query)?;
        for record in &mut found.items {
            record.hide_others(user);
        }
        Ok(found)
    }
}
