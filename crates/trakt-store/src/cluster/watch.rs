//! Starts PostgreSQL again when it ends while a serve needs it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::error::ClusterError;
use super::server::Server;
use super::transition;

/// How often the server is looked at.
const TICK: Duration = Duration::from_millis(200);
/// The pause before a restart: doubled from the first to the last when the
/// server keeps ending.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LAST_PAUSE: Duration = Duration::from_secs(5);
/// A server that lived this long counts as healthy again.
const STEADY: Duration = Duration::from_secs(30);
/// How long another process may hold the transition before we look again.
const TRANSITION: Duration = Duration::from_secs(1);

/// A thread that lives until this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    /// Dropped first, which tells the thread to end.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(super) fn start(server: Arc<Server>) -> Result<Self, ClusterError> {
        let (stop, stopped) = channel();
        let root = server.layout().root().to_owned();
        let thread = thread::Builder::new()
            .name("postgres-watch".to_owned())
            .spawn(move || watch(&server, &stopped))
            .map_err(ClusterError::io("watch", &root))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the watch over PostgreSQL panicked");
        }
    }
}

fn watch(server: &Server, stopped: &Receiver<()>) {
    let wait = |pause| stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout);
    let mut pause = FIRST_PAUSE;
    let mut since = Instant::now();
    while wait(TICK) {
        match server.lives() {
            Ok(true) => continue,
            Ok(false) => log::warn!("PostgreSQL ended unexpectedly: it is started again"),
            Err(error) => log::warn!("PostgreSQL cannot be watched: {error}"),
        }
        if since.elapsed() >= STEADY {
            pause = FIRST_PAUSE;
        }
        if !wait(pause) {
            return;
        }
        pause = (pause * 2).min(LAST_PAUSE);
        since = Instant::now();
        if let Err(error) = restart(server) {
            log::warn!("PostgreSQL could not be started again: {error}");
        }
    }
}

/// Starts the server unless another process has done so meanwhile.
fn restart(server: &Server) -> Result<(), ClusterError> {
    let _transition = transition(server.layout(), TRANSITION)?;
    if server.lives()? {
        Ok(())
    } else {
        server.restart()
    }
}
