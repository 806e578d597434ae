//! `GET /users/settings` and `PUT /users/settings`.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::caller::Caller;
use super::refusal::unauthorized;
use super::{JOINED_AT, images};
use crate::AccountChange;
use crate::world::Shared;

pub(super) async fn get(State(sim): State<Shared>, caller: Caller) -> Response {
    let Some(id) = caller.account else {
        return unauthorized();
    };
    let world = sim.world();
    let account = world.account_as_read(id, caller.lags);
    Json(json!({
        "user": {
            "username": account.username,
            "private": account.private,
            "deleted": account.deleted,
            "name": account.name,
            "vip": account.vip,
            "vip_ep": false,
            "director": false,
            "ids": { "slug": account.slug, "trakt": id + 1, "uuid": account.uuid },
            "joined_at": JOINED_AT,
            "location": null,
            "about": null,
            "gender": null,
            "age": null,
            "images": images(id),
            "vip_og": false,
            "vip_years": u8::from(account.vip),
            "vip_cover_image": null,
        },
        "permissions": { "commenting": true, "liking": true, "following": true },
        "account": {
            "timezone": account.timezone,
            "date_format": "mdy",
            "time_24hr": false,
            "cover_image": null,
        },
        "connections": {},
        "sharing_text": {
            "watching": "I'm watching [item]",
            "watched": "I just watched [item]",
            "rated": "[item] [stars]",
        },
        "limits": account.effective_limits(),
    }))
    .into_response()
}

/// What may be changed, as far as the simulator keeps it: the rest is taken and forgotten.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Change {
    user: Option<ChangedUser>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ChangedUser {
    name: Option<String>,
    private: Option<bool>,
}

/// 201 without a body, as Trakt's contract has it; what is null or missing stays as it is.
pub(super) async fn put(
    State(sim): State<Shared>,
    caller: Caller,
    change: Result<Json<Change>, JsonRejection>,
) -> Response {
    let Some(id) = caller.account else {
        return unauthorized();
    };
    let change = match change {
        Ok(Json(change)) => change,
        Err(JsonRejection::MissingJsonContentType(_)) => {
            return StatusCode::PRECONDITION_FAILED.into_response();
        }
        Err(_) => return StatusCode::BAD_REQUEST.into_response(),
    };
    let user = change.user.unwrap_or_default();
    let change = AccountChange {
        name: user.name,
        private: user.private,
        ..AccountChange::default()
    };
    sim.world().change(id, change);
    StatusCode::CREATED.into_response()
}
