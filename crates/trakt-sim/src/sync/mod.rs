//! Trakt's `/sync`, the progress of shows and what an account has hidden.

mod collection;
mod hidden;
mod history;
mod lists;
mod playback;
mod progress;
mod ratings;
mod stats;
mod up_next;
mod watched;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};

use crate::call::Signed;
use crate::world::Shared;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/sync/last_activities", get(last_activities))
        .route("/sync/history", get(history::all).post(history::add))
        .route("/sync/history/remove", post(history::remove))
        .route("/sync/history/{type}", get(history::of_type))
        .route("/sync/history/{type}/{id}", get(history::of_item))
        .route("/sync/watched/{type}", get(watched::watched))
        .route("/sync/playback", get(playback::all))
        .route(
            "/sync/playback/{type_or_id}",
            get(playback::of_type).merge(delete(playback::remove)),
        )
        .merge(lists::routes())
        .route("/sync/ratings", get(ratings::all).post(ratings::add))
        .route("/sync/ratings/remove", post(ratings::remove))
        .route("/sync/ratings/{type}", get(ratings::of_type))
        .route("/sync/ratings/{type}/{rating}", get(ratings::with_rating))
        .route("/sync/collection", post(collection::add))
        .route("/sync/collection/remove", post(collection::remove))
        .route("/sync/collection/{type}", get(collection::of_type))
        .route("/sync/collection/minimal/{type}", get(collection::minimal))
        .route("/sync/progress/watched", get(up_next::watched))
        .route("/sync/progress/up_next", get(up_next::up_next))
        .route("/sync/progress/up_next_nitro", get(up_next::nitro))
        .route("/shows/{id}/progress/watched", get(progress::watched))
        .route(
            "/shows/{id}/progress/watched/reset",
            post(progress::reset).delete(progress::undo_reset),
        )
        .route(
            "/users/hidden/{section}",
            get(hidden::list).post(hidden::add),
        )
        .route("/users/hidden/{section}/remove", post(hidden::remove))
        .route("/users/{slug}/stats", get(stats::stats))
}

async fn last_activities(State(sim): State<Shared>, signed: Signed) -> Response {
    let mut world = sim.world();
    let media = signed.reads(&mut world);
    Json(media.library.activities.json()).into_response()
}
