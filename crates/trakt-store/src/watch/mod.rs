//! What users watch. This file holds the port; the parts:
//!
//! | file | what it does |
//! |---|---|
//! | `pull` | who is due, the lease of a pull, and how it ends |
//! | `state` | how the data of users stands |
//! | `purge` | deleting all of it |
//! | `history` | the history, as it is served |
//! | `catalogue` | the episodes of shows |
//! | `progress` | how far users are in shows |
//! | `lists`, `watched` | ratings, the watchlist, and what was watched, as they are served |
//! | `thing` | what a row of a list is about |
//! | `hold` | changes that are too many to be meant |
//! | `media` | the things that rows are about |
//! | `rows` | the rows of each part, many in one statement |
//!
//! Locks are taken in this order: the link, the state of the user, media by kind and number, rows.

mod catalogue;
mod history;
mod hold;
mod lists;
mod media;
mod progress;
mod pull;
mod purge;
mod rows;
mod show;
mod state;
mod thing;
mod watched;

use std::time::Duration;

use trakt_core::ports::{
    Asked, BeginPull, Begun, CatalogueStore, ClaimedShow, EndPull, FinishPart, HoldPart, Lease,
    SettleCatalogue, StoreCatalogue, StoreRows, Stored, UserState, WatchReads, WatchStore,
};
use trakt_core::watch::{
    Held, HistoryCursor, HistoryQuery, Listed, Listing, Part, Play, ProgressCursor, ProgressQuery,
    PullProgress, PullState, Rated, RatingCursor, RatingsQuery, ShowRecord, TitleName, ToWatch,
    Watched, WatchedQuery, WatchlistCursor, WatchlistQuery,
};
use trakt_core::{PortError, UserId};

pub(crate) use self::media::upsert as keep_items;
pub(crate) use self::progress::{unwatch_episodes, watch_episode};
pub(crate) use self::pull::{schedule, seen, switch, unschedule};
pub(crate) use self::purge::purge;
pub(crate) use self::state::states;
pub(crate) use self::thing::{THING, ThingRow};
use crate::scrobble::Contradiction;
use crate::{PgStore, scrobble, webhook};

impl WatchStore for PgStore {
    fn begin_pull(&self, cmd: &BeginPull) -> Result<Option<Begun>, PortError> {
        self.write(|conn| pull::begin(conn, cmd))
    }

    fn held(&self, user: UserId, part: Part) -> Result<Vec<Held>, PortError> {
        self.read(|conn| rows::held(conn, user, part))
    }

    fn store_rows(&self, cmd: &StoreRows) -> Result<Stored, PortError> {
        self.write(|conn| {
            let progress = Some(PullProgress {
                part: cmd.part,
                rows: cmd.seen,
            });
            if pull::renew(conn, cmd.user, cmd.pull, cmd.lease, progress)? == Lease::Lost {
                return Ok(Stored::Lost);
            }
            media::upsert(conn, &cmd.items)?;
            let guards = scrobble::guards(conn, cmd.user, cmd.part)?;
            let (mut free, mut stored) = (Vec::new(), Stored::Whole);
            for row in &cmd.rows {
                match guards.contradict(row) {
                    None => free.push(row),
                    Some(Contradiction::Untold) => {}
                    Some(Contradiction::Told) => stored = Stored::Without,
                }
            }
            rows::upsert(conn, cmd.user, cmd.part, &free)?;
            webhook::changed(conn, cmd.user, cmd.part, free.len(), 0)?;
            scrobble::replaced(conn, cmd.user, cmd.part, &free)?;
            Ok(stored)
        })
    }

    fn finish_part(&self, cmd: &FinishPart) -> Result<Lease, PortError> {
        self.write(|conn| {
            if pull::renew(conn, cmd.user, cmd.pull, cmd.lease, None)? == Lease::Lost {
                return Ok(Lease::Lost);
            }
            let guards = scrobble::guards(conn, cmd.user, cmd.part)?;
            let removed = rows::remove(conn, cmd.user, cmd.part, &cmd.removed, &guards)?;
            webhook::changed(conn, cmd.user, cmd.part, 0, removed)?;
            let waits = scrobble::forget_confirmed(conn, cmd.user, cmd.part)?;
            // What the user wrote is newer than the list: it is read again.
            let newer = waits || (removed < cmd.removed.len() && !guards.is_empty());
            let mark = cmd.mark.as_ref().filter(|_| !newer);
            pull::mark(conn, cmd.user, cmd.part, mark)?;
            hold::release(conn, cmd.user, cmd.part)?;
            if matches!(cmd.part, Part::EpisodePlays | Part::Shows) {
                progress::count_user(conn, cmd.user)?;
            }
            Ok(Lease::Kept)
        })
    }

    fn hold_part(&self, cmd: &HoldPart) -> Result<Lease, PortError> {
        self.write(|conn| {
            if pull::renew(conn, cmd.user, cmd.pull, cmd.lease, None)? == Lease::Lost {
                return Ok(Lease::Lost);
            }
            hold::hold(conn, cmd)?;
            Ok(Lease::Kept)
        })
    }

    fn end_pull(&self, cmd: &EndPull) -> Result<Lease, PortError> {
        self.write(|conn| Ok(pull::end(conn, cmd)?))
    }

    fn claim_pulls(&self, limit: u32, lease: Duration) -> Result<Vec<UserId>, PortError> {
        self.write(|conn| Ok(pull::claim(conn, limit, lease)?))
    }

    fn ask_pull(&self, user: UserId, confirm: bool) -> Result<Asked, PortError> {
        self.write(|conn| pull::ask(conn, user, confirm))
    }

    fn pull_state(&self, user: UserId) -> Result<Option<PullState>, PortError> {
        let states = self.pull_states(&[user])?;
        Ok(states.into_iter().find_map(|(_, state)| state))
    }

    fn pull_states(&self, users: &[UserId]) -> Result<Vec<UserState>, PortError> {
        self.read(|conn| states(conn, users))
    }

    fn history(&self, query: &HistoryQuery) -> Result<Listing<Play, HistoryCursor>, PortError> {
        self.read_together(|conn| history::history(conn, query))
    }
}

impl WatchReads for PgStore {
    fn progress(
        &self,
        query: &ProgressQuery,
    ) -> Result<Listing<ToWatch, ProgressCursor>, PortError> {
        self.read_together(|conn| progress::progress(conn, query))
    }

    fn show(&self, user: UserId, show: &TitleName) -> Result<Option<ShowRecord>, PortError> {
        self.read_together(|conn| show::show(conn, user, show))
    }

    fn watched(&self, query: &WatchedQuery) -> Result<Listing<Watched, HistoryCursor>, PortError> {
        self.read_together(|conn| watched::watched(conn, query))
    }

    fn ratings(&self, query: &RatingsQuery) -> Result<Listing<Rated, RatingCursor>, PortError> {
        self.read_together(|conn| lists::ratings(conn, query))
    }

    fn watchlist(
        &self,
        query: &WatchlistQuery,
    ) -> Result<Listing<Listed, WatchlistCursor>, PortError> {
        self.read_together(|conn| lists::watchlist(conn, query))
    }

    /// One statement that may be run again, so that it needs no transaction of its own.
    fn see(&self, user: UserId, noted: Duration, soon: Duration) -> Result<(), PortError> {
        self.read(|conn| lists::see(conn, user, noted, soon))
    }
}

impl CatalogueStore for PgStore {
    fn claim_catalogue(&self, lease: Duration) -> Result<Option<ClaimedShow>, PortError> {
        self.write(|conn| Ok(catalogue::claim(conn, lease)?))
    }

    fn store_catalogue(&self, cmd: &StoreCatalogue) -> Result<(), PortError> {
        self.write(|conn| Ok(catalogue::store(conn, cmd)?))
    }

    fn count_show(&self, show: i64, after: Option<UserId>) -> Result<Option<UserId>, PortError> {
        self.write(|conn| Ok(progress::count_show(conn, show, after)?))
    }

    fn settle_catalogue(&self, cmd: &SettleCatalogue) -> Result<(), PortError> {
        self.write(|conn| Ok(catalogue::settle(conn, cmd)?))
    }
}
