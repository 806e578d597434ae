//! `/admin`: all links.

use actix_web::HttpResponse;
use maud::html;

use crate::problem::Problem;
use crate::web::form::Form;
use crate::web::session::AdminVisit;

/// `GET /admin`.
///
/// # Errors
/// 401, 403, 422, 429, 503.
pub async fn page(visit: AdminVisit) -> Result<HttpResponse, Problem> {
    Ok(visit.0.page("nav-admin", &html! {}))
}

/// `POST /admin/associate`.
///
/// # Errors
/// 401, 403, 404, 409, 422, 429, 503.
pub async fn associate(_: AdminVisit, form: Form) -> Result<HttpResponse, Problem> {
    form.0?.finish()?;
    Err(Problem::not_found())
}

/// `POST /admin/disassociate`.
///
/// # Errors
/// 401, 403, 404, 422, 429, 503.
pub async fn disassociate(_: AdminVisit, form: Form) -> Result<HttpResponse, Problem> {
    form.0?.finish()?;
    Err(Problem::not_found())
}

/// `POST /admin/refresh`.
///
/// # Errors
/// 401, 403, 404, 422, 429, 503.
pub async fn refresh(_: AdminVisit, form: Form) -> Result<HttpResponse, Problem> {
    form.0?.finish()?;
    Err(Problem::not_found())
}
