//! `/healthz` and `/readyz`.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use serde_json::json;

use crate::blocking;
use crate::problem::Problem;
use crate::readiness::Readiness;

/// `GET /healthz`: the process lives. Asks nobody.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// `GET /readyz`: it can serve. The database is migrated and answers, the keys open what is
/// stored, and no stop was asked for. Trakt being down does not make it unready: while refreshes are held back for
/// everybody the status is `degraded`, with the reason.
///
/// # Errors
/// 503.
pub async fn ready(readiness: Data<Readiness>) -> Result<HttpResponse, Problem> {
    if readiness.stopping() {
        return Err(Problem::stopping());
    }
    if !readiness.prepared() {
        return Err(Problem::database_unavailable());
    }
    let held_back = blocking::database(move || readiness.gate()).await?;
    let view = match held_back {
        None => json!({"status": "ready"}),
        Some(reason) => json!({"status": "degraded", "reason": reason.as_str()}),
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(view))
}
