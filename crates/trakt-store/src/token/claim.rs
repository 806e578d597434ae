//! Who may refresh a pair.
//!
//! A claim is one UPDATE, committed before Trakt is called. It fences by generation and attempt,
//! and its lease counts by the clock of the database. An attempt that is not idle is taken over
//! only where sending the same token again is the lesser harm: by its owner at once (nobody is at
//! work on it after a restart), by others long after the lease, as the machine of the owner may
//! come back with the answer in its journal; one without a journal cannot.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{
    Array, BigInt, Integer, Interval, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use trakt_core::ports::{ClaimDue, ClaimRefresh};
use trakt_core::token::{AttemptOwner, LossReason, RefreshPolicy};
use trakt_core::{AttemptId, LinkId};
use uuid::Uuid;

use super::{gate, settle};
use crate::error::Failure;
use crate::link::Idle;
use crate::schema::trakt_users as links;
use crate::seal::Vault;
use crate::time::{at_present, in_future, interval};

/// A claimed row, its token still sealed.
#[derive(QueryableByName)]
pub(super) struct ClaimedRow {
    #[diesel(sql_type = SqlUuid)]
    pub(super) id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(super) user_id: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    pub(super) generation: i64,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) refresh_token: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(super) attempt: Option<Uuid>,
    #[diesel(sql_type = Integer)]
    pub(super) replays: i32,
}

pub(super) enum Claim {
    Row(ClaimedRow),
    Busy,
    Wait(Duration),
}

/// How long to wait when the budget of the second is spent.
pub(super) const BUDGET_WAIT: Duration = Duration::from_secs(1);

/// Whether a row may be claimed: $1 owner, $2 boot, $3 and $4 the patience with others.
const CLAIMABLE: &str = "\
    access_token IS NOT NULL AND status IN ('active', 'locked') \
    AND (next_try_at IS NULL OR next_try_at <= now()) \
    AND (refresh_state = 'idle' \
         OR (attempt_owner = $1 AND (attempt_boot <> $2 OR lease_until <= now())) \
         OR (attempt_boot = '00000000-0000-0000-0000-000000000000' AND lease_until <= now()) \
         OR lease_until < now() - $3 \
         OR (lease_until < now() AND token_expires_at < now() + $4))";

/// What a claim writes: $5 lease.
const CLAIM: &str = "\
    replays = t.replays + (t.refresh_state <> 'idle')::int, refresh_state = 'sent', \
    attempt_owner = $1, attempt_boot = $2, lease_until = now() + $5, \
    refresh_due_at = now() + $5, next_try_at = NULL";

const RETURNING: &str = "t.id, t.user_id, t.generation, t.refresh_token, t.attempt, t.replays";

/// See `TokenStore::claim_refresh`. `broke`: the budget is spent, and nothing was claimed.
pub(super) fn one(
    conn: &mut PgConnection,
    cmd: &ClaimRefresh,
    broke: &mut bool,
) -> Result<Claim, Failure> {
    if let Some(wait) = gate::closed_for(conn)? {
        return Ok(Claim::Wait(wait));
    }
    let sql = format!(
        "UPDATE trakt_users t SET {CLAIM}, attempt = $6 \
         WHERE id = $7 AND generation = $8 AND {CLAIMABLE} RETURNING {RETURNING}"
    );
    let claimed = bind_owner(sql, cmd.owner, cmd.lease)
        .bind::<SqlUuid, _>(cmd.attempt.uuid())
        .bind::<SqlUuid, _>(cmd.link.uuid())
        .bind::<BigInt, _>(cmd.generation)
        .get_result::<ClaimedRow>(conn)
        .optional()?;
    if let Some(row) = claimed {
        // After the row, as everywhere: link, then gate.
        if gate::spend(conn, 1)? == 1 {
            return Ok(Claim::Row(row));
        }
        // Anything to take the claim back.
        *broke = true;
        return Err(diesel::result::Error::RollbackTransaction.into());
    }
    Ok(match backoff(conn, cmd.link, cmd.generation)? {
        Some(wait) => Claim::Wait(wait),
        None => Claim::Busy,
    })
}

/// How long the backoff of this generation lasts.
fn backoff(
    conn: &mut PgConnection,
    link: LinkId,
    generation: i64,
) -> QueryResult<Option<Duration>> {
    let found: Option<(Option<DateTime<Utc>>, DateTime<Utc>)> = links::table
        .find(link.uuid())
        .filter(links::generation.eq(generation))
        .filter(links::next_try_at.gt(at_present().nullable()))
        .select((links::next_try_at, at_present()))
        .get_result(conn)
        .optional()?;
    Ok(found.and_then(|(next, now)| (next? - now).to_std().ok()))
}

/// See `TokenStore::claim_due`.
pub(super) fn due(conn: &mut PgConnection, cmd: &ClaimDue) -> Result<Vec<ClaimedRow>, Failure> {
    if gate::closed_for(conn)?.is_some() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT id FROM trakt_users \
         WHERE refresh_due_at <= now() AND {CLAIMABLE} \
         ORDER BY refresh_due_at LIMIT $6 FOR UPDATE SKIP LOCKED"
    );
    let mut found: Vec<IdRow> = bind_owner(sql, cmd.owner, cmd.lease)
        .bind::<BigInt, _>(i64::try_from(cmd.attempts.len()).unwrap_or(i64::MAX))
        .load(conn)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = u32::try_from(found.len()).unwrap_or(u32::MAX);
    let granted = gate::spend(conn, wanted)?;
    found.truncate(usize::try_from(granted).unwrap_or_default());
    let ids: Vec<Uuid> = found.into_iter().map(|row| row.id).collect();
    let attempts: Vec<Uuid> = cmd.attempts.iter().map(|id| id.uuid()).collect();
    let attempts = attempts[..ids.len().min(attempts.len())].to_vec();
    let sql = format!(
        "UPDATE trakt_users t SET {CLAIM}, attempt = claimed.attempt \
         FROM unnest($6::uuid[], $7::uuid[]) AS claimed (link, attempt) \
         WHERE t.id = claimed.link \
         RETURNING {RETURNING}"
    );
    let claimed = bind_owner(sql, cmd.owner, cmd.lease)
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<SqlUuid>, _>(attempts)
        .load::<ClaimedRow>(conn)?;
    Ok(claimed)
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// $1 to $5, as [`CLAIMABLE`] and [`CLAIM`] have them.
fn bind_owner(
    sql: String,
    owner: AttemptOwner,
    lease: Duration,
) -> BoxedSqlQuery<'static, Pg, SqlQuery> {
    diesel::sql_query(sql)
        .into_boxed::<Pg>()
        .bind::<SqlUuid, _>(owner.id)
        .bind::<SqlUuid, _>(owner.boot)
        .bind::<Interval, _>(interval(RefreshPolicy::FOREIGN))
        .bind::<Interval, _>(interval(RefreshPolicy::FOREIGN_HURRY))
        .bind::<Interval, _>(interval(lease))
}

/// See `TokenStore::reclaim`.
pub(super) fn reclaim(conn: &mut PgConnection, owner: AttemptOwner) -> QueryResult<u32> {
    let taken = diesel::update(
        links::table
            .filter(links::attempt_owner.eq(owner.id))
            .filter(links::refresh_state.ne("idle"))
            .filter(links::attempt_boot.ne(owner.boot)),
    )
    .set((
        links::lease_until.eq(at_present().nullable()),
        links::refresh_due_at.eq(sql::<Nullable<Timestamptz>>("greatest(now(), next_try_at)")),
    ))
    .execute(conn)?;
    Ok(u32::try_from(taken).unwrap_or(u32::MAX))
}

/// See `TokenStore::release`. Where an earlier attempt may have used the token, that stays so.
pub(super) fn release(
    conn: &mut PgConnection,
    owner: AttemptOwner,
    attempts: &[AttemptId],
) -> QueryResult<()> {
    let attempts: Vec<Uuid> = attempts.iter().map(|id| id.uuid()).collect();
    let ours = || {
        links::table
            .filter(links::attempt_owner.eq(owner.id))
            .filter(links::refresh_state.eq("sent"))
            .filter(links::attempt.eq_any(attempts.clone()))
    };
    diesel::update(ours().filter(links::replays.eq(0)))
        .set((
            Idle::default(),
            links::refresh_due_at.eq(at_present().nullable()),
        ))
        .execute(conn)?;
    diesel::update(ours())
        .set((
            links::refresh_state.eq("uncertain"),
            links::lease_until.eq(at_present().nullable()),
            links::replays.eq(links::replays - 1),
            links::refresh_due_at.eq(at_present().nullable()),
        ))
        .execute(conn)
        .map(drop)
}

/// What becomes of a claim whose token does not open. Nothing was sent. While the access token
/// works, or where it is only the key that is missing, the link is left alone for a while; else
/// only the person can help.
pub(super) fn unopened(
    conn: &mut PgConnection,
    vault: &Vault,
    claimed: &ClaimedRow,
    key_missing: bool,
) -> Result<(), Failure> {
    let attempt = AttemptId::from(claimed.attempt.unwrap_or_default());
    let owner = links::table
        .find(claimed.id)
        .filter(links::attempt.eq(claimed.attempt))
        .select((
            links::attempt_owner.assume_not_null(),
            links::attempt_boot.assume_not_null(),
            links::token_expires_at
                .le(at_present().nullable())
                .assume_not_null(),
        ))
        .get_result::<(Uuid, Uuid, bool)>(conn)
        .optional()?;
    let Some((id, boot, ended)) = owner else {
        return Ok(());
    };
    if ended && !key_missing {
        let user = claimed.user_id;
        return settle::lose(conn, vault, claimed.id, user, LossReason::Unreadable);
    }
    release(conn, AttemptOwner { id, boot }, &[attempt])?;
    let later = || in_future(interval(RefreshPolicy::MAX_BACKOFF));
    diesel::update(links::table.find(claimed.id))
        .set((
            links::next_try_at.eq(later().nullable()),
            links::refresh_due_at.eq(later().nullable()),
        ))
        .execute(conn)?;
    Ok(())
}
