//! An attempt that brought no pair, and what becomes of its link.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use metrics::counter;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::link::LinkStatus;
use trakt_core::ports::SettleRefresh;
use trakt_core::token::{Attempted, GateReason, LossReason, RefreshPolicy};
use trakt_core::{LinkId, UserId};
use uuid::Uuid;

use super::gate;
use crate::audit;
use crate::error::Failure;
use crate::link::Idle;
use crate::schema::trakt_users as links;
use crate::seal::Vault;
use crate::time::{at_present, in_future, in_past, interval};

struct Row {
    id: Uuid,
    user: Option<Uuid>,
    replays: i32,
    failures: i32,
    /// Whether the access token ended so long ago that nobody waits for an answer any more.
    long_dead: bool,
    issued: Option<DateTime<Utc>>,
}

/// See `TokenStore::settle_refresh`.
pub(super) fn settle(
    conn: &mut PgConnection,
    vault: &Vault,
    cmd: &SettleRefresh,
) -> Result<(), Failure> {
    let gone = in_past(interval(RefreshPolicy::GIVE_UP)).nullable();
    let found = links::table
        .find(cmd.link.uuid())
        .filter(links::generation.eq(cmd.generation))
        .filter(links::attempt.eq(cmd.attempt.uuid()))
        .filter(links::refresh_state.eq("sent"))
        .select((
            links::user_id,
            links::replays,
            links::failures,
            links::token_expires_at.lt(gone),
            links::token_issued_at,
        ))
        .for_update()
        .get_result(conn)
        .optional()?;
    let Some((user, replays, failures, long_dead, issued)) = found else {
        return Ok(());
    };
    let long_dead: Option<bool> = long_dead;
    let row = Row {
        id: cmd.link.uuid(),
        user,
        replays,
        failures,
        long_dead: long_dead.unwrap_or(false),
        issued,
    };
    let backoff = RefreshPolicy::backoff(u32::try_from(failures).unwrap_or(0), cmd.jitter);
    match cmd.end {
        Attempted::NotSent => {
            unused(conn, &row, backoff)?;
            gate::failed(conn)?;
        }
        Attempted::Refused { retry_after: None } => {
            unused(conn, &row, backoff)?;
            gate::failed(conn)?;
        }
        Attempted::Refused {
            retry_after: Some(wait),
        } => {
            unused(conn, &row, wait)?;
            gate::close(conn, GateReason::RateLimited, wait)?;
        }
        Attempted::Misconfigured => {
            unused(conn, &row, backoff)?;
            gate::close(conn, GateReason::Misconfigured, RefreshPolicy::BREAK * 2)?;
        }
        Attempted::Uncertain {
            replay_after,
            retry_after,
        } => {
            if row.long_dead && row.replays >= i32::try_from(RefreshPolicy::REPLAYS).unwrap_or(0) {
                return lose(conn, vault, row.id, row.user, LossReason::Lost);
            }
            uncertain(conn, &row, replay_after, row.replays)?;
            gate::failed(conn)?;
            if let Some(wait) = retry_after {
                gate::close(conn, GateReason::RateLimited, wait)?;
            }
        }
        Attempted::Lost(reason) => {
            let tries = u32::try_from(failures).unwrap_or(0);
            let believed = if row.long_dead && tries >= RefreshPolicy::BRAKE_TRIES {
                true
            } else if reason == LossReason::Revoked {
                gate::believes(conn, vault, row.issued)?
            } else {
                // A token that was sent before is most likely dead by our own story, and says
                // little of Trakt; but nothing that is said in an incident is believed.
                !gate::braked(conn)?
            };
            if believed {
                return lose(conn, vault, row.id, row.user, reason);
            }
            if reason == LossReason::Revoked {
                unused(conn, &row, backoff)?;
            } else {
                uncertain(conn, &row, backoff, row.replays)?;
            }
            gate::close(conn, GateReason::MassInvalidGrant, RefreshPolicy::BREAK)?;
        }
    }
    Ok(())
}

/// The token was not used by this attempt. Where an earlier one may have used it, that stays so.
fn unused(conn: &mut PgConnection, row: &Row, wait: Duration) -> QueryResult<()> {
    if row.replays > 0 {
        return uncertain(conn, row, wait, row.replays - 1);
    }
    diesel::update(links::table.find(row.id))
        .set((
            Idle::default(),
            links::failures.eq(row.failures.saturating_add(1)),
            links::next_try_at.eq(in_future(interval(wait)).nullable()),
            links::refresh_due_at.eq(in_future(interval(wait)).nullable()),
        ))
        .execute(conn)
        .map(drop)
}

/// The token may be used up: its owner may send it again after this time.
fn uncertain(conn: &mut PgConnection, row: &Row, wait: Duration, replays: i32) -> QueryResult<()> {
    diesel::update(links::table.find(row.id))
        .set((
            links::refresh_state.eq("uncertain"),
            links::lease_until.eq(at_present().nullable()),
            links::replays.eq(replays),
            links::failures.eq(row.failures.saturating_add(1)),
            links::next_try_at.eq(in_future(interval(wait)).nullable()),
            links::refresh_due_at.eq(in_future(interval(wait)).nullable()),
        ))
        .execute(conn)
        .map(drop)
}

/// Only the person can help now. The sealed tokens stay: should the pair turn up in a journal, or
/// Trakt take its word back, the link lives again.
pub(super) fn lose(
    conn: &mut PgConnection,
    vault: &Vault,
    link: Uuid,
    user: Option<Uuid>,
    reason: LossReason,
) -> Result<(), Failure> {
    diesel::update(links::table.find(link))
        .set((
            links::status.eq(LinkStatus::NeedsRelink.as_str()),
            links::status_reason.eq(reason.as_str()),
            links::status_since.eq(at_present()),
            Idle::default(),
            links::next_try_at.eq(None::<DateTime<Utc>>),
            links::refresh_due_at.eq(None::<DateTime<Utc>>),
            links::probe_at.eq(None::<DateTime<Utc>>),
            links::updated_at.eq(at_present()),
        ))
        .execute(conn)?;
    counter!("trakt_links_lost_total", "reason" => reason.as_str()).increment(1);
    if matches!(reason, LossReason::LostAnswer | LossReason::Lost) {
        counter!("trakt_refresh_uncertain_total", "end" => "lost").increment(1);
    }
    let event = AuditEvent::NeedsRelink;
    let mut entry = AuditEntry::new(event, AuditOutcome::Refused, &AuditStamp::default())
        .link(LinkId::from(link))
        .detail(reason.as_str());
    entry.subject = user.map(UserId::from);
    audit::append(conn, vault, &entry)
}
