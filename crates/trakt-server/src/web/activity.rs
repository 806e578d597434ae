//! `/activity`: what a user did, and what was done to the user's link, in plain words.

use actix_web::HttpResponse;
use maud::html;

use super::session::Visit;
use crate::problem::Problem;

/// `GET /activity?page`.
///
/// # Errors
/// 401, 422, 429, 503.
pub async fn page(visit: Visit) -> Result<HttpResponse, Problem> {
    Ok(visit.page("nav-activity", &html! {}))
}
