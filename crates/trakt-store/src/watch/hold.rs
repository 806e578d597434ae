//! Changes that are too many to be meant.

use diesel::dsl::{now, sql};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use trakt_core::UserId;
use trakt_core::ports::{HoldPart, PullHold};
use trakt_core::watch::{Mark, Part};
use trakt_core::webhook::WebhookChange;

use super::pull::known;
use crate::schema::watch_holds as holds;
use crate::webhook;

type HoldRow = (String, Option<String>, i64, bool);

/// Removals of a user's rows that are held back, and those that may go on.
pub(super) fn holds(conn: &mut PgConnection, user: UserId) -> QueryResult<Vec<PullHold>> {
    let rows = holds::table
        .filter(holds::user_id.eq(user.uuid()))
        .filter(holds::side.eq("pull"))
        .select((holds::part, holds::mark, holds::removes, holds::meant))
        .load::<HoldRow>(conn)?;
    let rows = rows.into_iter();
    Ok(rows
        .filter_map(|(part, mark, removes, meant)| {
            Some(PullHold {
                part: known(&part)?,
                mark: mark.map(Mark::from),
                removes: removes.unsigned_abs(),
                meant,
            })
        })
        .collect())
}

/// See `WatchStore::hold_part`.
pub(super) fn hold(conn: &mut PgConnection, cmd: &HoldPart) -> QueryResult<()> {
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let before = holds::table
        .find((cmd.user.uuid(), "pull", cmd.part.as_str()))
        .select(holds::removes)
        .get_result::<i64>(conn)
        .optional()?;
    if before != Some(count(cmd.removes)) {
        let change = WebhookChange {
            part: cmd.part.as_str().to_owned(),
            adds: 0,
            removes: cmd.removes,
            of: Some(cmd.held),
        };
        webhook::held(conn, cmd.user, "pull", &[change])?;
    }
    // What the user has said meanwhile stays said.
    let meant = match cmd.meant {
        true => sql::<Bool>("false"),
        false => sql::<Bool>("watch_holds.meant"),
    };
    let said = (
        holds::adds.eq(0_i64),
        holds::removes.eq(count(cmd.removes)),
        holds::held.eq(count(cmd.held)),
        holds::mark.eq(cmd.mark.as_ref().map(Mark::as_str)),
        holds::held_at.eq(now),
    );
    diesel::insert_into(holds::table)
        .values((
            holds::user_id.eq(cmd.user.uuid()),
            holds::side.eq("pull"),
            holds::part.eq(cmd.part.as_str()),
            holds::meant.eq(false),
            said,
        ))
        .on_conflict((holds::user_id, holds::side, holds::part))
        .do_update()
        .set((said, holds::meant.eq(meant)))
        .execute(conn)
        .map(drop)
}

/// Nothing of the part is held back any more.
pub(super) fn release(conn: &mut PgConnection, user: UserId, part: Part) -> QueryResult<()> {
    diesel::delete(holds::table.find((user.uuid(), "pull", part.as_str())))
        .execute(conn)
        .map(drop)
}

/// Nothing is held back any more.
pub(super) fn forget(conn: &mut PgConnection, user: UserId) -> QueryResult<()> {
    diesel::delete(holds::table.filter(holds::user_id.eq(user.uuid())))
        .execute(conn)
        .map(drop)
}
