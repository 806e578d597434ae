//! The way of one request: written down, met by a scripted fault, processed, answered.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming as Received;
use hyper::service::Service as _;
use tokio::time::sleep;

use super::Routes;
use super::body::{self, Cut};
use crate::Fault;
use crate::world::{Incoming, Shared};

/// Nothing that Trakt takes comes near it.
const LONGEST_BODY: usize = 1 << 20;

/// What stands in for an empty body where the fault needs one.
const STUFFING: &[u8] = &[b' '; 64];

/// The answer to one request. An error closes the connection.
pub(super) async fn answer(
    sim: Shared,
    routes: Routes,
    request: Request<Received>,
) -> Result<Response<Body>, Cut> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(Body::new(body), LONGEST_BODY).await else {
        return Ok(empty(StatusCode::PAYLOAD_TOO_LARGE).into_response());
    };
    if parts.uri.path().starts_with("/_sim/") {
        return Ok(call(&routes, Request::from_parts(parts, Body::from(body))).await);
    }
    let (seq, fault) = {
        let mut world = sim.world();
        let fault = world.take_fault(parts.method.as_str(), parts.uri.path());
        (world.record(incoming(&parts, &body), fault.clone()), fault)
    };
    let asked = Asked {
        sim,
        routes,
        seq,
        request: Request::from_parts(parts, Body::from(body)),
    };
    // In a task of its own, so that a client that leaves does not take its effect with it.
    match tokio::spawn(asked.meet(fault)).await {
        Ok(answer) => answer,
        // It panicked, or the runtime is going down.
        Err(_) => Err(Cut),
    }
}

fn incoming(parts: &Parts, body: &Bytes) -> Incoming {
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    };
    Incoming {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers.iter().map(header).collect(),
        body: String::from_utf8_lossy(body).into_owned(),
    }
}

/// A request that is written down and waits to be processed.
struct Asked {
    sim: Shared,
    routes: Routes,
    seq: u64,
    request: Request<Body>,
}

impl Asked {
    async fn meet(self, fault: Option<Fault>) -> Result<Response<Body>, Cut> {
        let (sim, seq) = (self.sim.clone(), self.seq);
        let answer = match fault {
            None => self.process().await.into_response(),
            Some(Fault::Answer {
                status,
                headers,
                body,
                processed,
            }) => {
                if processed {
                    self.process().await;
                }
                scripted(status, &headers, body).into_response()
            }
            Some(Fault::Delay { ms }) => {
                sleep(Duration::from_millis(ms)).await;
                self.process().await.into_response()
            }
            Some(Fault::Late { ms }) => {
                let whole = self.process().await;
                sleep(Duration::from_millis(ms)).await;
                whole.into_response()
            }
            Some(Fault::CutBefore) => return Err(Cut),
            Some(Fault::CutAfter) => {
                self.process().await;
                return Err(Cut);
            }
            Some(Fault::CutHalf) => self.process().await.stuffed().with(body::half),
            Some(Fault::Truncate) => self.process().await.truncated().into_response(),
            Some(Fault::Html) => page(StatusCode::OK, CAPTCHA).into_response(),
            Some(Fault::Huge { bytes }) => {
                let mut whole = empty(StatusCode::OK);
                whole.set(CONTENT_TYPE, "application/json; charset=utf-8");
                whole.with(|_| body::huge(bytes))
            }
            Some(Fault::Drip { every_ms }) => {
                let every = Duration::from_millis(every_ms);
                self.process()
                    .await
                    .stuffed()
                    .with(|body| body::drip(body, every))
            }
            Some(Fault::Redirect { status, location }) => {
                let mut whole = empty(StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND));
                whole.set(LOCATION, &location);
                whole.into_response()
            }
        };
        sim.world().record_status(seq, answer.status().as_u16());
        Ok(answer)
    }

    /// What Trakt does with the request.
    async fn process(self) -> Whole {
        let whole = if self.request.headers().contains_key(USER_AGENT) {
            let (parts, body) = call(&self.routes, self.request).await.into_parts();
            // The routes write no endless bodies, and theirs are in memory: nothing to fail.
            let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
            Whole {
                status: parts.status,
                headers: parts.headers,
                body,
            }
        } else {
            // Trakt's edge takes clients without a name for robots.
            page(StatusCode::FORBIDDEN, BLOCKED)
        };
        self.sim
            .world()
            .record_outcome(self.seq, whole.status.as_u16());
        whole
    }
}

async fn call(routes: &Routes, request: Request<Body>) -> Response<Body> {
    let Ok(response) = routes.call(request).await;
    response
}

/// An answer with its body in memory.
struct Whole {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Whole {
    fn set(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
    }

    fn stuffed(mut self) -> Self {
        if self.body.is_empty() {
            self.body = Bytes::from_static(STUFFING);
        }
        self
    }

    fn truncated(mut self) -> Self {
        self.status = StatusCode::OK;
        self.body = match self.body.len() {
            0..4 => Bytes::from_static(b"{\"access_token\":\""),
            length => self.body.slice(..length / 2),
        };
        self.set(CONTENT_TYPE, "application/json; charset=utf-8");
        self
    }

    /// The answer with a body that goes its own way onto the wire. hyper frames it by what the
    /// body says of its length, which an older `content-length` would contradict.
    fn with(mut self, body: impl FnOnce(Bytes) -> Body) -> Response<Body> {
        self.headers.remove(CONTENT_LENGTH);
        let mut response = Response::new(body(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }

    fn into_response(self) -> Response<Body> {
        self.with(Body::from)
    }
}

fn empty(status: StatusCode) -> Whole {
    Whole {
        status,
        headers: HeaderMap::new(),
        body: Bytes::new(),
    }
}

fn page(status: StatusCode, html: &'static str) -> Whole {
    let mut whole = empty(status);
    whole.set(CONTENT_TYPE, "text/html; charset=UTF-8");
    whole.body = Bytes::from_static(html.as_bytes());
    whole
}

fn scripted<'a>(
    status: u16,
    headers: impl IntoIterator<Item = (&'a String, &'a String)>,
    body: String,
) -> Whole {
    // Both were checked as the fault was scripted.
    let mut whole = empty(StatusCode::from_u16(status).unwrap_or_default());
    match body.as_bytes().first() {
        Some(b'{' | b'[') => whole.set(CONTENT_TYPE, "application/json; charset=utf-8"),
        Some(b'<') => whole.set(CONTENT_TYPE, "text/html; charset=UTF-8"),
        Some(_) => whole.set(CONTENT_TYPE, "text/plain; charset=utf-8"),
        None => {}
    }
    for (name, value) in headers {
        if let Ok(name) = HeaderName::try_from(name) {
            whole.set(name, value);
        }
    }
    whole.body = Bytes::from(body);
    whole
}

const BLOCKED: &str = "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>Attention Required! | Cloudflare</title></head>\n<body><h1>Sorry, you have been blocked</h1><p>You are unable to access this site.</p></body></html>\n";

const CAPTCHA: &str = "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>Just a moment...</title></head>\n<body><h1>Checking your browser</h1><p>Enable JavaScript and cookies to continue</p></body></html>\n";
