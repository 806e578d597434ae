//! `POST /oauth/device/code` and `POST /oauth/device/token`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::fields::Fields;
use super::{invalid_client, tokens};
use crate::world::{Poll, Shared};

pub(super) async fn code(State(sim): State<Shared>, fields: Fields) -> Response {
    let mut world = sim.world();
    if !world.knows_client(&fields.client_id) {
        return invalid_client();
    }
    let issued = world.issue_code(&fields.client_id);
    Json(json!({
        "device_code": issued.device_code,
        "user_code": issued.user_code,
        "verification_url": format!("{}/activate", sim.base_url),
        "expires_in": issued.expires_in,
        "interval": issued.interval,
    }))
    .into_response()
}

/// Every status but 200 has an empty body: Trakt's contract describes none.
pub(super) async fn token(State(sim): State<Shared>, fields: Fields) -> Response {
    let mut world = sim.world();
    if !world.knows_secret(&fields.client_id, &fields.client_secret) {
        return invalid_client();
    }
    match world.poll(&fields.code, &fields.client_id) {
        Poll::Approved(index) => tokens(&world.token(index)),
        Poll::Pending => StatusCode::BAD_REQUEST.into_response(),
        Poll::Unknown => StatusCode::NOT_FOUND.into_response(),
        Poll::Used => StatusCode::CONFLICT.into_response(),
        Poll::Expired => StatusCode::GONE.into_response(),
        Poll::Denied => StatusCode::IM_A_TEAPOT.into_response(),
        Poll::TooFast => StatusCode::TOO_MANY_REQUESTS.into_response(),
    }
}
