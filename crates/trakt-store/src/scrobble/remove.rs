//! Which play a removal is about.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Uuid as SqlUuid};
use trakt_core::ports::AcceptWrite;
use trakt_core::scrobble::{Deed, Wish, WritePart};
use trakt_core::{UserId, WriteId};

use super::accept::Before;
use super::{settle, turn};

/// What there is to remove.
pub(super) enum Made {
    /// A play that Trakt has: its id there.
    AtTrakt(i64),
    /// Trakt may have it, and its id is not known yet.
    NotYet,
    /// It was not sent yet, and never will be now.
    Withdrawn,
    /// No play.
    Nothing,
}

/// Which play is to be removed; `None` where the wish is another one.
pub(super) fn removed_play(
    conn: &mut PgConnection,
    cmd: &AcceptWrite,
) -> QueryResult<Option<Made>> {
    Ok(match &cmd.wish {
        Wish::RemovePlay { id } => Some(Made::AtTrakt(*id)),
        Wish::TakeBack { write } => Some(made(conn, cmd.user, *write)?),
        _ => None,
    })
}

/// The play that a write made. One that was not sent yet is taken back; once it may be at Trakt,
/// only its id there removes it.
fn made(conn: &mut PgConnection, user: UserId, write: WriteId) -> QueryResult<Made> {
    let row: Option<MadeRow> = diesel::sql_query(
        "SELECT play, state = 'queued' AND sent_at IS NULL AS unsent, \
             EXISTS (SELECT 1 FROM plays AS p WHERE p.user_id = $1 AND p.id = o.play) AS there \
         FROM outbox AS o WHERE user_id = $1 AND id = $2 AND part = 'history' \
             AND deed <> 'history_remove' AND state <> 'refused' FOR UPDATE",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<SqlUuid, _>(write.uuid())
    .get_result(conn)
    .optional()?;
    let Some(row) = row else {
        return Ok(Made::Nothing);
    };
    if row.unsent {
        diesel::sql_query(
            "UPDATE outbox SET state = 'refused', reason = 'withdrawn', settled_at = now() \
             WHERE id = $1",
        )
        .bind::<SqlUuid, _>(write.uuid())
        .execute(conn)?;
        settle::take_back(conn, user, &[write.uuid()])?;
        turn::held_too(conn, user, Deed::AddPlay, WritePart::History, -1)?;
        return Ok(Made::Withdrawn);
    }
    Ok(match row.play {
        Some(id) if id > 0 => Made::AtTrakt(id),
        Some(_) if row.there => Made::NotYet,
        _ => Made::Nothing,
    })
}

#[derive(QueryableByName)]
struct MadeRow {
    #[diesel(sql_type = Nullable<BigInt>)]
    play: Option<i64>,
    #[diesel(sql_type = Bool)]
    unsent: bool,
    #[diesel(sql_type = Bool)]
    there: bool,
}

/// The write that removes this play already.
pub(super) fn removal(
    conn: &mut PgConnection,
    user: UserId,
    play: i64,
) -> QueryResult<Option<Before>> {
    diesel::sql_query(
        "SELECT id, state, wish FROM outbox \
         WHERE user_id = $1 AND play = $2 AND deed = $3 AND state <> 'refused' \
         ORDER BY seq DESC LIMIT 1",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<BigInt, _>(play)
    .bind::<Text, _>(Deed::RemovePlay.as_str())
    .get_result(conn)
    .optional()
}
