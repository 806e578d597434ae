//! Where a person types the code, chooses who to be and approves or denies. Trakt asks for a
//! sign-in where this asks for a choice; otherwise the steps are Trakt's.
//!
//! Plain forms, no scripts, nothing loaded from anywhere.

mod view;

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::Markup;
use serde::Deserialize;

use crate::world::{ControlError, Shared};
use crate::{Account, CodeState};

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/activate") }))
        .route("/activate", get(enter).post(confirm))
        .route("/activate/{code}", get(enter_from_path))
        .route("/activate/decision", post(decide))
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
    answer(StatusCode::OK, view::enter(&typed.code, None))
}

async fn enter_from_path(Path(code): Path<String>) -> Response {
    answer(StatusCode::OK, view::enter(&code, None))
}

async fn confirm(State(sim): State<Shared>, Form(typed): Form<Typed>) -> Response {
    let mut world = sim.world();
    match world.asking_client(&typed.code) {
        Ok(client) => {
            let accounts: Vec<&Account> = world.accounts().iter().filter(|a| !a.deleted).collect();
            answer(
                StatusCode::OK,
                view::confirm(&typed.code, &client, &accounts),
            )
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
            answer(StatusCode::OK, view::approved(&decided.account))
        }
        Ok(()) => answer(StatusCode::OK, view::denied()),
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
    answer(status, view::enter(code, Some(message)))
}

fn answer(status: StatusCode, page: Markup) -> Response {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                  base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (status, headers, Html(page.into_string())).into_response()
}
