//! What is read again, and what a reading changes.

mod merge;
mod part;
mod plan;
mod pull;
