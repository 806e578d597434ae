//! `/admin/audit`: the audit trail.

use actix_web::HttpResponse;
use maud::html;

use crate::problem::Problem;
use crate::web::session::AdminVisit;

/// `GET /admin/audit`.
///
/// # Errors
/// 401, 403, 422, 429, 503.
pub async fn page(visit: AdminVisit) -> Result<HttpResponse, Problem> {
    Ok(visit.0.page("nav-audit", &html! {}))
}

/// `GET /admin/audit/export`.
///
/// # Errors
/// 401, 403, 422, 429, 503.
pub async fn export(_: AdminVisit) -> Result<HttpResponse, Problem> {
    Err(Problem::not_found())
}
