//! The lease of a pull, and how it ends.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::{now, sql};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Interval, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::upsert::excluded;
use trakt_core::link::LinkStatus;
use trakt_core::ports::{Asked, BeginPull, Begun, EndPull, Lease};
use trakt_core::watch::{Mark, Pace, Part, PullPolicy, PullProgress};
use trakt_core::{PullId, UserId};
use uuid::Uuid;

use super::{hold, purge, rows};
use crate::error::{Failure, corrupt};
use crate::schema::{trakt_users as links, watch_marks as marks, watch_states as states};
use crate::time::{at_present, in_future, interval};
use crate::{choice, recommend, scrobble, webhook};

/// After so many pulls in a row of which none came to its end the next one waits.
const PATIENCE: u32 = 5;

/// See `WatchStore::begin_pull`.
pub(super) fn begin(conn: &mut PgConnection, cmd: &BeginPull) -> Result<Option<Begun>, Failure> {
    let account = links::table
        .filter(links::user_id.eq(cmd.user.uuid()))
        .filter(links::status.eq("active"))
        .select(links::trakt_uuid)
        // Who ends the link, and purges, has done so before or comes after.
        .for_key_share()
        .get_result::<Option<String>>(conn)
        .optional()?
        .flatten();
    let Some(account) = account else {
        // It may be active again before the person links it anew: locked accounts are let in again.
        diesel::update(states::table.find(cmd.user.uuid()))
            .set(states::next_at.eq(in_future(interval(PullPolicy::IDLE)).nullable()))
            .execute(conn)?;
        return Ok(None);
    };
    diesel::insert_into(states::table)
        .values((
            states::user_id.eq(cmd.user.uuid()),
            states::trakt_uuid.eq(&account),
        ))
        .on_conflict_do_nothing()
        .execute(conn)?;
    let seen = sql::<Nullable<BigInt>>("extract(epoch FROM now() - seen_at)::bigint");
    hold_of(conn, cmd.user, &account)?;
    let (busy, attempts, seen) = states::table
        .find(cmd.user.uuid())
        .select((
            states::lease_until
                .gt(at_present().nullable())
                .is_not_distinct_from(true),
            states::attempts,
            seen,
        ))
        .get_result::<(bool, i32, Option<i64>)>(conn)?;
    if busy {
        return Ok(None);
    }
    // Once the state is locked nobody can switch it off meanwhile and be overlooked.
    if !choice::choices(conn, cmd.user)?.pull {
        unschedule(conn, cmd.user)?;
        return Ok(None);
    }
    let attempts = attempts.saturating_add(1);
    let pace = Pace {
        seen: seen.map(|seconds| Duration::from_secs(seconds.unsigned_abs())),
        attempts: attempts.unsigned_abs(),
    };
    // Should it never end, as it takes the process with it, it is tried less and less often.
    let again = match pace.attempts {
        0..=PATIENCE => cmd.lease,
        _ => PullPolicy::after_trouble(pace, Some(cmd.lease), 1.0),
    };
    let again = in_future(interval(again)).nullable();
    diesel::update(states::table.find(cmd.user.uuid()))
        .set((
            states::pull.eq(cmd.pull.uuid()),
            states::lease_until.eq(in_future(interval(cmd.lease)).nullable()),
            // What says otherwise at the end was asked for meanwhile.
            states::claimed_until.eq(again),
            states::next_at.eq(again),
            states::started_at.eq(at_present().nullable()),
            states::reading.eq(None::<&str>),
            states::attempts.eq(attempts),
        ))
        .execute(conn)?;
    let held = marks::table
        .filter(marks::user_id.eq(cmd.user.uuid()))
        .select((marks::part, marks::mark))
        .load::<(String, String)>(conn)?;
    let held = held.into_iter();
    Ok(Some(Begun {
        marks: held
            .filter_map(|(part, mark)| Some((known(&part)?, mark.into())))
            .collect(),
        holds: hold::holds(conn, cmd.user)?,
        pace,
    }))
}

/// A word that is unknown is of a part that a newer version reads.
pub(super) fn known(word: &str) -> Option<Part> {
    Part::ALL.iter().copied().find(|part| part.as_str() == word)
}

/// Notes that a user was seen.
pub(crate) fn seen(conn: &mut PgConnection, user: UserId) -> QueryResult<()> {
    diesel::update(states::table.find(user.uuid()))
        .set(states::seen_at.eq(at_present().nullable()))
        .execute(conn)
        .map(drop)
}

/// Locks the state of a user, if there is one, and sees to it that what is held is of this account:
/// what was read of another goes, and what was written for it is refused.
fn hold_of(conn: &mut PgConnection, user: UserId, account: &str) -> QueryResult<()> {
    let before: Option<String> = states::table
        .find(user.uuid())
        .select(states::trakt_uuid)
        .for_update()
        .get_result(conn)
        .optional()?;
    if before.is_none_or(|before| before == account) {
        return Ok(());
    }
    // A pull that is under way would go on with the rows of the other.
    diesel::update(states::table.find(user.uuid()))
        .set((
            states::trakt_uuid.eq(account),
            states::pull.eq(None::<Uuid>),
            states::lease_until.eq(None::<DateTime<Utc>>),
            states::read_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(conn)?;
    purge::give_time(conn)?;
    scrobble::account_changed(conn, user)?;
    hold::forget(conn, user)?;
    webhook::forget_changes(conn, user)?;
    diesel::delete(marks::table.filter(marks::user_id.eq(user.uuid()))).execute(conn)?;
    rows::forget(conn, user)
}

/// Keeps the lease of a pull as long as the link is there whose data it reads, and notes how far it
/// is where that is known. Whoever switches pulls off or purges takes the lease away.
pub(super) fn renew(
    conn: &mut PgConnection,
    user: UserId,
    pull: PullId,
    lease: Duration,
    progress: Option<PullProgress>,
) -> QueryResult<Lease> {
    let link = links::table
        .filter(links::user_id.eq(user.uuid()))
        .filter(links::trakt_uuid.eq(states::trakt_uuid.nullable()));
    let kept = diesel::update(
        states::table
            .find(user.uuid())
            .filter(states::pull.eq(pull.uuid()))
            .filter(diesel::dsl::exists(link)),
    )
    .set((
        states::lease_until.eq(in_future(interval(lease)).nullable()),
        progress.map(|progress| {
            (
                states::reading.eq(progress.part.as_str()),
                states::seen_rows.eq(i64::try_from(progress.rows).unwrap_or(i64::MAX)),
            )
        }),
    ))
    .execute(conn)?;
    Ok(if kept == 1 { Lease::Kept } else { Lease::Lost })
}

/// Notes how a part stood.
pub(super) fn mark(
    conn: &mut PgConnection,
    user: UserId,
    part: Part,
    mark: Option<&Mark>,
) -> QueryResult<()> {
    let Some(mark) = mark else {
        let old = marks::table.find((user.uuid(), part.as_str()));
        return diesel::delete(old).execute(conn).map(drop);
    };
    diesel::insert_into(marks::table)
        .values((
            marks::user_id.eq(user.uuid()),
            marks::part.eq(part.as_str()),
            marks::mark.eq(mark.as_str()),
            marks::rows.eq(rows::count(conn, user, part)?),
            marks::read_at.eq(now),
        ))
        .on_conflict((marks::user_id, marks::part))
        .do_update()
        .set((
            marks::mark.eq(excluded(marks::mark)),
            marks::rows.eq(excluded(marks::rows)),
            marks::read_at.eq(excluded(marks::read_at)),
        ))
        .execute(conn)
        .map(drop)
}

/// See `WatchStore::end_pull`.
pub(super) fn end(conn: &mut PgConnection, cmd: &EndPull) -> QueryResult<Lease> {
    let ours = || {
        states::table
            .find(cmd.user.uuid())
            .filter(states::pull.eq(cmd.pull.uuid()))
    };
    // The link before the state: whoever ends a link takes them in this order too.
    if cmd.reason.is_none() {
        diesel::update(
            links::table
                .filter(links::user_id.eq(cmd.user.uuid()))
                .filter(diesel::dsl::exists(ours())),
        )
        .set(links::last_synced_at.eq(at_present().nullable()))
        .execute(conn)?;
    }
    let attempts = match cmd.reason {
        // What is held waits for a person, which is no trouble.
        None | Some("held") => sql::<Integer>("0"),
        Some(_) => sql::<Integer>("attempts"),
    };
    let read_at = match cmd.reason {
        None => sql::<Nullable<Timestamptz>>("started_at"),
        Some(_) => sql::<Nullable<Timestamptz>>("read_at"),
    };
    let ended = diesel::update(ours())
        .set((
            states::pull.eq(None::<Uuid>),
            states::lease_until.eq(None::<DateTime<Utc>>),
            states::reading.eq(None::<&str>),
            states::finished_at.eq(at_present().nullable()),
            states::read_at.eq(read_at),
            states::reason.eq(cmd.reason),
            states::attempts.eq(attempts),
            states::claimed_until.eq(None::<DateTime<Utc>>),
            // Unless a sooner one was asked for while it ran, or none at all.
            states::next_at.eq(sql::<Nullable<Timestamptz>>(
                "CASE WHEN next_at IS NOT NULL \
                 THEN least(nullif(next_at, claimed_until), now() + ",
            )
            .bind::<Interval, _>(interval(cmd.next))
            .sql(") END")),
        ))
        .execute(conn)?;
    if ended == 0 {
        return Ok(Lease::Lost);
    }
    // What was changed before trouble came is told when that is over.
    if matches!(cmd.reason, None | Some("held" | "partial")) {
        webhook::synced(conn, cmd.user, cmd.reason)?;
    }
    Ok(Lease::Kept)
}

/// See `WatchStore::claim_pulls`.
pub(super) fn claim(
    conn: &mut PgConnection,
    limit: u32,
    lease: Duration,
) -> QueryResult<Vec<UserId>> {
    // Diesel's own form of it has no ORDER BY with SKIP LOCKED in an UPDATE.
    let found: Vec<UserRow> = diesel::sql_query(
        "UPDATE watch_states SET next_at = now() + $2, claimed_until = now() + $2 \
         WHERE user_id IN ( \
             SELECT user_id FROM watch_states \
             WHERE next_at <= now() AND (lease_until IS NULL OR lease_until <= now()) \
             ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED) \
         RETURNING user_id",
    )
    .bind::<BigInt, _>(i64::from(limit))
    .bind::<Interval, _>(interval(lease))
    .load(conn)?;
    Ok(found.into_iter().map(|row| row.user_id.into()).collect())
}

#[derive(QueryableByName)]
struct UserRow {
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
}

/// See `WatchStore::ask_pull`.
pub(super) fn ask(conn: &mut PgConnection, user: UserId, confirm: bool) -> Result<Asked, Failure> {
    let link = links::table
        .filter(links::user_id.eq(user.uuid()))
        .select((links::status, links::trakt_uuid))
        .for_key_share()
        .get_result::<(String, Option<String>)>(conn)
        .optional()?;
    let Some((status, account)) = link else {
        return Ok(Asked::NotLinked);
    };
    let status = status.parse();
    let status = status.map_err(|_| corrupt("trakt_users.status".to_owned()))?;
    let (LinkStatus::Active, Some(account)) = (status, account) else {
        return Ok(Asked::Inactive(status));
    };
    seen(conn, user)?;
    schedule(conn, user, &account)?;
    if confirm {
        // What is held back may be writes, which go on without pulls.
        scrobble::confirm(conn, user)?;
        // A pull that is under way does not know of it.
        diesel::update(
            states::table
                .find(user.uuid())
                .filter(states::next_at.is_not_null()),
        )
        .set(states::next_at.eq(at_present().nullable()))
        .execute(conn)?;
        return Ok(Asked::Due);
    }
    Ok(match choice::choices(conn, user)?.pull {
        true => Asked::Due,
        false => Asked::SwitchedOff,
    })
}

/// Makes a user due, whose link to this account is active: to be pulled for unless that is switched
/// off or under way, and to have what waits written. Data of another account is not served for a moment longer.
pub(crate) fn schedule(conn: &mut PgConnection, user: UserId, account: &str) -> QueryResult<()> {
    hold_of(conn, user, account)?;
    diesel::sql_query(
        "INSERT INTO watch_states (user_id, trakt_uuid, next_at) SELECT $1, $2, CASE WHEN NOT EXISTS ( \
             SELECT 1 FROM watch_choices WHERE user_id = $1 AND NOT pull) THEN now() END \
         ON CONFLICT (user_id) DO UPDATE SET attempts = 0, next_at = CASE \
             WHEN watch_states.lease_until > now() AND watch_states.next_at IS NOT NULL \
                 THEN watch_states.next_at \
             ELSE excluded.next_at END",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Text, _>(account)
    .execute(conn)?;
    recommend::due(conn, user)?;
    scrobble::due(conn, user)
}

/// Leaves a user alone whose link has ended. What is held of them stays.
pub(crate) fn unschedule(conn: &mut PgConnection, user: UserId) -> QueryResult<()> {
    diesel::update(states::table.find(user.uuid()))
        .set(states::next_at.eq(None::<DateTime<Utc>>))
        .execute(conn)
        .map(drop)
}

/// Switches pulls off or on again: a pull that is under way loses its lease, and the user is due
/// at once where the link is active. One whose link is not is looked at again like all others, since
/// it may become active without a person's help.
pub(crate) fn switch(conn: &mut PgConnection, user: UserId, on: bool) -> QueryResult<()> {
    if !on {
        return diesel::sql_query(
            "UPDATE watch_states SET pull = NULL, lease_until = NULL, next_at = NULL, \
                 claimed_until = NULL, reading = NULL, reason = NULL WHERE user_id = $1",
        )
        .bind::<SqlUuid, _>(user.uuid())
        .execute(conn)
        .map(drop);
    }
    let link = links::table
        .filter(links::user_id.eq(user.uuid()))
        .filter(links::trakt_uuid.is_not_null())
        .select((links::status, links::trakt_uuid.assume_not_null()))
        .for_key_share()
        .get_result::<(String, String)>(conn)
        .optional()?;
    match link {
        Some((status, account)) if status == "active" => schedule(conn, user, &account),
        Some(_) => diesel::update(states::table.find(user.uuid()))
            .set(states::next_at.eq(at_present().nullable()))
            .execute(conn)
            .map(drop),
        None => Ok(()),
    }
}
