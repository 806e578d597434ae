//! The client against answers of every kind: over a transport that records, and over real sockets.
#![expect(
    clippy::unwrap_used,
    reason = "what the tests share is outside of test functions"
)]

mod budget;
#[path = "../calls/mod.rs"]
mod calls;
mod contract;
mod decode;
mod device;
mod fake;
mod hostile;
mod logs;
mod network;
mod pages;
mod refusals;
mod requests;
mod simulator;
mod written;
