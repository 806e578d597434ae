//! What an operator sees and does.

pub mod audit;
pub mod bulk;
pub mod links;
