//! Everything that is held about a user, as a store.

use crate::export::{ExportItem, ExportPlace, ExportStep};
use crate::{PortError, UserId};

/// Reads of everything there is.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait ExportStore: Send + Sync {
    /// The rows of a part after a place, up to `limit`, and the place of the last one where there
    /// may be more. One short read; how long it takes does not depend on how far it is.
    fn export_page(
        &self,
        user: UserId,
        step: &ExportStep,
        limit: u32,
    ) -> Result<(Vec<ExportItem>, Option<ExportPlace>), PortError>;
}
