//! `/my`: the link, its data, and what to do about them.

use actix_web::HttpResponse;
use maud::html;

use super::form::Form;
use super::layout::see;
use super::session::Visit;
use crate::problem::Problem;

/// `GET /`.
pub async fn front() -> HttpResponse {
    see("/my")
}

/// `GET /my`.
///
/// # Errors
/// 401, 429, 503.
pub async fn page(visit: Visit) -> Result<HttpResponse, Problem> {
    Ok(visit.page("nav-mine", &html! {}))
}

/// `POST /my/sync`.
///
/// # Errors
/// 401, 403, 409, 422, 429, 503.
pub async fn sync(_: Visit, form: Form) -> Result<HttpResponse, Problem> {
    form.0?.finish()?;
    Err(Problem::not_found())
}

/// `POST /my/settings`.
///
/// # Errors
/// 401, 403, 422, 429, 503.
pub async fn settings(_: Visit, form: Form) -> Result<HttpResponse, Problem> {
    form.0?.finish()?;
    Err(Problem::not_found())
}

/// `POST /my/hide`.
///
/// # Errors
/// 401, 403, 409, 422, 429, 503.
pub async fn hide(_: Visit, form: Form) -> Result<HttpResponse, Problem> {
    form.0?.finish()?;
    Err(Problem::not_found())
}

/// `POST /my/undo`.
///
/// # Errors
/// 401, 403, 409, 422, 429, 503.
pub async fn undo(_: Visit, form: Form) -> Result<HttpResponse, Problem> {
    form.0?.finish()?;
    Err(Problem::not_found())
}

/// `POST /my/unlink`.
///
/// # Errors
/// 401, 403, 422, 429, 503.
pub async fn unlink(_: Visit, form: Form) -> Result<HttpResponse, Problem> {
    form.0?.finish()?;
    Err(Problem::not_found())
}

/// `GET /my/export`.
///
/// # Errors
/// 401, 429, 503.
pub async fn export(_: Visit) -> Result<HttpResponse, Problem> {
    Err(Problem::not_found())
}
