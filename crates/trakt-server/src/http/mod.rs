//! Handlers, one file a feature: each extracts, calls one service method and maps the answer to
//! a view. No rule, no clock and no status stands here.

pub mod admin;
pub mod audit;
pub mod choice;
pub mod export;
pub mod health;
mod input;
pub mod link;
pub mod metrics;
pub mod recommend;
pub mod scrobble;
pub mod user;
pub mod watch;
pub mod webhook;

pub use input::{Body, Fields, MAX_BODY, Query, arrival, form, moment};
