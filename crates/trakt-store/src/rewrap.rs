//! Changing keys: which are in use, and sealing everything anew with the first.
//!
//! A row is opened and sealed under its lock, in batches, so that a service goes on serving. What
//! somebody is at work on is skipped and found in the next pass.

use std::collections::BTreeMap;
use std::path::Path;

use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{Array, Nullable, Text, Uuid as SqlUuid};
use trakt_core::PortError;
use trakt_core::audit::{AuditEntry, AuditStamp};
use uuid::Uuid;

use crate::error::Failure;
use crate::link::{flow_place, place};
use crate::schema::{
    audit_keys as chains, device_flows as flows, token_revocations as queued, trakt_users as links,
};
use crate::seal::{Place, SealError, Vault};
use crate::token::{revocation_place, unreadable};
use crate::{PgStore, audit, journal};

/// How many rows are held at once.
const BATCH: i64 = 200;

/// A key, and what is sealed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// Its id.
    pub id: String,
    /// Whether it seals, being the first of the keyring.
    pub seals: bool,
    /// Whether it is in the keyring at all.
    pub given: bool,
    /// Links with tokens sealed with it.
    pub links: i64,
    /// Open flows with codes or tokens sealed with it.
    pub flows: i64,
    /// Tokens that wait to be revoked, sealed with it.
    pub revocations: i64,
    /// Keys of the audit trail that are sealed with it.
    pub audit: i64,
    /// Pairs in the journals of this machine, sealed with it: none but for moments, or where a
    /// process left one behind.
    pub journal: i64,
}

/// What a rewrap did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Rows that were sealed anew.
    pub rows: u64,
    /// Rows that do not open: their key is gone, or they were altered. They stay as they are.
    pub unreadable: u64,
    /// Rows that others held. Another rewrap finds them.
    pub skipped: u64,
}

type Count = (Option<String>, i64);

impl PgStore {
    /// The keys of the keyring, the sealing one first, and others that something is sealed with:
    /// rows, and pairs in this journal and those beside it.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn key_status(&self, journal: Option<&Path>) -> Result<Vec<KeyUse>, PortError> {
        let (of_links, of_flows, of_queued, of_audit) = self.read_together(|conn| {
            Ok((
                links::table
                    .group_by(links::key_id)
                    .select((links::key_id, diesel::dsl::count_star()))
                    .load::<Count>(conn)?,
                flows::table
                    .group_by(flows::key_id)
                    .select((flows::key_id, diesel::dsl::count_star()))
                    .load::<Count>(conn)?,
                queued::table
                    .group_by(queued::key_id)
                    .select((queued::key_id.nullable(), diesel::dsl::count_star()))
                    .load::<Count>(conn)?,
                chains::table
                    .filter(chains::lost.eq(false))
                    .group_by(chains::key_id)
                    .select((chains::key_id.nullable(), diesel::dsl::count_star()))
                    .load::<Count>(conn)?,
            ))
        })?;
        let used = |counts: Vec<Count>| -> BTreeMap<String, i64> {
            let named = |(id, count): Count| Some((id?, count));
            counts.into_iter().filter_map(named).collect()
        };
        let [links, flows, queued, audit] = [of_links, of_flows, of_queued, of_audit].map(used);
        let written = journal.map(journal::key_ids).unwrap_or_default();
        let used = [links, flows, queued, audit, written];
        let given: Vec<&str> = self.vault.keys.ids().collect();
        let mut ids: Vec<String> = given.iter().map(|id| (*id).to_owned()).collect();
        for id in used.iter().flat_map(BTreeMap::keys) {
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        let of = |table: usize, id: &str| used[table].get(id).copied().unwrap_or(0);
        Ok(ids
            .into_iter()
            .map(|id| KeyUse {
                seals: id == self.vault.key_id(),
                given: given.contains(&id.as_str()),
                links: of(0, &id),
                flows: of(1, &id),
                revocations: of(2, &id),
                audit: of(3, &id),
                journal: of(4, &id),
                id,
            })
            .collect())
    }

    /// Seals everything with the first key that is sealed with another, batch by batch.
    ///
    /// # Errors
    /// When the database fails; what was done stays done.
    pub fn rewrap(&self) -> Result<Rewrapped, PortError> {
        let mut done = Rewrapped::default();
        let old = self.key_status(None)?.into_iter().filter(|key| !key.seals);
        for key in old {
            for table in [links_batch, flows_batch, queued_batch, audit_batch] {
                let mut after = Uuid::nil();
                loop {
                    let batch = self.write(|conn| table(conn, &self.vault, &key.id, after))?;
                    done.rows += batch.rows;
                    done.unreadable += batch.unreadable;
                    let Some(last) = batch.last else { break };
                    after = last;
                }
            }
        }
        let left = self.key_status(None)?.into_iter().filter(|key| !key.seals);
        let left: i64 = left
            .map(|key| key.links + key.flows + key.revocations + key.audit)
            .sum();
        done.skipped = u64::try_from(left)
            .unwrap_or(0)
            .saturating_sub(done.unreadable);
        Ok(done)
    }
}

/// What became of the rows of a batch.
struct Batch<const N: usize> {
    /// Those that opened, and their columns sealed anew.
    ids: Vec<Uuid>,
    columns: [Vec<Option<String>>; N],
    unreadable: Vec<AuditEntry>,
    last: Option<Uuid>,
}

/// The same, written.
struct Done {
    rows: u64,
    unreadable: u64,
    last: Option<Uuid>,
}

impl<const N: usize> Batch<N> {
    fn new() -> Self {
        Self {
            ids: Vec::new(),
            columns: [const { Vec::new() }; N],
            unreadable: Vec::new(),
            last: None,
        }
    }

    /// Seals the columns of a row anew; all of them, or the row stays as it is.
    fn add(&mut self, vault: &Vault, id: Uuid, row: [(Place, Option<String>); N]) {
        self.last = Some(id);
        let mut new = Vec::with_capacity(N);
        for (place, sealed) in row {
            match sealed.map(|sealed| anew(vault, place, &sealed)).transpose() {
                Ok(sealed) => new.push(sealed),
                Err(error) => {
                    self.unreadable
                        .push(unreadable(&error, &AuditStamp::default()));
                    return;
                }
            }
        }
        self.ids.push(id);
        for (column, sealed) in self.columns.iter_mut().zip(new) {
            column.push(sealed);
        }
    }

    /// Writes them in one statement.
    fn write(
        self,
        conn: &mut PgConnection,
        vault: &Vault,
        table: &Table<N>,
    ) -> Result<Done, Failure> {
        let (mut set, mut arrays, mut names) = (String::new(), String::new(), String::new());
        for (number, column) in table.columns.iter().enumerate() {
            // Constants of this file: nothing from outside.
            set += &format!("{column} = new.c{number}, ");
            arrays += &format!(", ${}::text[]", number + 3);
            names += &format!(", c{number}");
        }
        let sql = format!(
            "UPDATE {table} AS t SET {set} key_id = $1 \
             FROM unnest($2::uuid[]{arrays}) AS new (id{names}) WHERE t.id = new.id",
            table = table.name
        );
        let mut query = diesel::sql_query(sql)
            .into_boxed::<Pg>()
            .bind::<Text, _>(vault.key_id().to_owned())
            .bind::<Array<SqlUuid>, _>(self.ids);
        for column in self.columns {
            query = query.bind::<Array<Nullable<Text>>, _>(column);
        }
        let rows = query.execute(conn)?;
        for entry in &self.unreadable {
            audit::append(conn, vault, entry)?;
        }
        Ok(Done {
            rows: rows as u64,
            unreadable: self.unreadable.len() as u64,
            last: self.last,
        })
    }
}

/// A table and its sealed columns.
struct Table<const N: usize> {
    name: &'static str,
    columns: [&'static str; N],
}

/// A value sealed anew.
fn anew(vault: &Vault, place: Place, sealed: &str) -> Result<String, SealError> {
    vault.seal(place, &vault.open(place, sealed)?)
}

const LINKS: Table<3> = Table {
    name: "trakt_users",
    columns: ["access_token", "refresh_token", "previous_refresh_token"],
};

type LinkSealed = (Uuid, i64, Option<String>, Option<String>, Option<String>);

fn links_batch(
    conn: &mut PgConnection,
    vault: &Vault,
    key: &str,
    after: Uuid,
) -> Result<Done, Failure> {
    let rows: Vec<LinkSealed> = links::table
        .filter(links::key_id.eq(key))
        .filter(links::id.gt(after))
        .order(links::id)
        .limit(BATCH)
        .select((
            links::id,
            links::generation,
            links::access_token,
            links::refresh_token,
            links::previous_refresh_token,
        ))
        .for_update()
        .skip_locked()
        .load(conn)?;
    let mut batch = Batch::new();
    for (id, generation, access, refresh, previous) in rows {
        let of = |number: usize, generation| place(LINKS.columns[number], id, generation);
        let row = [
            (of(0, generation), access),
            (of(1, generation), refresh),
            (of(2, generation - 1), previous),
        ];
        batch.add(vault, id, row);
    }
    batch.write(conn, vault, &LINKS)
}

const FLOWS: Table<4> = Table {
    name: "device_flows",
    columns: ["device_code", "user_code", "access_token", "refresh_token"],
};

type FlowSealed = (
    Uuid,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

fn flows_batch(
    conn: &mut PgConnection,
    vault: &Vault,
    key: &str,
    after: Uuid,
) -> Result<Done, Failure> {
    let rows: Vec<FlowSealed> = flows::table
        .filter(flows::key_id.eq(key))
        .filter(flows::id.gt(after))
        .order(flows::id)
        .limit(BATCH)
        .select((
            flows::id,
            flows::device_code,
            flows::user_code,
            flows::access_token,
            flows::refresh_token,
        ))
        .for_update()
        .skip_locked()
        .load(conn)?;
    let mut batch = Batch::new();
    for (id, device, user, access, refresh) in rows {
        let of = |number: usize| flow_place(FLOWS.columns[number], id);
        let row = [
            (of(0), device),
            (of(1), user),
            (of(2), access),
            (of(3), refresh),
        ];
        batch.add(vault, id, row);
    }
    batch.write(conn, vault, &FLOWS)
}

const QUEUED: Table<1> = Table {
    name: "token_revocations",
    columns: ["access_token"],
};

fn queued_batch(
    conn: &mut PgConnection,
    vault: &Vault,
    key: &str,
    after: Uuid,
) -> Result<Done, Failure> {
    let rows: Vec<(Uuid, String)> = queued::table
        .filter(queued::key_id.eq(key))
        .filter(queued::id.gt(after))
        .order(queued::id)
        .limit(BATCH)
        .select((queued::id, queued::access_token))
        .for_update()
        .skip_locked()
        .load(conn)?;
    let mut batch = Batch::new();
    for (id, sealed) in rows {
        batch.add(vault, id, [(revocation_place(id), Some(sealed))]);
    }
    batch.write(conn, vault, &QUEUED)
}

const CHAINS: Table<1> = Table {
    name: "audit_keys",
    columns: ["sealed"],
};

fn audit_batch(
    conn: &mut PgConnection,
    vault: &Vault,
    key: &str,
    after: Uuid,
) -> Result<Done, Failure> {
    let rows: Vec<(Uuid, String)> = chains::table
        .filter(chains::key_id.eq(key))
        .filter(chains::lost.eq(false))
        .filter(chains::id.gt(after))
        .order(chains::id)
        .limit(BATCH)
        .select((chains::id, chains::sealed))
        .for_update()
        .skip_locked()
        .load(conn)?;
    let mut batch = Batch::new();
    for (id, sealed) in rows {
        batch.add(vault, id, [(audit::place(id), Some(sealed))]);
    }
    batch.write(conn, vault, &CHAINS)
}
