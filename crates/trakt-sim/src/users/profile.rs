//! `GET /users/{slug}`.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::caller::Caller;
use super::refusal::unauthorized;
use super::{JOINED_AT, images};
use crate::world::Shared;

/// The uuid is not part of it: only the settings tell that. A private account shows all of
/// itself to its own token only.
pub(super) async fn profile(
    State(sim): State<Shared>,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
    caller: Caller,
) -> Response {
    let world = sim.world();
    let id = match (slug.as_str(), caller.account) {
        ("me", None) => return unauthorized(),
        ("me", own) => own,
        (slug, _) => world.find_account(slug),
    };
    let Some(id) = id else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let own = caller.account == Some(id);
    let account = world.account_as_read(id, own && caller.lags);
    let mut profile = json!({
        "username": account.username,
        "private": account.private,
        "deleted": account.deleted,
        "ids": { "slug": account.slug, "trakt": id + 1 },
    });
    if !account.deleted && (!account.private || own) {
        profile["name"] = json!(account.name);
        profile["vip"] = json!(account.vip);
        profile["vip_ep"] = json!(false);
        profile["director"] = json!(false);
        if query.is_some_and(|query| query.contains("extended=")) {
            profile["joined_at"] = json!(JOINED_AT);
            profile["images"] = images(id);
        }
    }
    Json(profile).into_response()
}
