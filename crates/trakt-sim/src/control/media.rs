//! What the accounts have watched, under `/_sim/accounts/{slug}`.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::{Body, Done, Refused};
use crate::world::Shared;
use crate::{NewPlay, Play, WatchedItem};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/_sim/accounts/{slug}/plays", get(plays).post(add_plays))
        .route("/_sim/accounts/{slug}/watched", get(watched))
}

async fn plays(
    State(sim): State<Shared>,
    Path(slug): Path<String>,
) -> Result<Json<Vec<Play>>, Refused> {
    Ok(Json(sim.world().plays(&slug)?))
}

async fn add_plays(
    State(sim): State<Shared>,
    Path(slug): Path<String>,
    Body(plays): Body<Vec<NewPlay>>,
) -> Done {
    let ids = sim.world().add_plays(&slug, &plays)?;
    Ok(Json(json!({ "ids": ids })))
}

async fn watched(
    State(sim): State<Shared>,
    Path(slug): Path<String>,
) -> Result<Json<Vec<WatchedItem>>, Refused> {
    Ok(Json(sim.world().watched(&slug)?))
}
