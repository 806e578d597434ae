//! The service as its users meet it: the real binary, a real PostgreSQL, real HTTP, and a
//! simulated Trakt that answers as Trakt does.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

#[path = "../../harness/mod.rs"]
mod harness;

mod access;
mod audit;
mod canary;
mod choice;
mod client;
mod cluster;
mod doctor;
mod documents;
mod examples;
mod gate;
mod input;
mod journey;
mod keys;
mod kills;
mod lifecycle;
mod limits;
mod logs;
mod managed;
mod measure;
mod openapi;
mod operator;
mod outage;
mod outside;
mod page;
mod pages;
mod recommend;
mod replicas;
mod scrobble;
mod settings;
mod tokens;
mod trouble;
mod watch;
mod webhooks;
mod whole;
