//! A refresh before its time.

use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Timestamptz};
use trakt_core::UserId;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome};
use trakt_core::link::LinkStatus;
use trakt_core::ports::{AskRefresh, RefreshAsk};
use uuid::Uuid;

use crate::audit;
use crate::error::Failure;
use crate::schema::trakt_users as links;
use crate::seal::Vault;

/// User, status, whether it has tokens, state of its refresh.
type Row = (Option<Uuid>, String, bool, String);

/// See `AdminStore::ask_refresh`. Only the due moment changes: whoever makes the refresh claims it as
/// ever. What waits for the end of a backoff or for the answer of an attempt goes on waiting, as
/// sending sooner could cost the link.
pub(super) fn ask(
    conn: &mut PgConnection,
    vault: &Vault,
    cmd: &AskRefresh,
) -> Result<Option<RefreshAsk>, Failure> {
    let link = links::table.find(cmd.link.uuid());
    let found: Option<Row> = link
        .select((
            links::user_id,
            links::status,
            links::access_token.is_not_null(),
            links::refresh_state,
        ))
        .for_update()
        .get_result(conn)
        .optional()?;
    let Some((user, status, tokens, state)) = found else {
        return Ok(None);
    };
    if !tokens {
        return Ok(Some(RefreshAsk::NoTokens));
    }
    // As a claim has it: what is neither cannot be refreshed.
    let alive = [LinkStatus::Active, LinkStatus::Locked].map(LinkStatus::as_str);
    if !alive.contains(&status.as_str()) {
        return Ok(Some(RefreshAsk::NeedsRelink));
    }
    if state != "idle" {
        return Ok(Some(RefreshAsk::UnderWay));
    }
    diesel::update(link)
        .set(links::refresh_due_at.eq(sql::<Nullable<Timestamptz>>("greatest(now(), next_try_at)")))
        .execute(conn)?;
    let event = AuditEvent::RefreshAsked;
    let mut entry = AuditEntry::new(event, AuditOutcome::Succeeded, &cmd.stamp).link(cmd.link);
    entry.subject = user.map(UserId::from);
    audit::append(conn, vault, &entry)?;
    Ok(Some(RefreshAsk::Asked))
}
