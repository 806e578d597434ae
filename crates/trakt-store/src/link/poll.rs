//! Claiming a poll, and noting what came of it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use trakt_core::DeviceCode;
use trakt_core::link::FlowEnd;
use trakt_core::ports::{
    ClaimPoll, DueFlow, FlowStep, PollClaim, PollOutcome, Revocation, SettlePoll,
};
use uuid::Uuid;

use super::flow::{AUTHORISED, FlowRow, PENDING, end, entry_of};
use crate::audit;
use crate::error::{Failure, corrupt};
use crate::schema::device_flows as flows;
use crate::seal::Vault;
use crate::time::{at_present, in_future, interval, millis};

/// See `LinkStore::claim_poll`. The claim is one statement: of many callers, one changes the row
/// and the others find it changed.
pub(super) fn claim(
    conn: &mut PgConnection,
    vault: &Vault,
    cmd: &ClaimPoll,
) -> Result<PollClaim, Failure> {
    let own = flows::table
        .filter(flows::key.eq(cmd.key.bytes()))
        .filter(flows::user_id.eq(cmd.user.uuid()));
    // With its tokens here, a flow can be finished even when its code is too old.
    let alive = flows::state.eq(AUTHORISED).or(flows::state
        .eq(PENDING)
        .and(flows::expires_at.gt(at_present())));
    let claimed: Option<FlowRow> = diesel::update(
        own.filter(alive)
            .filter(flows::next_poll_at.le(at_present())),
    )
    .set((
        flows::attempt.eq(flows::attempt + 1),
        flows::next_poll_at.eq(in_future(interval(cmd.lease))),
    ))
    .returning(FlowRow::as_returning())
    .get_result(conn)
    .optional()?;
    if let Some(flow) = claimed {
        return Ok(PollClaim::Due(due(vault, &flow)?));
    }
    let found: Option<(FlowRow, DateTime<Utc>)> = own
        .select((FlowRow::as_select(), at_present()))
        .for_update()
        .get_result(conn)
        .optional()?;
    let Some((flow, present)) = found else {
        return Ok(PollClaim::Unknown);
    };
    if let Some(end) = flow.end()? {
        return Ok(PollClaim::Ended(end));
    }
    if flow.state == PENDING && flow.expires_at <= present {
        end(conn, flow.id, FlowEnd::Expired)?;
        audit::append(
            conn,
            vault,
            &entry_of(FlowEnd::Expired, cmd.user, &cmd.stamp),
        )?;
        return Ok(PollClaim::Ended(FlowEnd::Expired));
    }
    let wait = wait(flow.id, flow.next_poll_at, flow.interval_ms, present)?;
    Ok(PollClaim::TooSoon(wait))
}

/// See `LinkStore::settle_poll`.
pub(super) fn settle(
    conn: &mut PgConnection,
    vault: &Vault,
    cmd: &SettlePoll,
) -> Result<Vec<Revocation>, Failure> {
    let found: Option<FlowRow> = flows::table
        .find(cmd.flow.uuid())
        .select(FlowRow::as_select())
        .for_update()
        .get_result(conn)
        .optional()?;
    let Some(flow) = found else {
        return Ok(Vec::new());
    };
    if flow.attempt != cmd.attempt || flow.end()?.is_some() {
        return Ok(Vec::new());
    }
    match cmd.outcome {
        PollOutcome::Again {
            wait,
            interval: between,
        } => {
            diesel::update(flows::table.find(flow.id))
                .set((
                    flows::interval_ms.eq(millis(between).max(1)),
                    flows::next_poll_at.eq(in_future(interval(wait))),
                ))
                .execute(conn)?;
            Ok(Vec::new())
        }
        PollOutcome::End(how) => {
            let revocations = flow.queue_token(conn, vault, &cmd.stamp)?;
            end(conn, flow.id, how)?;
            audit::append(conn, vault, &entry_of(how, flow.user(), &cmd.stamp))?;
            Ok(revocations)
        }
    }
}

fn due(vault: &Vault, flow: &FlowRow) -> Result<DueFlow, Failure> {
    let step = if flow.state == AUTHORISED {
        FlowStep::Identify(flow.tokens(vault)?)
    } else {
        FlowStep::Poll(DeviceCode::from(flow.device_code(vault)?))
    };
    Ok(DueFlow {
        flow: flow.id.into(),
        attempt: flow.attempt,
        interval: period(flow.id, flow.interval_ms)?,
        step,
    })
}

/// How long the client is to wait: what is left, but not the whole lease of somebody who may be
/// done any moment; and not so short that it asks twice within a second.
pub(super) fn wait(
    flow: Uuid,
    next_poll_at: DateTime<Utc>,
    interval_ms: i64,
    present: DateTime<Utc>,
) -> Result<Duration, Failure> {
    const LEAST: Duration = Duration::from_secs(1);
    let left = (next_poll_at - present).max(TimeDelta::zero());
    let left = left.to_std().unwrap_or_default();
    Ok(left.clamp(LEAST, period(flow, interval_ms)?.max(LEAST)))
}

fn period(flow: Uuid, interval_ms: i64) -> Result<Duration, Failure> {
    let millis = u64::try_from(interval_ms)
        .map_err(|_| corrupt(format!("device_flows.interval_ms of row {flow}")))?;
    Ok(Duration::from_millis(millis))
}
