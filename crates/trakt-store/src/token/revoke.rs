//! Tokens that are still to be handed back to Trakt. Rows come into the queue inside the
//! transactions that drop tokens, by [`queue`].

use std::time::Duration;

use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Interval, Timestamptz};
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::ports::{Revocation, RevocationStore};
use trakt_core::{AccessToken, PortError, RevocationId};
use uuid::Uuid;

use crate::error::Failure;
use crate::schema::token_revocations as queued;
use crate::seal::{Place, SealError, SealFault, Vault};
use crate::time::{at_present, in_future, in_past, interval};
use crate::{PgStore, audit};

/// How long the worker leaves a new row to whoever queued it, and who tells Trakt at once.
const HEAD_START: Duration = Duration::from_secs(15);

/// No token of Trakt's lives longer (see `TokenGrant::into_pair`): then there is nothing left to
/// revoke.
const GIVE_UP: Duration = Duration::from_secs(90 * 86_400);

impl RevocationStore for PgStore {
    fn due(&self, limit: u32, lease: Duration) -> Result<Vec<Revocation>, PortError> {
        self.write(|conn| {
            diesel::delete(queued::table)
                .filter(queued::created_at.lt(in_past(interval(GIVE_UP))))
                .execute(conn)?;
            let free = queued::table
                .select(queued::id)
                .filter(queued::next_try_at.le(at_present()))
                .order(queued::next_try_at)
                .limit(limit.into())
                .for_update()
                .skip_locked()
                .load::<Uuid>(conn)?;
            // The lease grows with every try, up to 32 times: Trakt may be down for hours.
            let next_try = sql::<Timestamptz>("now() + ")
                .bind::<Interval, _>(interval(lease))
                .sql(" * (2 ^ least(attempts, 5))");
            let taken: Vec<(Uuid, String)> = diesel::update(queued::table)
                .filter(queued::id.eq_any(free))
                .set((
                    queued::attempts.eq(queued::attempts + 1),
                    queued::next_try_at.eq(next_try),
                ))
                .returning((queued::id, queued::access_token))
                .get_results(conn)?;
            self.open_queued(conn, taken)
        })
    }

    fn done(&self, id: RevocationId) -> Result<(), PortError> {
        self.write(|conn| {
            diesel::delete(queued::table.find(id.uuid())).execute(conn)?;
            Ok(())
        })
    }
}

impl PgStore {
    /// One bad row must not keep the others from Trakt. One that was altered can never be revoked;
    /// one whose key is missing waits for it.
    fn open_queued(
        &self,
        conn: &mut PgConnection,
        rows: Vec<(Uuid, String)>,
    ) -> Result<Vec<Revocation>, Failure> {
        let mut opened = Vec::with_capacity(rows.len());
        for (id, sealed) in rows {
            match self.vault.open(place(id), &sealed) {
                Ok(token) => opened.push(Revocation {
                    id: id.into(),
                    token: AccessToken::from(token),
                }),
                Err(error) if error.fault == SealFault::UnknownKey => log::error!("{error}"),
                Err(error) => {
                    audit::append(
                        conn,
                        &self.vault,
                        &unreadable(&error, &AuditStamp::default()),
                    )?;
                    diesel::delete(queued::table.find(id)).execute(conn)?;
                }
            }
        }
        Ok(opened)
    }
}

/// Queues a token in the transaction under way. The caller also tells Trakt at once; should it
/// not come to that, the worker does.
pub(crate) fn queue(
    conn: &mut PgConnection,
    vault: &Vault,
    token: AccessToken,
) -> Result<Revocation, Failure> {
    let id = RevocationId::random(&*vault.entropy);
    diesel::insert_into(queued::table)
        .values((
            queued::id.eq(id.uuid()),
            queued::access_token.eq(vault.seal(place(id.uuid()), token.expose())?),
            queued::key_id.eq(vault.key_id()),
            queued::next_try_at.eq(in_future(interval(HEAD_START))),
        ))
        .execute(conn)?;
    Ok(Revocation { id, token })
}

/// The entry of a token that does not open and is not used, which is logged too.
pub(crate) fn unreadable(error: &SealError, stamp: &AuditStamp) -> AuditEntry {
    log::error!("a token is not used: {error}");
    AuditEntry::new(AuditEvent::TokenUnreadable, AuditOutcome::Refused, stamp)
}

/// Where a token that waits stands.
pub(crate) fn place(row: Uuid) -> Place {
    Place {
        table: "token_revocations",
        column: "access_token",
        row,
        generation: 0,
    }
}
