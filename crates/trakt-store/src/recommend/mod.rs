//! What Trakt recommends to users, as Trakt gave it last.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bool, Double, Integer, Interval, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use trakt_core::ports::{ClaimedList, HeldList, RecommendQuery, RecommendStore, StoreList};
use trakt_core::recommend::RecommendPolicy;
use trakt_core::watch::ItemKind;
use trakt_core::{PortError, UserId};
use uuid::Uuid;

use crate::PgStore;
use crate::error::{Failure, corrupt};
use crate::time::interval;
use crate::watch::{self, THING, ThingRow};

impl RecommendStore for PgStore {
    fn recommendations(&self, query: &RecommendQuery) -> Result<HeldList, PortError> {
        self.read_together(|conn| list(conn, query))
    }

    /// One statement that may be run again, so that it needs no transaction of its own.
    fn ask(
        &self,
        query: &RecommendQuery,
        noted: Duration,
        fresh: Duration,
    ) -> Result<(), PortError> {
        self.read(|conn| {
            diesel::sql_query(
                "UPDATE recommendation_states SET asked_at = now(), \
                     next_at = CASE WHEN next_at IS NULL AND read_at < now() - $4 THEN now() \
                         WHEN next_at IS NULL THEN read_at + $4 ELSE next_at END \
                 WHERE user_id = $1 AND kind = $2 AND asked_at < now() - $3",
            )
            .bind::<SqlUuid, _>(query.user.uuid())
            .bind::<Text, _>(query.kind.as_str())
            .bind::<Interval, _>(interval(noted))
            .bind::<Interval, _>(interval(fresh))
            .execute(conn)
            .map(drop)
        })
    }

    fn claim_list(
        &self,
        of: Option<(UserId, ItemKind)>,
        lease: Duration,
    ) -> Result<Option<ClaimedList>, PortError> {
        self.write(|conn| claim(conn, of, lease))
    }

    fn store_list(&self, cmd: &StoreList) -> Result<(), PortError> {
        self.write(|conn| Ok(store(conn, cmd)?))
    }

    fn fail_list(&self, claimed: &ClaimedList, next: Duration) -> Result<(), PortError> {
        self.read(|conn| {
            diesel::sql_query(
                "UPDATE recommendation_states SET lease_until = now() + least($4, $5), \
                     next_at = CASE next_at WHEN lease_until THEN now() + $4 ELSE next_at END \
                 WHERE user_id = $1 AND kind = $2 AND lease_until = $3",
            )
            .bind::<SqlUuid, _>(claimed.user.uuid())
            .bind::<Text, _>(claimed.kind.as_str())
            .bind::<Timestamptz, _>(claimed.until)
            .bind::<Interval, _>(interval(next))
            .bind::<Interval, _>(interval(RecommendPolicy::PAUSE))
            .execute(conn)
            .map(drop)
        })
    }
}

/// Whether the user of the link `t` wants none.
const OFF: &str =
    "EXISTS (SELECT 1 FROM watch_choices WHERE user_id = t.user_id AND NOT recommendations)";

#[derive(QueryableByName)]
struct ListRow {
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Bool)]
    off: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    read_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Double>)]
    age: Option<f64>,
    #[diesel(sql_type = Nullable<Integer>)]
    attempts: Option<i32>,
    #[diesel(embed)]
    thing: ThingRow,
}

/// What was watched or hidden since is not recommended any more.
fn list(conn: &mut PgConnection, query: &RecommendQuery) -> Result<HeldList, Failure> {
    let rows: Vec<ListRow> = diesel::sql_query(format!(
        "SELECT t.status, s.read_at, s.attempts, {OFF} AS off, \
             extract(epoch FROM now() - s.read_at)::float8 AS age, {THING} \
         FROM trakt_users AS t \
         LEFT JOIN recommendation_states AS s ON s.user_id = $1 AND s.kind = $2 \
             AND s.trakt_uuid = t.trakt_uuid \
         LEFT JOIN LATERAL (SELECT r.place, r.item FROM recommendations AS r \
             WHERE r.user_id = $1 AND r.kind = $2 AND s.read_at IS NOT NULL \
                 AND NOT EXISTS (SELECT 1 FROM recommendation_hides AS h \
                     WHERE h.user_id = $1 AND h.kind = $2 AND h.item = r.item) \
                 AND NOT ($2 = 'movie' AND EXISTS (SELECT 1 FROM plays AS p \
                     WHERE p.user_id = $1 AND p.kind = 'movie' AND p.item = r.item)) \
                 AND NOT ($2 = 'show' AND (EXISTS (SELECT 1 FROM watching AS w \
                         WHERE w.user_id = $1 AND w.show = r.item) \
                     OR EXISTS (SELECT 1 FROM hidden AS h \
                         WHERE h.user_id = $1 AND h.show = r.item))) \
             ORDER BY r.place LIMIT $3) AS l ON true \
         LEFT JOIN media AS m ON m.kind = $2 AND m.trakt = l.item \
         LEFT JOIN media AS o ON false \
         WHERE t.user_id = $1 ORDER BY l.place"
    ))
    .bind::<SqlUuid, _>(query.user.uuid())
    .bind::<Text, _>(query.kind.as_str())
    .bind::<BigInt, _>(i64::from(query.limit))
    .load(conn)?;
    let Some(first) = rows.first() else {
        return Ok(HeldList::default());
    };
    let status = first.status.parse();
    Ok(HeldList {
        link: Some(status.map_err(|_| corrupt("trakt_users.status"))?),
        off: first.off,
        read_at: first.read_at,
        age: Duration::try_from_secs_f64(first.age.unwrap_or(0.0)).unwrap_or_default(),
        attempts: first.attempts.unwrap_or(0).unsigned_abs(),
        items: rows
            .into_iter()
            .filter_map(|row| row.thing.item())
            .collect(),
    })
}

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    trakt_uuid: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Timestamptz)]
    lease_until: DateTime<Utc>,
}

/// One that is asked for begins, unless somebody is at it; of those that are due, the first whose
/// link is active. Where there is none, those that wait for their users rest. A list is due again
/// when the lease ends, unless somebody makes it due meanwhile: whoever ends the lease sees by the
/// difference that what was read is too old.
fn claim(
    conn: &mut PgConnection,
    of: Option<(UserId, ItemKind)>,
    lease: Duration,
) -> Result<Option<ClaimedList>, Failure> {
    let row: Option<ClaimedRow> = match of {
        Some((user, kind)) => diesel::sql_query(format!(
            "INSERT INTO recommendation_states AS s \
                 (user_id, kind, trakt_uuid, next_at, lease_until, attempts) \
             SELECT $1, $2, trakt_uuid, now() + $3, now() + $3, 1 FROM trakt_users AS t \
             WHERE user_id = $1 AND status = 'active' AND trakt_uuid IS NOT NULL AND NOT {OFF} \
             FOR KEY SHARE OF t \
             ON CONFLICT (user_id, kind) DO UPDATE SET next_at = now() + $3, \
                 lease_until = now() + $3, asked_at = now(), attempts = s.attempts + 1, trakt_uuid = excluded.trakt_uuid, \
                 read_at = CASE WHEN s.trakt_uuid = excluded.trakt_uuid THEN s.read_at END \
             WHERE s.lease_until IS NULL OR s.lease_until <= now() \
             RETURNING user_id, kind, trakt_uuid, attempts, lease_until"
        ))
        .bind::<SqlUuid, _>(user.uuid())
        .bind::<Text, _>(kind.as_str())
        .bind::<Interval, _>(interval(lease))
        .get_result(conn)
        .optional()?,
        None => diesel::sql_query(format!(
            "UPDATE recommendation_states AS s SET next_at = now() + $1, \
                 lease_until = now() + $1, attempts = attempts + 1, trakt_uuid = t.trakt_uuid, \
                 read_at = CASE WHEN s.trakt_uuid = t.trakt_uuid THEN s.read_at END \
             FROM trakt_users AS t WHERE t.user_id = s.user_id AND (s.user_id, s.kind) IN ( \
                 SELECT d.user_id, d.kind FROM recommendation_states AS d \
                 JOIN trakt_users AS t ON t.user_id = d.user_id AND t.status = 'active' \
                     AND t.trakt_uuid IS NOT NULL AND NOT {OFF} \
                 WHERE d.next_at <= now() \
                     AND (d.lease_until IS NULL OR d.lease_until <= now()) \
                 ORDER BY d.next_at LIMIT 1 \
                 FOR UPDATE OF d SKIP LOCKED) \
             RETURNING s.user_id, s.kind, s.trakt_uuid, s.attempts, s.lease_until"
        ))
        .bind::<Interval, _>(interval(lease))
        .get_result(conn)
        .optional()?,
    };
    let Some(row) = row else {
        if of.is_none() {
            rest(conn)?;
        }
        return Ok(None);
    };
    let kind = match row.kind.as_str() {
        "movie" => ItemKind::Movie,
        "show" => ItemKind::Show,
        _ => return Err(corrupt("recommendation_states.kind").into()),
    };
    Ok(Some(ClaimedList {
        user: row.user_id.into(),
        kind,
        account: row.trakt_uuid,
        attempts: row.attempts.unsigned_abs(),
        until: row.lease_until,
    }))
}

/// Puts off lists that are due and whose link is not active or which nobody wants, or each claim
/// would look through them.
/// [`due`] calls them back.
fn rest(conn: &mut PgConnection) -> QueryResult<()> {
    diesel::sql_query(format!(
        "UPDATE recommendation_states SET next_at = now() + $1 WHERE (user_id, kind) IN ( \
             SELECT s.user_id, s.kind FROM recommendation_states AS s \
             WHERE s.next_at <= now() AND NOT EXISTS ( \
                 SELECT 1 FROM trakt_users AS t WHERE t.user_id = s.user_id \
                     AND t.status = 'active' AND t.trakt_uuid IS NOT NULL AND NOT {OFF}) \
             ORDER BY s.next_at LIMIT 1000 FOR UPDATE SKIP LOCKED)"
    ))
    .bind::<Interval, _>(interval(RecommendPolicy::FRESH))
    .execute(conn)
    .map(drop)
}

/// Has the lists of a user read again now that failed or rested: the link is good again.
pub(crate) fn due(conn: &mut PgConnection, user: UserId) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE recommendation_states SET next_at = now() \
         WHERE user_id = $1 AND next_at IS NOT NULL \
             AND (attempts > 0 OR read_at < now() - $2)",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Interval, _>(interval(RecommendPolicy::FRESH))
    .execute(conn)
    .map(drop)
}

/// Has lists read again now of which something was shown again by these writes, which Trakt has
/// taken: it left the list when that was read after it was hidden.
pub(crate) fn shown_again(
    conn: &mut PgConnection,
    user: UserId,
    writes: &[Uuid],
) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE recommendation_states AS s SET next_at = least(s.next_at, now()) \
         FROM (SELECT DISTINCT kind FROM outbox WHERE user_id = $1 AND id = ANY ($2) \
             AND deed = 'recommendation_show' AND state = 'confirmed') AS o \
         WHERE s.user_id = $1 AND s.kind = o.kind",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Array<SqlUuid>, _>(writes)
    .execute(conn)
    .map(drop)
}

/// See `RecommendStore::store_list`. What Trakt recommends although it was hidden here was shown again
/// there, unless it was hidden a moment ago.
fn store(conn: &mut PgConnection, cmd: &StoreList) -> QueryResult<()> {
    let claimed = &cmd.claimed;
    let stored = diesel::sql_query(format!(
        "UPDATE recommendation_states AS s SET read_at = now(), attempts = 0, lease_until = NULL, \
             next_at = CASE WHEN s.next_at <> s.lease_until THEN s.next_at \
                 WHEN asked_at > now() - $4 THEN now() + $5 END \
         FROM trakt_users AS t WHERE s.user_id = $1 AND s.kind = $2 AND s.trakt_uuid = $3 \
             AND s.lease_until = $6 AND t.user_id = $1 AND t.trakt_uuid = $3 AND NOT {OFF}"
    ))
    .bind::<SqlUuid, _>(claimed.user.uuid())
    .bind::<Text, _>(claimed.kind.as_str())
    .bind::<Text, _>(&claimed.account)
    .bind::<Interval, _>(interval(cmd.asked))
    .bind::<Interval, _>(interval(cmd.next))
    .bind::<Timestamptz, _>(claimed.until)
    .execute(conn)?;
    if stored == 0 {
        // Whoever links next, or switches them on again, need not wait for the end of the lease.
        return diesel::sql_query(
            "UPDATE recommendation_states SET lease_until = NULL \
             WHERE user_id = $1 AND kind = $2 AND lease_until = $3",
        )
        .bind::<SqlUuid, _>(claimed.user.uuid())
        .bind::<Text, _>(claimed.kind.as_str())
        .bind::<Timestamptz, _>(claimed.until)
        .execute(conn)
        .map(drop);
    }
    watch::keep_items(conn, &cmd.items)?;
    let items: Vec<i64> = cmd.items.iter().map(|item| item.ids().trakt).collect();
    // What comes twice has its first place.
    diesel::sql_query("DELETE FROM recommendations WHERE user_id = $1 AND kind = $2")
        .bind::<SqlUuid, _>(claimed.user.uuid())
        .bind::<Text, _>(claimed.kind.as_str())
        .execute(conn)?;
    diesel::sql_query(
        "INSERT INTO recommendations (user_id, kind, place, item) \
         SELECT $1, $2, min(place), item \
         FROM unnest($3::bigint[]) WITH ORDINALITY AS r (item, place) GROUP BY item",
    )
    .bind::<SqlUuid, _>(claimed.user.uuid())
    .bind::<Text, _>(claimed.kind.as_str())
    .bind::<Array<BigInt>, _>(&items)
    .execute(conn)?;
    diesel::sql_query(
        "DELETE FROM recommendation_hides AS h WHERE user_id = $1 AND kind = $2 \
         AND item = ANY ($3) AND hidden_at < now() - interval '10 minutes' AND NOT EXISTS ( \
             SELECT 1 FROM outbox AS o WHERE o.user_id = $1 AND o.settled_at IS NULL \
                 AND o.kind = $2 AND o.item = h.item AND o.part = 'recommendations')",
    )
    .bind::<SqlUuid, _>(claimed.user.uuid())
    .bind::<Text, _>(claimed.kind.as_str())
    .bind::<Array<BigInt>, _>(&items)
    .execute(conn)
    .map(drop)
}
