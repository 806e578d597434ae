//! Everything that is held about a user, for the user.

mod model;
mod service;

pub use model::{ExportItem, ExportPart, ExportPlace, ExportStep, ExportedWrite};
pub use service::ExportService;
