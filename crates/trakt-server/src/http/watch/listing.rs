//! A stretch of a list: its answer, and what is read of its query.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ETag, EntityTag, Header as _, IfNoneMatch};
use actix_web::{HttpRequest, http::StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike as _, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use trakt_core::watch::Listing;
use utoipa::ToSchema;

use crate::http::Fields;
use crate::problem::Problem;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Listing)]
pub struct ListingView<V> {
    items: Vec<V>,
    next_cursor: Option<String>,
    as_of: Option<DateTime<Utc>>,
}

/// The answer, or 304 where the client has just this (RFC 9110 section 13.1.2).
pub fn answer<T, C, V: Serialize>(
    request: &HttpRequest,
    listing: Listing<T, C>,
    view: impl FnMut(T) -> V,
    cursor: impl FnOnce(&C) -> String,
) -> Result<HttpResponse, Problem> {
    let shown = ListingView {
        next_cursor: listing.next.as_ref().map(cursor),
        items: listing.items.into_iter().map(view).collect(),
        as_of: listing.as_of,
    };
    one(request, &shown)
}

/// One thing, or 304 where the client has just this.
pub fn one(request: &HttpRequest, shown: &impl Serialize) -> Result<HttpResponse, Problem> {
    let body = serde_json::to_vec(shown).map_err(|_| Problem::internal())?;
    let hash = BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(&body)[..16]);
    let tag = EntityTag::new_strong(hash);
    let has_it = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|given| given.weak_eq(&tag)),
        Ok(IfNoneMatch::Any) => true,
        Err(_) => false,
    };
    let status = match has_it {
        true => StatusCode::NOT_MODIFIED,
        false => StatusCode::OK,
    };
    let mut response = HttpResponse::build(status);
    // Of one user, and asked for anew each time.
    response.insert_header((CACHE_CONTROL, "private, no-cache"));
    response.insert_header(ETag(tag));
    Ok(match has_it {
        true => response.finish(),
        false => response.content_type("application/json").body(body),
    })
}

/// Reads `limit`: 1 to 200, 50 without it.
pub fn limit(fields: &mut Fields) -> u32 {
    let read = fields.optional("limit", |text| match text.parse() {
        Ok(limit @ 1..=200) => Ok(limit),
        _ => Err("must be a whole number from 1 to 200"),
    });
    read.unwrap_or(50)
}

/// A time in a cursor: microseconds since 1970, or nothing where it is unknown.
pub fn micros(at: Option<DateTime<Utc>>) -> String {
    let micros = at.map(|at| at.timestamp_micros().to_string());
    micros.unwrap_or_default()
}

/// Reads what [`micros`] wrote.
pub fn parse_micros(text: &str) -> Option<Option<DateTime<Utc>>> {
    match text {
        "" => Some(None),
        // Times that PostgreSQL can hold: none of ours is outside.
        micros => DateTime::from_timestamp_micros(micros.parse().ok()?)
            .filter(|at| (0..10_000).contains(&at.year()))
            .map(Some),
    }
}

/// Reads a place by time and id.
///
/// # Errors
/// What it has to look like.
pub fn place(text: &str) -> Result<(Option<DateTime<Utc>>, i64), &'static str> {
    let place = || {
        let (time, id) = text.split_once('.')?;
        Some((parse_micros(time)?, id.parse().ok()?))
    };
    place().ok_or("must be a 'nextCursor' that this list gave")
}
