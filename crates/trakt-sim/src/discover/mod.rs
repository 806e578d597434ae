//! What there is to watch: summaries, searches, recommendations and calendars.

mod calendars;
mod recommendations;
mod search;
mod summaries;

use axum::Router;
use axum::routing::{delete, get};

use crate::world::Shared;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/movies/{id}", get(summaries::movie))
        .route("/shows/{id}", get(summaries::show))
        .route("/shows/{id}/seasons", get(summaries::seasons))
        .route("/shows/{id}/seasons/{season}", get(summaries::season))
        .route(
            "/shows/{id}/seasons/{season}/info",
            get(summaries::season_info),
        )
        .route(
            "/shows/{id}/seasons/{season}/episodes/{episode}",
            get(summaries::episode),
        )
        .route("/search/{types}", get(search::text))
        .route("/search/{id_type}/{id}", get(search::by_id))
        // Trakt's contract has these two with a slash at the end.
        .route("/recommendations/{type}", get(recommendations::list))
        .route("/recommendations/{type}/", get(recommendations::list))
        .route(
            "/recommendations/{type}/{id}",
            delete(recommendations::hide),
        )
        .route("/calendars/my/{type}", get(calendars::this_week))
        .route("/calendars/my/{type}/{start_date}", get(calendars::week))
        .route(
            "/calendars/my/{type}/{start_date}/{days}",
            get(calendars::days),
        )
}
