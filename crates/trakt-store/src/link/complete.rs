//! Making the link of an approved flow.

use diesel::dsl::{now, sql};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Double, Nullable, Timestamptz};
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome};
use trakt_core::link::{Account, FlowEnd, Link, LinkStatus};
use trakt_core::ports::{CompleteFlow, Completion};
use trakt_core::token::RefreshPolicy;

use super::flow::{FlowRow, end};
use super::room::{Room, Wish, make_room};
use super::row::{Calm, HeldRow, Idle, LinkRow, place};
use crate::error::Failure;
use crate::schema::{device_flows as flows, trakt_users as links};
use crate::seal::Vault;
use crate::time::at_present;
use crate::{audit, token, user, watch};

/// See `LinkStore::complete`.
pub(super) fn complete(
    conn: &mut PgConnection,
    vault: &Vault,
    cmd: &CompleteFlow,
) -> Result<Completion, Failure> {
    if !user::lock(conn, cmd.user)? {
        return refuse(conn, vault, cmd, FlowEnd::Expired);
    }
    let found: Option<FlowRow> = flows::table
        .find(cmd.flow.uuid())
        .filter(flows::user_id.eq(cmd.user.uuid()))
        .select(FlowRow::as_select())
        .for_update()
        .get_result(conn)
        .optional()?;
    let Some(flow) = found else {
        return refuse(conn, vault, cmd, FlowEnd::Expired);
    };
    match flow.end()? {
        // Another replica was faster, with these very tokens: they are in use now, and revoking
        // them would break the link.
        Some(FlowEnd::Linked) => return Ok(Completion::Refused(FlowEnd::Linked, Vec::new())),
        Some(end) => return refuse(conn, vault, cmd, end),
        None => {}
    }
    let wish = Wish {
        user: cmd.user,
        account: Account {
            uuid: Some(&cmd.identity.uuid),
            slug: &cmd.identity.slug,
        },
        replace: flow.replace,
        stamp: &cmd.stamp,
    };
    match make_room(conn, vault, &wish)? {
        Room::Refused(why) => {
            end(conn, flow.id, why)?;
            refuse(conn, vault, cmd, why)
        }
        Room::Free(held, revocations) => {
            let link = store(conn, vault, cmd, held.as_ref())?;
            end(conn, flow.id, FlowEnd::Linked)?;
            watch::schedule(conn, cmd.user, cmd.identity.uuid.as_str())?;
            let mut entry =
                AuditEntry::new(AuditEvent::Linked, AuditOutcome::Succeeded, &cmd.stamp)
                    .about(cmd.user)
                    .account(&cmd.identity.slug, Some(&cmd.identity.uuid))
                    .link(link.id);
            if held.is_some_and(|held| held.access_token.is_some()) {
                entry = entry.detail("renewed");
            }
            audit::append(conn, vault, &entry)?;
            Ok(Completion::Linked(Box::new(link), revocations))
        }
    }
}

fn refuse(
    conn: &mut PgConnection,
    vault: &Vault,
    cmd: &CompleteFlow,
    why: FlowEnd,
) -> Result<Completion, Failure> {
    let revocation = token::queue(conn, vault, cmd.tokens.access.clone())?;
    Ok(Completion::Refused(why, vec![revocation]))
}

/// Puts the tokens into the link that holds the account, or into a new one.
fn store(
    conn: &mut PgConnection,
    vault: &Vault,
    cmd: &CompleteFlow,
    held: Option<&HeldRow>,
) -> Result<Link, Failure> {
    let id = held.map_or(cmd.new_link.uuid(), |held| held.id);
    let generation = held.map_or(0, |held| held.generation) + 1;
    let tokens = &cmd.tokens;
    let access = vault.seal(
        place("access_token", id, generation),
        tokens.access.expose(),
    )?;
    let refresh = vault.seal(
        place("refresh_token", id, generation),
        tokens.refresh.expose(),
    )?;
    let values = (
        links::user_id.eq(cmd.user.uuid()),
        links::trakt_slug.eq(cmd.identity.slug.as_str()),
        links::trakt_username.eq(user::storable(&cmd.identity.username)),
        links::trakt_uuid.eq(cmd.identity.uuid.as_str()),
        links::access_token.eq(access),
        links::refresh_token.eq(refresh),
        links::token_expires_at.eq(tokens.expires_at),
        links::status.eq(LinkStatus::Active.as_str()),
        links::status_reason.eq(None::<&str>),
        links::generation.eq(generation),
        links::key_id.eq(vault.key_id()),
        links::linked_at.eq(at_present().nullable()),
        links::updated_at.eq(now),
    );
    let due = sql::<Nullable<Timestamptz>>("now() + (")
        .bind::<Timestamptz, _>(tokens.expires_at)
        .sql(" - now()) * ")
        .bind::<Double, _>(RefreshPolicy::share(&*vault.entropy));
    let times = (
        links::status_since.eq(at_present()),
        links::token_issued_at.eq(at_present().nullable()),
        links::refresh_due_at.eq(due),
    );
    let row: LinkRow = match held {
        // Whatever was under way for the pair before this one is over.
        Some(held) => diesel::update(links::table.find(held.id))
            .set((values, times, Idle::default(), Calm::default()))
            .returning(LinkRow::as_returning())
            .get_result(conn)?,
        None => diesel::insert_into(links::table)
            .values((links::id.eq(id), values, times))
            .returning(LinkRow::as_returning())
            .get_result(conn)?,
    };
    Ok(row.try_into()?)
}
