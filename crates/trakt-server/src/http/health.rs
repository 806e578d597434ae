//! `/healthz` and `/readyz`.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use serde::Serialize;
use trakt_core::token::GateReason;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::readiness::Readiness;

#[derive(Serialize, ToSchema)]
#[schema(as = Alive)]
struct AliveView {
    status: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Ready)]
struct ReadyView {
    /// `ready`, or `degraded`.
    status: &'static str,
    /// Why it is degraded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<&'static str>,
}

/// `GET /healthz`: the process lives. Asks nobody.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "live",
    tag = "Operation",
    summary = "Does the process live?",
    description = "Asks nobody, and needs no token.",
    responses(
        (status = 200, description = "It lives", body = AliveView),
    ),
)]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(AliveView { status: "ok" })
}

/// `GET /readyz`: it can serve. The database is migrated and answers, the keys open what is
/// stored, and no stop was asked for. Trakt being down does not make it unready: while refreshes are held back for
/// everybody the status is `degraded`, with the reason.
///
/// # Errors
/// 503.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "ready",
    tag = "Operation",
    summary = "Can it serve?",
    description = "The database is migrated and answers, the keys open what is stored, and no stop was asked for. Trakt being down does not make it unready: `degraded` tells that refreshes are held back for everybody.",
    responses(
        (status = 200, description = "It can serve", body = ReadyView),
    ),
)]
pub async fn ready(readiness: Data<Readiness>) -> Result<HttpResponse, Problem> {
    if readiness.stopping() {
        return Err(Problem::stopping());
    }
    if !readiness.prepared() {
        return Err(Problem::database_unavailable());
    }
    let held_back = readiness.gate().await?;
    let status = if held_back.is_none() {
        "ready"
    } else {
        "degraded"
    };
    let reason = held_back.map(GateReason::as_str);
    let view = ReadyView { status, reason };
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(view))
}
