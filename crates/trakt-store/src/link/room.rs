//! Making room for a link: the rule of `trakt_core::link::decide`, applied to locked rows.

use diesel::dsl::now;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::link::{Account, Decision, FlowEnd, HeldLink, decide};
use trakt_core::ports::Revocation;
use trakt_core::{TraktUuid, UserId};

use super::row::{HeldRow, end_link};
use crate::audit;
use crate::error::Failure;
use crate::schema::trakt_users;
use crate::seal::Vault;

/// Who wants which account.
pub(crate) struct Wish<'a> {
    pub(crate) user: UserId,
    pub(crate) account: Account<'a>,
    /// Whether a link to another account may give way.
    pub(crate) replace: bool,
    pub(crate) stamp: &'a AuditStamp,
}

/// Whether the user may have it.
pub(crate) enum Room {
    /// Yes. The link that holds the account already, if there is one; nothing else is in the way
    /// any more. What gave way is to be revoked.
    Free(Option<HeldRow>, Vec<Revocation>),
    /// No; it is on the trail.
    Refused(FlowEnd),
}

/// Ends or relabels what is in the way, with its entry, or writes why it must stay.
pub(crate) fn make_room(
    conn: &mut PgConnection,
    vault: &Vault,
    wish: &Wish<'_>,
) -> Result<Room, Failure> {
    let mut rows = locked(conn, wish)?;
    let held = rows
        .iter()
        .map(HeldLink::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let (reuse, replace, relabel) = match decide(wish.user, wish.account, &held, wish.replace) {
        Decision::AccountTaken => return refuse(conn, vault, wish, FlowEnd::AccountTaken),
        Decision::AlreadyLinked => return refuse(conn, vault, wish, FlowEnd::AlreadyLinked),
        Decision::Give {
            reuse,
            replace,
            relabel,
        } => (reuse, replace, relabel),
    };
    let mut revocations = Vec::new();
    if let Some(old) = rows.iter().find(|row| replace == Some(row.id.into())) {
        revocations = end_link(conn, vault, old, AuditEvent::Replaced, wish.stamp)?;
    }
    if let Some(stale) = rows.iter().find(|row| relabel == Some(row.id.into())) {
        // The account was renamed and its slug is somebody else's now. Its next sign of life
        // brings the new one; till then it bears a label that is free for certain and fits.
        let label: String = stale.trakt_slug.chars().take(200).collect();
        diesel::update(trakt_users::table.find(stale.id))
            .set((
                trakt_users::trakt_slug.eq(format!("{label}~{}", stale.id)),
                trakt_users::updated_at.eq(now),
            ))
            .execute(conn)?;
    }
    rows.retain(|row| reuse == Some(row.id.into()));
    Ok(Room::Free(rows.pop(), revocations))
}

/// Every link of the user, of the identity and of the slug: three at the most.
fn locked(conn: &mut PgConnection, wish: &Wish<'_>) -> QueryResult<Vec<HeldRow>> {
    let uuid = wish.account.uuid.map(TraktUuid::as_str);
    trakt_users::table
        .filter(
            trakt_users::user_id
                .eq(wish.user.uuid())
                .or(trakt_users::trakt_uuid.eq(uuid))
                .or(trakt_users::trakt_slug.eq(wish.account.slug.as_str())),
        )
        .select(HeldRow::as_select())
        .order(trakt_users::id)
        .for_update()
        .load(conn)
}

fn refuse(
    conn: &mut PgConnection,
    vault: &Vault,
    wish: &Wish<'_>,
    why: FlowEnd,
) -> Result<Room, Failure> {
    let entry = AuditEntry::new(AuditEvent::Conflict, AuditOutcome::Refused, wish.stamp)
        .about(wish.user)
        .account(wish.account.slug, wish.account.uuid)
        .detail(why.as_str());
    audit::append(conn, vault, &entry)?;
    Ok(Room::Refused(why))
}
