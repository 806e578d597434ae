//! Changing keys: which are in use, and sealing everything anew with the first.
//!
//! A row is opened and sealed under its lock, in batches, so that a service goes on serving. What
//! somebody is at work on is skipped and found in the next pass.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use trakt_core::PortError;
use uuid::Uuid;

use crate::PgStore;
use crate::error::Failure;
use crate::link::{flow_place, place};
use crate::schema::{device_flows as flows, token_revocations as queued, trakt_users as links};
use crate::seal::{Place, Vault};
use crate::token::revocation_place;

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
    /// The keys of the keyring, the sealing one first, and others that rows are sealed with.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn key_status(&self) -> Result<Vec<KeyUse>, PortError> {
        let (of_links, of_flows, of_queued) = self.read_together(|conn| {
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
            ))
        })?;
        let used = |counts: Vec<Count>| -> BTreeMap<String, i64> {
            let named = |(id, count): Count| Some((id?, count));
            counts.into_iter().filter_map(named).collect()
        };
        let used = [of_links, of_flows, of_queued].map(used);
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
        for table in [links_batch, flows_batch, queued_batch] {
            let mut after = Uuid::nil();
            loop {
                let batch = self.write(|conn| table(conn, &self.vault, after))?;
                done.rows += batch.rows;
                done.unreadable += batch.unreadable;
                let Some(last) = batch.last else { break };
                after = last;
            }
        }
        let left = self.key_status()?.into_iter().filter(|key| !key.seals);
        let left: i64 = left
            .map(|key| key.links + key.flows + key.revocations)
            .sum();
        done.skipped = u64::try_from(left)
            .unwrap_or(0)
            .saturating_sub(done.unreadable);
        Ok(done)
    }
}

#[derive(Default)]
struct Batch {
    rows: u64,
    unreadable: u64,
    last: Option<Uuid>,
}

impl Batch {
    /// Counts a row, and says whether it is to be written.
    fn note<T>(&mut self, id: Uuid, sealed: Option<T>) -> Option<T> {
        self.last = Some(id);
        match &sealed {
            Some(_) => self.rows += 1,
            None => self.unreadable += 1,
        }
        sealed
    }
}

/// A value sealed anew; `None` when it does not open.
fn anew(vault: &Vault, place: Place, sealed: &str) -> Option<String> {
    let opened = vault.open(place, sealed);
    let text = opened.inspect_err(|error| log::error!("{error}")).ok()?;
    vault.seal(place, &text).ok()
}

/// The same for a value that may not be there.
fn maybe(vault: &Vault, place: Place, sealed: Option<&str>) -> Option<Option<String>> {
    sealed.map_or(Some(None), |sealed| anew(vault, place, sealed).map(Some))
}

type LinkSealed = (Uuid, i64, Option<String>, Option<String>, Option<String>);

fn links_batch(conn: &mut PgConnection, vault: &Vault, after: Uuid) -> Result<Batch, Failure> {
    let rows: Vec<LinkSealed> = links::table
        .filter(links::key_id.ne(vault.key_id()))
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
    let mut batch = Batch::default();
    for (id, generation, access, refresh, previous) in rows {
        let new = || {
            let of = |column, generation| place(column, id, generation);
            Some((
                maybe(vault, of("access_token", generation), access.as_deref())?,
                maybe(vault, of("refresh_token", generation), refresh.as_deref())?,
                maybe(
                    vault,
                    of("previous_refresh_token", generation - 1),
                    previous.as_deref(),
                )?,
            ))
        };
        if let Some((access, refresh, previous)) = batch.note(id, new()) {
            diesel::update(links::table.find(id))
                .set((
                    links::access_token.eq(access),
                    links::refresh_token.eq(refresh),
                    links::previous_refresh_token.eq(previous),
                    links::key_id.eq(vault.key_id()),
                ))
                .execute(conn)?;
        }
    }
    Ok(batch)
}

type FlowSealed = (
    Uuid,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

fn flows_batch(conn: &mut PgConnection, vault: &Vault, after: Uuid) -> Result<Batch, Failure> {
    let rows: Vec<FlowSealed> = flows::table
        .filter(flows::key_id.ne(vault.key_id()))
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
    let mut batch = Batch::default();
    for (id, device, user, access, refresh) in rows {
        let new = || {
            let of = |column, sealed: &Option<String>| {
                maybe(vault, flow_place(column, id), sealed.as_deref())
            };
            Some((
                of("device_code", &device)?,
                of("user_code", &user)?,
                of("access_token", &access)?,
                of("refresh_token", &refresh)?,
            ))
        };
        if let Some((device, user, access, refresh)) = batch.note(id, new()) {
            diesel::update(flows::table.find(id))
                .set((
                    flows::device_code.eq(device),
                    flows::user_code.eq(user),
                    flows::access_token.eq(access),
                    flows::refresh_token.eq(refresh),
                    flows::key_id.eq(vault.key_id()),
                ))
                .execute(conn)?;
        }
    }
    Ok(batch)
}

fn queued_batch(conn: &mut PgConnection, vault: &Vault, after: Uuid) -> Result<Batch, Failure> {
    let rows: Vec<(Uuid, String)> = queued::table
        .filter(queued::key_id.ne(vault.key_id()))
        .filter(queued::id.gt(after))
        .order(queued::id)
        .limit(BATCH)
        .select((queued::id, queued::access_token))
        .for_update()
        .skip_locked()
        .load(conn)?;
    let mut batch = Batch::default();
    for (id, sealed) in rows {
        let new = anew(vault, revocation_place(id), &sealed);
        if let Some(sealed) = batch.note(id, new) {
            diesel::update(queued::table.find(id))
                .set((
                    queued::access_token.eq(sealed),
                    queued::key_id.eq(vault.key_id()),
                ))
                .execute(conn)?;
        }
    }
    Ok(batch)
}
