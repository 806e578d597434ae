//! The rules, one by one, with every port mocked: what is asked of the store and of Trakt, in
//! which order, and what the caller hears. How PostgreSQL and Trakt behave is tested elsewhere.
#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be built is a failed test"
)]

mod admin;
mod audit;
mod bench;
mod choice;
mod decide;
mod export;
mod foreseen;
mod link;
mod recommend;
mod scrobble;
mod token;
mod user;
mod watch;
mod webhook;
