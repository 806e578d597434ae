//! What the headers of an answer say. Everything here is read leniently: a header that is absent
//! or makes no sense says nothing, and is no error.

mod pagination;
mod rate_limit;
mod retry;

pub use pagination::Pagination;
pub use rate_limit::{RateLimit, instant, until};
pub use retry::retry_after;
