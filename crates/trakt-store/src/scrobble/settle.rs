//! What became of writes.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bool, Double, Interval, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use trakt_core::UserId;
use trakt_core::ports::{EndPush, Lease, NameWrite};
use trakt_core::scrobble::{Deed, WriteState, Written};
use uuid::Uuid;

use super::accept::same_play;
use super::effect::{Effect, makes_play};
use super::turn::{free, ours};
use crate::error::{Failure, corrupt};
use crate::time::interval;
use crate::{recommend, watch};

/// How long after a write a pull is wanted: it brings what only Trakt knows, such as ids.
const PULL_AFTER: &str = "interval '1 minute'";

#[derive(QueryableByName)]
struct NamedRow {
    #[diesel(sql_type = Text)]
    deed: String,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Double>)]
    number: Option<f64>,
}

/// See `OutboxStore::name_write`.
pub(super) fn name(conn: &mut PgConnection, cmd: &NameWrite) -> Result<Lease, Failure> {
    if ours(conn, cmd.user, cmd.push)? == Lease::Lost {
        return Ok(Lease::Lost);
    }
    watch::keep_items(conn, cmd.item.as_slice())?;
    let row: Option<NamedRow> = diesel::sql_query(
        "SELECT deed, at, number FROM outbox \
         WHERE user_id = $1 AND id = $2 AND settled_at IS NULL FOR UPDATE",
    )
    .bind::<SqlUuid, _>(cmd.user.uuid())
    .bind::<SqlUuid, _>(cmd.id.uuid())
    .get_result(conn)
    .optional()?;
    // It was for an account that is not linked any more.
    let Some(row) = row else {
        free(conn, cmd.user)?;
        return Ok(Lease::Lost);
    };
    let deed = Deed::ALL.iter().find(|deed| deed.as_str() == row.deed);
    let effect = Effect {
        user: cmd.user,
        deed: *deed.ok_or_else(|| Failure::Port(corrupt("outbox.deed")))?,
        of: cmd.target,
        at: row.at,
        number: row.number,
    };
    let of = (effect.of, effect.at, effect.deed);
    let is_there = effect.is_there(conn)?
        || (makes_play(effect.deed, effect.number)
            && same_play(conn, cmd.user, cmd.id, of)?.is_some());
    let play = if is_there { None } else { effect.apply(conn)? };
    diesel::sql_query(
        "UPDATE outbox SET kind = $2, item = $3, play = $4, sought = NULL, \
             state = CASE WHEN $5 THEN 'confirmed' ELSE state END, \
             reason = CASE WHEN $5 THEN 'already_there' END, \
             settled_at = CASE WHEN $5 THEN now() END \
         WHERE id = $1",
    )
    .bind::<SqlUuid, _>(cmd.id.uuid())
    .bind::<Text, _>(effect.of.kind.as_str())
    .bind::<BigInt, _>(effect.of.trakt)
    .bind::<Nullable<BigInt>, _>(play)
    .bind::<Bool, _>(is_there)
    .execute(conn)?;
    free(conn, cmd.user)?;
    Ok(Lease::Kept)
}

/// What is noted of a write: its state, the word for it, whether it goes alone from now on, Trakt's
/// id and time of the play.
type Note = (
    WriteState,
    Option<&'static str>,
    bool,
    Option<i64>,
    Option<DateTime<Utc>>,
);

fn note(written: &Written) -> Option<Note> {
    Some(match written {
        Written::Confirmed { play, at, reason } => {
            (WriteState::Confirmed, *reason, false, *play, *at)
        }
        Written::Paused => (WriteState::Confirmed, Some("paused"), false, None, None),
        Written::Refused(reason) => (WriteState::Refused, Some(reason), false, None, None),
        Written::Again => (WriteState::Queued, None, false, None, None),
        Written::Alone => (WriteState::Queued, None, true, None, None),
        Written::Unknown => return None,
    })
}

/// See `OutboxStore::end_push`.
pub(super) fn end(conn: &mut PgConnection, cmd: &EndPush) -> Result<Lease, Failure> {
    let undone: Vec<Uuid> = cmd
        .writes
        .iter()
        .filter(|(_, written)| matches!(written, Written::Refused(_) | Written::Paused))
        .map(|(id, _)| id.uuid())
        .collect();
    // Trakt had it already, so that nothing may have changed there that makes a pull look.
    let unsure: Vec<Uuid> = cmd
        .writes
        .iter()
        .filter(|(_, written)| match written {
            Written::Confirmed { play, at, .. } => play.is_none() && at.is_some(),
            written => matches!(written, Written::Refused(_) | Written::Paused),
        })
        .map(|(id, _)| id.uuid())
        .collect();
    let confirmed = cmd.writes.iter();
    let confirmed = confirmed.filter(|(_, written)| matches!(written, Written::Confirmed { .. }));
    let confirmed: Vec<Uuid> = confirmed.map(|(id, _)| id.uuid()).collect();
    // The state of the user before the turn: all take them in this order.
    if !undone.is_empty() {
        pull_soon(conn, cmd.user, "interval '0'")?;
    } else if !confirmed.is_empty() {
        pull_soon(conn, cmd.user, PULL_AFTER)?;
    }
    if ours(conn, cmd.user, cmd.push)? == Lease::Lost {
        return Ok(Lease::Lost);
    }
    settle(conn, cmd)?;
    undo(conn, cmd.user, &undone)?;
    read_again(conn, cmd.user, &unsure)?;
    read_playback(conn, cmd)?;
    recommend::shown_again(conn, cmd.user, &confirmed)?;
    diesel::sql_query(
        "UPDATE outbox_turns SET push = NULL, lease_until = NULL, next_at = now() + $2, \
             reason = $3, attempts = CASE WHEN $3 IS NULL THEN 0 ELSE attempts + 1 END \
         WHERE user_id = $1",
    )
    .bind::<SqlUuid, _>(cmd.user.uuid())
    .bind::<Interval, _>(interval(cmd.next))
    .bind::<Nullable<Text>, _>(cmd.trouble)
    .execute(conn)?;
    Ok(Lease::Kept)
}

/// Brings the next pull nearer, of whoever is pulled for; one that is under way does not count.
fn pull_soon(conn: &mut PgConnection, user: UserId, after: &str) -> QueryResult<()> {
    diesel::sql_query(format!(
        "UPDATE watch_states SET next_at = CASE WHEN pull IS NULL \
             THEN least(next_at, now() + {after}) ELSE now() + {after} END \
         WHERE user_id = $1 AND next_at IS NOT NULL"
    ))
    .bind::<SqlUuid, _>(user.uuid())
    .execute(conn)
    .map(drop)
}

fn settle(conn: &mut PgConnection, cmd: &EndPush) -> QueryResult<()> {
    let notes: Vec<_> = cmd
        .writes
        .iter()
        .filter_map(|(id, written)| Some((id.uuid(), note(written)?)))
        .collect();
    if notes.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = notes.iter().map(|(id, _)| *id).collect();
    let states: Vec<_> = notes.iter().map(|(_, note)| note.0.as_str()).collect();
    let reasons: Vec<_> = notes.iter().map(|(_, note)| note.1).collect();
    let alone: Vec<_> = notes.iter().map(|(_, note)| note.2).collect();
    let plays: Vec<_> = notes.iter().map(|(_, note)| note.3).collect();
    let times: Vec<_> = notes.iter().map(|(_, note)| note.4).collect();
    // The rows that waited for Trakt's id get it, unless a pull has brought the real one.
    diesel::sql_query(
        "WITH told AS (SELECT o.play AS waits, t.play, t.at FROM outbox AS o \
             JOIN unnest($2::uuid[], $3::bigint[], $4::timestamptz[]) AS t (id, play, at) \
                 ON t.id = o.id \
             WHERE o.user_id = $1 AND o.play < 0 AND num_nonnulls(t.play, t.at) > 0), \
         gone AS (DELETE FROM plays AS p USING told AS t \
             WHERE p.user_id = $1 AND p.id = t.waits AND EXISTS ( \
                 SELECT 1 FROM plays AS r WHERE r.user_id = $1 AND r.id = t.play)) \
         UPDATE plays AS p SET id = coalesce(t.play, p.id), watched_at = coalesce(t.at, p.watched_at) \
         FROM told AS t WHERE p.user_id = $1 AND p.id = t.waits AND NOT EXISTS ( \
             SELECT 1 FROM plays AS r WHERE r.user_id = $1 AND r.id = t.play)",
    )
    .bind::<SqlUuid, _>(cmd.user.uuid())
    .bind::<Array<SqlUuid>, _>(&ids)
    .bind::<Array<Nullable<BigInt>>, _>(&plays)
    .bind::<Array<Nullable<Timestamptz>>, _>(&times)
    .execute(conn)?;
    diesel::sql_query(
        "UPDATE outbox AS o SET state = t.state, reason = t.reason, alone = o.alone OR t.alone, \
             play = coalesce(t.play, o.play), \
             settled_at = CASE WHEN t.state IN ('confirmed', 'refused') THEN now() END \
         FROM unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::bigint[]) \
             AS t (id, state, reason, alone, play) \
         WHERE o.user_id = $1 AND o.id = t.id AND o.settled_at IS NULL",
    )
    .bind::<SqlUuid, _>(cmd.user.uuid())
    .bind::<Array<SqlUuid>, _>(&ids)
    .bind::<Array<Text>, _>(states)
    .bind::<Array<Nullable<Text>>, _>(reasons)
    .bind::<Array<Bool>, _>(alone)
    .bind::<Array<Nullable<BigInt>>, _>(&plays)
    .execute(conn)
    .map(drop)
}

/// Takes back what writes changed here that Trakt will not have. What was there before, the next
/// pull brings: the parts are read again.
fn undo(conn: &mut PgConnection, user: UserId, writes: &[Uuid]) -> QueryResult<()> {
    if writes.is_empty() {
        return Ok(());
    }
    let gone: Vec<ItemRow> = diesel::sql_query(
        "DELETE FROM plays AS p USING outbox AS o \
         WHERE o.user_id = $1 AND o.id = ANY ($2) AND o.play < 0 \
             AND p.user_id = $1 AND p.id = o.play RETURNING p.kind, p.item",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Array<SqlUuid>, _>(writes)
    .load(conn)?;
    for table in ["playback", "watchlist"] {
        diesel::sql_query(format!(
            "DELETE FROM {table} AS p USING outbox AS o \
             WHERE o.user_id = $1 AND o.id = ANY ($2) AND o.play < 0 \
                 AND p.user_id = $1 AND p.id = o.play"
        ))
        .bind::<SqlUuid, _>(user.uuid())
        .bind::<Array<SqlUuid>, _>(writes)
        .execute(conn)?;
    }
    let episodes = gone.iter().filter(|row| row.kind == "episode");
    let episodes: Vec<i64> = episodes.map(|row| row.item).collect();
    watch::unwatch_episodes(conn, user, &episodes)
}

/// Takes back what writes changed here that are not sent any more at their user's wish.
pub(super) fn take_back(conn: &mut PgConnection, user: UserId, writes: &[Uuid]) -> QueryResult<()> {
    undo(conn, user, writes)?;
    read_again(conn, user, writes)
}

#[derive(QueryableByName)]
struct ItemRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    item: i64,
}

/// Lets the next pull read the parts that these writes are about, whatever Trakt says of changes. A
/// play that never came to be has changed nothing at Trakt, and is gone here.
fn read_again(conn: &mut PgConnection, user: UserId, writes: &[Uuid]) -> QueryResult<()> {
    if writes.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "DELETE FROM watch_marks AS m USING outbox AS o \
         WHERE o.user_id = $1 AND o.id = ANY ($2) AND m.user_id = $1 AND CASE o.part \
             WHEN 'history' THEN (m.part = 'playback' AND o.deed <> 'history_add') \
                 OR ((o.deed <> 'history_add' OR o.state <> 'refused') \
                     AND m.part = o.kind || '_plays') \
             WHEN 'ratings' THEN m.part LIKE '%_ratings' \
             ELSE m.part = o.part END",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Array<SqlUuid>, _>(writes)
    .execute(conn)
    .map(drop)
}

/// Lets the next pull read where players stopped, after what a player did was not said to Trakt as
/// such: a play that is added there leaves the place where it stopped.
fn read_playback(conn: &mut PgConnection, cmd: &EndPush) -> QueryResult<()> {
    let without = cmd
        .writes
        .iter()
        .filter(|(_, written)| matches!(written, Written::Confirmed { play: None, .. }));
    let ids: Vec<Uuid> = without.map(|(id, _)| id.uuid()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "DELETE FROM watch_marks WHERE user_id = $1 AND part = 'playback' AND EXISTS ( \
             SELECT 1 FROM outbox WHERE user_id = $1 AND id = ANY ($2) \
                 AND deed IN ('scrobble_start', 'scrobble_stop'))",
    )
    .bind::<SqlUuid, _>(cmd.user.uuid())
    .bind::<Array<SqlUuid>, _>(&ids)
    .execute(conn)
    .map(drop)
}

/// Refuses what was written for another account than the one that is linked now, and takes back
/// what it changed here.
pub(crate) fn account_changed(conn: &mut PgConnection, user: UserId) -> QueryResult<()> {
    let refused: Vec<IdRow> = diesel::sql_query(
        "UPDATE outbox AS o \
         SET state = 'refused', reason = 'account_changed', settled_at = now() \
         FROM trakt_users AS t \
         WHERE o.user_id = $1 AND o.settled_at IS NULL AND t.user_id = $1 \
             AND t.trakt_uuid IS NOT NULL AND t.trakt_uuid <> o.trakt_uuid \
         RETURNING o.id",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .load(conn)?;
    let refused: Vec<Uuid> = refused.iter().map(|row| row.id).collect();
    undo(conn, user, &refused)
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// See `OutboxStore::forget_writes`. A write whose play still waits for Trakt's id is kept: without
/// it the play would be shown for ever.
pub(super) fn forget(conn: &mut PgConnection, ended: Duration, limit: u32) -> QueryResult<usize> {
    diesel::sql_query(
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox AS o \
             WHERE settled_at < now() - $1 AND NOT (o.play < 0 AND o.state = 'confirmed' \
                 AND EXISTS (SELECT 1 FROM plays AS p \
                     WHERE p.user_id = o.user_id AND p.id = o.play)) \
             ORDER BY settled_at LIMIT $2)",
    )
    .bind::<Interval, _>(interval(ended))
    .bind::<BigInt, _>(i64::from(limit))
    .execute(conn)
}
