//! `/trakt/history`: plays that are added and removed.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Timelike as _, Utc};
use trakt_core::scrobble::{ScrobbleService, Wish};
use uuid::Uuid;

use super::item::{PLAYABLE, item};
use super::take::{TakenView, key, take};
use crate::guard::Member;
use crate::http::{Body, moment};
use crate::openapi::input;
use crate::problem::Problem;

/// The earliest time that Trakt can mean: films are not older.
const EARLIEST: &str = "1880-01-01T00:00:00Z";

/// A time at which something was watched, in milliseconds: Trakt keeps no more.
fn watched_at(text: &str) -> Result<DateTime<Utc>, String> {
    let at = moment(text)?;
    let earliest = moment(EARLIEST)?;
    if at < earliest {
        return Err(format!("must not be before {EARLIEST}"));
    }
    let millis = at.nanosecond() / 1_000_000 * 1_000_000;
    Ok(at.with_nanosecond(millis).unwrap_or(at))
}

/// `POST /trakt/history`: a movie or an episode was watched, at `watchedAt` or now.
///
/// # Errors
/// 401, 409, 422, 429, 503.
#[utoipa::path(
    post,
    path = "/trakt/history",
    operation_id = "addPlay",
    tag = "Writes",
    summary = "A movie or an episode was watched",
    description = "At `watchedAt`, or now. A play of the same thing in the same minute is the one that is there.",
    params(
        ("Idempotency-Key" = Option<String>, Header, pattern = r#"^([!#-~][!-~]{0,127}|"[!-~]{1,128}")$"#, description = "The caller's own word for this write: the same key is the same write"),
    ),
    request_body = input::AddPlay,
    responses(
        (status = 202, description = "Taken. It is sent to Trakt soon: `GET /trakt/outbox/{id}` tells what became of it", body = TakenView),
    ),
)]
pub async fn add_play(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.0?;
    let key = key(&request, &mut fields);
    let watched_at = fields.optional("watchedAt", watched_at);
    let item = item(&mut fields, PLAYABLE);
    fields.finish()?;
    let item = item.ok_or_else(Problem::internal)?;
    take(&member, &scrobbles, Wish::AddPlay { item, watched_at }, key).await
}

/// `DELETE /trakt/history/{id}`: removes a single play. The id is Trakt's, or that of the write
/// which added the play here.
///
/// # Errors
/// 401, 404, 409, 422, 429, 503.
#[utoipa::path(
    delete,
    path = "/trakt/history/{id}",
    operation_id = "removePlay",
    tag = "Writes",
    summary = "Remove a play",
    description = "By its id, or by that of the write which added it.",
    params(
        ("id" = inline(input::PlayId), Path, description = "Trakt's number of the play, or the id of the write that added it"),
        ("Idempotency-Key" = Option<String>, Header, pattern = r#"^([!#-~][!-~]{0,127}|"[!-~]{1,128}")$"#, description = "The caller's own word for this write: the same key is the same write"),
    ),
    responses(
        (status = 202, description = "Taken. It is sent to Trakt soon: `GET /trakt/outbox/{id}` tells what became of it", body = TakenView),
    ),
)]
pub async fn remove_play(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.0?;
    let key = key(&request, &mut fields);
    fields.finish()?;
    let wish = match (id.parse(), id.parse::<Uuid>()) {
        (Ok(id), _) => Wish::RemovePlay { id },
        (_, Ok(write)) => Wish::TakeBack {
            write: write.into(),
        },
        _ => return Err(Problem::not_found()),
    };
    take(&member, &scrobbles, wish, key).await
}
