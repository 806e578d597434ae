//! Taking a write.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{
    BigInt, Bool, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use trakt_core::ports::{AcceptWrite, Accepted};
use trakt_core::scrobble::{Deed, Target, Wish, WriteKey, WriteRecord, WriteState};
use trakt_core::watch::ItemKind;
use trakt_core::{UserId, WriteId};
use uuid::Uuid;

use super::effect::{Effect, makes_play};
use super::remove::{Made, removal, removed_play};
use super::turn;
use crate::error::{Failure, corrupt};
use crate::watch;

/// What is known of the user, by one statement: the link's account, the present moment in
/// milliseconds, whether writes are switched on, and how many the day has had.
const STANDING: &str = "\
SELECT t.trakt_uuid, date_trunc('milliseconds', now()) AS now, day.count, \
    NOT EXISTS (SELECT 1 FROM watch_choices WHERE user_id = $1 AND NOT push) AS push, \
    greatest(extract(epoch FROM day.oldest + interval '1 day' - now()), 1)::bigint AS room_in \
FROM trakt_users AS t, LATERAL ( \
    SELECT count(*), min(accepted_at) AS oldest FROM ( \
        SELECT accepted_at FROM outbox \
        WHERE user_id = $1 AND accepted_at > now() - interval '1 day' \
        ORDER BY accepted_at DESC LIMIT $2) AS lately) AS day \
WHERE t.user_id = $1 AND t.status <> 'unverified' AND t.trakt_uuid IS NOT NULL";

#[derive(QueryableByName)]
struct Standing {
    #[diesel(sql_type = Text)]
    trakt_uuid: String,
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    push: bool,
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    room_in: Option<i64>,
}

/// A write that is there.
#[derive(QueryableByName)]
pub(super) struct Before {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Text)]
    wish: String,
}

#[derive(QueryableByName)]
struct Play {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    item: i64,
}

/// See `OutboxStore::may_write`.
pub(super) fn may_write(
    conn: &mut PgConnection,
    user: UserId,
    daily: u32,
) -> QueryResult<Option<bool>> {
    let standing: Option<Standing> = diesel::sql_query(STANDING)
        .bind::<SqlUuid, _>(user.uuid())
        .bind::<BigInt, _>(i64::from(daily))
        .get_result(conn)
        .optional()?;
    Ok(standing.map(|standing| standing.push && standing.count < i64::from(daily)))
}

/// See `OutboxStore::accept`.
pub(super) fn accept(conn: &mut PgConnection, cmd: &AcceptWrite) -> Result<Accepted, Failure> {
    // The link stays until the write is kept, or what ends it would not purge this.
    let standing: Option<Standing> = diesel::sql_query(format!("{STANDING} FOR KEY SHARE OF t"))
        .bind::<SqlUuid, _>(cmd.user.uuid())
        .bind::<BigInt, _>(i64::from(cmd.daily))
        .get_result(conn)
        .optional()?;
    let Some(standing) = standing else {
        return Ok(Accepted::NotLinked);
    };
    watch::seen(conn, cmd.user)?;
    // From here on one write of a user is taken after the other.
    turn::begin(conn, cmd.user)?;
    let wish = cmd.wish.text();
    if let Some(before) = with_key(conn, cmd)? {
        if before.wish != wish {
            return Ok(Accepted::KeyReused);
        }
        return kept(before.id, &before.state);
    }
    let (deed, number) = (cmd.wish.deed(), cmd.wish.number());
    let at = match &cmd.wish {
        Wish::AddPlay { watched_at, .. } => watched_at.unwrap_or(standing.now),
        _ => standing.now,
    };
    if let Some(of) = cmd.target.filter(|_| makes_play(deed, number))
        && let Some(before) = same_play(conn, cmd.user, cmd.id, (of, at, deed))?
    {
        keep_key(conn, cmd, before.id, &wish)?;
        return kept(before.id, &before.state);
    }
    if !standing.push {
        return Ok(Accepted::SwitchedOff);
    }
    if standing.count >= i64::from(cmd.daily) {
        let seconds = standing.room_in.unwrap_or(1).unsigned_abs();
        let retry_after = Duration::from_secs(seconds);
        return Ok(Accepted::Ceiling { retry_after });
    }
    watch::keep_items(conn, cmd.item.as_slice())?;
    let mut new = New {
        at,
        target: cmd.target,
        play: None,
        state: WriteState::Queued,
        reason: cmd.refused,
    };
    if cmd.refused.is_some() {
        new.state = WriteState::Refused;
    } else if let Some(made) = removed_play(conn, cmd)? {
        let id = match made {
            Made::Nothing => return Ok(Accepted::NotFound),
            Made::NotYet => return Ok(Accepted::NotYet),
            Made::Withdrawn => {
                new.state = WriteState::Confirmed;
                new.reason = Some(NEVER_SENT);
                insert(conn, cmd, &standing.trakt_uuid, &wish, &new)?;
                return Ok(Accepted::Kept {
                    id: cmd.id,
                    state: new.state,
                });
            }
            Made::AtTrakt(id) => id,
        };
        let removed: Option<Play> = diesel::sql_query(
            "DELETE FROM plays WHERE user_id = $1 AND id = $2 AND id > 0 RETURNING kind, item",
        )
        .bind::<SqlUuid, _>(cmd.user.uuid())
        .bind::<BigInt, _>(id)
        .get_result(conn)
        .optional()?;
        let Some(removed) = removed else {
            return match removal(conn, cmd.user, id)? {
                Some(before) => {
                    keep_key(conn, cmd, before.id, &wish)?;
                    kept(before.id, &before.state)
                }
                None => Ok(Accepted::NotFound),
            };
        };
        let kind = kind(&removed.kind)?;
        let trakt = removed.item;
        if kind == ItemKind::Episode {
            watch::unwatch_episodes(conn, cmd.user, &[trakt])?;
        }
        new.target = Some(Target { kind, trakt });
        new.play = Some(id);
    } else if let Some(of) = cmd.target {
        let effect = Effect {
            user: cmd.user,
            deed,
            of,
            at,
            number,
        };
        if effect.is_there(conn)? {
            new.state = WriteState::Confirmed;
            new.reason = Some(ALREADY_THERE);
        } else {
            new.play = effect.apply(conn)?;
        }
    }
    insert(conn, cmd, &standing.trakt_uuid, &wish, &new)?;
    if new.state == WriteState::Queued {
        turn::held_too(conn, cmd.user, deed, deed.part(number), 1)?;
    }
    Ok(Accepted::Kept {
        id: cmd.id,
        state: new.state,
    })
}

/// Why nothing is sent: it is there without it.
pub(super) const ALREADY_THERE: &str = "already_there";
/// Why nothing is sent: what it takes back never was.
pub(super) const NEVER_SENT: &str = "never_sent";

/// What is not the caller's word of a new write.
struct New {
    at: DateTime<Utc>,
    target: Option<Target>,
    play: Option<i64>,
    state: WriteState,
    reason: Option<&'static str>,
}

fn insert(
    conn: &mut PgConnection,
    cmd: &AcceptWrite,
    account: &str,
    wish: &str,
    new: &New,
) -> QueryResult<()> {
    let (deed, number) = (cmd.wish.deed(), cmd.wish.number());
    let settled = !matches!(new.state, WriteState::Queued);
    let sought = cmd.wish.item().filter(|_| new.target.is_none());
    diesel::sql_query(
        "INSERT INTO outbox (id, user_id, trakt_uuid, deed, part, kind, item, sought, wish, at, \
             number, play, key, state, reason, settled_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
             CASE WHEN $16 THEN now() END)",
    )
    .bind::<SqlUuid, _>(cmd.id.uuid())
    .bind::<SqlUuid, _>(cmd.user.uuid())
    .bind::<Text, _>(account)
    .bind::<Text, _>(deed.as_str())
    .bind::<Text, _>(deed.part(number).as_str())
    .bind::<Nullable<Text>, _>(new.target.map(|of| of.kind.as_str()))
    .bind::<Nullable<BigInt>, _>(new.target.map(|of| of.trakt))
    .bind::<Nullable<Text>, _>(sought.map(ToString::to_string))
    .bind::<Text, _>(wish)
    .bind::<Timestamptz, _>(new.at)
    .bind::<Nullable<Double>, _>(number)
    .bind::<Nullable<BigInt>, _>(new.play)
    .bind::<Nullable<Text>, _>(cmd.key.as_ref().map(WriteKey::as_str))
    .bind::<Text, _>(new.state.as_str())
    .bind::<Nullable<Text>, _>(new.reason)
    .bind::<Bool, _>(settled)
    .execute(conn)
    .map(drop)
}

fn kept(id: Uuid, state: &str) -> Result<Accepted, Failure> {
    Ok(Accepted::Kept {
        id: id.into(),
        state: self::state(state)?,
    })
}

fn with_key(conn: &mut PgConnection, cmd: &AcceptWrite) -> QueryResult<Option<Before>> {
    let Some(key) = &cmd.key else {
        return Ok(None);
    };
    diesel::sql_query(
        "SELECT id, state, wish FROM outbox WHERE user_id = $1 AND key = $2 \
         UNION ALL SELECT o.id, o.state, k.wish FROM outbox_keys AS k \
             JOIN outbox AS o ON o.id = k.write WHERE k.user_id = $1 AND k.key = $2",
    )
    .bind::<SqlUuid, _>(cmd.user.uuid())
    .bind::<Text, _>(key.as_str())
    .get_result(conn)
    .optional()
}

/// Notes that this key too is of a write that is there: the same request again gets it again, also
/// when its minute is over.
fn keep_key(
    conn: &mut PgConnection,
    cmd: &AcceptWrite,
    write: Uuid,
    wish: &str,
) -> QueryResult<()> {
    let Some(key) = &cmd.key else {
        return Ok(());
    };
    diesel::sql_query("INSERT INTO outbox_keys (user_id, key, write, wish) VALUES ($1, $2, $3, $4)")
        .bind::<SqlUuid, _>(cmd.user.uuid())
        .bind::<Text, _>(key.as_str())
        .bind::<SqlUuid, _>(write)
        .bind::<Text, _>(wish)
        .execute(conn)
        .map(drop)
}

/// Another write of the same play (what, when, how) that Trakt may not have yet; or what a player
/// said moments ago of what it says again, whether Trakt has it or not.
pub(super) fn same_play(
    conn: &mut PgConnection,
    user: UserId,
    than: WriteId,
    (of, at, deed): (Target, DateTime<Utc>, Deed),
) -> QueryResult<Option<Before>> {
    diesel::sql_query(
        "SELECT id, state, wish FROM outbox \
         WHERE user_id = $1 AND kind = $2 AND item = $3 AND part = 'history' AND id <> $6 \
             AND at BETWEEN $4 - interval '1 minute' AND $4 + interval '1 minute' \
             AND (deed <> 'history_remove' AND settled_at IS NULL \
                     AND date_trunc('minute', at) = date_trunc('minute', $4::timestamptz) \
                 OR deed = $5 AND deed = 'scrobble_stop' AND state <> 'refused') LIMIT 1",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Text, _>(of.kind.as_str())
    .bind::<BigInt, _>(of.trakt)
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(deed.as_str())
    .bind::<SqlUuid, _>(than.uuid())
    .get_result(conn)
    .optional()
}

pub(super) fn kind(word: &str) -> Result<ItemKind, Failure> {
    let known = ItemKind::ALL.iter().copied();
    let mut found = known.filter(|kind| kind.as_str() == word);
    found
        .next()
        .ok_or_else(|| Failure::Port(corrupt("outbox.kind")))
}

fn state(word: &str) -> Result<WriteState, Failure> {
    let known = WriteState::ALL.iter().copied();
    let mut found = known.filter(|state| state.as_str() == word);
    found
        .next()
        .ok_or_else(|| Failure::Port(corrupt("outbox.state")))
}

#[derive(QueryableByName)]
struct RecordRow {
    #[diesel(sql_type = Text)]
    deed: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    accepted_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    sent_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    settled_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Integer>)]
    held: Option<i32>,
}

/// See `OutboxStore::write`.
pub(super) fn record(
    conn: &mut PgConnection,
    user: UserId,
    id: WriteId,
) -> Result<Option<WriteRecord>, Failure> {
    let row: Option<RecordRow> = diesel::sql_query(
        "SELECT deed, state, accepted_at, sent_at, settled_at, \
             CASE WHEN settled_at IS NULL THEN coalesce(reason, (SELECT t.reason \
                 FROM outbox_turns AS t WHERE t.user_id = $1)) ELSE reason END AS reason, \
             (SELECT 1 FROM watch_holds AS h WHERE h.user_id = $1 AND h.side = 'push' \
                 AND h.part = o.part AND NOT o.meant AND o.settled_at IS NULL \
                 AND o.deed NOT LIKE 'scrobble%') AS held \
         FROM outbox AS o WHERE id = $2 AND user_id = $1",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<SqlUuid, _>(id.uuid())
    .get_result(conn)
    .optional()?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(WriteRecord {
        id,
        deed: row.deed,
        state: state(&row.state)?,
        reason: row.held.map_or(row.reason, |_| Some("held".to_owned())),
        accepted_at: row.accepted_at,
        sent_at: row.sent_at,
        settled_at: row.settled_at,
    }))
}
