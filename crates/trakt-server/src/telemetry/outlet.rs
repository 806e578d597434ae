//! The way of lines to stderr. Whoever reads them may stop to: then lines are lost, and counted,
//! and nobody waits for it. A line goes through a queue to the one thread that writes.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender, TrySendError};
use std::thread;
use std::time::Duration;

use log::{Level, Record};
use metrics::counter;

use crate::config::LogFormat;

/// How many lines wait for stderr before more are lost.
const ROOM: usize = 4096;
/// How long the end of the program waits for them.
const PATIENCE: Duration = Duration::from_secs(2);

enum Item {
    Line(Vec<u8>),
    /// Answered when all lines before it are out.
    Drained(Sender<()>),
}

/// Takes lines. A clone takes them to the same end.
#[derive(Clone)]
pub struct Outlet {
    queue: SyncSender<Item>,
    lost: Arc<AtomicU64>,
}

impl Outlet {
    /// An outlet to stderr.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn open(format: LogFormat) -> io::Result<Self> {
        Self::over(io::stderr(), format)
    }

    fn over(end: impl Write + Send + 'static, format: LogFormat) -> io::Result<Self> {
        let (queue, items) = mpsc::sync_channel(ROOM);
        let outlet = Self {
            queue,
            lost: Arc::default(),
        };
        let lost = outlet.lost.clone();
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write(end, &items, &lost, format))?;
        Ok(outlet)
    }

    /// Waits until the lines that were taken are out, within reason.
    pub fn drain(&self) {
        let (tell, told) = mpsc::channel();
        // Where it is full, whoever reads has stopped to.
        if self.queue.try_send(Item::Drained(tell)).is_ok() {
            let _ = told.recv_timeout(PATIENCE);
        }
    }
}

impl Write for Outlet {
    /// Takes a line as a whole, or loses it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Item::Line(line.to_vec())) {
            self.lost.fetch_add(1, Ordering::Relaxed);
            counter!("trakt_log_lines_lost_total").increment(1);
        }
        Ok(line.len())
    }

    /// Nothing is held back here.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(mut end: impl Write, items: &Receiver<Item>, lost: &AtomicU64, format: LogFormat) {
    for item in items {
        match item {
            // An end that is closed may be the wish of whoever closed it.
            Item::Line(line) => drop(end.write_all(&line)),
            Item::Drained(tell) => drop(tell.send(())),
        }
        let lost = lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let line = super::line(
                format,
                &Record::builder()
                    .level(Level::Warn)
                    .target("trakt_server::telemetry")
                    .args(format_args!(
                        "{lost} lines were lost: nobody took them in time"
                    ))
                    .build(),
            );
            drop(end.write_all(line.as_bytes()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};

    use super::*;

    /// An end that takes nothing until it is opened.
    #[derive(Clone, Default)]
    struct Stuck(Arc<(Mutex<bool>, Condvar)>, Arc<Mutex<Vec<u8>>>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (open, told) = &*self.0;
            drop(told.wait_while(open.lock().unwrap(), |open| !*open));
            self.1.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_end_that_takes_nothing_holds_up_nobody_and_what_is_lost_is_told() {
        let end = Stuck::default();
        let mut outlet = Outlet::over(end.clone(), LogFormat::Text).unwrap();
        let (over, lines) = (100, ROOM + 100);
        for number in 0..lines {
            outlet
                .write_all(format!("line {number}\n").as_bytes())
                .unwrap();
        }
        *end.0.0.lock().unwrap() = true;
        end.0.1.notify_all();
        // The queue has room again once the first is out.
        while outlet
            .queue
            .try_send(Item::Line(b"more\n".to_vec()))
            .is_err()
        {
            thread::yield_now();
        }
        outlet.drain();
        let text = String::from_utf8(end.1.lock().unwrap().clone()).unwrap();
        let told = |lost: usize| text.contains(&format!("{lost} lines were lost"));
        // The thread may hold one line besides those in the queue.
        assert!(told(over) || told(over - 1), "{}", &text[..500]);
        assert!(text.starts_with("line 0\n") && text.contains("line 4095\n"));
        assert!(text.ends_with("more\n"));
    }

    #[test]
    fn the_end_of_the_program_comes_though_nobody_takes_its_last_line() {
        let end = Stuck::default();
        let mut outlet = Outlet::over(end.clone(), LogFormat::Text).unwrap();
        outlet.write_all(b"last\n").unwrap();
        outlet.drain();
        assert!(end.1.lock().unwrap().is_empty());
    }

    #[test]
    fn an_end_that_is_closed_is_no_trouble() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut outlet = Outlet::over(Closed, LogFormat::Json).unwrap();
        outlet.write_all(b"a\n").unwrap();
        outlet.drain();
        outlet.write_all(b"b\n").unwrap();
    }
}
