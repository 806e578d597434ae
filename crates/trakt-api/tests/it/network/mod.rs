//! The client over ureq and real sockets, against servers that misbehave.

mod connecting;
mod listener;
mod time;
mod wire;

use std::time::{Duration, Instant};

use trakt_api::{Client, Error};

use crate::fake::config;
pub use listener::{Listener, ok};

/// Much longer than a call on loopback takes.
const LONG: Duration = Duration::from_secs(20);

/// Short, so that the tests that run into it end soon.
const SHORT: Duration = Duration::from_millis(700);

/// How late a call may end.
const SLACK: Duration = Duration::from_millis(500);

fn client(url: &str) -> Client {
    Client::new(config(url, url)).unwrap()
}

/// The error of a call that may not outlast [`SHORT`].
#[track_caller]
fn fails_in_time<T: std::fmt::Debug>(call: impl FnOnce(Duration) -> Result<T, Error>) -> Error {
    let start = Instant::now();
    let error = call(SHORT).unwrap_err();
    let took = start.elapsed();
    assert!(took < SHORT + SLACK, "{took:?}: {error}");
    error
}
