//! How everything stands, for an operator.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use trakt_core::Page;
use trakt_core::ports::DeliveryQuery;
use trakt_core::webhook::{DeliveryRecord, DeliveryState, WebhookKind};
use uuid::Uuid;

use super::row::{EVENT, EventRow};

#[derive(QueryableByName)]
struct DeliveryRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    endpoint: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    next_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    settled_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Integer>)]
    status: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(embed)]
    event: EventRow,
}

impl From<DeliveryRow> for DeliveryRecord {
    fn from(row: DeliveryRow) -> Self {
        Self {
            id: row.id.into(),
            event: row.event.into(),
            endpoint: row.endpoint,
            state: row.state,
            attempts: row.attempts.unsigned_abs(),
            next_at: row.next_at,
            settled_at: row.settled_at,
            status: row.status.and_then(|status| u16::try_from(status).ok()),
            reason: row.reason,
        }
    }
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// Those that fit `$1` and `$2`.
const FITTING: &str = "FROM webhook_deliveries AS d JOIN webhook_events AS e ON e.id = d.event_id \
    WHERE ($1 IS NULL OR d.state = $1) AND ($2 IS NULL OR e.kind = $2)";

/// See `WebhookStore::deliveries`.
pub(super) fn deliveries(
    conn: &mut PgConnection,
    query: &DeliveryQuery,
) -> QueryResult<Page<DeliveryRecord>> {
    let state = query.state.map(DeliveryState::as_str);
    let kind = query.kind.map(WebhookKind::as_str);
    let count: CountRow = diesel::sql_query(format!("SELECT count(*) AS total {FITTING}"))
        .bind::<Nullable<Text>, _>(state)
        .bind::<Nullable<Text>, _>(kind)
        .get_result(conn)?;
    let rows: Vec<DeliveryRow> = diesel::sql_query(format!(
        "SELECT d.id, d.state, d.attempts, d.next_at, d.settled_at, d.status, d.reason, \
             coalesce((SELECT name FROM webhook_endpoints WHERE key = d.endpoint), '') AS endpoint, \
             {EVENT} {FITTING} ORDER BY e.seq DESC, d.id LIMIT $3 OFFSET $4"
    ))
    .bind::<Nullable<Text>, _>(state)
    .bind::<Nullable<Text>, _>(kind)
    .bind::<BigInt, _>(i64::from(query.page.limit()))
    .bind::<BigInt, _>(query.page.offset())
    .load(conn)?;
    Ok(Page {
        items: rows.into_iter().map(DeliveryRecord::from).collect(),
        request: query.page,
        total: count.total,
    })
}
