//! A new pair of tokens, by compare-and-swap on the generation.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::now;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use trakt_core::UserId;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::link::LinkStatus;
use trakt_core::ports::{PairStored, StorePair};
use uuid::Uuid;

use super::{gate, unreadable};
use crate::error::Failure;
use crate::link::{Idle, place};
use crate::schema::trakt_users as links;
use crate::seal::Vault;
use crate::time::{at_present, in_future, in_past, interval};
use crate::{audit, webhook};

/// Generation, user, status, sealed refresh token, replays.
type Held = (i64, Option<Uuid>, String, Option<String>, i32);

/// See `TokenStore::store_pair`. The generation alone decides: a late owner may win as long as
/// nobody else has stored a pair, even a link that was given up meanwhile.
pub(super) fn store(
    conn: &mut PgConnection,
    vault: &Vault,
    cmd: &StorePair,
) -> Result<PairStored, Failure> {
    let id = cmd.link.uuid();
    let found: Option<Held> = links::table
        .find(id)
        .select((
            links::generation,
            links::user_id,
            links::status,
            links::refresh_token,
            links::replays,
        ))
        .for_update()
        .get_result(conn)
        .optional()?;
    let Some((held, user, status, old, replays)) = found else {
        let revocation = super::queue(conn, vault, cmd.pair.access.clone())?;
        return Ok(PairStored::Gone(vec![revocation]));
    };
    if old.is_none() {
        // An admin gave the account to another user meanwhile: this pair is nobody's approval.
        let revocation = super::queue(conn, vault, cmd.pair.access.clone())?;
        return Ok(PairStored::Gone(vec![revocation]));
    }
    if held != cmd.generation {
        note(
            conn,
            vault,
            cmd,
            user,
            AuditOutcome::Refused,
            Some("superseded"),
        )?;
        return Ok(PairStored::Superseded);
    }
    let generation = held + 1;
    let access = vault.seal(
        place("access_token", id, generation),
        cmd.pair.access.expose(),
    )?;
    let refresh = vault.seal(
        place("refresh_token", id, generation),
        cmd.pair.refresh.expose(),
    )?;
    // The one before it, bound to its new column and still to its generation.
    let previous = old.map(|old| vault.open(place("refresh_token", id, held), &old));
    let previous = match previous {
        Some(Ok(old)) => Some(vault.seal(place("previous_refresh_token", id, held), &old)?),
        // One that does not open is of no use to anybody.
        Some(Err(error)) => {
            let mut entry = unreadable(&error, &AuditStamp::default()).link(cmd.link);
            entry.subject = user.map(UserId::from);
            audit::append(conn, vault, &entry)?;
            None
        }
        None => None,
    };
    // What is left of a period that began when the pair was received.
    let left = |period: Duration| in_future(interval(period.saturating_sub(cmd.age))).nullable();
    let stored = diesel::update(links::table.find(id).filter(links::generation.eq(held)))
        .set((
            (
                links::access_token.eq(access),
                links::refresh_token.eq(refresh),
                links::previous_refresh_token.eq(previous),
                links::key_id.eq(vault.key_id()),
                links::generation.eq(generation),
                links::token_issued_at.eq(in_past(interval(cmd.age)).nullable()),
                links::token_expires_at.eq(left(cmd.pair.lifetime)),
                links::refresh_due_at.eq(left(cmd.refresh_after)),
            ),
            (
                Idle::default(),
                links::next_try_at.eq(None::<DateTime<Utc>>),
                links::failures.eq(0),
                links::replays.eq(0),
                links::probe_at.eq(at_present().nullable()),
                // By the row and not by the attempt: whoever sent the token again, a request that
                // is still under way may kill this pair.
                links::probes_left.eq(if replays > 0 { 2 } else { 1 }),
                links::updated_at.eq(now),
            ),
        ))
        .execute(conn)?;
    debug_assert_eq!(stored, 1, "the row is locked");
    if status == LinkStatus::NeedsRelink.as_str() {
        diesel::update(links::table.find(id))
            .set((
                links::status.eq(LinkStatus::Active.as_str()),
                links::status_reason.eq(None::<&str>),
                links::status_since.eq(at_present()),
            ))
            .execute(conn)?;
        if let Some(user) = user {
            webhook::restored(conn, user.into(), cmd.link)?;
        }
    }
    // The entry last: while its chain is held, nobody is waited for.
    gate::worked(conn)?;
    note(conn, vault, cmd, user, AuditOutcome::Succeeded, cmd.detail)?;
    Ok(PairStored::Stored(generation))
}

fn note(
    conn: &mut PgConnection,
    vault: &Vault,
    cmd: &StorePair,
    user: Option<Uuid>,
    outcome: AuditOutcome,
    detail: Option<&'static str>,
) -> Result<(), Failure> {
    let event = AuditEvent::TokenRefreshed;
    let mut entry = AuditEntry::new(event, outcome, &AuditStamp::default()).link(cmd.link);
    entry.subject = user.map(UserId::from);
    entry.detail = detail.map(Into::into);
    audit::append(conn, vault, &entry)
}
