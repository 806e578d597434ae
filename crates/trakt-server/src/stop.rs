//! SIGTERM and SIGINT before and besides the server: a process that is just making its private
//! PostgreSQL, or a command that has started one, must not leave it behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, ensure};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::unregister;
use signal_hook::{SigId, flag};

/// Whether a stop was asked for.
#[derive(Clone, Debug, Default)]
pub struct StopAsked {
    asked: Arc<AtomicBool>,
    /// What lets a second signal end the process.
    impatience: Vec<SigId>,
}

impl StopAsked {
    /// Takes note of the first signal from here on, which ends nothing by itself any more. The
    /// second one ends the process at once, until [`Self::take_time`].
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> anyhow::Result<Self> {
        let mut stop = Self::default();
        for signal in [SIGTERM, SIGINT] {
            let refused = "signals cannot be received";
            // In this order: the first signal finds the flag down, and then raises it.
            let second = flag::register_conditional_default(signal, stop.asked.clone());
            stop.impatience.push(second.context(refused)?);
            flag::register(signal, stop.asked.clone()).context(refused)?;
        }
        Ok(stop)
    }

    /// From here on a stop has a time limit of its own, and more signals change nothing: those who
    /// stop services send them twice.
    pub fn take_time(&self) {
        for second in &self.impatience {
            unregister(*second);
        }
    }

    /// Whether a signal has come.
    #[must_use]
    pub fn yet(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }

    /// An error once a signal has come.
    ///
    /// # Errors
    /// That one.
    pub fn go_on(&self) -> anyhow::Result<()> {
        ensure!(!self.yet(), "stopped by a signal");
        Ok(())
    }
}
