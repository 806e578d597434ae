//! Sessions of browsers.

use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Interval, Uuid as SqlUuid};
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome};
use trakt_core::ports::{CloseSession, OpenSession, SessionStore};
use trakt_core::{PortError, SessionKey, UserId};
use uuid::Uuid;

use crate::error::Failure;
use crate::schema::sessions;
use crate::seal::Vault;
use crate::time::interval;
use crate::{PgStore, audit, user};

/// How often it is noted that a session is used: a page asks for several things at once.
const NOTED: Duration = Duration::from_secs(300);

impl SessionStore for PgStore {
    fn open_session(&self, cmd: &OpenSession) -> Result<bool, PortError> {
        self.write(|conn| {
            if !user::lock(conn, cmd.user)? {
                return Ok(false);
            }
            diesel::sql_query(
                "INSERT INTO sessions (key, user_id, idle_at, ends_at) \
                 VALUES ($1, $2, now() + $3, now() + $4)",
            )
            .bind::<Binary, _>(cmd.key.bytes())
            .bind::<SqlUuid, _>(cmd.user.uuid())
            .bind::<Interval, _>(interval(cmd.idle))
            .bind::<Interval, _>(interval(cmd.life))
            .execute(conn)?;
            Ok(true)
        })
    }

    /// One statement that may be run again, so that it needs no transaction of its own.
    fn use_session(&self, key: &SessionKey, idle: Duration) -> Result<Option<UserId>, PortError> {
        self.read(|conn| {
            let row: Option<UserRow> = diesel::sql_query(
                "WITH used AS (UPDATE sessions SET idle_at = now() + $2 \
                     WHERE key = $1 AND idle_at > now() AND idle_at < now() + $2 - $3) \
                 SELECT user_id FROM sessions \
                 WHERE key = $1 AND least(idle_at, ends_at) > now()",
            )
            .bind::<Binary, _>(key.bytes())
            .bind::<Interval, _>(interval(idle))
            .bind::<Interval, _>(interval(NOTED))
            .get_result(conn)
            .optional()?;
            Ok(row.map(|row| row.user_id.into()))
        })
    }

    fn close_session(&self, cmd: &CloseSession) -> Result<(), PortError> {
        self.write(|conn| close(conn, &self.vault, cmd))
    }

    fn forget_sessions(&self, limit: u32) -> Result<usize, PortError> {
        self.write(|conn| {
            let over = diesel::sql_query(
                "DELETE FROM sessions WHERE key IN (SELECT key FROM sessions \
                     WHERE least(idle_at, ends_at) <= now() LIMIT $1)",
            );
            Ok(over.bind::<BigInt, _>(i64::from(limit)).execute(conn)?)
        })
    }
}

#[derive(QueryableByName)]
struct UserRow {
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
}

fn close(conn: &mut PgConnection, vault: &Vault, cmd: &CloseSession) -> Result<(), Failure> {
    let user: Option<Uuid> = diesel::delete(sessions::table.find(cmd.key.bytes()))
        .returning(sessions::user_id)
        .get_result(conn)
        .optional()?;
    let Some(user) = user else {
        return Ok(());
    };
    let entry = AuditEntry::new(AuditEvent::SignedOut, AuditOutcome::Succeeded, &cmd.stamp);
    audit::append(conn, vault, &entry.about(user.into()))
}
