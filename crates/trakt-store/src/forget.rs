//! Giving up a key that is lost: what was sealed with it is dropped, and its people are asked to link
//! anew. Nothing else of theirs is touched.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::link::LinkStatus;
use trakt_core::token::LossReason;
use trakt_core::{LinkId, PortError, UserId};
use uuid::Uuid;

use crate::error::Failure;
use crate::link::{Idle, drop_flows_of_key};
use crate::schema::{
    audit_keys as trail, key_checks, token_revocations as queued, trakt_users as links,
};
use crate::seal::Vault;
use crate::time::at_present;
use crate::tx::unhurried;
use crate::{PgStore, audit};

/// How many links or flows are marked in one transaction. Each has its entry on the audit trail, and
/// others who write there wait for as long.
const BATCH: i64 = 50;

/// What was given up with a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Links that are `needs_relink` now, with the reason `unreadable`.
    pub links: usize,
    /// Flows that were ended: their people begin anew.
    pub flows: usize,
    /// Tokens that cannot be revoked at Trakt any more; they end by themselves.
    pub revocations: usize,
}

impl PgStore {
    /// Whether this key is in the keyring.
    #[must_use]
    pub fn has_key(&self, id: &str) -> bool {
        self.vault.keys.ids().any(|given| given == id)
    }

    /// Gives up everything that is sealed with this key. It is for one that is lost: the caller sees
    /// to it that it is not in the keyring, or what it opens is lost as well.
    ///
    /// # Errors
    /// When the database fails; what was given up stays so.
    pub fn forget_key(&self, id: &str) -> Result<Forgotten, PortError> {
        self.replace_trail_key(id)?;
        let mut done = Forgotten::default();
        loop {
            let marked = self.write(|conn| mark_links(conn, id, &self.vault))?;
            if marked == 0 {
                break;
            }
            done.links += marked;
        }
        loop {
            let ended = self.write(|conn| drop_flows_of_key(conn, &self.vault, id, BATCH))?;
            if ended == 0 {
                break;
            }
            done.flows += ended;
        }
        self.write(|conn| {
            unhurried(conn)?;
            let tokens = queued::table.filter(queued::key_id.eq(id));
            done.revocations = diesel::delete(tokens).execute(conn)?;
            // Keys of the trail that were out of use before: nothing else would free the start.
            diesel::update(trail::table.filter(trail::key_id.eq(id)))
                .filter(trail::retired_at.is_not_null())
                .set(trail::lost.eq(true))
                .execute(conn)?;
            diesel::delete(key_checks::table.find(id)).execute(conn)?;
            let (event, stamp) = (AuditEvent::KeyForgotten, AuditStamp::default());
            let Forgotten {
                links,
                flows,
                revocations,
            } = done;
            let counts = format!("key={id} links={links} flows={flows} revocations={revocations}");
            let entry = AuditEntry::new(event, AuditOutcome::Succeeded, &stamp).detail(counts);
            audit::append(conn, &self.vault, &entry)
        })?;
        Ok(done)
    }
}

fn mark_links(conn: &mut PgConnection, key: &str, vault: &Vault) -> Result<usize, Failure> {
    let rows: Vec<(Uuid, Option<Uuid>)> = links::table
        .filter(links::key_id.eq(key))
        .order(links::id)
        .limit(BATCH)
        .select((links::id, links::user_id))
        .for_update()
        .load(conn)?;
    let ids: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
    let nothing = None::<String>;
    let never = None::<DateTime<Utc>>;
    diesel::update(links::table.filter(links::id.eq_any(&ids)))
        .set((
            links::status.eq(LinkStatus::NeedsRelink.as_str()),
            links::status_reason.eq(LossReason::Unreadable.as_str()),
            links::status_since.eq(at_present()),
            links::updated_at.eq(at_present()),
            Idle::default(),
            (
                links::access_token.eq(&nothing),
                links::refresh_token.eq(&nothing),
                links::previous_refresh_token.eq(&nothing),
                links::key_id.eq(&nothing),
                links::token_expires_at.eq(never),
            ),
            (
                links::refresh_due_at.eq(never),
                links::next_try_at.eq(never),
                links::probe_at.eq(never),
            ),
        ))
        .execute(conn)?;
    for (link, user) in &rows {
        let (event, stamp) = (AuditEvent::NeedsRelink, AuditStamp::default());
        let mut entry = AuditEntry::new(event, AuditOutcome::Refused, &stamp)
            .link(LinkId::from(*link))
            .detail(LossReason::Unreadable.as_str());
        entry.subject = user.map(UserId::from);
        audit::append(conn, vault, &entry)?;
    }
    Ok(rows.len())
}
