//! `/trakt/admin/webhooks`: what other programs were told, and telling them again.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_core::ports::DeliveryQuery;
use trakt_core::webhook::{DeliveryRecord, DeliveryState, WebhookKind, WebhookService};
use trakt_core::{DeliveryId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Query;
use super::admin::{ListView, page};
use crate::blocking;
use crate::guard::Admin;
use crate::openapi::words;
use crate::problem::Problem;

/// How the telling of one event to one endpoint stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Delivery)]
pub struct DeliveryView {
    id: Uuid,
    event_id: Uuid,
    #[schema(value_type = words::WebhookKind)]
    event: String,
    sequence: i64,
    occurred_at: DateTime<Utc>,
    user_id: Option<Uuid>,
    trakt_slug: Option<String>,
    endpoint: String,
    #[schema(value_type = words::DeliveryState)]
    state: String,
    attempts: u32,
    next_attempt_at: Option<DateTime<Utc>>,
    settled_at: Option<DateTime<Utc>>,
    status: Option<u16>,
    reason: Option<String>,
}

impl From<DeliveryRecord> for DeliveryView {
    fn from(record: DeliveryRecord) -> Self {
        let event = record.event;
        Self {
            id: record.id.uuid(),
            event_id: event.id.uuid(),
            event: event.kind,
            sequence: event.sequence,
            occurred_at: event.at,
            user_id: event.user.map(UserId::uuid),
            trakt_slug: event.link.and_then(|link| link.slug),
            endpoint: record.endpoint,
            state: record.state,
            attempts: record.attempts,
            next_attempt_at: record.next_at,
            settled_at: record.settled_at,
            status: record.status,
            reason: record.reason,
        }
    }
}

/// `GET /trakt/admin/webhooks?state&event&page&limit`: deliveries, those of the newest events first.
///
/// # Errors
/// 401, 403, 422, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/admin/webhooks",
    operation_id = "deliveries",
    tag = "Admin",
    summary = "What other programs were told",
    description = "Of each event and endpoint, those of the newest events first.",
    params(
        ("state" = inline(Option<words::DeliveryState>), Query, description = "Only those that stand so"),
        ("event" = inline(Option<words::WebhookKind>), Query, description = "Only those of this event"),
        ("page" = Option<u32>, Query, minimum = 1, maximum = 1_000_000, description = "Which page, from 1"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many a page has; 50 without it"),
    ),
    responses(
        (status = 200, description = "One page", body = ListView<DeliveryView>),
    ),
)]
pub async fn list(
    _: Admin,
    service: Data<WebhookService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let state = fields.optional("state", str::parse::<DeliveryState>);
    let kind = fields.optional("event", str::parse::<WebhookKind>);
    let page = page(&mut fields);
    fields.finish()?;
    let query = DeliveryQuery {
        state,
        kind,
        page: page.unwrap_or_default(),
    };
    let found = blocking::database(move || service.deliveries(&query)).await?;
    Ok(HttpResponse::Ok().json(ListView::from(found, DeliveryView::from)))
}

#[derive(Serialize, ToSchema)]
#[schema(as = Replayed)]
struct ReplayedView {
    id: Uuid,
    #[schema(value_type = words::DeliveryState)]
    state: &'static str,
}

/// `POST /trakt/admin/webhooks/{id}/replay`: sends an event to an endpoint again, at once.
///
/// # Errors
/// 401, 403, 404, 429, 503.
#[utoipa::path(
    post,
    path = "/trakt/admin/webhooks/{id}/replay",
    operation_id = "replayDelivery",
    tag = "Admin",
    summary = "Tell it again",
    description = "Sends an event to an endpoint again, at once.",
    params(
        ("id" = Uuid, Path, description = "The id of the delivery"),
    ),
    responses(
        (status = 202, description = "It is due", body = ReplayedView),
    ),
)]
pub async fn replay(
    _: Admin,
    service: Data<WebhookService>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = Uuid::parse_str(&id).map_err(|_| Problem::not_found())?;
    let due = blocking::database(move || service.replay(DeliveryId::from(id))).await?;
    if !due {
        return Err(Problem::not_found());
    }
    Ok(HttpResponse::Accepted().json(ReplayedView {
        id,
        state: DeliveryState::Pending.as_str(),
    }))
}
