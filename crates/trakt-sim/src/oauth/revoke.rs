//! `POST /oauth/revoke`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::fields::Fields;
use crate::world::Shared;

/// Answers the same whatever is sent. Only the client that a token was given to ends it.
pub(super) async fn revoke(
    State(sim): State<Shared>,
    fields: Result<Fields, axum::response::Response>,
) -> Json<Value> {
    if let Ok(fields) = fields {
        let mut world = sim.world();
        if world.knows_secret(&fields.client_id, &fields.client_secret) {
            world.revoke(&fields.token, &fields.client_id);
        }
    }
    Json(json!({}))
}
