//! SIGTERM and SIGINT before and besides the server: a process that is just making its private
//! PostgreSQL, or a command that has started one, must not leave it behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, ensure};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Whether a stop was asked for.
#[derive(Clone, Debug, Default)]
pub struct StopAsked(Arc<AtomicBool>);

impl StopAsked {
    /// Takes note of the first signal from here on, which ends nothing by itself any more. The
    /// second one ends the process at once.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> anyhow::Result<Self> {
        let asked = Self::default();
        for signal in [SIGTERM, SIGINT] {
            // In this order: the first signal finds the flag down, and then raises it.
            flag::register_conditional_default(signal, asked.0.clone())
                .and_then(|_| flag::register(signal, asked.0.clone()))
                .context("signals cannot be received")?;
        }
        Ok(asked)
    }

    /// Whether a signal has come.
    #[must_use]
    pub fn yet(&self) -> bool {
        self.0.load(Ordering::Acquire)
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
