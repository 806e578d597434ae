//! `GET /trakt/admin/audit`: the audit trail for an operator.

use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_core::UserId;
use trakt_core::audit::{AuditEvent, AuditQuery, AuditRecord, AuditService, AuditUser};
use utoipa::ToSchema;
use uuid::Uuid;

use super::admin::{ListView, page};
use super::{Query, moment};
use crate::blocking;
use crate::guard::Admin;
use crate::openapi::{input, words};
use crate::problem::Problem;

/// An entry.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditEntry)]
pub struct AuditView {
    id: i64,
    at: DateTime<Utc>,
    #[schema(value_type = words::AuditEvent)]
    event: String,
    #[schema(value_type = words::AuditOutcome)]
    outcome: String,
    actor_id: Option<Uuid>,
    subject_id: Option<Uuid>,
    association_id: Option<Uuid>,
    trakt_slug: Option<String>,
    trakt_uuid: Option<String>,
    ip: Option<String>,
    request_id: Option<String>,
    detail: Option<String>,
}

impl From<AuditRecord> for AuditView {
    fn from(record: AuditRecord) -> Self {
        Self {
            id: record.id,
            at: record.at,
            event: record.event,
            outcome: record.outcome,
            actor_id: record.actor.map(UserId::uuid),
            subject_id: record.subject.map(UserId::uuid),
            association_id: record.link.map(trakt_core::LinkId::uuid),
            trakt_slug: record.trakt_slug,
            trakt_uuid: record.trakt_uuid,
            ip: record.ip,
            request_id: record.request_id,
            detail: record.detail,
        }
    }
}

/// `GET /trakt/admin/audit?user&event&since&until&page&limit`: entries, newest first.
///
/// # Errors
/// 401, 403, 422, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/admin/audit",
    operation_id = "audit",
    tag = "Admin",
    summary = "The audit trail",
    description = "The newest first.",
    params(
        ("user" = inline(Option<input::AuditUser>), Query, description = "Entries by or about this user: an id, also of one who was deleted, or an address"),
        ("event" = inline(Option<words::AuditEvent>), Query, description = "Entries of this event"),
        ("since" = Option<DateTime<Utc>>, Query, description = "From this moment on"),
        ("until" = Option<DateTime<Utc>>, Query, description = "Before this moment"),
        ("page" = Option<u32>, Query, minimum = 1, maximum = 1_000_000, description = "Which page, from 1"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many a page has; 50 without it"),
    ),
    responses(
        (status = 200, description = "One page", body = ListView<AuditView>),
    ),
)]
pub async fn list(
    _: Admin,
    trail: Data<AuditService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let user = fields.optional("user", str::parse::<AuditUser>);
    let event = fields.optional("event", str::parse::<AuditEvent>);
    let since = fields.optional("since", moment);
    let until = fields.optional("until", moment);
    let page = page(&mut fields);
    fields.finish()?;
    let query = AuditQuery {
        user,
        event,
        since,
        until,
        page: page.unwrap_or_default(),
    };
    let found = blocking::database(move || trail.search(&query)).await?;
    Ok(HttpResponse::Ok().json(ListView::from(found, AuditView::from)))
}
