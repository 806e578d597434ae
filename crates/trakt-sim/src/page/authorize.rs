//! `GET /oauth/authorize`: an application sends a person here, who approves or denies and is
//! sent back with a code or an error (RFC 6749, section 4.1; RFC 7636).

use std::fmt::Write as _;

use axum::extract::{Form, Query, State};
use axum::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{answer, view};
use crate::world::{Shared, World};

/// What an application asks for, and what a person answers. `signup` and `prompt` mean nothing to a simulator, nor does
/// whatever else is there.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub(super) response_type: String,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) state: String,
    pub(super) code_challenge: String,
    pub(super) code_challenge_method: String,
    /// The slug that the person chose.
    account: String,
    /// `approve` or `deny`.
    decision: String,
}

pub(super) async fn ask(State(sim): State<Shared>, Query(asked): Query<Asked>) -> Response {
    let world = sim.world();
    if let Some(wrong) = wrong(&world, &asked) {
        return wrong;
    }
    let page = view::authorize(&asked, &world.living_accounts());
    answer(StatusCode::OK, page, Some(&asked.redirect_uri))
}

pub(super) async fn decide(State(sim): State<Shared>, Form(asked): Form<Asked>) -> Response {
    let mut world = sim.world();
    if let Some(wrong) = wrong(&world, &asked) {
        return wrong;
    }
    if asked.decision != "approve" {
        return back(&asked, &[("error", "access_denied")]);
    }
    let challenge = Some(asked.code_challenge.as_str()).filter(|c| !c.is_empty());
    match world.authorize(
        &asked.client_id,
        &asked.redirect_uri,
        challenge,
        &asked.account,
    ) {
        Ok(code) => back(&asked, &[("code", &code)]),
        Err(error) => {
            let page = view::cannot(&error.to_string());
            answer(StatusCode::NOT_FOUND, page, None)
        }
    }
}

/// What is wrong with a request. Only what is not about the application or its address is told
/// to the application: it would be sent to whoever made the request up.
fn wrong(world: &World, asked: &Asked) -> Option<Response> {
    let page = |status, text| Some(answer(status, view::cannot(text), None));
    if !world.knows_client(&asked.client_id) {
        return page(StatusCode::UNAUTHORIZED, "There is no such app.");
    }
    if !world.redirects_to(&asked.client_id, &asked.redirect_uri) {
        let text = "The app is not registered with this redirect URI.";
        return page(StatusCode::BAD_REQUEST, text);
    }
    let error = |error, description| {
        let fields = [("error", error), ("error_description", description)];
        Some(back(asked, &fields))
    };
    if asked.response_type != "code" {
        return error("unsupported_response_type", "response_type must be code");
    }
    if asked.code_challenge.is_empty() {
        if world.is_public(&asked.client_id) {
            return error("invalid_request", "code_challenge is required");
        }
        return None;
    }
    if asked.code_challenge_method != "S256" {
        return error("invalid_request", "code_challenge_method must be S256");
    }
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    // A SHA-256 in base64url.
    if asked.code_challenge.len() != 43 || !asked.code_challenge.chars().all(letter) {
        return error("invalid_request", "code_challenge is no S256 challenge");
    }
    None
}

/// Sends the person back, with `state` as it came.
fn back(asked: &Asked, fields: &[(&str, &str)]) -> Response {
    let mut to = asked.redirect_uri.clone();
    let state = [("state", asked.state.as_str())];
    let state = state.iter().filter(|(_, value)| !value.is_empty());
    for (name, value) in fields.iter().chain(state) {
        to.push(if to.contains('?') { '&' } else { '?' });
        to.push_str(name);
        to.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                to.push(char::from(byte));
            } else {
                // Writing to a string does not fail.
                let _ = write!(to, "%{byte:02X}");
            }
        }
    }
    // The URI was checked to be one, and what was added is ASCII.
    let Ok(to) = HeaderValue::try_from(to) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let headers = [
        (LOCATION, to),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (StatusCode::FOUND, headers).into_response()
}
