//! `/trakt/scrobble`: what a player does.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use trakt_core::scrobble::{Deed, ScrobbleService, Wish};

use super::item::{PLAYABLE, item};
use super::take::{TakenView, key, take};
use crate::guard::Member;
use crate::http::Body;
use crate::openapi::input;
use crate::problem::Problem;

/// `POST /trakt/scrobble/start`: a player began, or goes on.
///
/// # Errors
/// 401, 409, 422, 429, 503.
#[utoipa::path(
    post,
    path = "/trakt/scrobble/start",
    operation_id = "scrobbleStart",
    tag = "Writes",
    summary = "A player began, or goes on",
    description = "Not sent to Trakt once it is five minutes old.",
    params(
        ("Idempotency-Key" = Option<String>, Header, pattern = r#"^([!#-~][!-~]{0,127}|"[!-~]{1,128}")$"#, description = "The caller's own word for this write: the same key is the same write"),
    ),
    request_body = input::Start,
    responses(
        (status = 202, description = "Taken. It is sent to Trakt soon: `GET /trakt/outbox/{id}` tells what became of it", body = TakenView),
    ),
)]
pub async fn start(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    played(&request, &member, &scrobbles, body, Deed::Start).await
}

/// `POST /trakt/scrobble/pause`: a player paused; its place is kept.
///
/// # Errors
/// 401, 409, 422, 429, 503.
#[utoipa::path(
    post,
    path = "/trakt/scrobble/pause",
    operation_id = "scrobblePause",
    tag = "Writes",
    summary = "A player paused",
    description = "Its place is kept.",
    params(
        ("Idempotency-Key" = Option<String>, Header, pattern = r#"^([!#-~][!-~]{0,127}|"[!-~]{1,128}")$"#, description = "The caller's own word for this write: the same key is the same write"),
    ),
    request_body = input::Stop,
    responses(
        (status = 202, description = "Taken. It is sent to Trakt soon: `GET /trakt/outbox/{id}` tells what became of it", body = TakenView),
    ),
)]
pub async fn pause(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    played(&request, &member, &scrobbles, body, Deed::Pause).await
}

/// `POST /trakt/scrobble/stop`: a player stopped. From 80 % on that is a play, below a pause.
///
/// # Errors
/// 401, 409, 422, 429, 503.
#[utoipa::path(
    post,
    path = "/trakt/scrobble/stop",
    operation_id = "scrobbleStop",
    tag = "Writes",
    summary = "A player stopped",
    description = "From 80 % on that is a play, below a pause.",
    params(
        ("Idempotency-Key" = Option<String>, Header, pattern = r#"^([!#-~][!-~]{0,127}|"[!-~]{1,128}")$"#, description = "The caller's own word for this write: the same key is the same write"),
    ),
    request_body = input::Stop,
    responses(
        (status = 202, description = "Taken. It is sent to Trakt soon: `GET /trakt/outbox/{id}` tells what became of it", body = TakenView),
    ),
)]
pub async fn stop(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    played(&request, &member, &scrobbles, body, Deed::Stop).await
}

async fn played(
    request: &HttpRequest,
    member: &Member,
    scrobbles: &ScrobbleService,
    body: Body,
    deed: Deed,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.0?;
    let key = key(request, &mut fields);
    // Trakt refuses a pause or a stop below it.
    let least = if deed == Deed::Start {
        0.0
    } else {
        Deed::LEAST
    };
    if !fields.has("progress") {
        fields.wrong("progress", "is required");
    }
    let progress = fields.real("progress", least, 100.0);
    let item = item(&mut fields, PLAYABLE);
    fields.finish()?;
    let (Some(item), Some(progress)) = (item, progress) else {
        return Err(Problem::internal());
    };
    let wish = Wish::Scrobble {
        deed,
        item,
        progress,
    };
    take(member, scrobbles, wish, key).await
}
