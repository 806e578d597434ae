//! What all replicas know of Trakt's token endpoint together: whether it may be called at all
//! (breaker, `Retry-After`, wrong credentials), how often (budget), and whether a refused refresh
//! token is to be believed (brake).

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{BigInt, Double, Timestamptz};
use trakt_core::UserId;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::link::LinkStatus;
use trakt_core::token::{GateReason, LossReason, RefreshPolicy};
use uuid::Uuid;

use crate::audit;
use crate::error::Failure;
use crate::schema::{trakt_gate as gate, trakt_users as links};
use crate::seal::Vault;
use crate::time::{at_present, in_future, in_past, interval};

/// How long it stays closed: `None` when it is open.
pub(super) fn closed_for(conn: &mut PgConnection) -> QueryResult<Option<Duration>> {
    let (until, now): (DateTime<Utc>, DateTime<Utc>) = gate::table
        .select((
            sql::<Timestamptz>("greatest(closed_until, '2000-01-01')"),
            at_present(),
        ))
        .get_result(conn)?;
    Ok((until - now).to_std().ok().filter(|left| !left.is_zero()))
}

/// Why refreshes are held back; `None` when they are not.
pub(crate) fn reason(conn: &mut PgConnection) -> QueryResult<Option<GateReason>> {
    let (brake, closed, reason): (bool, bool, Option<String>) = gate::table
        .select((
            gate::brake,
            gate::closed_until.gt(at_present()),
            gate::reason,
        ))
        .get_result(conn)?;
    if brake {
        return Ok(Some(GateReason::MassInvalidGrant));
    }
    Ok(reason
        .filter(|_| closed)
        .map(|word| word.parse().unwrap_or(GateReason::Unavailable)))
}

/// Takes up to `wanted` refreshes from the budget and says how many.
pub(super) fn spend(conn: &mut PgConnection, wanted: u32) -> QueryResult<u32> {
    #[derive(QueryableByName)]
    struct Spent {
        #[diesel(sql_type = BigInt)]
        granted: i64,
    }
    let spent: Spent = diesel::sql_query(
        "WITH had AS ( \
             SELECT least(rate, budget + rate * extract(epoch FROM clock_timestamp() - budget_at)) \
                    AS budget \
             FROM trakt_gate FOR UPDATE \
         ), taken AS (SELECT budget, least($1, floor(budget))::bigint AS granted FROM had) \
         UPDATE trakt_gate SET budget = taken.budget - taken.granted, \
                               budget_at = clock_timestamp() \
         FROM taken RETURNING taken.granted",
    )
    .bind::<BigInt, _>(i64::from(wanted))
    .get_result(conn)?;
    Ok(u32::try_from(spent.granted).unwrap_or(0))
}

/// Closes it for at least this long.
pub(super) fn close(
    conn: &mut PgConnection,
    reason: GateReason,
    period: Duration,
) -> QueryResult<()> {
    let until = in_future(interval(period));
    diesel::update(gate::table.filter(gate::closed_until.lt(until)))
        .set((
            gate::closed_until.eq(until),
            gate::reason.eq(reason.as_str()),
        ))
        .execute(conn)
        .map(drop)
}

/// A call that got no answer, whatever its link. After some in a row nobody calls for a while.
pub(super) fn failed(conn: &mut PgConnection) -> QueryResult<()> {
    let failures: i32 = diesel::update(gate::table)
        .set(gate::failures.eq(gate::failures + 1))
        .returning(gate::failures)
        .get_result(conn)?;
    let over = u32::try_from(failures).unwrap_or(0);
    if let Some(times) = over.checked_sub(RefreshPolicy::BREAK_AFTER) {
        let period = RefreshPolicy::BREAK
            .saturating_mul(1 << times.min(10))
            .min(RefreshPolicy::MAX_BREAK);
        close(conn, GateReason::Unavailable, period)?;
    }
    Ok(())
}

/// The credit as it is now: what was left of it, and what time gave back.
const TRUST_NOW: &str = "least($1, trust + $1 * \
    greatest(extract(epoch FROM clock_timestamp() - trust_at), 0) / $2)";

fn trust(sql: String) -> BoxedSqlQuery<'static, Pg, SqlQuery> {
    diesel::sql_query(sql)
        .into_boxed::<Pg>()
        .bind::<Double, _>(RefreshPolicy::TRUST)
        .bind::<Double, _>(RefreshPolicy::TRUST_PERIOD.as_secs_f64())
}

/// A refresh worked: Trakt is well. After an incident the credit begins anew, with what this one
/// is worth: a single success among refusals proves little.
pub(super) fn worked(conn: &mut PgConnection) -> QueryResult<()> {
    let sql = format!(
        "UPDATE trakt_gate SET failures = 0, brake = false, trust_at = clock_timestamp(), \
             trust = least($1, CASE WHEN brake THEN 0 ELSE {TRUST_NOW} END + $3) \
         WHERE failures <> 0 OR brake OR trust < $1"
    );
    trust(sql)
        .bind::<Double, _>(RefreshPolicy::TRUST_WORKED)
        .execute(conn)
        .map(drop)
}

/// Whether the brake holds. The row is locked, so that of many at once each sees those before it.
pub(super) fn braked(conn: &mut PgConnection) -> QueryResult<bool> {
    gate::table
        .select(gate::brake)
        .for_update()
        .get_result(conn)
}

/// Whether a refused refresh token is to be believed: not while so many are being refused that it
/// must be Trakt's trouble. When that shows, those believed just before are taken back. `issued` is when
/// Trakt gave the token out: one from before a restore may have been used since the backup.
pub(super) fn believes(
    conn: &mut PgConnection,
    vault: &Vault,
    issued: Option<DateTime<Utc>>,
) -> Result<bool, Failure> {
    if braked(conn)? {
        return Ok(false);
    }
    let restored: Option<DateTime<Utc>> = gate::table
        .filter(gate::believe_until.gt(at_present().nullable()))
        .select(gate::restored_at)
        .get_result(conn)
        .optional()?
        .flatten();
    if restored.is_some_and(|restored| issued.is_none_or(|issued| issued < restored)) {
        return Ok(true);
    }
    let sql = format!(
        "UPDATE trakt_gate SET trust = {TRUST_NOW} - 1, trust_at = clock_timestamp() \
         WHERE {TRUST_NOW} >= 1"
    );
    if trust(sql).execute(conn)? == 1 {
        return Ok(true);
    }
    log::error!(
        "Trakt refuses the refresh tokens of many users at once: no link is given up until one \
         works again"
    );
    diesel::update(gate::table)
        .set((
            gate::brake.eq(true),
            gate::trust.eq(0.0),
            gate::trust_at.eq(at_present()),
        ))
        .execute(conn)?;
    let event = AuditEvent::BrakeApplied;
    let entry = AuditEntry::new(event, AuditOutcome::Refused, &AuditStamp::default());
    audit::append(conn, vault, &entry)?;
    take_back(conn, vault)?;
    Ok(false)
}

/// Believes for so long every refused refresh token from before now, and opens the gate.
pub(crate) fn believe(conn: &mut PgConnection, period: Duration) -> QueryResult<()> {
    diesel::update(gate::table)
        .set((
            gate::believe_until.eq(in_future(interval(period)).nullable()),
            gate::restored_at.eq(at_present().nullable()),
            gate::brake.eq(false),
            gate::closed_until.eq(at_present()),
        ))
        .execute(conn)
        .map(drop)
}

/// What was believed just before is tried again when the incident is over. Rows that others hold
/// are left: the gate is locked already, and links come before it.
fn take_back(conn: &mut PgConnection, vault: &Vault) -> Result<(), Failure> {
    let lost = links::table
        .select(links::id)
        .filter(links::status.eq(LinkStatus::NeedsRelink.as_str()))
        .filter(links::status_reason.eq(LossReason::Revoked.as_str()))
        .filter(links::status_since.gt(in_past(interval(RefreshPolicy::TRUST_PERIOD))))
        .filter(links::token_expires_at.gt(in_past(interval(RefreshPolicy::GIVE_UP)).nullable()))
        .for_update()
        .skip_locked()
        .load::<Uuid>(conn)?;
    let again = in_future(interval(RefreshPolicy::BREAK)).nullable();
    let taken: Vec<(Uuid, Option<Uuid>)> =
        diesel::update(links::table.filter(links::id.eq_any(lost)))
            .set((
                links::status.eq(LinkStatus::Active.as_str()),
                links::status_reason.eq(None::<&str>),
                links::status_since.eq(at_present()),
                links::refresh_due_at.eq(again),
                links::updated_at.eq(at_present()),
            ))
            .returning((links::id, links::user_id))
            .get_results(conn)?;
    // As many as the credit allows: five.
    for (id, user) in taken {
        let event = AuditEvent::RelinkWithdrawn;
        let mut entry = AuditEntry::new(event, AuditOutcome::Succeeded, &AuditStamp::default());
        entry.link = Some(id.into());
        entry.subject = user.map(UserId::from);
        audit::append(conn, vault, &entry)?;
    }
    Ok(())
}
