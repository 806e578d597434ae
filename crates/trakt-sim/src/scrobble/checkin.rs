//! `/checkin`. A checkin becomes a play when the runtime is over, with the time at which it
//! began; until then there is none in the history.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{described, named};
use crate::call::{Object, Signed, not_found};
use crate::time::iso;
use crate::world::Shared;

pub(super) async fn check_in(
    State(sim): State<Shared>,
    signed: Signed,
    Object(body): Object,
) -> Response {
    let mut world = sim.world();
    let mut media = world.media(signed.account);
    let Some(item) = named(media.catalogue, &body) else {
        return not_found();
    };
    match media.check_in(item) {
        Err(expires_at) => {
            let body = json!({ "expires_at": iso(expires_at) });
            (StatusCode::CONFLICT, Json(body)).into_response()
        }
        Ok(id) => {
            let mut out = described(&media, item);
            out["id"] = json!(id);
            out["watched_at"] = json!(iso(media.now));
            out["sharing"] = body.get("sharing").cloned().unwrap_or_else(|| json!({}));
            Json(out).into_response()
        }
    }
}

/// 204, whether or not one was running.
pub(super) async fn cancel(State(sim): State<Shared>, signed: Signed) -> Response {
    let mut world = sim.world();
    world.media(signed.account).cancel_checkin();
    StatusCode::NO_CONTENT.into_response()
}
