//! What has to be known once the database comes from a backup: the world has gone on since.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use trakt_core::PortError;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};

use crate::link::Idle;
use crate::pool::AT_WORK;
use crate::schema::{outbox, trakt_users as links};
use crate::time::at_present;
use crate::token::believe;
use crate::tx::unhurried;
use crate::{PgStore, audit};

/// What is looked at with other eyes now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Links with tokens, of which some may have been renewed since the backup.
    pub links: i64,
    /// Writes that waited when the backup was made, and may have reached Trakt since.
    pub writes: usize,
}

/// By how much `sequence` of webhooks goes ahead: more events than there can have been since the backup,
/// and little of what a number of JSON holds.
const STEP: i64 = 1_000_000_000;

/// A pooler keeps the sessions of a service that is gone, and a server those of a host that is: the
/// workers of one that lives ask something each second.
const SESSIONS: &str = "\
    SELECT 'session ' || pid || coalesce(' from ' || host(client_addr), '') AS name \
    FROM pg_stat_activity \
    WHERE datname = current_database() AND application_name = $1 \
        AND coalesce(state_change, now()) > clock_timestamp() - interval '1 minute' \
    ORDER BY pid";

impl PgStore {
    /// The sessions of processes that work with this database, in words, and not those of commands.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn at_work(&self) -> Result<Vec<String>, PortError> {
        #[derive(QueryableByName)]
        struct Session {
            #[diesel(sql_type = Text)]
            name: String,
        }
        let sessions: Vec<Session> = self.read(|conn| {
            diesel::sql_query(SESSIONS)
                .bind::<Text, _>(AT_WORK)
                .load(conn)
        })?;
        Ok(sessions.into_iter().map(|session| session.name).collect())
    }

    /// For so long a refresh token that Trakt refuses is believed to be dead, however many are: those
    /// that were used since the backup. Refreshes that were under way then are begun anew. And what
    /// waits to be written counts as sent, so that it is looked for at Trakt before it is sent again.
    /// Events of webhooks get numbers that none had before.
    ///
    /// # Errors
    /// When the database fails; nothing is changed then.
    pub fn restored(&self, period: Duration) -> Result<Restored, PortError> {
        self.write(|conn| {
            unhurried(conn)?;
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
            diesel::sql_query(
                "SELECT setval(name, nextval(name) + $1) \
                 FROM (SELECT pg_get_serial_sequence('webhook_events', 'seq')::regclass) AS s (name)",
            )
            .bind::<BigInt, _>(STEP)
            .execute(conn)?;
            let links = links::table
                .filter(links::access_token.is_not_null())
                .count()
                .get_result(conn)?;
            let (event, stamp) = (AuditEvent::DatabaseRestored, AuditStamp::default());
            let entry = AuditEntry::new(event, AuditOutcome::Succeeded, &stamp)
                .detail(format!("links={links} writes={writes}"));
            audit::append(conn, &self.vault, &entry)?;
            Ok(Restored { links, writes })
        })
    }
}
