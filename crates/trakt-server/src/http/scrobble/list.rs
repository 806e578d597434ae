//! `/trakt/ratings` and `/trakt/watchlist`: what is rated and listed.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use trakt_core::scrobble::{ScrobbleService, Sought, Wish};

use super::item::{ANY, item};
use super::take::{TakenView, key, take};
use crate::guard::Member;
use crate::http::Body;
use crate::openapi::input;
use crate::problem::Problem;

/// `POST /trakt/ratings`: rates a thing, 1 to 10.
///
/// # Errors
/// 401, 409, 422, 429, 503.
#[utoipa::path(
    post,
    path = "/trakt/ratings",
    operation_id = "rate",
    tag = "Writes",
    summary = "Rate a thing",
    description = "1 to 10.",
    params(
        ("Idempotency-Key" = Option<String>, Header, pattern = r#"^([!#-~][!-~]{0,127}|"[!-~]{1,128}")$"#, description = "The caller's own word for this write: the same key is the same write"),
    ),
    request_body = input::Rate,
    responses(
        (status = 202, description = "Taken. It is sent to Trakt soon: `GET /trakt/outbox/{id}` tells what became of it", body = TakenView),
    ),
)]
pub async fn rate(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.0?;
    let key = key(&request, &mut fields);
    if !fields.has("rating") {
        fields.wrong("rating", "is required");
    }
    let rating = fields.whole("rating", 1, 10);
    let rating = rating.and_then(|rating| i16::try_from(rating).ok());
    let item = item(&mut fields, ANY);
    fields.finish()?;
    let (Some(item), Some(rating)) = (item, rating) else {
        return Err(Problem::internal());
    };
    take(&member, &scrobbles, Wish::Rate { item, rating }, key).await
}

/// `DELETE /trakt/ratings`: takes the rating of a thing back.
///
/// # Errors
/// 401, 409, 422, 429, 503.
#[utoipa::path(
    delete,
    path = "/trakt/ratings",
    operation_id = "unrate",
    tag = "Writes",
    summary = "Take a rating back",
    description = "Named as it was rated.",
    params(
        ("Idempotency-Key" = Option<String>, Header, pattern = r#"^([!#-~][!-~]{0,127}|"[!-~]{1,128}")$"#, description = "The caller's own word for this write: the same key is the same write"),
    ),
    request_body = input::Thing,
    responses(
        (status = 202, description = "Taken. It is sent to Trakt soon: `GET /trakt/outbox/{id}` tells what became of it", body = TakenView),
    ),
)]
pub async fn unrate(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    about(&request, &member, &scrobbles, body, |item| Wish::Unrate {
        item,
    })
    .await
}

/// `POST /trakt/watchlist`: the user means to watch a thing.
///
/// # Errors
/// 401, 409, 422, 429, 503.
#[utoipa::path(
    post,
    path = "/trakt/watchlist",
    operation_id = "list",
    tag = "Writes",
    summary = "Put a thing on the watchlist",
    description = "The user means to watch it.",
    params(
        ("Idempotency-Key" = Option<String>, Header, pattern = r#"^([!#-~][!-~]{0,127}|"[!-~]{1,128}")$"#, description = "The caller's own word for this write: the same key is the same write"),
    ),
    request_body = input::Thing,
    responses(
        (status = 202, description = "Taken. It is sent to Trakt soon: `GET /trakt/outbox/{id}` tells what became of it", body = TakenView),
    ),
)]
pub async fn list(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    about(&request, &member, &scrobbles, body, |item| Wish::List {
        item,
    })
    .await
}

/// `DELETE /trakt/watchlist`: takes a thing off the watchlist.
///
/// # Errors
/// 401, 409, 422, 429, 503.
#[utoipa::path(
    delete,
    path = "/trakt/watchlist",
    operation_id = "unlist",
    tag = "Writes",
    summary = "Take a thing off the watchlist",
    description = "Named as it was listed.",
    params(
        ("Idempotency-Key" = Option<String>, Header, pattern = r#"^([!#-~][!-~]{0,127}|"[!-~]{1,128}")$"#, description = "The caller's own word for this write: the same key is the same write"),
    ),
    request_body = input::Thing,
    responses(
        (status = 202, description = "Taken. It is sent to Trakt soon: `GET /trakt/outbox/{id}` tells what became of it", body = TakenView),
    ),
)]
pub async fn unlist(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    about(&request, &member, &scrobbles, body, |item| Wish::Unlist {
        item,
    })
    .await
}

/// A body that names a thing, and nothing else.
async fn about(
    request: &HttpRequest,
    member: &Member,
    scrobbles: &ScrobbleService,
    body: Body,
    wish: impl FnOnce(Sought) -> Wish,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.0?;
    let key = key(request, &mut fields);
    let item = item(&mut fields, ANY);
    fields.finish()?;
    let item = item.ok_or_else(Problem::internal)?;
    take(member, scrobbles, wish(item), key).await
}
