//! Flows and links. This file holds the port; the parts:
//!
//! | file | what it does |
//! |---|---|
//! | `row` | how a link stands in its table, and how one ends |
//! | `room` | who may have which account: `trakt_core::link::decide` on locked rows |
//! | `flow` | how a flow stands in its table, and how one ends |
//! | `poll` | claiming a poll, noting what came of it |
//! | `complete` | making the link |
//! | `expire` | ending flows that nobody asks about any more |
//!
//! Locks are taken in this order: user, flow, links by id.

mod complete;
mod current;
mod expire;
mod flow;
mod poll;
mod room;
mod row;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::link::Link;
use trakt_core::ports::{
    Authorise, AuthoriseOutcome, ClaimPoll, CompleteFlow, Completion, CurrentFlow, LinkStore,
    OpenFlow, PollClaim, Revocation, SettlePoll, Unlink,
};
use trakt_core::{PortError, UserId};

pub(crate) use self::flow::{drop_flows_of_key, drop_open_flow, place as flow_place};
pub(crate) use self::room::{Room, Wish, make_room};
pub(crate) use self::row::{Calm, HeldRow, Idle, LinkRow, end_link, place, queue_token_of};
use crate::error::Failure;
use crate::schema::{trakt_users, users};
use crate::seal::Vault;
use crate::{PgStore, audit, user, watch};

impl LinkStore for PgStore {
    fn association(&self, user: UserId) -> Result<Option<Option<Link>>, PortError> {
        let row = self.read(|conn| {
            users::table
                .left_join(trakt_users::table)
                .filter(users::id.eq(user.uuid()))
                .select(Option::<LinkRow>::as_select())
                .get_result(conn)
                .optional()
        })?;
        row.map(|link| link.map(Link::try_from).transpose())
            .transpose()
    }

    fn open_flow(&self, cmd: &OpenFlow) -> Result<Option<Vec<Revocation>>, PortError> {
        self.write(|conn| flow::open(conn, &self.vault, cmd))
    }

    fn claim_poll(&self, cmd: &ClaimPoll) -> Result<PollClaim, PortError> {
        self.write(|conn| poll::claim(conn, &self.vault, cmd))
    }

    fn current_flow(&self, user: UserId) -> Result<Option<CurrentFlow>, PortError> {
        self.read_together(|conn| current::current(conn, &self.vault, user))
    }

    fn settle_poll(&self, cmd: &SettlePoll) -> Result<Vec<Revocation>, PortError> {
        self.write(|conn| poll::settle(conn, &self.vault, cmd))
    }

    fn authorise(&self, cmd: &Authorise) -> Result<AuthoriseOutcome, PortError> {
        self.write(|conn| flow::authorise(conn, &self.vault, cmd))
    }

    fn complete(&self, cmd: &CompleteFlow) -> Result<Completion, PortError> {
        self.write(|conn| complete::complete(conn, &self.vault, cmd))
    }

    fn expire_flows(&self, limit: u32) -> Result<Vec<Revocation>, PortError> {
        self.write(|conn| expire::expire(conn, &self.vault, limit))
    }

    fn unlink(&self, cmd: &Unlink) -> Result<Vec<Revocation>, PortError> {
        self.write(|conn| {
            if cmd.purge {
                // A link that is being made now would lose what says that it is to be read.
                user::lock(conn, cmd.user)?;
            }
            let revocations = unlink(conn, &self.vault, cmd.user, &cmd.stamp)?;
            if cmd.purge {
                purge(conn, &self.vault, cmd.user, &cmd.stamp)?;
            }
            Ok(revocations)
        })
    }
}

/// Deletes what is held of a user's data, with its entry.
pub(crate) fn purge(
    conn: &mut PgConnection,
    vault: &Vault,
    user: UserId,
    stamp: &AuditStamp,
) -> Result<(), Failure> {
    watch::purge(conn, user)?;
    let entry = AuditEntry::new(AuditEvent::DataPurged, AuditOutcome::Succeeded, stamp);
    audit::append(conn, vault, &entry.about(user))
}

/// Ends the link of a user, if there is one.
pub(crate) fn unlink(
    conn: &mut PgConnection,
    vault: &Vault,
    user: UserId,
    stamp: &AuditStamp,
) -> Result<Vec<Revocation>, Failure> {
    let held = trakt_users::table
        .filter(trakt_users::user_id.eq(user.uuid()))
        .select(HeldRow::as_select())
        .for_update()
        .get_result(conn)
        .optional()?;
    held.map_or_else(
        || Ok(Vec::new()),
        |held| end_link(conn, vault, &held, AuditEvent::Unlinked, stamp),
    )
}
