//! The store on a real PostgreSQL. `TEST_DATABASE_URL` names a server on which databases may be
//! made; every test has one of its own. One binary, so that it is linked once.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod admin;
mod audit;
mod chain;
mod complete;
mod connections;
mod constraints;
mod current;
mod database;
mod expiry;
mod flows;
mod journal;
mod keys;
mod measure;
mod migrations;
mod overview;
mod polls;
mod races;
mod recommend;
mod restored;
mod rewrap;
mod scene;
mod scrobble;
mod sealed;
mod secrets;
mod sessions;
mod token;
mod tokens;
mod users;
mod watch;
mod webhook;
