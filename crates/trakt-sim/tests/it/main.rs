//! The simulator as its clients see it: over raw HTTP, one file for each of its sides.

#![expect(
    clippy::unwrap_used,
    reason = "what the tests share is outside of test functions"
)]

mod accounts;
mod client;
mod control;
mod device;
mod faults;
mod media;
mod page;
mod rotation;
mod tokens;
