//! The private cluster on the installed PostgreSQL: real servers, real kills.
//! Each test has a directory of its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod crash;
mod life;
mod places;
mod probe;
mod process;
mod refusal;
mod sharing;
