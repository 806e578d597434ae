//! `POST /oauth/token`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::fields::Fields;
use super::{error, invalid_client, invalid_request, tokens};
use crate::world::Shared;

pub(super) async fn token(State(sim): State<Shared>, fields: Fields) -> Response {
    let mut world = sim.world();
    // The verifier proves who asks for a code's tokens, so that no secret is needed then; one
    // that is sent has to be right.
    let proves = fields.grant_type == "authorization_code"
        && fields.client_secret.is_empty()
        && !fields.code_verifier.is_empty()
        && world.knows_client(&fields.client_id);
    if !proves && !world.knows_secret(&fields.client_id, &fields.client_secret) {
        return invalid_client();
    }
    // Trakt's contract requires it in a refresh too.
    let needs_redirect_uri = || invalid_request("redirect_uri is required");
    let (issued, otherwise) = match fields.grant_type.as_str() {
        "refresh_token" if fields.redirect_uri.is_empty() => return needs_redirect_uri(),
        "refresh_token" => (
            world.refresh(&fields.refresh_token, &fields.client_id),
            "session not found",
        ),
        "authorization_code" if fields.redirect_uri.is_empty() => return needs_redirect_uri(),
        "authorization_code" => (
            world.exchange(
                &fields.code,
                &fields.client_id,
                &fields.redirect_uri,
                &fields.code_verifier,
            ),
            "the code is not valid, or is not for this redirect_uri and code_verifier",
        ),
        _ => {
            let served = "the grants are authorization_code and refresh_token";
            return error(StatusCode::BAD_REQUEST, "unsupported_grant_type", served);
        }
    };
    match issued {
        Some(index) => tokens(&world.token(index)),
        None => error(StatusCode::BAD_REQUEST, "invalid_grant", otherwise),
    }
}
