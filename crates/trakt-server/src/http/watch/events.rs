//! `GET /trakt/sync/events`: how reading the user's data stands, as server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{Method, header};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::unfold;
use tokio::time::{Instant, sleep_until};
use trakt_core::watch::WatchService;

use super::sync::text;
use crate::blocking;
use crate::guard::Member;
use crate::problem::Problem;
use crate::streams::{Joined, Streams, SyncEvents};

/// How often something is sent: proxies close what is silent for long, and a client that has gone
/// is noticed only when something is sent.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// `GET /trakt/sync/events`: at once how it stands, as `GET /trakt/sync` has it, and again whenever
/// that changed.
///
/// # Errors
/// 401, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/sync/events",
    operation_id = "syncEvents",
    tag = "Sync",
    summary = "How reading stands, as it changes",
    description = "Server-sent events: `event: sync`, with the answer of `GET /trakt/sync` as `data`, at once and whenever it changes. A comment every 15 s. It ends after ten minutes; a user may have two, a process 200.",
    responses(
        (status = 200, description = "Events", content_type = "text/event-stream", body = String),
    ),
)]
pub async fn events(
    request: HttpRequest,
    member: Member,
    watch: Data<WatchService>,
    streams: Data<Streams>,
) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, "text/event-stream"));
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    // nginx would keep the events until it has a page of them.
    response.insert_header(("x-accel-buffering", "no"));
    if request.method() == Method::HEAD {
        return Ok(response.finish());
    }
    let mut joined = streams.events.join(member.user.id)?;
    let state = blocking::database(move || watch.state(member.user.id)).await?;
    joined.listen();
    let last = text(state)?;
    let start = Instant::now();
    let stream = Stream {
        joined,
        first: true,
        last,
        beat: start + HEARTBEAT,
        end: start + SyncEvents::LIFE,
    };
    Ok(response.streaming(unfold(stream, Stream::next)))
}

struct Stream {
    joined: Joined,
    first: bool,
    last: Arc<str>,
    beat: Instant,
    end: Instant,
}

impl Stream {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if std::mem::take(&mut self.first) {
            let first = format!("retry: 3000\n{}", event(&self.last));
            return Some((Ok(first.into()), self));
        }
        let piece = loop {
            tokio::select! {
                () = sleep_until(self.end) => return None,
                () = sleep_until(self.beat) => {
                    self.beat += HEARTBEAT;
                    break ":\n\n".to_owned();
                }
                state = self.joined.next() => {
                    let state = state?;
                    if state != self.last {
                        self.last = state;
                        break event(&self.last);
                    }
                }
            }
        };
        Some((Ok(piece.into()), self))
    }
}

/// JSON has no line breaks that are not escaped, so that one line of data is enough.
fn event(data: &str) -> String {
    format!("event: sync\ndata: {data}\n\n")
}
