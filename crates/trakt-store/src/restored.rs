//! What has to be known once the database comes from a backup: the world has gone on since.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use trakt_core::PortError;

use crate::PgStore;
use crate::link::Idle;
use crate::schema::{outbox, trakt_users as links};
use crate::time::at_present;
use crate::token::believe;

/// What is looked at with other eyes now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Links with tokens, of which some may have been renewed since the backup.
    pub links: i64,
    /// Writes that waited when the backup was made, and may have reached Trakt since.
    pub writes: usize,
}

impl PgStore {
    /// For so long a refresh token that Trakt refuses is believed to be dead, however many are: those
    /// that were used since the backup. Refreshes that were under way then are begun anew. And what
    /// waits to be written counts as sent, so that it is looked for at Trakt before it is sent again.
    ///
    /// # Errors
    /// When the database fails; nothing is changed then.
    pub fn restored(&self, period: Duration) -> Result<Restored, PortError> {
        self.write(|conn| {
            believe(conn, period)?;
            let waiting = outbox::table.filter(outbox::state.eq("queued"));
            let writes = diesel::update(waiting)
                .set((
                    outbox::state.eq("sent"),
                    outbox::sent_at.eq(outbox::accepted_at.nullable()),
                ))
                .execute(conn)?;
            // Attempts of the old host: nobody comes back with their answers.
            diesel::update(links::table.filter(links::refresh_state.ne("idle")))
                .set((
                    Idle::default(),
                    links::replays.eq(0),
                    links::next_try_at.eq(None::<DateTime<Utc>>),
                    links::refresh_due_at.eq(at_present().nullable()),
                ))
                .execute(conn)?;
            let links = links::table
                .filter(links::access_token.is_not_null())
                .count()
                .get_result(conn)?;
            Ok(Restored { links, writes })
        })
    }
}
