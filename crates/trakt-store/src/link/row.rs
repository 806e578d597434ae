//! A link as it stands in its table, and its end.

use chrono::{DateTime, Utc};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::link::{HeldLink, Link};
use trakt_core::ports::Revocation;
use trakt_core::{AccessToken, LinkId, PortError, TraktSlug, TraktUuid, UserId};
use uuid::Uuid;

use crate::error::{Failure, corrupt};
use crate::schema::trakt_users;
use crate::seal::{Place, Vault};
use crate::{audit, token, watch};

/// What is shown of a link: no token.
#[derive(Queryable, Selectable)]
#[diesel(table_name = trakt_users, check_for_backend(Pg))]
pub(crate) struct LinkRow {
    pub(crate) id: Uuid,
    user_id: Option<Uuid>,
    trakt_slug: String,
    trakt_username: Option<String>,
    status: String,
    status_since: DateTime<Utc>,
    status_reason: Option<String>,
    linked_at: Option<DateTime<Utc>>,
    token_expires_at: Option<DateTime<Utc>>,
    last_synced_at: Option<DateTime<Utc>>,
}

impl TryFrom<LinkRow> for Link {
    type Error = PortError;

    fn try_from(row: LinkRow) -> Result<Self, PortError> {
        let odd = |column: &str| corrupt(format!("trakt_users.{column} of row {}", row.id));
        Ok(Self {
            id: row.id.into(),
            user: row.user_id.map(UserId::from),
            slug: TraktSlug::parse(&row.trakt_slug).map_err(|_| odd("trakt_slug"))?,
            username: row.trakt_username,
            status: row.status.parse().map_err(|_| odd("status"))?,
            status_since: row.status_since,
            reason: row.status_reason,
            linked_at: row.linked_at,
            token_expires_at: row.token_expires_at,
            last_synced_at: row.last_synced_at,
        })
    }
}

/// What is needed of a link that is about to change. Read it with a lock.
#[derive(Queryable, Selectable)]
#[diesel(table_name = trakt_users, check_for_backend(Pg))]
pub(crate) struct HeldRow {
    pub(crate) id: Uuid,
    pub(crate) user_id: Option<Uuid>,
    pub(crate) trakt_slug: String,
    pub(crate) trakt_uuid: Option<String>,
    /// Sealed.
    pub(crate) access_token: Option<String>,
    pub(crate) generation: i64,
}

impl TryFrom<&HeldRow> for HeldLink {
    type Error = PortError;

    fn try_from(row: &HeldRow) -> Result<Self, PortError> {
        let odd = |column: &str| corrupt(format!("trakt_users.{column} of row {}", row.id));
        let uuid = row.trakt_uuid.as_deref().map(TraktUuid::parse);
        Ok(Self {
            id: row.id.into(),
            user: row.user_id.map(UserId::from),
            uuid: uuid
                .map(|uuid| uuid.ok_or_else(|| odd("trakt_uuid")))
                .transpose()?,
            slug: TraktSlug::parse(&row.trakt_slug).map_err(|_| odd("trakt_slug"))?,
        })
    }
}

/// No refresh is under way.
#[derive(AsChangeset)]
#[diesel(table_name = trakt_users, treat_none_as_null = true)]
pub(crate) struct Idle {
    refresh_state: &'static str,
    attempt: Option<Uuid>,
    attempt_owner: Option<Uuid>,
    attempt_boot: Option<Uuid>,
    lease_until: Option<DateTime<Utc>>,
}

impl Default for Idle {
    fn default() -> Self {
        Self {
            refresh_state: "idle",
            attempt: None,
            attempt_owner: None,
            attempt_boot: None,
            lease_until: None,
        }
    }
}

/// No trouble with the pair is remembered, and nothing of the one before it.
#[derive(AsChangeset, Default)]
#[diesel(table_name = trakt_users, treat_none_as_null = true)]
pub(crate) struct Calm {
    next_try_at: Option<DateTime<Utc>>,
    failures: i32,
    replays: i32,
    previous_refresh_token: Option<String>,
    probe_at: Option<DateTime<Utc>>,
    probes_left: i32,
    refused_in_row: i32,
}

/// Where a token of a link stands.
pub(crate) fn place(column: &'static str, row: Uuid, generation: i64) -> Place {
    Place {
        table: "trakt_users",
        column,
        row,
        generation,
    }
}

/// Queues what the link holds for revoking; the caller takes it out of the row. A token that
/// does not open is written down and left at that: it must not keep a link from ending.
pub(crate) fn queue_token_of(
    conn: &mut PgConnection,
    vault: &Vault,
    held: &HeldRow,
    stamp: &AuditStamp,
) -> Result<Option<Revocation>, Failure> {
    let Some(sealed) = &held.access_token else {
        return Ok(None);
    };
    match vault.open(place("access_token", held.id, held.generation), sealed) {
        Ok(token) => token::queue(conn, vault, AccessToken::from(token)).map(Some),
        Err(error) => {
            let mut entry = token::unreadable(&error, stamp).link(LinkId::from(held.id));
            entry.subject = held.user_id.map(UserId::from);
            audit::append(conn, vault, &entry)?;
            Ok(None)
        }
    }
}

/// Deletes a link, with an entry under `event`. Returns what is to be revoked.
pub(crate) fn end_link(
    conn: &mut PgConnection,
    vault: &Vault,
    held: &HeldRow,
    event: AuditEvent,
    stamp: &AuditStamp,
) -> Result<Vec<Revocation>, Failure> {
    let link = HeldLink::try_from(held)?;
    let revocation = queue_token_of(conn, vault, held, stamp)?;
    if let Some(user) = held.user_id {
        watch::unschedule(conn, user.into())?;
    }
    let mut entry = AuditEntry::new(event, AuditOutcome::Succeeded, stamp)
        .account(&link.slug, link.uuid.as_ref())
        .link(LinkId::from(held.id));
    entry.subject = link.user;
    // While the row is there: others are told how the account was called.
    audit::append(conn, vault, &entry)?;
    diesel::delete(trakt_users::table.find(held.id)).execute(conn)?;
    Ok(revocation.into_iter().collect())
}
