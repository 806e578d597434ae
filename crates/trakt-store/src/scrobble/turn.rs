//! Whose writes are sent next.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bool, Double, Integer, Interval, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use trakt_core::ports::{ClaimWrites, ClaimedWrites, HoldWrites, Lease};
use trakt_core::scrobble::{Deed, Pressure, Target, Waiting, WritePart};
use trakt_core::webhook::WebhookChange;
use trakt_core::{PushId, UserId, WriteId};
use uuid::Uuid;

use super::{accept, settle};
use crate::error::{Failure, corrupt};
use crate::time::interval;
use crate::webhook;

/// Makes the user's turn due, unless it waits after trouble; until the end of the transaction
/// nobody else takes it.
pub(super) fn begin(conn: &mut PgConnection, user: UserId) -> QueryResult<()> {
    diesel::sql_query(
        "INSERT INTO outbox_turns (user_id, next_at) VALUES ($1, now()) \
         ON CONFLICT (user_id) DO UPDATE SET next_at = coalesce(outbox_turns.next_at, now())",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .execute(conn)
    .map(drop)
}

/// Makes the turn of a user due who has writes that wait. After a send whose outcome is unknown it
/// waits on: read back too soon, what Trakt is still about to store would be sent again.
pub(crate) fn due(conn: &mut PgConnection, user: UserId) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE outbox_turns AS t SET next_at = now(), attempts = 0 WHERE user_id = $1 \
         AND EXISTS (SELECT 1 FROM outbox WHERE user_id = $1 AND settled_at IS NULL) \
         AND (t.next_at IS NULL OR t.reason = 'no_token' OR NOT EXISTS ( \
             SELECT 1 FROM outbox WHERE user_id = $1 AND settled_at IS NULL AND state = 'sent'))",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .execute(conn)
    .map(drop)
}

#[derive(QueryableByName)]
struct TurnRow {
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

#[derive(QueryableByName)]
struct WaitingRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    deed: String,
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    item: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    sought: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Double>)]
    number: Option<f64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    play: Option<i64>,
    #[diesel(sql_type = Double)]
    age: f64,
    #[diesel(sql_type = Bool)]
    sent: bool,
    #[diesel(sql_type = Bool)]
    alone: bool,
}

/// What waits and is not held back; nothing where the user has switched writes off.
const WAITING: &str = "\
SELECT id, deed, kind, item, sought, at, number, play, alone, state = 'sent' AS sent, \
    greatest(extract(epoch FROM now() - accepted_at), 0)::float8 AS age \
FROM outbox AS o \
WHERE user_id = $1 AND settled_at IS NULL \
    AND NOT EXISTS (SELECT 1 FROM watch_choices WHERE user_id = $1 AND NOT push) AND (meant OR deed LIKE 'scrobble%' OR NOT EXISTS ( \
    SELECT 1 FROM watch_holds AS h \
    WHERE h.user_id = $1 AND h.side = 'push' AND h.part = o.part)) \
ORDER BY seq LIMIT $2";

/// See `OutboxStore::claim_writes`. A user whose writes cannot be read is put off, or would be the
/// next one again, and nobody else ever; the inner result tells of it.
pub(super) fn claim(
    conn: &mut PgConnection,
    cmd: &ClaimWrites,
) -> Result<Result<Option<ClaimedWrites>, Failure>, Failure> {
    let turn: Option<TurnRow> = diesel::sql_query(
        "UPDATE outbox_turns SET push = $1, lease_until = now() + $2 WHERE user_id = ( \
             SELECT user_id FROM outbox_turns \
             WHERE next_at <= now() AND (lease_until IS NULL OR lease_until <= now()) \
             ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED) \
         RETURNING user_id, attempts",
    )
    .bind::<SqlUuid, _>(cmd.push.uuid())
    .bind::<Interval, _>(interval(cmd.lease))
    .get_result(conn)
    .optional()?;
    let Some(turn) = turn else {
        return Ok(Ok(None));
    };
    let claimed = conn.transaction(|conn| read(conn, cmd, &turn));
    if let Err(failure) = &claimed
        && !failure.contended()
    {
        diesel::sql_query(
            "UPDATE outbox_turns SET push = NULL, lease_until = NULL, reason = 'unreadable', \
                 next_at = now() + interval '15 minutes', attempts = attempts + 1 \
             WHERE user_id = $1",
        )
        .bind::<SqlUuid, _>(turn.user_id)
        .execute(conn)?;
        return Ok(claimed.map(Some));
    }
    claimed.map(|claimed| Ok(Some(claimed)))
}

fn read(
    conn: &mut PgConnection,
    cmd: &ClaimWrites,
    turn: &TurnRow,
) -> Result<ClaimedWrites, Failure> {
    let user = UserId::from(turn.user_id);
    settle::account_changed(conn, user)?;
    let rows: Vec<WaitingRow> = diesel::sql_query(WAITING)
        .bind::<SqlUuid, _>(user.uuid())
        .bind::<BigInt, _>(i64::from(cmd.limit))
        .load(conn)?;
    if rows.is_empty() {
        diesel::sql_query(
            "UPDATE outbox_turns SET push = NULL, lease_until = NULL, next_at = NULL, attempts = 0 \
             WHERE user_id = $1",
        )
        .bind::<SqlUuid, _>(user.uuid())
        .execute(conn)?;
    }
    let writes = rows.into_iter().map(WaitingRow::waiting);
    Ok(ClaimedWrites {
        user,
        writes: writes.collect::<Result<_, _>>()?,
        attempts: turn.attempts.unsigned_abs(),
        pressure: pressure(conn, user, cmd.count_from)?,
    })
}

impl WaitingRow {
    fn waiting(self) -> Result<Waiting, Failure> {
        let deed = Deed::ALL.iter().find(|deed| deed.as_str() == self.deed);
        let deed = *deed.ok_or_else(|| Failure::Port(corrupt("outbox.deed")))?;
        let item = match (self.kind, self.item) {
            (Some(kind), Some(trakt)) => Some(Target {
                kind: accept::kind(&kind)?,
                trakt,
            }),
            _ => None,
        };
        Ok(Waiting {
            id: self.id.into(),
            deed,
            item,
            sought: self.sought.and_then(|text| text.parse().ok()),
            at: self.at,
            number: self.number,
            play: self.play,
            age: Duration::try_from_secs_f64(self.age).unwrap_or_default(),
            sent: self.sent,
            alone: self.alone,
        })
    }
}

#[derive(QueryableByName)]
struct PressureRow {
    #[diesel(sql_type = Text)]
    part: String,
    #[diesel(sql_type = BigInt)]
    adds: i64,
    #[diesel(sql_type = BigInt)]
    removes: i64,
    #[diesel(sql_type = BigInt)]
    held: i64,
}

/// What the writes of a day change where they are many, and not held back yet; those that change
/// nothing at Trakt are left out. How much Trakt has is counted only then, as that costs as much as a
/// user has: what is held here, as it was before the day's writes changed it. (A rating that is
/// changed counts as one that is new.)
const PRESSURE: &str = "\
SELECT part, adds, removes, greatest(removes + CASE part \
        WHEN 'history' THEN (SELECT count(*) FROM plays WHERE user_id = $1 AND id > 0) \
        WHEN 'ratings' THEN (SELECT count(*) FROM ratings WHERE user_id = $1) - adds \
        ELSE (SELECT count(*) FROM watchlist WHERE user_id = $1 AND id > 0) END, 0) AS held \
FROM (SELECT part, count(*) FILTER (WHERE deed LIKE '%_add') AS adds, \
        count(*) FILTER (WHERE deed LIKE '%_remove') AS removes, \
        bool_or(settled_at IS NULL) AS waits \
    FROM outbox WHERE user_id = $1 AND accepted_at > now() - interval '1 day' \
        AND deed NOT LIKE 'scrobble%' AND NOT meant AND state <> 'refused' \
        AND coalesce(reason, '') NOT IN ('already_there', 'never_sent') \
    GROUP BY part) AS day \
WHERE waits AND greatest(adds, removes) >= $2 AND NOT EXISTS ( \
    SELECT 1 FROM watch_holds AS h \
    WHERE h.user_id = $1 AND h.side = 'push' AND h.part = day.part)";

fn pressure(conn: &mut PgConnection, user: UserId, from: u64) -> Result<Vec<Pressure>, Failure> {
    let rows: Vec<PressureRow> = diesel::sql_query(PRESSURE)
        .bind::<SqlUuid, _>(user.uuid())
        .bind::<BigInt, _>(i64::try_from(from).unwrap_or(i64::MAX))
        .load(conn)?;
    let pressure = rows.into_iter().map(|row| {
        let part = WritePart::ALL.iter().find(|part| part.as_str() == row.part);
        Ok(Pressure {
            part: *part.ok_or_else(|| Failure::Port(corrupt("outbox.part")))?,
            adds: row.adds.unsigned_abs(),
            removes: row.removes.unsigned_abs(),
            held: row.held.unsigned_abs(),
        })
    });
    pressure.collect()
}

/// Counts one more write, or one less, where its part is held back: the user is asked about all of
/// them.
pub(super) fn held_too(
    conn: &mut PgConnection,
    user: UserId,
    deed: Deed,
    part: WritePart,
    more: i64,
) -> QueryResult<()> {
    let word = deed.as_str();
    let (adds, removes) = (word.ends_with("_add"), word.ends_with("_remove"));
    if word.starts_with("scrobble") || !(adds || removes) {
        return Ok(());
    }
    diesel::sql_query(
        "UPDATE watch_holds SET adds = adds + $3, removes = removes + $4 \
         WHERE user_id = $1 AND side = 'push' AND part = $2",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Text, _>(part.as_str())
    .bind::<BigInt, _>(i64::from(adds) * more)
    .bind::<BigInt, _>(i64::from(removes) * more)
    .execute(conn)
    .map(drop)
}

/// Whether the turn still has its lease, which it keeps until the end of the transaction.
pub(super) fn ours(conn: &mut PgConnection, user: UserId, push: PushId) -> QueryResult<Lease> {
    let kept =
        diesel::sql_query("UPDATE outbox_turns SET push = push WHERE user_id = $1 AND push = $2")
            .bind::<SqlUuid, _>(user.uuid())
            .bind::<SqlUuid, _>(push.uuid())
            .execute(conn)?;
    Ok(if kept == 1 { Lease::Kept } else { Lease::Lost })
}

/// Ends a turn; the next one is due at once.
pub(super) fn free(conn: &mut PgConnection, user: UserId) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE outbox_turns SET push = NULL, lease_until = NULL, next_at = now() \
         WHERE user_id = $1",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .execute(conn)
    .map(drop)
}

/// From here on the lease lasts for longer than a call to Trakt and what comes before it, however
/// long the token took: nobody else reads back while the call is under way.
const SENDING: &str = "interval '60 s'";

/// See `OutboxStore::begin_send`. Nothing is sent any more once the user has switched writes off.
pub(super) fn begin_send(
    conn: &mut PgConnection,
    user: UserId,
    push: PushId,
    writes: &[WriteId],
) -> QueryResult<Lease> {
    if ours(conn, user, push)? == Lease::Lost {
        return Ok(Lease::Lost);
    }
    let ids: Vec<Uuid> = writes.iter().map(|id| id.uuid()).collect();
    let waiting: Vec<IdRow> = diesel::sql_query(
        "SELECT id FROM outbox WHERE user_id = $1 AND id = ANY ($2) AND settled_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM watch_choices WHERE user_id = $1 AND NOT push) \
         ORDER BY seq FOR UPDATE",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Array<SqlUuid>, _>(&ids)
    .load(conn)?;
    // A pull found one of them at Trakt meanwhile, or writes are off: the next turn sees.
    if waiting.iter().map(|row| row.id).ne(ids.iter().copied()) {
        free(conn, user)?;
        return Ok(Lease::Lost);
    }
    diesel::sql_query("UPDATE outbox SET state = 'sent', sent_at = now() WHERE id = ANY ($1)")
        .bind::<Array<SqlUuid>, _>(&ids)
        .execute(conn)?;
    diesel::sql_query(format!(
        "UPDATE outbox_turns SET lease_until = greatest(lease_until, now() + {SENDING}) \
         WHERE user_id = $1"
    ))
    .bind::<SqlUuid, _>(user.uuid())
    .execute(conn)?;
    Ok(Lease::Kept)
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// See `OutboxStore::hold_writes`.
pub(super) fn hold(conn: &mut PgConnection, cmd: &HoldWrites) -> QueryResult<Lease> {
    if ours(conn, cmd.user, cmd.push)? == Lease::Lost {
        return Ok(Lease::Lost);
    }
    let parts: Vec<_> = cmd.parts.iter().map(|part| part.part.as_str()).collect();
    let count = |of: fn(&Pressure) -> u64| -> Vec<i64> {
        let counts = cmd.parts.iter().map(of);
        counts
            .map(|n| i64::try_from(n).unwrap_or(i64::MAX))
            .collect()
    };
    diesel::sql_query(
        "INSERT INTO watch_holds (user_id, side, part, adds, removes, held) \
         SELECT $1, 'push', * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) \
         ON CONFLICT (user_id, side, part) DO UPDATE \
         SET adds = excluded.adds, removes = excluded.removes, held = excluded.held, \
             held_at = now()",
    )
    .bind::<SqlUuid, _>(cmd.user.uuid())
    .bind::<Array<Text>, _>(parts)
    .bind::<Array<BigInt>, _>(count(|part| part.adds))
    .bind::<Array<BigInt>, _>(count(|part| part.removes))
    .bind::<Array<BigInt>, _>(count(|part| part.held))
    .execute(conn)?;
    let changes = cmd.parts.iter().map(|part| WebhookChange {
        part: part.part.as_str().to_owned(),
        adds: part.adds,
        removes: part.removes,
        of: Some(part.held),
    });
    webhook::held(conn, cmd.user, "push", &changes.collect::<Vec<_>>())?;
    Ok(Lease::Kept)
}

/// What is held back is meant: by the user's writes of the day, those that are settled included, or
/// the next one would be one too many again.
pub(crate) fn confirm(conn: &mut PgConnection, user: UserId) -> QueryResult<()> {
    let parts = "SELECT part FROM watch_holds WHERE user_id = $1 AND side = 'push'";
    let meant = format!(
        "UPDATE outbox SET meant = true WHERE user_id = $1 \
         AND accepted_at > now() - interval '1 day' AND part IN ({parts})"
    );
    let waits = format!(
        "UPDATE outbox SET meant = true WHERE user_id = $1 AND settled_at IS NULL \
         AND part IN ({parts})"
    );
    for sql in [
        &meant,
        &waits,
        "DELETE FROM watch_holds WHERE user_id = $1 AND side = 'push'",
        "UPDATE watch_holds SET meant = true WHERE user_id = $1 AND side = 'pull'",
    ] {
        diesel::sql_query(sql)
            .bind::<SqlUuid, _>(user.uuid())
            .execute(conn)?;
    }
    due(conn, user)
}
