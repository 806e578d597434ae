//! Trakt's OAuth endpoints: the device flow, the tokens of a code, refresh and revocation. Where
//! a person approves is in `page`.
//!
//! What Trakt says: a device code that waits is a bare 400, and every other end of it a status
//! of its own; a refresh token is used up by its refresh, with no grace.

mod device;
mod fields;
mod revoke;
mod token;

use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;

use crate::TokenPair;
use crate::world::Shared;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/oauth/device/code", post(device::code))
        .route("/oauth/device/token", post(device::token))
        .route("/oauth/token", post(token::token))
        .route("/oauth/revoke", post(revoke::revoke))
}

/// Trakt's token object.
fn tokens(pair: &TokenPair) -> Response {
    let body = Json(json!({
        "access_token": pair.access_token,
        "token_type": "bearer",
        "expires_in": pair.expires_in,
        "refresh_token": pair.refresh_token,
        "scope": "public",
        "created_at": pair.created_at,
    }));
    // RFC 6749, section 5.1.
    (
        [(CACHE_CONTROL, HeaderValue::from_static("no-store"))],
        body,
    )
        .into_response()
}

/// An error in the form of RFC 6749, section 5.2.
fn error(status: StatusCode, error: &str, description: &str) -> Response {
    (
        status,
        Json(json!({ "error": error, "error_description": description })),
    )
        .into_response()
}

fn invalid_client() -> Response {
    error(
        StatusCode::UNAUTHORIZED,
        "invalid_client",
        "client not found",
    )
}

fn invalid_request(description: &str) -> Response {
    error(StatusCode::BAD_REQUEST, "invalid_request", description)
}
