//! What answers in Trakt's place before a request comes to Trakt.

use std::net::IpAddr;

use axum::body::Body;
use axum::http::header::{RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderName, Method, Request, StatusCode};
use chrono::{DateTime, SecondsFormat};
use serde_json::json;

use super::api::is_api;
use super::whole::Whole;
use crate::users;
use crate::world::{Asking, Shared, TooMuch};

/// The answer to a request that does not come to Trakt: of a client without a name, or of one
/// that calls too often.
pub(super) fn stopped(sim: &Shared, request: &Request<Body>, from: IpAddr) -> Option<Whole> {
    let headers = request.headers();
    if !headers.contains_key(USER_AGENT) {
        // Trakt's edge takes clients without a name for robots.
        return page(403, None);
    }
    if !is_api(request.uri().path()) {
        return None;
    }
    let mut world = sim.world();
    let key = headers
        .get("trakt-api-key")
        .and_then(|key| key.to_str().ok());
    let asking = Asking {
        account: users::account_of(&world, headers),
        client_id: key.unwrap_or_default(),
        from,
        reads: matches!(*request.method(), Method::GET | Method::HEAD),
    };
    let too_much = world.count_request(asking).err()?;
    let by_edge = world.config().rate_limits.edge;
    match too_much {
        TooMuch::Banned { seconds } => page(429, Some(seconds)),
        TooMuch::Limited { seconds, .. } if by_edge => page(429, Some(seconds)),
        TooMuch::Limited {
            name,
            period,
            limit,
            seconds,
            until_ms,
        } => {
            let until = i64::try_from(until_ms)
                .ok()
                .and_then(DateTime::from_timestamp_millis)
                .map(|until| until.to_rfc3339_opts(SecondsFormat::Secs, true));
            let told = json!({
                "name": name,
                "period": period,
                "limit": limit,
                "remaining": 0,
                "until": until,
            });
            let mut whole = Whole::empty(StatusCode::TOO_MANY_REQUESTS);
            whole.set(RETRY_AFTER, &seconds.to_string());
            whole.set(HeaderName::from_static("x-ratelimit"), &told.to_string());
            Some(whole)
        }
    }
}

/// The page of the edge for a status, where it has one.
pub(super) fn page(status: u16, retry_after: Option<u64>) -> Option<Whole> {
    let (title, text) = match status {
        403 => (
            "Sorry, you have been blocked",
            "You are unable to access this site.",
        ),
        429 => (
            "Error 1015: You are being rate limited",
            "The owner of this website has banned you temporarily from accessing this website.",
        ),
        502 => ("502 Bad Gateway", "cloudflare"),
        503 => ("503 Service Temporarily Unavailable", "cloudflare"),
        504 => ("504 Gateway Time-out", "cloudflare"),
        520 => (
            "Error 520: Web server is returning an unknown error",
            "There is an unknown connection issue between Cloudflare and the origin web server.",
        ),
        521 => (
            "Error 521: Web server is down",
            "The web server is not returning a connection.",
        ),
        522 => (
            "Error 522: Connection timed out",
            "The initial connection between Cloudflare's network and the origin web server timed out.",
        ),
        _ => return None,
    };
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>{title} | Cloudflare</title></head>\n\
         <body><h1>{title}</h1><p>{text}</p></body></html>\n"
    );
    let mut whole = Whole::page(StatusCode::from_u16(status).ok()?, &html);
    if let Some(seconds) = retry_after {
        whole.set(RETRY_AFTER, &seconds.to_string());
    }
    Some(whole)
}

pub(super) const CAPTCHA: &str = "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>Just a moment...</title></head>\n<body><h1>Checking your browser</h1><p>Enable JavaScript and cookies to continue</p></body></html>\n";
