//! Whether a pair works, and what Trakt says of an account besides.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Interval, Uuid as SqlUuid};
use trakt_core::UserId;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::link::LinkStatus;
use trakt_core::ports::{ProbeDue, Probed, SettleProbe};
use trakt_core::token::RefreshPolicy;
use uuid::Uuid;

use super::unreadable;
use crate::audit;
use crate::error::Failure;
use crate::link::place;
use crate::schema::trakt_users as links;
use crate::seal::Vault;
use crate::time::{at_present, in_future, interval};

/// How long until an account that Trakt has locked is tried again.
const LOCKED_AGAIN: Duration = Duration::from_secs(86_400);
/// How long a request of ours that nobody waits for any more may be under way: a pair that came of
/// a token sent twice is tried again after it.
const LATE_REQUEST: Duration = Duration::from_secs(60);
/// How long until a trial is repeated that said nothing.
const UNKNOWN_AGAIN: Duration = Duration::from_secs(300);

/// Link, user, generation, sealed access token.
type DueRow = (Uuid, Option<Uuid>, i64, String);

/// See `TokenStore::due_probes`. A token that does not open cannot be tried, now or later: that is
/// on the trail, and only its refresh can help.
pub(super) fn due(
    conn: &mut PgConnection,
    vault: &Vault,
    limit: u32,
    lease: Duration,
) -> Result<Vec<ProbeDue>, Failure> {
    let free = links::table
        .select(links::id)
        .filter(links::probe_at.le(at_present().nullable()))
        .order(links::probe_at)
        .limit(limit.into())
        .for_update()
        .skip_locked()
        .load::<Uuid>(conn)?;
    let rows: Vec<DueRow> = diesel::update(links::table.filter(links::id.eq_any(free)))
        .set(links::probe_at.eq(in_future(interval(lease)).nullable()))
        .returning((
            links::id,
            links::user_id,
            links::generation,
            links::access_token.assume_not_null(),
        ))
        .get_results(conn)?;
    let mut due = Vec::with_capacity(rows.len());
    for (id, user, generation, sealed) in rows {
        match vault.open(place("access_token", id, generation), &sealed) {
            Ok(token) => due.push(ProbeDue {
                link: id.into(),
                generation,
                access: token.into(),
            }),
            Err(error) => {
                let mut entry = unreadable(&error, &AuditStamp::default()).link(id.into());
                entry.subject = user.map(UserId::from);
                audit::append(conn, vault, &entry)?;
                no_more(conn, id, generation)?;
            }
        }
    }
    Ok(due)
}

/// See `TokenStore::settle_probe`.
pub(super) fn settle(
    conn: &mut PgConnection,
    vault: &Vault,
    cmd: &SettleProbe,
) -> Result<(), Failure> {
    let link = cmd.link.uuid();
    match cmd.end {
        Probed::Works => works(conn, vault, link, cmd.generation),
        Probed::Refused => {
            refuse(conn, link, cmd.generation)?;
            Ok(no_more(conn, link, cmd.generation)?)
        }
        Probed::Locked => lock(conn, vault, link, cmd.generation),
        Probed::Unknown => Ok(try_again(conn, link, cmd.generation, UNKNOWN_AGAIN)?),
    }
}

fn works(
    conn: &mut PgConnection,
    vault: &Vault,
    link: Uuid,
    generation: i64,
) -> Result<(), Failure> {
    let locked = LinkStatus::Locked.as_str();
    let opened = diesel::update(
        links::table
            .find(link)
            .filter(links::generation.eq(generation))
            .filter(links::status.eq(locked)),
    )
    .set((
        links::status.eq(LinkStatus::Active.as_str()),
        links::status_reason.eq(None::<&str>),
        links::status_since.eq(at_present()),
    ))
    .returning(links::user_id)
    .get_result::<Option<Uuid>>(conn)
    .optional()?;
    if let Some(user) = opened {
        let event = AuditEvent::AccountUnlocked;
        note(conn, vault, event, AuditOutcome::Succeeded, link, user)?;
    }
    let left: Option<i32> = diesel::update(
        links::table
            .find(link)
            .filter(links::generation.eq(generation)),
    )
    .set((
        links::probes_left.eq(sql::<Integer>("greatest(probes_left - 1, 0)")),
        links::refused_in_row.eq(0),
    ))
    .returning(links::probes_left)
    .get_result(conn)
    .optional()?;
    if left > Some(0) {
        return Ok(try_again(conn, link, generation, LATE_REQUEST)?);
    }
    diesel::update(
        links::table
            .find(link)
            .filter(links::generation.eq(generation)),
    )
    .set((
        links::probe_at.eq(None::<DateTime<Utc>>),
        links::previous_refresh_token.eq(None::<&str>),
    ))
    .execute(conn)?;
    Ok(())
}

/// See `TokenStore::refuse`. A pair that was refused when it was quite new is left alone for a
/// while, which doubles as long as no token works: a Trakt that gives tokens and refuses them, or
/// a caller who refuses every token, would make a loop of refreshes.
pub(super) fn refuse(conn: &mut PgConnection, link: Uuid, generation: i64) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE trakt_users t SET refused_generation = generation, probe_at = NULL, \
             refused_in_row = refused_in_row + 1, \
             next_try_at = CASE WHEN refresh_state = 'idle' \
                 THEN greatest(next_try_at, wait.until) ELSE next_try_at END, \
             refresh_due_at = CASE WHEN refresh_state = 'idle' \
                 THEN greatest(now(), next_try_at, wait.until) ELSE refresh_due_at END \
         FROM (SELECT id, token_issued_at + least($4, $3 * (2 ^ least(refused_in_row, 16))) \
                   AS until FROM trakt_users WHERE id = $1) AS wait \
         WHERE t.id = wait.id AND generation = $2 AND status IN ('active', 'locked') \
         AND access_token IS NOT NULL AND refused_generation IS DISTINCT FROM generation",
    )
    .bind::<SqlUuid, _>(link)
    .bind::<BigInt, _>(generation)
    .bind::<Interval, _>(interval(RefreshPolicy::MIN_AGE))
    .bind::<Interval, _>(interval(RefreshPolicy::MAX_BACKOFF))
    .execute(conn)
    .map(drop)
}

/// Only a refresh can tell more of this token, also where it was refused before: without this it
/// would be tried again at the end of every lease.
fn no_more(conn: &mut PgConnection, link: Uuid, generation: i64) -> QueryResult<()> {
    diesel::update(
        links::table
            .find(link)
            .filter(links::generation.eq(generation)),
    )
    .set(links::probe_at.eq(None::<DateTime<Utc>>))
    .execute(conn)
    .map(drop)
}

/// See `TokenStore::lock`.
pub(super) fn lock(
    conn: &mut PgConnection,
    vault: &Vault,
    link: Uuid,
    generation: i64,
) -> Result<(), Failure> {
    let locked = LinkStatus::Locked.as_str();
    let closed = diesel::update(
        links::table
            .find(link)
            .filter(links::generation.eq(generation))
            .filter(links::status.eq(LinkStatus::Active.as_str())),
    )
    .set((
        links::status.eq(locked),
        links::status_reason.eq(locked),
        links::status_since.eq(at_present()),
    ))
    .returning(links::user_id)
    .get_result::<Option<Uuid>>(conn)
    .optional()?;
    if let Some(user) = closed {
        let event = AuditEvent::AccountLocked;
        note(conn, vault, event, AuditOutcome::Refused, link, user)?;
    }
    Ok(try_again(conn, link, generation, LOCKED_AGAIN)?)
}

fn try_again(
    conn: &mut PgConnection,
    link: Uuid,
    generation: i64,
    after: Duration,
) -> QueryResult<()> {
    diesel::update(
        links::table
            .find(link)
            .filter(links::generation.eq(generation))
            .filter(links::status.ne(LinkStatus::NeedsRelink.as_str()))
            .filter(links::access_token.is_not_null()),
    )
    .set(links::probe_at.eq(in_future(interval(after)).nullable()))
    .execute(conn)
    .map(drop)
}

/// The link of a user.
pub(super) fn link_of(conn: &mut PgConnection, user: UserId) -> QueryResult<Option<Uuid>> {
    links::table
        .filter(links::user_id.eq(user.uuid()))
        .select(links::id)
        .get_result(conn)
        .optional()
}

fn note(
    conn: &mut PgConnection,
    vault: &Vault,
    event: AuditEvent,
    outcome: AuditOutcome,
    link: Uuid,
    user: Option<Uuid>,
) -> Result<(), Failure> {
    let mut entry = AuditEntry::new(event, outcome, &AuditStamp::default()).link(link.into());
    entry.subject = user.map(UserId::from);
    audit::append(conn, vault, &entry)
}
