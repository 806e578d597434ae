//! What the gateway makes of Trakt's answers: over a transport without a network.
#![expect(
    clippy::unwrap_used,
    reason = "what the tests share is outside of test functions"
)]

mod answers;
mod budget;
mod fake;
mod faults;
mod read_back;
mod refresh;
mod sent;
mod written;
