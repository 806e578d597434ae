//! `/admin/bulk`: many associations from a file.

use actix_web::HttpResponse;
use maud::html;

use crate::problem::Problem;
use crate::web::form::Form;
use crate::web::session::AdminVisit;

/// `GET /admin/bulk`.
///
/// # Errors
/// 401, 403, 429, 503.
pub async fn page(visit: AdminVisit) -> Result<HttpResponse, Problem> {
    Ok(visit.0.page("nav-bulk", &html! {}))
}

/// `POST /admin/bulk`.
///
/// # Errors
/// 401, 403, 413, 422, 429, 503.
pub async fn run(_: AdminVisit, form: Form) -> Result<HttpResponse, Problem> {
    form.0?.finish()?;
    Err(Problem::not_found())
}
