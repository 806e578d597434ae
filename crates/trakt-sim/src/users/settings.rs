//! `GET /users/settings`.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::caller::{Caller, unauthorized};
use super::{JOINED_AT, images};
use crate::world::Shared;

pub(super) async fn settings(State(sim): State<Shared>, caller: Caller) -> Response {
    let Some(id) = caller.account else {
        return unauthorized();
    };
    let world = sim.world();
    let account = world.account(id);
    let limits = world.limits(id);
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
            "timezone": world.timezone(id),
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
        "limits": {
            "list": { "count": 5, "item_count": 250 },
            "watchlist": { "item_count": limits.watchlist },
            "favorites": { "item_count": limits.favorites },
            "collection": { "item_count": limits.collection },
        },
    }))
    .into_response()
}
