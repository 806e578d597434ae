//! What all replicas know of Trakt's token endpoint together: whether it may be called at all
//! (breaker, `Retry-After`, wrong credentials), how often (budget), and whether a refused refresh
//! token is to be believed (brake).

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::token::{GateReason, RefreshPolicy};

use crate::audit;
use crate::error::Failure;
use crate::schema::{refresh_counts as counts, trakt_gate as gate};
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
pub(super) fn reason(conn: &mut PgConnection) -> QueryResult<Option<GateReason>> {
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

/// A refresh worked: Trakt is well.
pub(super) fn worked(conn: &mut PgConnection) -> QueryResult<()> {
    diesel::update(gate::table.filter(gate::failures.ne(0).or(gate::brake)))
        .set((gate::failures.eq(0), gate::brake.eq(false)))
        .execute(conn)?;
    count(conn, 1, 0)
}

/// Whether a refused refresh token is to be believed: not while so many are being refused that it
/// must be Trakt's trouble.
pub(super) fn believes(conn: &mut PgConnection) -> Result<bool, Failure> {
    // The lock makes the counts exact: of many at once, each sees those before it.
    let held: bool = gate::table
        .select(gate::brake)
        .for_update()
        .get_result(conn)?;
    count(conn, 0, 1)?;
    if held {
        return Ok(false);
    }
    let (renewed, refused): (Option<i64>, Option<i64>) = counts::table
        .filter(counts::minute.gt(in_past(interval(RefreshPolicy::BRAKE_WINDOW))))
        .select((
            diesel::dsl::sum(counts::renewed),
            diesel::dsl::sum(counts::refused),
        ))
        .get_result(conn)?;
    let (renewed, refused) = (renewed.unwrap_or(0), refused.unwrap_or(0));
    #[expect(clippy::cast_precision_loss, reason = "counts of ten minutes")]
    let share = refused as f64 / (renewed + refused).max(1) as f64;
    if refused <= RefreshPolicy::BRAKE_AFTER || share <= RefreshPolicy::BRAKE_SHARE {
        return Ok(true);
    }
    log::error!(
        "Trakt refused {refused} of {} refresh tokens in ten minutes: no link is given up until \
         one works again",
        renewed + refused
    );
    diesel::update(gate::table)
        .set(gate::brake.eq(true))
        .execute(conn)?;
    let event = AuditEvent::BrakeApplied;
    let entry = AuditEntry::new(event, AuditOutcome::Refused, &AuditStamp::default());
    audit::append(conn, &entry)?;
    Ok(false)
}

fn count(conn: &mut PgConnection, renewed: i32, refused: i32) -> QueryResult<()> {
    let minute = sql::<Timestamptz>("date_trunc('minute', now())");
    let counted = diesel::insert_into(counts::table)
        .values((
            counts::minute.eq(minute),
            counts::renewed.eq(renewed),
            counts::refused.eq(refused),
        ))
        .on_conflict(counts::minute)
        .do_update()
        .set((
            counts::renewed.eq(counts::renewed + renewed),
            counts::refused.eq(counts::refused + refused),
        ))
        .returning(counts::renewed + counts::refused)
        .get_result::<i32>(conn)?;
    if counted == 1 {
        // The first of a minute: a good moment to forget.
        diesel::delete(counts::table)
            .filter(counts::minute.lt(in_past(interval(RefreshPolicy::BRAKE_WINDOW * 2))))
            .execute(conn)?;
    }
    Ok(())
}
