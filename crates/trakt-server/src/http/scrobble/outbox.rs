//! `/trakt/outbox/{id}`: what became of a write.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_core::WriteId;
use trakt_core::scrobble::ScrobbleService;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::blocking;
use crate::guard::Member;
use crate::openapi::words;
use crate::problem::Problem;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Write)]
struct WriteView {
    #[schema(value_type = Uuid)]
    id: String,
    #[schema(value_type = words::Deed)]
    deed: String,
    #[schema(value_type = words::WriteState)]
    state: &'static str,
    reason: Option<String>,
    accepted_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    settled_at: Option<DateTime<Utc>>,
}

/// `GET /trakt/outbox/{id}`: how a write of the user's stands, for 30 days after its end.
///
/// # Errors
/// 401, 404, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/outbox/{id}",
    operation_id = "outbox",
    tag = "Writes",
    summary = "What became of a write",
    description = "For 30 days after its end.",
    params(
        ("id" = Uuid, Path, description = "Its id"),
    ),
    responses(
        (status = 200, description = "How it stands", body = WriteView),
    ),
)]
pub async fn outbox(
    member: Member,
    scrobbles: Data<ScrobbleService>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = Uuid::parse_str(&id).map_err(|_| Problem::not_found())?;
    let user = member.user.id;
    let found = blocking::database(move || scrobbles.record(user, WriteId::from(id))).await?;
    let write = found.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(WriteView {
            id: write.id.to_string(),
            deed: write.deed,
            state: write.state.as_str(),
            reason: write.reason,
            accepted_at: write.accepted_at,
            sent_at: write.sent_at,
            settled_at: write.settled_at,
        }))
}
