//! Entries that have no place in a chain: those from before there was one, and those that an older
//! version of the program wrote beside this one. Or somebody by hand: which of the two, the operator
//! has to know.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable};
use trakt_core::PortError;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};

use super::chain::{ChainKey, Position};
use super::{AuditRow, append, key};
use crate::PgStore;
use crate::error::{Failure, corrupt};
use crate::schema::{audit_chain as chain, audit_heads as heads, audit_log};

/// How many entries are looked at in one statement.
const PAGE: i64 = 1000;

impl PgStore {
    /// Takes entries that have no place into a chain, as they are now, and says so on the trail.
    /// Returns how many.
    ///
    /// # Errors
    /// When the database fails; what was taken in stays so.
    pub fn adopt_entries(&self, stamp: &AuditStamp) -> Result<u64, PortError> {
        let (mut adopted, mut from) = (0, i64::MIN);
        loop {
            let batch = self.write(|conn| {
                let key = key::in_use(conn, &self.vault)?;
                let Some((count, last)) = page(conn, &key, from)? else {
                    return Ok(None);
                };
                if count > 0 && adopted == 0 {
                    let event = AuditEvent::AuditAdopted;
                    let entry = AuditEntry::new(event, AuditOutcome::Succeeded, stamp);
                    append(conn, &self.vault, &entry)?;
                }
                Ok(Some((count, last)))
            })?;
            let Some((count, last)) = batch else {
                return Ok(adopted);
            };
            adopted += count;
            let Some(next) = last.checked_add(1) else {
                return Ok(adopted);
            };
            from = next;
        }
    }
}

/// Takes in all entries there are.
pub(super) fn all(conn: &mut PgConnection, key: &ChainKey) -> Result<u64, Failure> {
    let (mut adopted, mut from) = (0, i64::MIN);
    while let Some((count, last)) = page(conn, key, from)? {
        adopted += count;
        let Some(next) = last.checked_add(1) else {
            break;
        };
        from = next;
    }
    Ok(adopted)
}

/// Looks at the entries of one page, from this number on: those that have no place, and the
/// last; `None` when there are no more.
pub(super) fn unchained(
    conn: &mut PgConnection,
    from: i64,
) -> QueryResult<Option<(Vec<i64>, i64)>> {
    #[derive(QueryableByName)]
    struct Page {
        #[diesel(sql_type = Nullable<BigInt>)]
        last: Option<i64>,
        #[diesel(sql_type = Nullable<Array<BigInt>>)]
        without: Option<Vec<i64>>,
    }
    let page: Page = diesel::sql_query(
        "WITH page AS MATERIALIZED \
             (SELECT id FROM audit_log WHERE id >= $1 ORDER BY id LIMIT $2) \
         SELECT max(page.id) AS last, \
             array_agg(page.id ORDER BY page.id) FILTER (WHERE c.entry_id IS NULL) AS without \
         FROM page LEFT JOIN audit_chain AS c ON c.entry_id = page.id",
    )
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(PAGE)
    .get_result(conn)?;
    Ok(page
        .last
        .map(|last| (page.without.unwrap_or_default(), last)))
}

fn page(conn: &mut PgConnection, key: &ChainKey, from: i64) -> Result<Option<(u64, i64)>, Failure> {
    let Some((without, last)) = unchained(conn, from)? else {
        return Ok(None);
    };
    if without.is_empty() {
        return Ok(Some((0, last)));
    }
    let rows: Vec<AuditRow> = audit_log::table
        .filter(audit_log::id.eq_any(without))
        .order(audit_log::id)
        .select(AuditRow::as_select())
        .load(conn)?;
    let (shard, mut seq, mut mac) = hold(conn)?;
    let mut links = Vec::with_capacity(rows.len());
    for row in &rows {
        seq += 1;
        let position = Position {
            shard,
            seq,
            previous: &mac,
            adopted: true,
        };
        mac = key.link(position, row);
        links.push((
            chain::shard.eq(shard),
            chain::seq.eq(seq),
            chain::entry_id.eq(row.id),
            chain::key.eq(key.id),
            chain::adopted.eq(true),
            chain::mac.eq(mac.clone()),
        ));
    }
    let count = links.len() as u64;
    diesel::insert_into(chain::table)
        .values(links)
        .execute(conn)?;
    diesel::update(heads::table.find(shard))
        .set((heads::seq.eq(seq), heads::mac.eq(mac)))
        .execute(conn)?;
    Ok(Some((count, last)))
}

/// Holds a head until the end of the transaction.
fn hold(conn: &mut PgConnection) -> Result<(i16, i64, Vec<u8>), Failure> {
    let first = heads::table.order(heads::shard).limit(1);
    let free = first.for_update().skip_locked().get_result(conn);
    let held = match free.optional()? {
        Some(head) => Some(head),
        None => first.for_update().get_result(conn).optional()?,
    };
    held.ok_or_else(|| corrupt("audit_heads: there is no head").into())
}
