//! A flow as it stands in its table: opened, authorised, ended.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::link::{FlowEnd, TokenPair};
use trakt_core::ports::{Authorise, AuthoriseOutcome, OpenFlow, Revocation};
use trakt_core::{AccessToken, PortError, RefreshToken, UserId};
use uuid::Uuid;

use crate::error::{Failure, corrupt};
use crate::schema::device_flows as flows;
use crate::seal::{Place, Vault};
use crate::time::{at_present, in_future, in_past, interval, millis};
use crate::{audit, token, user};

pub(super) const PENDING: &str = "pending";
pub(super) const AUTHORISED: &str = "authorised";
pub(super) const ENDED: &str = "ended";

/// How long the end of a flow stays known.
pub(super) const REMEMBERED: Duration = Duration::from_secs(86_400);
/// How many ends are remembered of one user: who starts flows all day long fills no disk.
const REMEMBERED_ROWS: i64 = 20;

/// What is needed of a flow. Read it with a lock.
#[derive(Queryable, Selectable)]
#[diesel(table_name = flows, check_for_backend(Pg))]
pub(super) struct FlowRow {
    pub(super) id: Uuid,
    pub(super) user_id: Uuid,
    pub(super) replace: bool,
    device_code: Option<String>,
    access_token: Option<String>,
    refresh_token: Option<String>,
    token_expires_at: Option<DateTime<Utc>>,
    pub(super) state: String,
    outcome: Option<String>,
    pub(super) interval_ms: i64,
    pub(super) attempt: i32,
    pub(super) next_poll_at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
}

impl FlowRow {
    pub(super) fn user(&self) -> UserId {
        self.user_id.into()
    }

    /// How it ended; `None` while it is open.
    pub(super) fn end(&self) -> Result<Option<FlowEnd>, PortError> {
        let end = self.outcome.as_deref().map(str::parse).transpose();
        end.map_err(|_| self.odd("outcome"))
    }

    pub(super) fn device_code(&self, vault: &Vault) -> Result<String, PortError> {
        self.open(vault, "device_code", self.device_code.as_deref())
    }

    pub(super) fn tokens(&self, vault: &Vault) -> Result<TokenPair, PortError> {
        let access = self.open(vault, "access_token", self.access_token.as_deref())?;
        let refresh = self.open(vault, "refresh_token", self.refresh_token.as_deref())?;
        Ok(TokenPair {
            access: AccessToken::from(access),
            refresh: RefreshToken::from(refresh),
            expires_at: self
                .token_expires_at
                .ok_or_else(|| self.odd("token_expires_at"))?,
        })
    }

    /// Queues what the flow holds for revoking; the caller ends it. A token that does not open
    /// is written down and left at that: it must not keep a flow from ending.
    pub(super) fn queue_token(
        &self,
        conn: &mut PgConnection,
        vault: &Vault,
        stamp: &AuditStamp,
    ) -> Result<Vec<Revocation>, Failure> {
        let Some(sealed) = &self.access_token else {
            return Ok(Vec::new());
        };
        match vault.open(place("access_token", self.id), sealed) {
            Ok(token) => Ok(vec![token::queue(conn, vault, token.into())?]),
            Err(error) => {
                let entry = token::unreadable(&error, stamp).about(self.user());
                audit::append(conn, vault, &entry)?;
                Ok(Vec::new())
            }
        }
    }

    fn open(
        &self,
        vault: &Vault,
        column: &'static str,
        sealed: Option<&str>,
    ) -> Result<String, PortError> {
        let sealed = sealed.ok_or_else(|| self.odd(column))?;
        Ok(vault.open(place(column, self.id), sealed)?)
    }

    fn odd(&self, column: &str) -> PortError {
        corrupt(format!("device_flows.{column} of row {}", self.id))
    }
}

/// Where a secret of a flow stands.
pub(crate) fn place(column: &'static str, row: Uuid) -> Place {
    Place {
        table: "device_flows",
        column,
        row,
        generation: 0,
    }
}

/// See `LinkStore::open_flow`.
pub(super) fn open(
    conn: &mut PgConnection,
    vault: &Vault,
    cmd: &OpenFlow,
) -> Result<Option<Vec<Revocation>>, Failure> {
    if !user::lock(conn, cmd.user)? {
        return Ok(None);
    }
    let mut revocations = Vec::new();
    if let Some(old) = locked_open_flow(conn, cmd.user)? {
        revocations = old.queue_token(conn, vault, &cmd.stamp)?;
        end(conn, old.id, FlowEnd::Superseded)?;
        audit::append(
            conn,
            vault,
            &entry_of(FlowEnd::Superseded, cmd.user, &cmd.stamp),
        )?;
    }
    forget_old_ends(conn, cmd.user)?;
    let id = cmd.id.uuid();
    let user_code = vault.seal(place("user_code", id), &cmd.user_code)?;
    let device_code = vault.seal(place("device_code", id), cmd.device_code.expose())?;
    diesel::insert_into(flows::table)
        .values((
            flows::id.eq(id),
            flows::key.eq(cmd.key.bytes()),
            flows::user_id.eq(cmd.user.uuid()),
            flows::replace.eq(cmd.replace),
            flows::device_code.eq(device_code),
            flows::user_code.eq(user_code),
            flows::verification_url.eq(user::storable(&cmd.verification_url)),
            flows::state.eq(PENDING),
            flows::interval_ms.eq(millis(cmd.interval)),
            flows::next_poll_at.eq(in_future(interval(cmd.interval))),
            flows::expires_at.eq(in_future(interval(cmd.lifetime))),
            flows::key_id.eq(vault.key_id()),
        ))
        .execute(conn)?;
    let event = AuditEvent::FlowStarted;
    let entry = AuditEntry::new(event, AuditOutcome::Succeeded, &cmd.stamp).about(cmd.user);
    audit::append(conn, vault, &entry)?;
    Ok(Some(revocations))
}

/// See `LinkStore::authorise`. From here on the codes are of no use.
pub(super) fn authorise(
    conn: &mut PgConnection,
    vault: &Vault,
    cmd: &Authorise,
) -> Result<AuthoriseOutcome, Failure> {
    let id = cmd.flow.uuid();
    let tokens = &cmd.tokens;
    let access = vault.seal(place("access_token", id), tokens.access.expose())?;
    let refresh = vault.seal(place("refresh_token", id), tokens.refresh.expose())?;
    let kept = diesel::update(flows::table.find(id).filter(flows::state.eq(PENDING)))
        .set((
            flows::state.eq(AUTHORISED),
            flows::device_code.eq(None::<&str>),
            flows::user_code.eq(None::<&str>),
            flows::access_token.eq(access),
            flows::refresh_token.eq(refresh),
            flows::token_expires_at.eq(tokens.expires_at),
            flows::key_id.eq(vault.key_id()),
        ))
        .execute(conn)?;
    if kept == 1 {
        return Ok(AuthoriseOutcome::Kept);
    }
    let revocation = token::queue(conn, vault, tokens.access.clone())?;
    Ok(AuthoriseOutcome::TooLate(vec![revocation]))
}

/// Ends a flow and wipes its secrets. The entry is the caller's.
pub(super) fn end(conn: &mut PgConnection, flow: Uuid, end: FlowEnd) -> QueryResult<()> {
    diesel::update(flows::table.find(flow))
        .set((
            flows::state.eq(ENDED),
            flows::outcome.eq(end.as_str()),
            flows::ended_at.eq(at_present().nullable()),
            flows::device_code.eq(None::<&str>),
            flows::user_code.eq(None::<&str>),
            flows::access_token.eq(None::<&str>),
            flows::refresh_token.eq(None::<&str>),
            flows::token_expires_at.eq(None::<DateTime<Utc>>),
            flows::key_id.eq(None::<&str>),
        ))
        .execute(conn)
        .map(drop)
}

/// The entry of a flow that ended without a link.
pub(super) fn entry_of(end: FlowEnd, user: UserId, stamp: &AuditStamp) -> AuditEntry {
    let event = match end {
        FlowEnd::Denied => AuditEvent::Denied,
        FlowEnd::AccountTaken | FlowEnd::AlreadyLinked | FlowEnd::AccountLocked => {
            AuditEvent::Conflict
        }
        _ => AuditEvent::Expired,
    };
    let entry = AuditEntry::new(event, AuditOutcome::Refused, stamp).about(user);
    if end.as_str() == event.as_str() {
        entry
    } else {
        entry.detail(end.as_str())
    }
}

/// Ends open flows whose secrets are sealed with a key that is lost, at most so many; how many those
/// were.
pub(crate) fn drop_flows_of_key(
    conn: &mut PgConnection,
    vault: &Vault,
    key: &str,
    limit: i64,
) -> Result<usize, Failure> {
    let lost: Vec<(Uuid, Uuid)> = flows::table
        .filter(flows::key_id.eq(key))
        .limit(limit)
        .select((flows::id, flows::user_id))
        .for_update()
        .load(conn)?;
    for (flow, user) in &lost {
        end(conn, *flow, FlowEnd::Expired)?;
        let entry = entry_of(FlowEnd::Expired, (*user).into(), &AuditStamp::default());
        audit::append(conn, vault, &entry)?;
    }
    Ok(lost.len())
}

/// Takes what the open flow of a user holds, before the user goes and the flow with it.
pub(crate) fn drop_open_flow(
    conn: &mut PgConnection,
    vault: &Vault,
    user: UserId,
    stamp: &AuditStamp,
) -> Result<Vec<Revocation>, Failure> {
    match locked_open_flow(conn, user)? {
        Some(flow) => flow.queue_token(conn, vault, stamp),
        None => Ok(Vec::new()),
    }
}

fn locked_open_flow(conn: &mut PgConnection, user: UserId) -> QueryResult<Option<FlowRow>> {
    flows::table
        .filter(flows::user_id.eq(user.uuid()))
        .filter(flows::state.ne(ENDED))
        .select(FlowRow::as_select())
        .for_update()
        .get_result(conn)
        .optional()
}

fn forget_old_ends(conn: &mut PgConnection, user: UserId) -> QueryResult<usize> {
    let latest: Vec<Uuid> = flows::table
        .filter(flows::user_id.eq(user.uuid()))
        .filter(flows::ended_at.ge(in_past(interval(REMEMBERED)).nullable()))
        .select(flows::id)
        .order((flows::ended_at.desc(), flows::id))
        .limit(REMEMBERED_ROWS)
        .load(conn)?;
    diesel::delete(flows::table)
        .filter(flows::user_id.eq(user.uuid()))
        .filter(flows::state.eq(ENDED))
        .filter(flows::id.ne_all(latest))
        .execute(conn)
}
