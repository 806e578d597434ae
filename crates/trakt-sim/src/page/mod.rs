//! Where a person types the code, chooses who to be and approves or denies. Trakt asks for a
//! sign-in where this asks for a choice; otherwise the steps are Trakt's.
//!
//! Plain forms, no scripts, nothing loaded from anywhere.

mod authorize;
mod view;

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::Markup;
use serde::Deserialize;

use crate::CodeState;
use crate::world::{ControlError, Shared};

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/activate") }))
        .route("/activate", get(enter).post(confirm))
        .route("/activate/{code}", get(enter_from_path))
        .route("/activate/decision", post(decide))
        .route(
            "/oauth/authorize",
            get(authorize::ask).post(authorize::decide),
        )
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    code: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Decided {
    code: String,
    account: String,
    decision: String,
}

async fn enter(Query(typed): Query<Typed>) -> Response {
    answer(StatusCode::OK, view::enter(&typed.code, None), None)
}

async fn enter_from_path(Path(code): Path<String>) -> Response {
    answer(StatusCode::OK, view::enter(&code, None), None)
}

async fn confirm(State(sim): State<Shared>, Form(typed): Form<Typed>) -> Response {
    let mut world = sim.world();
    match world.asking_client(&typed.code) {
        Ok(client) => {
            let page = view::confirm(&typed.code, &client, &world.living_accounts());
            answer(StatusCode::OK, page, None)
        }
        Err(error) => again(&typed.code, &error),
    }
}

async fn decide(State(sim): State<Shared>, Form(decided): Form<Decided>) -> Response {
    let mut world = sim.world();
    let done = match decided.decision.as_str() {
        "approve" => world.approve(&decided.code, &decided.account),
        "deny" => world.deny(&decided.code),
        _ => return again(&decided.code, &ControlError::UnknownCode),
    };
    match done {
        Ok(()) if decided.decision == "approve" => {
            answer(StatusCode::OK, view::approved(&decided.account), None)
        }
        Ok(()) => answer(StatusCode::OK, view::denied(), None),
        Err(error) => again(&decided.code, &error),
    }
}

/// The first step once more, with what is wrong.
fn again(code: &str, error: &ControlError) -> Response {
    let (status, message) = match error {
        ControlError::CodeNotPending(CodeState::Expired) => (
            StatusCode::GONE,
            "This code has expired. Ask the app for a new one.",
        ),
        ControlError::CodeNotPending(_) => (
            StatusCode::CONFLICT,
            "This code was used already. Ask the app for a new one.",
        ),
        ControlError::UnknownAccount => (
            StatusCode::NOT_FOUND,
            "This account does not exist any more. Choose another.",
        ),
        _ => (
            StatusCode::NOT_FOUND,
            "No app is waiting with this code. Check it and try again.",
        ),
    };
    answer(status, view::enter(code, Some(message)), None)
}

/// A page. Its form may lead to `redirect_uri` too: browsers hold what a form is answered with
/// against the policy of the page that it is on.
fn answer(status: StatusCode, page: Markup, redirect_uri: Option<&str>) -> Response {
    let scheme = redirect_uri.and_then(|uri| uri.split_once(':'));
    let scheme = scheme.map_or_else(String::new, |(scheme, _)| format!(" {scheme}:"));
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'{scheme}; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    let Ok(policy) = HeaderValue::try_from(policy) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let headers = [
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (status, headers, Html(page.into_string())).into_response()
}
