//! Whether the keys at hand are those that the data was sealed with. Asked at start, before
//! anything is sealed or opened and before any call to Trakt: the first refreshed token that
//! cannot be stored would be lost.

use std::collections::BTreeSet;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use trakt_core::PortError;
use uuid::Uuid;

use crate::PgStore;
use crate::error::Failure;
use crate::schema::{audit_keys, device_flows, key_checks, token_revocations};
use crate::seal::{Place, Vault};

const SENTINEL: &str = "this key opens what it sealed";

const PLACE: Place = Place {
    table: "key_checks",
    column: "sealed",
    row: Uuid::nil(),
    generation: 0,
};

/// Why the keys cannot be used with this database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyCheckError {
    /// Data is sealed with keys of these ids, and they are not in the keyring.
    #[error("the database holds what is sealed with keys that are not given: {}", .0.join(", "))]
    Missing(Vec<String>),
    /// The keys of these ids are not the ones that were used under these ids before.
    #[error("these keys are not the ones that the database was used with: {}", .0.join(", "))]
    Wrong(Vec<String>),
    /// The database could not be asked.
    #[error(transparent)]
    Store(#[from] PortError),
}

impl PgStore {
    /// Checks that every key which data is sealed with is given, and that every given key is the
    /// one that bore its id before. A key that is new is noted.
    ///
    /// # Errors
    /// [`KeyCheckError`]; nothing is noted then.
    pub fn check_keys(&self) -> Result<(), KeyCheckError> {
        let mut verdict = Ok(());
        let checked = self.write(|conn| {
            verdict = self.judge_keys(conn)?;
            match verdict {
                Ok(()) => Ok(()),
                // Anything to take the new notes back.
                Err(_) => Err(diesel::result::Error::RollbackTransaction.into()),
            }
        });
        verdict?;
        Ok(checked?)
    }

    fn judge_keys(&self, conn: &mut PgConnection) -> Result<Result<(), KeyCheckError>, Failure> {
        let keys = &self.vault.keys;
        // First, as for those who look for a lost key a missing one is no news.
        let wrong = wrong_keys(conn, &self.vault)?;
        if !wrong.is_empty() {
            return Ok(Err(KeyCheckError::Wrong(wrong)));
        }
        let missing: Vec<_> = used_keys(conn)?
            .into_iter()
            .filter(|used| keys.ids().all(|id| id != used))
            .collect();
        if !missing.is_empty() {
            return Ok(Err(KeyCheckError::Missing(missing)));
        }
        for key in keys.keys() {
            diesel::insert_into(key_checks::table)
                .values((
                    key_checks::key_id.eq(&key.id),
                    key_checks::sealed.eq(self.vault.seal_with(key, PLACE, SENTINEL)?),
                ))
                .on_conflict_do_nothing()
                .execute(conn)?;
        }
        // Read back, as another replica may have been faster, with another key.
        let wrong = wrong_keys(conn, &self.vault)?;
        Ok(if wrong.is_empty() {
            Ok(())
        } else {
            Err(KeyCheckError::Wrong(wrong))
        })
    }
}

/// The keys that are not the ones that were noted under their ids.
pub(crate) fn wrong_keys(conn: &mut PgConnection, vault: &Vault) -> QueryResult<Vec<String>> {
    let noted: Vec<(String, String)> = key_checks::table
        .select((key_checks::key_id, key_checks::sealed))
        .filter(key_checks::key_id.eq_any(vault.keys.ids()))
        .order(key_checks::key_id)
        .load(conn)?;
    let wrong = noted
        .into_iter()
        .filter(|(_, sealed)| vault.open(PLACE, sealed).ok().as_deref() != Some(SENTINEL));
    Ok(wrong.map(|(id, _)| id).collect())
}

/// The ids that rows are sealed with. Of the links, which may be millions, the index is stepped
/// through from key to key: as many steps as there are keys.
fn used_keys(conn: &mut PgConnection) -> QueryResult<BTreeSet<String>> {
    let links: Vec<KeyId> = diesel::sql_query(
        "WITH RECURSIVE used (key_id) AS ( \
             (SELECT key_id FROM trakt_users WHERE key_id IS NOT NULL ORDER BY key_id LIMIT 1) \
             UNION ALL \
             SELECT (SELECT t.key_id FROM trakt_users t WHERE t.key_id > used.key_id \
                     ORDER BY t.key_id LIMIT 1) \
             FROM used WHERE used.key_id IS NOT NULL \
         ) SELECT key_id FROM used WHERE key_id IS NOT NULL",
    )
    .load(conn)?;
    let flows = device_flows::table.select(device_flows::key_id).distinct();
    let tokens = token_revocations::table
        .select(token_revocations::key_id.nullable())
        .distinct();
    // One that was given up as lost is needed no more.
    let chains = audit_keys::table
        .filter(audit_keys::lost.eq(false))
        .select(audit_keys::key_id.nullable())
        .distinct();
    let others: Vec<Option<String>> = flows.union(tokens).union(chains).load(conn)?;
    let links = links.into_iter().map(|row| row.key_id);
    Ok(links.chain(others.into_iter().flatten()).collect())
}

#[derive(QueryableByName)]
struct KeyId {
    #[diesel(sql_type = Text)]
    key_id: String,
}
