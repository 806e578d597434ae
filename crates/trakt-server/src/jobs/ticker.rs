//! A thread that does something again and again until it is stopped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A running job. Dropping it ends the job after the round that is under way.
#[derive(Debug)]
pub struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Calls `round` at once, and then again and again with `period` between two rounds.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        name: &str,
        period: Duration,
        mut round: impl FnMut() + Send + 'static,
    ) -> std::io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                loop {
                    // A fault in one round must not end the job for good, and unseen.
                    if catch_unwind(AssertUnwindSafe(&mut round)).is_err() {
                        log::error!("a round of a job panicked");
                    }
                    if stopped.recv_timeout(period) != Err(RecvTimeoutError::Timeout) {
                        break;
                    }
                }
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            log::error!("a job panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_goes_on_after_a_panic_and_ends_when_dropped() {
        let (tell, told) = mpsc::channel();
        let mut rounds = 0;
        let ticker = Ticker::start("test", Duration::from_millis(1), move || {
            rounds += 1;
            assert_ne!(rounds, 1, "as if by a fault");
            let _ = tell.send(rounds);
        });
        assert_eq!(told.recv_timeout(Duration::from_secs(30)), Ok(2));
        drop(ticker.unwrap());
        while told.recv().is_ok() {}
    }
}
