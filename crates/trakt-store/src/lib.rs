#![doc = include_str!("../README.md")]

mod admin;
mod audit;
mod choice;
pub mod cluster;
mod error;
mod export;
mod journal;
mod keyring;
mod keys;
mod link;
mod migrate;
mod pool;
mod recommend;
mod rewrap;
mod schema;
mod scrobble;
mod seal;
mod session;
mod time;
mod token;
mod tx;
mod user;
mod watch;

pub use audit::{
    AuditFault, AuditHead, AuditHeads, AuditPlaces, AuditProblem, Pruned, RekeyError, Verified,
};
pub use journal::{Journal, JournalError};
pub use keyring::{Keyring, KeyringError};
pub use keys::KeyCheckError;
pub use migrate::{MigrateError, migrate};
pub use pool::{PgStore, PoolOptions};
pub use rewrap::{KeyUse, Rewrapped};
