//! Log lines, and the id that ties those of one request together.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use env_logger::Builder;
use log::{LevelFilter, Record};
use serde_json::json;
use trakt_core::{Clock as _, Entropy, SystemClock};

use crate::config::LogFormat;
use crate::guard::Caller;

/// The id of a request: the caller's own `X-Request-Id` if it is a sane one, else random.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Crates that write headers or bodies, and with them secrets, to their more talkative levels.
/// No `RUST_LOG` opens these levels: a test with canaries at TRACE holds that.
const QUIET: &[(&str, LevelFilter)] = &[
    ("ureq", LevelFilter::Info),
    ("ureq_proto", LevelFilter::Info),
    ("rustls", LevelFilter::Info),
    ("actix_http", LevelFilter::Info),
    ("hyper", LevelFilter::Info),
];

/// Sends log lines to stderr, filtered by `filter` (the syntax of `RUST_LOG`).
pub fn start(filter: &str, format: LogFormat) {
    let mut builder = Builder::new();
    builder.parse_filters(filter);
    builder.format(move |out, record| match format {
        LogFormat::Text => writeln!(out, "{}", text_line(record)),
        LogFormat::Json => writeln!(out, "{}", json_line(record)),
    });
    let logger = builder.build();
    let level = logger.filter();
    // A second logger in one process (tests) keeps the first.
    if log::set_boxed_logger(Box::new(Capped(logger))).is_ok() {
        log::set_max_level(level);
    }
}

/// A logger that holds [`QUIET`] whatever the filter says.
struct Capped(env_logger::Logger);

impl log::Log for Capped {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        let krate = metadata.target().split("::").next().unwrap_or_default();
        let cap = QUIET
            .iter()
            .find(|(name, _)| *name == krate)
            .map(|(_, cap)| *cap);
        cap.is_none_or(|cap| metadata.level() <= cap) && self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

fn stamp() -> String {
    SystemClock
        .now()
        .format("%Y-%m-%dT%H:%M:%S%.3fZ")
        .to_string()
}

/// Control characters are escaped: text from outside can neither begin a line of its own nor
/// move a terminal's cursor.
fn text_line(record: &Record<'_>) -> String {
    let mut line = format!("{} {:5} {}: ", stamp(), record.level(), record.target());
    for c in record.args().to_string().chars() {
        if c.is_control() {
            // Writing to a string cannot fail.
            let _ = write!(line, "{}", c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

fn json_line(record: &Record<'_>) -> String {
    json!({
        "time": stamp(),
        "level": record.level().as_str(),
        "target": record.target(),
        "message": record.args().to_string(),
    })
    .to_string()
}

/// Gives a request its id and writes its one line: method, route, status, duration, user, id.
/// Neither query nor body stands in it.
///
/// # Errors
/// Those of the routes behind it.
pub async fn request_line(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let start = Instant::now();
    let id = request_id(&req);
    req.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.call(req).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let req = response.request();
    let route = req.match_pattern().unwrap_or_else(|| "-".to_owned());
    let user = Caller::of_any(req).map_or_else(|| "-".to_owned(), |user| user.to_string());
    log::info!(
        target: "trakt_server::request",
        "{} {route} {} {:.1}ms user={user} id={id}",
        req.method(),
        response.status().as_u16(),
        start.elapsed().as_secs_f64() * 1000.0,
    );
    Ok(response)
}

fn request_id(req: &ServiceRequest) -> String {
    let given = req
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    let sane = |id: &&str| {
        (1..=128).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
    };
    given
        .filter(sane)
        .map_or_else(|| random_id(req), str::to_owned)
}

fn random_id(req: &ServiceRequest) -> String {
    let mut bytes = [0; 16];
    if let Some(entropy) = req.app_data::<Data<dyn Entropy>>() {
        entropy.fill(&mut bytes);
    }
    uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        let args = format_args!("{text}").to_string();
        text_line(
            &Record::builder()
                .args(format_args!("{args}"))
                .target("t")
                .build(),
        )
    }

    #[test]
    fn a_line_stays_a_line() {
        let line = line("a\nb\r\u{1b}[31mc\u{85}");
        assert!(line.ends_with("t: a\\nb\\r\\u{1b}[31mc\\u{85}"), "{line}");
    }
}
