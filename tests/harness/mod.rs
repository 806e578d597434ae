//! What the end-to-end tests and the long proofs stand on: a database of their own, the real
//! binary, and HTTP as a client speaks it. No test lives here.

mod database;
mod deeds;
mod holder;
mod http;
mod person;
mod receiver;
mod server;

pub use database::Database;
pub use deeds::{Deed, Own, act, deed, movies, own, write};
pub use holder::{Holder, Linker, link_without_trakt};
pub use http::{Reply, call, send};
pub use person::{Person, State};
pub use receiver::{Receiver, Told, WEBHOOK_SECRET, closed_address};
pub use server::{
    AUTH_SECRET, Hears, ISSUER, Server, ServerBuilder, issue_token, run_command, server_binary,
    sign,
};

use std::time::{Duration, Instant};

/// `TOKEN_KEYS` of every tested process.
pub const TOKEN_KEYS: &str = "e2e:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

use trakt_sim::{Config, Sim};

/// Waits until `condition` gives something, and fails the test with `what` after 30 s.
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < end, "waited 30 s in vain for: {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// A simulated Trakt whose codes may be polled once a second.
pub fn sim() -> Sim {
    Sim::start(Config {
        interval: 1,
        ..Config::default()
    })
    .expect("the simulator starts")
}

/// A whole service: database, simulator, one replica.
pub struct Service {
    pub server: Server,
    pub sim: Sim,
    pub database: Database,
}

impl Service {
    pub fn start() -> Self {
        let (sim, database) = (sim(), Database::fresh());
        let server = Server::builder().database(&database).sim(&sim).start();
        Self {
            server,
            sim,
            database,
        }
    }
}
