//! Log lines, and the id that ties those of one request together. `docs/logging.md` says what
//! stands in them and what never does.
//!
//! | file | what it does |
//! |---|---|
//! | `line` | a record as a line of text or JSON |
//! | `outlet` | the way of lines to stderr, which holds up nobody |
//! | `request` | the one line of a request, its id, and its metrics |

mod line;
mod outlet;
mod request;

use std::io::Write as _;
use std::sync::OnceLock;

use env_logger::{Builder, Target};
use log::{Level, LevelFilter, Log, Metadata, Record};

use self::line::{json_line, last_line, text_line};
use self::outlet::Outlet;
pub use self::request::{RequestId, carry, request_line};
use crate::config::LogFormat;

/// Crates that write headers or bodies, and with them secrets, to their more talkative levels.
/// No `RUST_LOG` opens these levels: a test with canaries at TRACE holds that.
const QUIET: &[(&str, LevelFilter)] = &[
    ("ureq", LevelFilter::Info),
    ("ureq_proto", LevelFilter::Info),
    ("rustls", LevelFilter::Info),
    // A line of ERROR for whatever a stranger sends that is no HTTP.
    ("actix_http", LevelFilter::Off),
    ("hyper", LevelFilter::Info),
];

/// The way of this process's lines, for its last one.
static OUTLET: OnceLock<Outlet> = OnceLock::new();

/// Sends log lines to stderr, filtered by `filter` (the syntax of `RUST_LOG`), and what a panic
/// says whatever that is.
///
/// # Errors
/// When the system gives no thread.
pub fn start(filter: &str, format: LogFormat) -> std::io::Result<()> {
    let outlet = Outlet::open(format)?;
    let mut builder = Builder::new();
    builder.parse_filters(filter);
    builder.target(Target::Pipe(Box::new(outlet.clone())));
    builder.format(move |out, record| out.write_all(line(format, record).as_bytes()));
    let logger = builder.build();
    let level = logger.filter();
    let panics = outlet.clone();
    // A second logger in one process (tests) keeps the first.
    if log::set_boxed_logger(Box::new(Capped { logger, outlet })).is_ok() {
        log::set_max_level(level);
        drop(OUTLET.set(panics.clone()));
        std::panic::set_hook(Box::new(move |info| {
            let text = error_line(format, "trakt_server::panic", &info.to_string());
            // It takes all lines, or counts those that it loses.
            drop(panics.clone().write_all(text.as_bytes()));
        }));
    }
    Ok(())
}

/// Tells why the program ends, whatever the filter says, after all lines before it; waits until they
/// are out, within reason.
pub fn last_word(format: LogFormat, why: &str) {
    let line = match format {
        LogFormat::Text => last_line(why),
        LogFormat::Json => error_line(format, "trakt_server", why),
    };
    // Where nobody listens there is nobody to tell.
    match OUTLET.get() {
        Some(outlet) => {
            drop(outlet.clone().write_all(line.as_bytes()));
            outlet.drain();
        }
        // There is no log.
        None => drop(std::io::stderr().write_all(line.as_bytes())),
    }
}

/// What no filter keeps back.
fn error_line(format: LogFormat, target: &str, why: &str) -> String {
    let mut record = Record::builder();
    let record = record.level(Level::Error).target(target);
    line(format, &record.args(format_args!("{why}")).build())
}

fn line(format: LogFormat, record: &Record<'_>) -> String {
    match format {
        LogFormat::Text => text_line(record),
        LogFormat::Json => json_line(record),
    }
}

/// A logger that holds [`QUIET`] whatever the filter says.
struct Capped {
    logger: env_logger::Logger,
    outlet: Outlet,
}

impl Log for Capped {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let krate = metadata.target().split("::").next().unwrap_or_default();
        let cap = QUIET
            .iter()
            .find(|(name, _)| *name == krate)
            .map(|(_, cap)| *cap);
        cap.is_none_or(|cap| metadata.level() <= cap) && self.logger.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.logger.log(record);
        }
    }

    fn flush(&self) {
        self.outlet.drain();
    }
}
