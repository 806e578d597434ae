//! `/metrics`.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, Data};

use crate::measure::{Gauges, Metrics};
use crate::problem::Problem;

/// Prometheus' exposition format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /metrics`: the metrics of this process. It asks neither the database nor Trakt, so it
/// answers whatever state they are in. Putting some thousand lines together takes a thread of its
/// own: a worker has others to serve.
///
/// # Errors
/// 500 when a thread panics over it.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "Operation",
    summary = "Metrics of this process",
    description = "In Prometheus' text format. Asks neither the database nor Trakt.",
    responses(
        (status = 200, description = "Metrics", content_type = "text/plain", body = String),
    ),
)]
pub async fn metrics(
    metrics: Data<Metrics>,
    gauges: Data<Gauges>,
) -> Result<HttpResponse, Problem> {
    let text = web::block(move || {
        gauges.look();
        metrics.text()
    });
    let text = text.await.map_err(|_| Problem::internal())?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, TEXT))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text))
}
