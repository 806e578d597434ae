//! What is read again, and what a reading changes.

mod ask;
mod hold;
mod merge;
mod part;
mod parts;
mod plan;
mod pull;
mod waits;
