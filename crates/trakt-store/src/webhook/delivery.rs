//! Who is told next, and what came of it.

use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Double, Integer, Interval, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use trakt_core::DeliveryId;
use trakt_core::ports::{ClaimDelivery, ClaimedDelivery, Replay, Replayed, SettleDelivery};
use trakt_core::webhook::{EndpointKey, Verdict, WebhookPolicy};
use uuid::Uuid;

use super::row::{EVENT, EventRow};
use crate::time::interval;

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Double)]
    age: f64,
    #[diesel(embed)]
    event: EventRow,
}

/// See `WebhookStore::claim_delivery`.
pub(super) fn claim(
    conn: &mut PgConnection,
    cmd: &ClaimDelivery,
) -> QueryResult<Option<ClaimedDelivery>> {
    let row: Option<ClaimedRow> = diesel::sql_query(format!(
        "UPDATE webhook_deliveries AS d SET send = $1, next_at = now() + $2, \
             attempts = d.attempts + 1 \
         FROM webhook_events AS e WHERE e.id = d.event_id AND d.id = ( \
             SELECT id FROM webhook_deliveries \
             WHERE endpoint = $3 AND state = 'pending' AND next_at <= now() AND EXISTS ( \
                 SELECT 1 FROM webhook_endpoints WHERE key = $3 AND gone_at IS NULL) \
             ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED) \
         RETURNING d.id, d.attempts, \
             greatest(extract(epoch FROM now() - d.asked_at), 0)::float8 AS age, {EVENT}"
    ))
    .bind::<SqlUuid, _>(cmd.send.uuid())
    .bind::<Interval, _>(interval(cmd.lease))
    .bind::<Text, _>(cmd.endpoint.as_str())
    .get_result(conn)
    .optional()?;
    Ok(row.map(|row| ClaimedDelivery {
        id: row.id.into(),
        event: row.event.into(),
        attempts: row.attempts.unsigned_abs(),
        age: Duration::try_from_secs_f64(row.age).unwrap_or_default(),
    }))
}

/// See `WebhookStore::settle_delivery`.
pub(super) fn settle(conn: &mut PgConnection, cmd: &SettleDelivery) -> QueryResult<()> {
    let (state, wait) = match cmd.verdict {
        Verdict::Delivered => ("delivered", None),
        Verdict::Again(wait) => ("pending", Some(interval(wait))),
        Verdict::GivenUp | Verdict::Gone => ("failed", None),
    };
    diesel::sql_query(
        "UPDATE webhook_deliveries SET send = NULL, state = $3, next_at = now() + $4, \
             status = $5, reason = $6, \
             settled_at = CASE WHEN $3 <> 'pending' THEN now() END \
         WHERE id = $1 AND send = $2",
    )
    .bind::<SqlUuid, _>(cmd.delivery.uuid())
    .bind::<SqlUuid, _>(cmd.send.uuid())
    .bind::<Text, _>(state)
    .bind::<Nullable<Interval>, _>(wait)
    .bind::<Nullable<Integer>, _>(cmd.status.map(i32::from))
    .bind::<Nullable<Text>, _>(cmd.reason)
    .execute(conn)?;
    if cmd.verdict == Verdict::Gone {
        diesel::sql_query("UPDATE webhook_endpoints SET gone_at = now() WHERE key = $1")
            .bind::<Text, _>(cmd.endpoint.as_str())
            .execute(conn)?;
    }
    Ok(())
}

/// As if it had never been sent; one that is being sent goes on.
const ANEW: &str = "state = 'pending', attempts = 0, asked_at = now(), next_at = now(), \
    send = NULL, status = NULL, reason = NULL, settled_at = NULL";
const NOT_UNDER_WAY: &str = "(d.send IS NULL OR d.next_at <= now())";

#[derive(QueryableByName)]
struct EndpointRow {
    #[diesel(sql_type = Text)]
    endpoint: String,
}

/// See `WebhookStore::replay_delivery`.
pub(super) fn replay(conn: &mut PgConnection, delivery: DeliveryId) -> QueryResult<bool> {
    let found: Option<EndpointRow> = diesel::sql_query(
        "SELECT endpoint FROM webhook_deliveries AS d WHERE id = $1 AND EXISTS ( \
             SELECT 1 FROM webhook_endpoints WHERE key = d.endpoint AND seen_at > now() - $2) \
         FOR UPDATE",
    )
    .bind::<SqlUuid, _>(delivery.uuid())
    .bind::<Interval, _>(interval(WebhookPolicy::FORGOTTEN))
    .get_result(conn)
    .optional()?;
    let Some(found) = found else {
        return Ok(false);
    };
    diesel::sql_query(format!(
        "UPDATE webhook_deliveries AS d SET {ANEW} WHERE id = $1 AND {NOT_UNDER_WAY}"
    ))
    .bind::<SqlUuid, _>(delivery.uuid())
    .execute(conn)?;
    diesel::sql_query("UPDATE webhook_endpoints SET gone_at = NULL WHERE key = $1")
        .bind::<Text, _>(found.endpoint)
        .execute(conn)?;
    Ok(true)
}

#[derive(QueryableByName)]
struct ReplayedRow {
    #[diesel(sql_type = BigInt)]
    events: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    last: Option<i64>,
    #[diesel(sql_type = BigInt)]
    deliveries: i64,
}

/// See `WebhookStore::replay_events`.
pub(super) fn replay_events(conn: &mut PgConnection, cmd: &Replay) -> QueryResult<Replayed> {
    let keys: Vec<_> = cmd.endpoints.iter().map(EndpointKey::as_str).collect();
    let row: ReplayedRow = diesel::sql_query(format!(
        "WITH events AS (SELECT id, seq FROM webhook_events \
             WHERE seq > $1 AND at >= $2 ORDER BY seq LIMIT $3), \
         due AS (INSERT INTO webhook_deliveries AS d (event_id, endpoint) \
             SELECT id, key FROM events, unnest($4::text[]) AS key ORDER BY seq, key \
             ON CONFLICT (event_id, endpoint) DO UPDATE SET {ANEW} WHERE {NOT_UNDER_WAY} \
             RETURNING 1) \
         SELECT count(*) AS events, max(seq) AS last, (SELECT count(*) FROM due) AS deliveries \
         FROM events"
    ))
    .bind::<BigInt, _>(cmd.after)
    .bind::<Timestamptz, _>(cmd.since)
    .bind::<BigInt, _>(i64::from(cmd.limit))
    .bind::<Array<Text>, _>(keys)
    .get_result(conn)?;
    Ok(Replayed {
        deliveries: row.deliveries.unsigned_abs(),
        last: row.last.filter(|_| row.events == i64::from(cmd.limit)),
    })
}

/// See `WebhookStore::forget_events`.
pub(super) fn forget(conn: &mut PgConnection, limit: u32) -> QueryResult<usize> {
    diesel::sql_query(
        "UPDATE webhook_deliveries SET state = 'failed', reason = 'not_taken', next_at = NULL, \
             send = NULL, settled_at = now() WHERE id IN ( \
             SELECT id FROM webhook_deliveries AS d WHERE state = 'pending' \
                 AND asked_at < now() - $1 AND (send IS NULL OR next_at <= now()) \
                 AND NOT EXISTS (SELECT 1 FROM webhook_endpoints WHERE key = d.endpoint \
                     AND gone_at IS NULL AND seen_at > now() - $3) \
             ORDER BY asked_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind::<Interval, _>(interval(WebhookPolicy::NOT_TAKEN))
    .bind::<BigInt, _>(i64::from(limit))
    .bind::<Interval, _>(interval(WebhookPolicy::FORGOTTEN))
    .execute(conn)?;
    diesel::sql_query(
        "DELETE FROM webhook_events WHERE id IN ( \
             SELECT id FROM webhook_events AS e WHERE at < now() - $1 AND NOT EXISTS ( \
                 SELECT 1 FROM webhook_deliveries AS d \
                 WHERE d.event_id = e.id AND d.state = 'pending') \
             ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind::<Interval, _>(interval(WebhookPolicy::KEEP))
    .bind::<BigInt, _>(i64::from(limit))
    .execute(conn)
}
