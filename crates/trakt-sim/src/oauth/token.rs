//! `POST /oauth/token`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::fields::Fields;
use super::{error, invalid_client, invalid_request, tokens};
use crate::world::Shared;

pub(super) async fn token(State(sim): State<Shared>, fields: Fields) -> Response {
    let mut world = sim.world();
    if !world.knows_secret(&fields.client_id, &fields.client_secret) {
        return invalid_client();
    }
    if fields.grant_type != "refresh_token" {
        let asked = "only the grant refresh_token is served";
        return error(StatusCode::BAD_REQUEST, "unsupported_grant_type", asked);
    }
    // Trakt's contract requires it in a refresh too.
    if fields.redirect_uri.is_empty() {
        return invalid_request("redirect_uri is required");
    }
    match world.refresh(&fields.refresh_token, &fields.client_id) {
        Some(index) => tokens(&world.token(index)),
        None => error(
            StatusCode::BAD_REQUEST,
            "invalid_grant",
            "session not found",
        ),
    }
}
