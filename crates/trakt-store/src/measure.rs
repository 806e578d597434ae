//! What the metrics say that only the database knows: counts and ages, each by an index. See
//! `tests/it/measure.rs` for how they are found.

use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double};
use trakt_core::PortError;
use trakt_core::link::LinkStatus;
use trakt_core::ports::{MeasureStore, Measures};

use crate::PgStore;
use crate::error::Failure;
use crate::token::gate;

/// Ages are in seconds; what is due in the future has one below zero, which counts as none. A write
/// that waits for its user (to link again, to say that so much is meant) is no trouble of ours and
/// has none either, nor has an event for an endpoint that no process names (each does so every ten
/// minutes) or that is gone. Of active links there is no exact number where they are many: to count
/// them is to read an entry for each.
const MEASURES: &str = "\
SELECT \
    coalesce(extract(epoch FROM now() - (SELECT min(refresh_due_at) FROM trakt_users)), 0) \
        ::double precision AS refresh_due_for, \
    coalesce(extract(epoch FROM now() - (SELECT min(token_expires_at) FROM trakt_users \
        WHERE status = 'active')), 0)::double precision AS dead_for, \
    CASE WHEN c.reltuples < 50000 \
        THEN (SELECT count(*) FROM trakt_users WHERE status = 'active') \
        ELSE greatest(0, c.reltuples::bigint - l.unverified - l.needs_relink - l.locked) \
    END AS active, \
    l.unverified, l.needs_relink, l.locked, \
    a.refreshing, a.uncertain, p.pulls, p.pulls_for, \
    (SELECT count(*) FROM outbox WHERE settled_at IS NULL) AS writes, \
    coalesce(extract(epoch FROM now() - ( \
        SELECT accepted_at FROM outbox AS w WHERE settled_at IS NULL \
            AND EXISTS (SELECT FROM trakt_users AS t \
                WHERE t.user_id = w.user_id AND t.status = 'active') \
            AND NOT EXISTS (SELECT FROM watch_holds AS h \
                WHERE h.user_id = w.user_id AND NOT h.meant) \
        ORDER BY accepted_at LIMIT 1)), 0)::double precision AS writes_for, \
    (SELECT count(DISTINCT user_id) FROM watch_holds WHERE NOT meant) AS held, \
    (SELECT count(*) FROM token_revocations) AS revocations, \
    (SELECT count(*) FROM webhook_deliveries AS d WHERE state = 'pending' \
        AND EXISTS (SELECT FROM webhook_endpoints AS e WHERE e.key = d.endpoint \
            AND e.gone_at IS NULL AND e.seen_at > now() - interval '1 hour')) AS webhooks, \
    coalesce(extract(epoch FROM now() - ( \
        SELECT min(asked_at) FROM webhook_deliveries AS d WHERE state = 'pending' \
            AND EXISTS (SELECT FROM webhook_endpoints AS e WHERE e.key = d.endpoint \
                AND e.gone_at IS NULL AND e.seen_at > now() - interval '1 hour') \
        )), 0)::double precision AS webhooks_for, \
    (SELECT least(rate, budget + rate * extract(epoch FROM clock_timestamp() - budget_at)) \
        FROM trakt_gate) AS refresh_budget \
FROM \
    (SELECT reltuples FROM pg_class WHERE oid = 'trakt_users'::regclass) AS c, \
    (SELECT count(*) FILTER (WHERE status = 'unverified') AS unverified, \
            count(*) FILTER (WHERE status = 'needs_relink') AS needs_relink, \
            count(*) FILTER (WHERE status = 'locked') AS locked \
        FROM trakt_users WHERE status IN ('unverified', 'needs_relink', 'locked')) AS l, \
    (SELECT count(*) FILTER (WHERE refresh_state = 'sent') AS refreshing, \
            count(*) FILTER (WHERE refresh_state = 'uncertain') AS uncertain \
        FROM trakt_users WHERE refresh_state <> 'idle') AS a, \
    (SELECT count(*) AS pulls, \
            coalesce(extract(epoch FROM now() - min(next_at)), 0)::double precision AS pulls_for \
        FROM watch_states WHERE next_at <= now()) AS p";

#[derive(QueryableByName)]
struct MeasuresRow {
    #[diesel(sql_type = BigInt)]
    active: i64,
    #[diesel(sql_type = BigInt)]
    unverified: i64,
    #[diesel(sql_type = BigInt)]
    needs_relink: i64,
    #[diesel(sql_type = BigInt)]
    locked: i64,
    #[diesel(sql_type = Double)]
    refresh_due_for: f64,
    #[diesel(sql_type = Double)]
    dead_for: f64,
    #[diesel(sql_type = BigInt)]
    refreshing: i64,
    #[diesel(sql_type = BigInt)]
    uncertain: i64,
    #[diesel(sql_type = BigInt)]
    writes: i64,
    #[diesel(sql_type = Double)]
    writes_for: f64,
    #[diesel(sql_type = BigInt)]
    pulls: i64,
    #[diesel(sql_type = Double)]
    pulls_for: f64,
    #[diesel(sql_type = BigInt)]
    held: i64,
    #[diesel(sql_type = BigInt)]
    revocations: i64,
    #[diesel(sql_type = BigInt)]
    webhooks: i64,
    #[diesel(sql_type = Double)]
    webhooks_for: f64,
    #[diesel(sql_type = Double)]
    refresh_budget: f64,
}

impl MeasureStore for PgStore {
    fn measures(&self) -> Result<Measures, PortError> {
        self.read_together(measures)
    }
}

fn measures(conn: &mut PgConnection) -> Result<Measures, Failure> {
    let row: MeasuresRow = diesel::sql_query(MEASURES).get_result(conn)?;
    Ok(Measures {
        links: [
            (LinkStatus::Active, row.active),
            (LinkStatus::Unverified, row.unverified),
            (LinkStatus::NeedsRelink, row.needs_relink),
            (LinkStatus::Locked, row.locked),
        ]
        .map(|(status, count)| (status, count.unsigned_abs()))
        .to_vec(),
        refresh_due_for: age(row.refresh_due_for),
        dead_for: age(row.dead_for),
        refreshing: row.refreshing.unsigned_abs(),
        uncertain: row.uncertain.unsigned_abs(),
        gate: gate::reason(conn)?,
        refresh_budget: row.refresh_budget.max(0.0),
        writes: row.writes.unsigned_abs(),
        writes_for: age(row.writes_for),
        pulls: row.pulls.unsigned_abs(),
        pulls_for: age(row.pulls_for),
        held: row.held.unsigned_abs(),
        revocations: row.revocations.unsigned_abs(),
        webhooks: row.webhooks.unsigned_abs(),
        webhooks_for: age(row.webhooks_for),
    })
}

/// Nothing that lies ahead, and no moment before all time, is an age.
fn age(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
