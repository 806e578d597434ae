//! `/trakt/ratings` and `/trakt/watchlist`: what is rated and listed.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use trakt_core::scrobble::{ScrobbleService, Sought, Wish};

use super::item::{ANY, item};
use super::take::{key, take};
use crate::guard::Member;
use crate::http::Body;
use crate::problem::Problem;

/// `POST /trakt/ratings`: rates a thing, 1 to 10.
///
/// # Errors
/// 401, 409, 422, 429, 503.
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
