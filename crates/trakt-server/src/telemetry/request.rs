//! The one line of a request, its id, and its metrics.

use std::borrow::Cow;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use log::kv::Value;
use metrics::{SharedString, counter, histogram};
use trakt_core::Entropy;

use crate::guard::Caller;

/// The id of a request: the caller's own `X-Request-Id` if it is a sane one, else random.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    /// Of the request that is worked at.
    static CURRENT: String;
}

/// The id of the request that this thread or task works at, if it does.
pub(super) fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Has what `call` logs carry the id of the request that is worked at here, wherever it runs.
pub fn carry<T>(call: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let id = current();
    move || match id {
        Some(id) => CURRENT.sync_scope(id, call),
        None => call(),
    }
}

/// Gives a request its id, counts it, and writes its one line: method, route, status, duration,
/// user, id. Neither query nor body stands in it.
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
    let mut response = CURRENT.scope(id.clone(), next.call(req)).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let took = start.elapsed();
    let status = response.status().as_u16();
    let req = response.request();
    let pattern = req.match_pattern();
    let user = Caller::of_any(req).map(|user| user.to_string());
    let (known_route, known_user) = (pattern.as_deref(), user.as_deref());
    let (route, user) = (known_route.unwrap_or("-"), known_user.unwrap_or("-"));
    let millis = took.as_secs_f64() * 1000.0;
    log::info!(
        target: "trakt_server::request",
        method = req.method().as_str(),
        route = known_route.map_or_else(Value::null, Value::from),
        status = status,
        durationMs = (millis * 1000.0).round() / 1000.0,
        user = known_user.map_or_else(Value::null, Value::from),
        requestId = id.as_str();
        "{} {route} {status} {millis:.1}ms user={user} id={id}",
        req.method(),
    );
    let method = method(req.method());
    // What fits no route is one, or whoever makes paths up would make metrics.
    let route: SharedString = pattern.map_or(Cow::Borrowed("none"), Cow::Owned).into();
    histogram!("trakt_http_request_duration_seconds", "method" => method, "route" => route.clone())
        .record(took);
    let status = status.to_string();
    counter!(
        "trakt_http_requests_total",
        "method" => method, "route" => route, "status" => status
    )
    .increment(1);
    Ok(response)
}

/// A method that is none of these is one, for the same reason.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
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
