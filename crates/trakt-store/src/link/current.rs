//! The flow that a user is to see: the open one, or the last.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use trakt_core::UserId;
use trakt_core::link::FlowEnd;
use trakt_core::ports::{CurrentFlow, FlowState};
use uuid::Uuid;

use super::flow::{AUTHORISED, ENDED, place};
use super::poll::wait;
use crate::error::{Failure, corrupt};
use crate::schema::device_flows as flows;
use crate::seal::Vault;
use crate::time::at_present;

#[derive(Queryable, Selectable)]
#[diesel(table_name = flows, check_for_backend(Pg))]
struct CurrentRow {
    id: Uuid,
    key: Vec<u8>,
    replace: bool,
    user_code: Option<String>,
    verification_url: String,
    state: String,
    outcome: Option<String>,
    interval_ms: i64,
    next_poll_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

/// See `LinkStore::current_flow`.
pub(super) fn current(
    conn: &mut PgConnection,
    vault: &Vault,
    user: UserId,
) -> Result<Option<CurrentFlow>, Failure> {
    let found: Option<(CurrentRow, DateTime<Utc>)> = flows::table
        .filter(flows::user_id.eq(user.uuid()))
        // Of two that were started at once, the one that counts may have begun its transaction first.
        .order((flows::state.eq(ENDED), flows::created_at.desc()))
        .select((CurrentRow::as_select(), at_present()))
        .first(conn)
        .optional()?;
    let Some((row, present)) = found else {
        return Ok(None);
    };
    let odd = |column: &str| corrupt(format!("device_flows.{column} of row {}", row.id));
    let key: [u8; 32] = row.key[..].try_into().map_err(|_| odd("key"))?;
    let outcome = row.outcome.as_deref().map(str::parse).transpose();
    let end: Option<FlowEnd> = outcome.map_err(|_| odd("outcome"))?;
    let wait = wait(row.id, row.next_poll_at, row.interval_ms, present)?;
    let state = match end {
        Some(end) => FlowState::Ended {
            end,
            ago: span(present - row.ended_at.unwrap_or(present)),
        },
        None if row.state == AUTHORISED => FlowState::Approved { wait },
        // Nobody has asked since: that ends it in its row.
        None if row.expires_at <= present => FlowState::Ended {
            end: FlowEnd::Expired,
            ago: span(present - row.expires_at),
        },
        None => {
            let sealed = row.user_code.as_deref().ok_or_else(|| odd("user_code"))?;
            FlowState::Open {
                user_code: vault.open(place("user_code", row.id), sealed)?,
                verification_url: row.verification_url,
                left: span(row.expires_at - present),
                lifetime: span(row.expires_at - row.created_at),
                wait,
            }
        }
    };
    Ok(Some(CurrentFlow {
        key: key.into(),
        replace: row.replace,
        state,
    }))
}

fn span(between: TimeDelta) -> Duration {
    between.max(TimeDelta::zero()).to_std().unwrap_or_default()
}
