//! Flows that nobody asks about any more: their end, and the end of what is remembered of ends.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use trakt_core::audit::AuditStamp;
use trakt_core::link::FlowEnd;
use trakt_core::ports::Revocation;
use uuid::Uuid;

use super::flow::{ENDED, FlowRow, REMEMBERED, end, entry_of};
use crate::audit;
use crate::error::Failure;
use crate::schema::device_flows as flows;
use crate::seal::Vault;
use crate::time::{at_present, in_past, interval};

/// See `LinkStore::expire_flows`. A flow that somebody is at work on is left alone: it is locked,
/// or its lease (`next_poll_at`) runs.
pub(super) fn expire(
    conn: &mut PgConnection,
    vault: &Vault,
    limit: u32,
) -> Result<Vec<Revocation>, Failure> {
    let over: Vec<FlowRow> = flows::table
        .filter(flows::state.ne(ENDED))
        .filter(flows::expires_at.le(at_present()))
        .filter(flows::next_poll_at.le(at_present()))
        .select(FlowRow::as_select())
        .order(flows::expires_at)
        .limit(limit.into())
        .for_update()
        .skip_locked()
        .load(conn)?;
    // Nobody acts here: time does.
    let stamp = AuditStamp::default();
    let mut revocations = Vec::new();
    for flow in over {
        revocations.extend(flow.queue_token(conn, vault, &stamp)?);
        end(conn, flow.id, FlowEnd::Expired)?;
        audit::append(conn, &entry_of(FlowEnd::Expired, flow.user(), &stamp))?;
    }
    let forgotten: Vec<Uuid> = flows::table
        .filter(flows::ended_at.lt(in_past(interval(REMEMBERED)).nullable()))
        .select(flows::id)
        .limit(limit.into())
        .for_update()
        .skip_locked()
        .load(conn)?;
    diesel::delete(flows::table.filter(flows::id.eq_any(forgotten))).execute(conn)?;
    Ok(revocations)
}
