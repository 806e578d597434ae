//! The service as its users meet it: the real binary, a real PostgreSQL, real HTTP, and a
//! simulated Trakt that answers as Trakt does.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![expect(missing_docs, reason = "the harness documents itself by its use")]

#[path = "../../harness/mod.rs"]
mod harness;

mod gate;
mod journey;
mod trouble;
mod whole;
