//! The simulator as its clients see it: over raw HTTP, one file for each of its sides.

#![expect(
    clippy::unwrap_used,
    reason = "what the tests share is outside of test functions"
)]

mod account_states;
mod accounts;
mod applications;
mod authorize;
mod client;
mod control;
mod counts;
mod device;
mod edge;
mod faults;
mod lag;
mod media;
mod page;
mod rates;
mod rotation;
mod tokens;
