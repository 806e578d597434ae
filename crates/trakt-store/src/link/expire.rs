//! Flows that nobody asks about any more: their end, and the end of what is remembered of ends.

use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Bool;
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

/// When nobody is at work on a flow any more. One that waits for approval is over with its time,
/// and with the lease of who asks about it at the last moment (`next_poll_at` can be much later,
/// where Trakt asked for a pause). An approved one can be finished after its time, so its client
/// gets ten minutes more to come back.
const ABANDONED: &str = "\
    CASE state \
        WHEN 'pending' THEN least(next_poll_at, expires_at + interval '15 seconds') <= now() \
        ELSE greatest(next_poll_at, expires_at) + interval '10 minutes' <= now() \
    END";

/// See `LinkStore::expire_flows`. A flow whose key this process does not have is left to one that
/// has it.
pub(super) fn expire(
    conn: &mut PgConnection,
    vault: &Vault,
    limit: u32,
) -> Result<Vec<Revocation>, Failure> {
    let over: Vec<FlowRow> = flows::table
        .filter(flows::state.ne(ENDED))
        .filter(flows::expires_at.le(at_present()))
        .filter(sql::<Bool>(ABANDONED))
        .filter(flows::key_id.eq_any(vault.keys.ids()))
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
        audit::append(
            conn,
            vault,
            &entry_of(FlowEnd::Expired, flow.user(), &stamp),
        )?;
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
