//! `/trakt/recommendations`: what Trakt recommends to the user.

use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_core::ports::RecommendQuery;
use trakt_core::recommend::{RecommendService, Recommended};
use trakt_core::scrobble::{ScrobbleService, Sought, SoughtIds, Wish};
use trakt_core::watch::{ItemKind, TitleName};
use utoipa::ToSchema;

use super::scrobble::{TakenView, key, take};
use super::watch::ItemView;
use crate::blocking;
use crate::guard::Member;
use crate::http::{Body, Query};
use crate::problem::Problem;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Recommendations)]
struct RecommendedView {
    items: Vec<ItemView>,
    as_of: Option<DateTime<Utc>>,
    stale: bool,
}

impl From<Recommended> for RecommendedView {
    fn from(list: Recommended) -> Self {
        Self {
            items: list.items.into_iter().map(ItemView::from).collect(),
            as_of: list.as_of,
            stale: list.stale,
        }
    }
}

/// `GET /trakt/recommendations/movies?limit`, the best first; also while Trakt is away.
///
/// # Errors
/// 401, 409, 422, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/recommendations/movies",
    operation_id = "recommendedMovies",
    tag = "Recommendations",
    summary = "The movies that Trakt recommends",
    description = "The best first; also while Trakt is away. Only the first list of a user is waited for.",
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "How many at the most; 10 without it"),
    ),
    responses(
        (status = 200, description = "What is recommended", body = RecommendedView),
    ),
)]
pub async fn movies(
    member: Member,
    recommend: Data<RecommendService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    list(&member, &recommend, query, ItemKind::Movie).await
}

/// `GET /trakt/recommendations/shows?limit`, the same of shows.
///
/// # Errors
/// 401, 409, 422, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/recommendations/shows",
    operation_id = "recommendedShows",
    tag = "Recommendations",
    summary = "The shows that Trakt recommends",
    description = "The best first; also while Trakt is away. Only the first list of a user is waited for.",
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "How many at the most; 10 without it"),
    ),
    responses(
        (status = 200, description = "What is recommended", body = RecommendedView),
    ),
)]
pub async fn shows(
    member: Member,
    recommend: Data<RecommendService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    list(&member, &recommend, query, ItemKind::Show).await
}

/// The first list of a user is waited for, apart from those that are held.
async fn list(
    member: &Member,
    recommend: &RecommendService,
    query: Query,
    kind: ItemKind,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let limit = fields.optional("limit", |text| match text.parse() {
        Ok(limit @ 1..=100) => Ok(limit),
        _ => Err("must be a whole number from 1 to 100"),
    });
    fields.finish()?;
    let query = RecommendQuery {
        user: member.user.id,
        kind,
        limit: limit.unwrap_or(10),
    };
    let service = recommend.clone();
    let held = blocking::database(move || service.held(&query)).await?;
    let list = match held {
        Some(list) => list,
        None => {
            let service = recommend.clone();
            blocking::trakt(move || service.fetch(&query)).await?
        }
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .json(RecommendedView::from(list)))
}

/// `DELETE /trakt/recommendations/movies/{id}`: never recommend it again.
///
/// # Errors
/// 401, 404, 409, 422, 429, 503.
#[utoipa::path(
    delete,
    path = "/trakt/recommendations/movies/{id}",
    operation_id = "hideMovie",
    tag = "Recommendations",
    summary = "Never recommend this movie again",
    description = "It is gone from the list at once.",
    params(
        ("id" = String, Path, pattern = "^[a-z0-9_-]{1,200}$", description = "Trakt's number or word"),
        ("Idempotency-Key" = Option<String>, Header, pattern = r#"^([!#-~][!-~]{0,127}|"[!-~]{1,128}")$"#, description = "The caller's own word for this write: the same key is the same write"),
    ),
    responses(
        (status = 202, description = "Taken. It is sent to Trakt soon: `GET /trakt/outbox/{id}` tells what became of it", body = TakenView),
    ),
)]
pub async fn hide_movie(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let item = sought(ItemKind::Movie, &id)?;
    write(&request, &member, &scrobbles, body, Wish::Hide { item }).await
}

/// `DELETE /trakt/recommendations/shows/{id}`: the same of a show.
///
/// # Errors
/// 401, 404, 409, 422, 429, 503.
#[utoipa::path(
    delete,
    path = "/trakt/recommendations/shows/{id}",
    operation_id = "hideShow",
    tag = "Recommendations",
    summary = "Never recommend this show again",
    description = "It is gone from the list at once.",
    params(
        ("id" = String, Path, pattern = "^[a-z0-9_-]{1,200}$", description = "Trakt's number or word"),
        ("Idempotency-Key" = Option<String>, Header, pattern = r#"^([!#-~][!-~]{0,127}|"[!-~]{1,128}")$"#, description = "The caller's own word for this write: the same key is the same write"),
    ),
    responses(
        (status = 202, description = "Taken. It is sent to Trakt soon: `GET /trakt/outbox/{id}` tells what became of it", body = TakenView),
    ),
)]
pub async fn hide_show(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let item = sought(ItemKind::Show, &id)?;
    write(&request, &member, &scrobbles, body, Wish::Hide { item }).await
}

/// `POST /trakt/recommendations/movies/{id}/undo`: it may be recommended again.
///
/// # Errors
/// 401, 404, 409, 422, 429, 503.
#[utoipa::path(
    post,
    path = "/trakt/recommendations/movies/{id}/undo",
    operation_id = "showMovie",
    tag = "Recommendations",
    summary = "Recommend this movie again",
    description = "Takes back that it was hidden.",
    params(
        ("id" = String, Path, pattern = "^[a-z0-9_-]{1,200}$", description = "Trakt's number or word"),
        ("Idempotency-Key" = Option<String>, Header, pattern = r#"^([!#-~][!-~]{0,127}|"[!-~]{1,128}")$"#, description = "The caller's own word for this write: the same key is the same write"),
    ),
    responses(
        (status = 202, description = "Taken. It is sent to Trakt soon: `GET /trakt/outbox/{id}` tells what became of it", body = TakenView),
    ),
)]
pub async fn undo_movie(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let item = sought(ItemKind::Movie, &id)?;
    write(&request, &member, &scrobbles, body, Wish::Show { item }).await
}

/// `POST /trakt/recommendations/shows/{id}/undo`: the same of a show.
///
/// # Errors
/// 401, 404, 409, 422, 429, 503.
#[utoipa::path(
    post,
    path = "/trakt/recommendations/shows/{id}/undo",
    operation_id = "showShow",
    tag = "Recommendations",
    summary = "Recommend this show again",
    description = "Takes back that it was hidden.",
    params(
        ("id" = String, Path, pattern = "^[a-z0-9_-]{1,200}$", description = "Trakt's number or word"),
        ("Idempotency-Key" = Option<String>, Header, pattern = r#"^([!#-~][!-~]{0,127}|"[!-~]{1,128}")$"#, description = "The caller's own word for this write: the same key is the same write"),
    ),
    responses(
        (status = 202, description = "Taken. It is sent to Trakt soon: `GET /trakt/outbox/{id}` tells what became of it", body = TakenView),
    ),
)]
pub async fn undo_show(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let item = sought(ItemKind::Show, &id)?;
    write(&request, &member, &scrobbles, body, Wish::Show { item }).await
}

async fn write(
    request: &HttpRequest,
    member: &Member,
    scrobbles: &ScrobbleService,
    body: Body,
    wish: Wish,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.0?;
    let key = key(request, &mut fields);
    fields.finish()?;
    take(member, scrobbles, wish, key).await
}

/// By Trakt's number or word.
fn sought(kind: ItemKind, id: &str) -> Result<Sought, Problem> {
    let mut ids = SoughtIds::default();
    match TitleName::parse(id).ok_or_else(Problem::not_found)? {
        TitleName::Number(number) => ids.trakt = Some(number),
        TitleName::Slug(slug) => ids.slug = Some(slug),
    }
    Ok(Sought::Own { kind, ids })
}
