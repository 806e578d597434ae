//! What Trakt recommends to users: held here, and served also while Trakt is away.

mod error;
mod service;

pub use error::RecommendError;
pub use service::{RecommendPolicy, RecommendService, Recommended};
