//! Going through all parts, a page at a time.

use std::sync::Arc;

use super::{ExportItem, ExportPart, ExportPlace, ExportStep};
use crate::ports::ExportStore;
use crate::{PortError, UserId};

/// Exports.
///
/// Every method blocks; none may be called on an async thread.
#[derive(Clone)]
pub struct ExportService {
    store: Arc<dyn ExportStore>,
}

impl ExportService {
    /// How many rows are read at once. Each page is a read of its own, so that an export keeps
    /// neither a connection nor an old view of the tables however slowly somebody takes it.
    pub const PAGE: u32 = 1000;

    /// Of what is in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn ExportStore>) -> Self {
        Self { store }
    }

    /// Where an export begins.
    #[must_use]
    pub fn first() -> ExportStep {
        ExportStep {
            part: ExportPart::Link,
            after: ExportPlace::first(),
        }
    }

    /// The next items of an export, [`Self::PAGE`] at the most, and where it goes on: `None` at its
    /// end. There may be none of a part.
    ///
    /// # Errors
    /// [`PortError`]. The same step may be asked for again.
    pub fn page(
        &self,
        user: UserId,
        step: &ExportStep,
    ) -> Result<(Vec<ExportItem>, Option<ExportStep>), PortError> {
        let (mut items, next) = self.store.export_page(user, step, Self::PAGE)?;
        for item in &mut items {
            if let ExportItem::Audit(record) = item {
                record.hide_others(user);
            }
        }
        let next = match next {
            Some(after) => Some((step.part, after)),
            None => step.part.next().map(|part| (part, ExportPlace::first())),
        };
        Ok((items, next.map(|(part, after)| ExportStep { part, after })))
    }
}
