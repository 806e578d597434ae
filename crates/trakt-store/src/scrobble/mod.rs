//! What users write, until Trakt has it. This file holds the port; the parts:
//!
//! | file | what it does |
//! |---|---|
//! | `find` | which thing a caller means |
//! | `accept` | taking a write |
//! | `effect` | what a write changes in what is served, at once |
//! | `turn` | whose writes are sent next |
//! | `settle` | what became of them |
//! | `guard` | what a pull must not undo |
//!
//! Locks are taken in the order of `watch`; a user's turn comes after the state of the user.

mod accept;
mod effect;
mod find;
mod guard;
mod remove;
mod settle;
mod turn;

use std::time::Duration;

use trakt_core::ports::{
    AcceptWrite, Accepted, ClaimWrites, ClaimedWrites, EndPush, HoldWrites, Lease, NameWrite,
    OutboxStore,
};
use trakt_core::scrobble::{Sought, Target, WriteRecord};
use trakt_core::{PortError, PushId, UserId, WriteId};

pub(crate) use self::guard::{Contradiction, Guards, forget_confirmed, guards, replaced};
pub(crate) use self::settle::account_changed;
pub(crate) use self::turn::{confirm, due};
use crate::PgStore;

impl OutboxStore for PgStore {
    fn find(&self, sought: &Sought) -> Result<Option<Target>, PortError> {
        self.read(|conn| find::find(conn, sought))
    }

    fn may_write(&self, user: UserId, daily: u32) -> Result<Option<bool>, PortError> {
        self.read_together(|conn| Ok(accept::may_write(conn, user, daily)?))
    }

    fn accept(&self, cmd: &AcceptWrite) -> Result<Accepted, PortError> {
        self.write(|conn| accept::accept(conn, cmd))
    }

    fn write(&self, user: UserId, id: WriteId) -> Result<Option<WriteRecord>, PortError> {
        self.read_together(|conn| accept::record(conn, user, id))
    }

    fn claim_writes(&self, cmd: &ClaimWrites) -> Result<Option<ClaimedWrites>, PortError> {
        let claimed = self.write(|conn| turn::claim(conn, cmd))?;
        claimed.map_err(PortError::from)
    }

    fn hold_writes(&self, cmd: &HoldWrites) -> Result<Lease, PortError> {
        self.write(|conn| Ok(turn::hold(conn, cmd)?))
    }

    fn begin_send(
        &self,
        user: UserId,
        push: PushId,
        writes: &[WriteId],
    ) -> Result<Lease, PortError> {
        self.write(|conn| Ok(turn::begin_send(conn, user, push, writes)?))
    }

    fn name_write(&self, cmd: &NameWrite) -> Result<Lease, PortError> {
        self.write(|conn| settle::name(conn, cmd))
    }

    fn end_push(&self, cmd: &EndPush) -> Result<Lease, PortError> {
        self.write(|conn| settle::end(conn, cmd))
    }

    fn forget_writes(&self, ended: Duration, limit: u32) -> Result<usize, PortError> {
        self.write(|conn| Ok(settle::forget(conn, ended, limit)?))
    }
}
