#![doc = include_str!("../README.md")]

mod admin;
mod audit;
mod choice;
pub mod cluster;
pub mod doctor;
mod error;
mod export;
mod forget;
mod journal;
mod keyring;
mod keys;
mod link;
mod measure;
mod migrate;
mod pool;
mod recommend;
mod restored;
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
mod webhook;

pub use audit::{
    AuditFault, AuditHead, AuditHeads, AuditProblem, AuditSlot, Pruned, RekeyError, Verified,
};
pub use forget::Forgotten;
pub use journal::{Journal, JournalError, file_system};
pub use keyring::{Keyring, KeyringError};
pub use keys::KeyCheckError;
pub use migrate::{MigrateError, migrate};
pub use pool::{PgStore, PoolOptions, PoolUse};
pub use restored::Restored;
pub use rewrap::{KeyUse, Rewrapped};
