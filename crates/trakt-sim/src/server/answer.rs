//! The way of one request: written down, met by a scripted fault, processed, answered.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_ENCODING, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming as Received;
use hyper::service::Service as _;
use tokio::time::sleep;

use super::body::{self, Cut};
use super::whole::Whole;
use super::{Peer, Routes, api, bomb};
use super::{edge, endpoint};
use crate::world::{Incoming, Shared};
use crate::{Fault, users};

/// Nothing that Trakt takes comes near it.
const LONGEST_BODY: usize = 1 << 20;

/// A hundred thousand accounts in one call fit.
const LONGEST_CONTROL_BODY: usize = 1 << 26;

/// The answer to one request. An error closes the connection.
pub(super) async fn answer(
    sim: Shared,
    routes: Routes,
    peer: Peer,
    request: Request<Received>,
) -> Result<Response<Body>, Cut> {
    let (parts, body) = request.into_parts();
    let control = parts.uri.path().starts_with("/_sim/");
    let longest = if control {
        LONGEST_CONTROL_BODY
    } else {
        LONGEST_BODY
    };
    let Ok(body) = to_bytes(Body::new(body), longest).await else {
        return Ok(Whole::empty(StatusCode::PAYLOAD_TOO_LARGE).into_response());
    };
    if control {
        return Ok(call(&routes, Request::from_parts(parts, Body::from(body))).await);
    }
    let (seq, fault) = {
        let mut world = sim.world();
        let fault = world.take_fault(parts.method.as_str(), parts.uri.path());
        (
            world.record(|| incoming(&parts, &body), fault.as_ref()),
            fault,
        )
    };
    let asked = Asked {
        sim,
        routes,
        peer,
        seq,
        request: Request::from_parts(parts, Body::from(body)),
    };
    // In a task of its own, so that a client that leaves does not take its effect with it.
    match tokio::spawn(asked.counted(fault)).await {
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
    peer: Peer,
    seq: u64,
    request: Request<Body>,
}

impl Asked {
    async fn counted(self, fault: Option<Fault>) -> Result<Response<Body>, Cut> {
        let sim = self.sim.clone();
        let (method, uri) = (self.request.method().clone(), self.request.uri().clone());
        let endpoint = endpoint::name(&self.routes, method, uri).await;
        let answer = self.meet(fault).await;
        let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
        sim.world().count(&endpoint, status);
        answer
    }

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
                Whole::scripted(status, &headers, body).into_response()
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
            Some(Fault::Html) => Whole::page(StatusCode::OK, edge::CAPTCHA).into_response(),
            Some(Fault::Huge { bytes }) => Whole::json().with(|_| body::huge(bytes)),
            Some(Fault::Drip { every_ms }) => {
                let every = Duration::from_millis(every_ms);
                self.process()
                    .await
                    .stuffed()
                    .with(|body| body::drip(body, every))
            }
            Some(Fault::Edge {
                status,
                retry_after,
            }) => {
                // The status was checked as the fault was scripted.
                let page = edge::page(status, retry_after);
                page.ok_or(Cut)?.into_response()
            }
            Some(Fault::SlowHead { every_ms }) => {
                let pace = self.peer.pace.clone();
                let whole = self.process().await;
                pace.slow(every_ms);
                whole.into_response()
            }
            Some(Fault::Garbage { bytes }) => {
                let mut whole = Whole::json();
                whole.body = Bytes::from(sim.world().noise(bytes));
                whole.into_response()
            }
            Some(Fault::GzipBomb { bytes }) => {
                let mut whole = Whole::json();
                whole.set(CONTENT_ENCODING, "gzip");
                whole.with(|_| bomb::gzip(bytes))
            }
            Some(Fault::AccountLimit { limit }) => {
                let world = sim.world();
                let account = users::account_of(&world, self.request.headers());
                users::over_limit(&world, account, limit)
            }
            Some(Fault::Redirect { status, location }) => {
                let mut whole =
                    Whole::empty(StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND));
                whole.set(LOCATION, &location);
                whole.into_response()
            }
        };
        sim.world().record_status(seq, answer.status().as_u16());
        Ok(answer)
    }

    /// What Trakt does with the request.
    async fn process(self) -> Whole {
        let (sim, from) = (self.sim, self.peer.from);
        let api = api::Call::of(&sim, &self.request, from);
        let mut whole = match edge::stopped(&sim, &self.request, from) {
            Some(whole) => whole,
            None => Whole::read(call(&self.routes, self.request).await).await,
        };
        if let Some(api) = api {
            whole = api.finish(&sim, whole);
        }
        sim.world().record_outcome(self.seq, whole.status.as_u16());
        whole
    }
}

async fn call(routes: &Routes, request: Request<Body>) -> Response<Body> {
    let Ok(response) = routes.call(request).await;
    response
}
