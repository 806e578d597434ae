//! What users watch. This file holds the port; the parts:
//!
//! | file | what it does |
//! |---|---|
//! | `pull` | who is due, the lease of a pull, and how it ends |
//! | `history` | the history, as it is served |
//! | `media` | the things that rows are about |
//! | `rows` | the rows of each part, many in one statement |
//!
//! Locks are taken in this order: the link, the state of the user, media by kind and number, rows.

mod history;
mod media;
mod pull;
mod rows;

use std::time::Duration;

use trakt_core::link::LinkStatus;
use trakt_core::ports::{BeginPull, Begun, EndPull, FinishPart, Lease, StoreRows, WatchStore};
use trakt_core::watch::{Held, HistoryCursor, HistoryQuery, Listing, Part, Play, PullState};
use trakt_core::{PortError, UserId};

pub(crate) use self::pull::{schedule, unschedule};
use crate::PgStore;

impl WatchStore for PgStore {
    fn begin_pull(&self, cmd: &BeginPull) -> Result<Option<Begun>, PortError> {
        self.write(|conn| pull::begin(conn, cmd))
    }

    fn held(&self, user: UserId, part: Part) -> Result<Vec<Held>, PortError> {
        self.read(|conn| rows::held(conn, user, part))
    }

    fn store_rows(&self, cmd: &StoreRows) -> Result<Lease, PortError> {
        self.write(|conn| {
            if pull::renew(conn, cmd.user, cmd.pull, cmd.lease)? == Lease::Lost {
                return Ok(Lease::Lost);
            }
            media::upsert(conn, &cmd.items)?;
            rows::upsert(conn, cmd.user, cmd.part, &cmd.rows)?;
            Ok(Lease::Kept)
        })
    }

    fn finish_part(&self, cmd: &FinishPart) -> Result<Lease, PortError> {
        self.write(|conn| {
            if pull::renew(conn, cmd.user, cmd.pull, cmd.lease)? == Lease::Lost {
                return Ok(Lease::Lost);
            }
            rows::remove(conn, cmd.user, cmd.part, &cmd.removed)?;
            pull::mark(conn, cmd.user, cmd.part, cmd.mark.as_ref())?;
            Ok(Lease::Kept)
        })
    }

    fn end_pull(&self, cmd: &EndPull) -> Result<Lease, PortError> {
        self.write(|conn| Ok(pull::end(conn, cmd)?))
    }

    fn claim_pulls(&self, limit: u32, lease: Duration) -> Result<Vec<UserId>, PortError> {
        self.write(|conn| Ok(pull::claim(conn, limit, lease)?))
    }

    fn ask_pull(&self, user: UserId) -> Result<Option<LinkStatus>, PortError> {
        self.write(|conn| pull::ask(conn, user))
    }

    fn pull_state(&self, user: UserId) -> Result<Option<PullState>, PortError> {
        self.read_together(|conn| pull::state(conn, user))
    }

    fn history(&self, query: &HistoryQuery) -> Result<Listing<Play, HistoryCursor>, PortError> {
        self.read_together(|conn| history::history(conn, query))
    }
}
