#![doc = include_str!("../README.md")]
//!
//! | module | what it does |
//! |---|---|
//! | `endpoint` | reads the addresses of endpoints |
//! | `address` | which addresses are public |
//! | `body` | an event as JSON |
//! | `sign` | the signature |
//! | `sender` | the call |

mod address;
mod body;
mod endpoint;
mod sender;
mod sign;
#[cfg(test)]
mod tests;

pub use address::Allowed;
pub use endpoint::{InvalidEndpoints, MAX_ENDPOINTS, endpoints};
pub use sender::HttpSender;
pub use sign::{InvalidSecrets, Secrets};
