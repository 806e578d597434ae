//! The check of the trail, chain by chain from where retention left off to its head, in pages that
//! are each of one moment, so that entries may come and go meanwhile.

use std::collections::hash_map::{Entry, HashMap};

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::SmallInt;
use trakt_core::PortError;
use uuid::Uuid;

use super::adopt::unchained;
use super::chain::{ChainKey, Position};
use super::problem::{AuditFault, AuditProblem};
use super::{AuditRow, key};
use crate::PgStore;
use crate::error::Failure;
use crate::schema::audit_log;
use crate::schema::{audit_chain as chain, audit_checkpoints as checkpoints, audit_heads as heads};

/// How many links are read at once.
pub(super) const PAGE: i64 = 1000;

/// What a check found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many entries stand in their places.
    pub entries: u64,
    /// How many problems were told. That something was removed unchecked is told too, and counts as none:
    /// an operator wanted it.
    pub problems: u64,
}

/// A link, and its entry if that is there.
pub(super) type Link = (i64, i64, Uuid, bool, Vec<u8>, Option<AuditRow>);

/// Up to where retention removed a chain.
#[derive(Clone)]
pub(super) struct Checkpoint {
    pub(super) seq: i64,
    pub(super) mac: Vec<u8>,
    pub(super) signed: bool,
    /// Whether something was removed that did not check, or was not to be checked.
    pub(super) unchecked: bool,
}

/// The keys that were needed so far.
#[derive(Default)]
pub(super) struct Keys(HashMap<Uuid, Option<ChainKey>>);

impl Keys {
    pub(super) fn get(
        &mut self,
        conn: &mut PgConnection,
        store: &PgStore,
        id: Uuid,
    ) -> QueryResult<Option<&ChainKey>> {
        let key = match self.0.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(key::by_id(conn, &store.vault, id)?),
        };
        Ok(key.as_ref())
    }
}

/// How far the check of a chain has come, and what it tells of it.
pub(super) struct Walk {
    shard: i16,
    pub(super) seq: i64,
    pub(super) mac: Vec<u8>,
    /// First place, first entry, key, last place and number of those that cannot be checked.
    gone: Option<(i64, i64, Uuid, i64, u64)>,
    pub(super) good: u64,
}

impl Walk {
    pub(super) fn new(shard: i16) -> Self {
        Self {
            shard,
            seq: 0,
            mac: Vec::new(),
            gone: None,
            good: 0,
        }
    }

    pub(super) fn problem(&self, seq: i64, entry: Option<i64>, fault: AuditFault) -> AuditProblem {
        AuditProblem {
            shard: Some(self.shard),
            seq: Some(seq),
            entry,
            fault,
        }
    }

    /// Goes on to the next link; tells what is wrong with it, if anything is.
    pub(super) fn step(&mut self, link: Link, key: Option<&ChainKey>) -> Vec<AuditProblem> {
        let (seq, entry, key_id, adopted, mac, row) = link;
        let mut found = Vec::new();
        if key.is_some() {
            found.extend(self.tell_gone());
        }
        let follows = seq == self.seq + 1;
        if !follows {
            found.push(self.problem(self.seq + 1, None, AuditFault::Gap(seq)));
        }
        match (&row, key) {
            (None, _) => found.push(self.problem(seq, Some(entry), AuditFault::Removed)),
            (Some(_), None) => match &mut self.gone {
                Some((_, _, id, last, count)) if *id == key_id => {
                    (*last, *count) = (seq, *count + 1);
                }
                gone => {
                    let before = gone.replace((seq, entry, key_id, seq, 1));
                    found.extend(before.map(|gone| self.gone_problem(gone)));
                }
            },
            (Some(row), Some(key)) if follows => {
                let position = Position {
                    shard: self.shard,
                    seq,
                    previous: &self.mac,
                    adopted,
                };
                if key.fits(position, row, &mac) {
                    self.good += 1;
                } else {
                    found.push(self.problem(seq, Some(entry), AuditFault::Altered));
                }
            }
            (Some(_), Some(_)) => {}
        }
        (self.seq, self.mac) = (seq, mac);
        found
    }

    pub(super) fn tell_gone(&mut self) -> Option<AuditProblem> {
        let gone = self.gone.take()?;
        Some(self.gone_problem(gone))
    }

    fn gone_problem(&self, gone: (i64, i64, Uuid, i64, u64)) -> AuditProblem {
        let (first, entry, key, last, count) = gone;
        self.problem(first, Some(entry), AuditFault::KeyGone(key, last, count))
    }
}

impl PgStore {
    /// Checks the whole trail and tells each problem it finds.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn verify_trail(&self, tell: &mut dyn FnMut(&AuditProblem)) -> Result<Verified, PortError> {
        let mut verified = Verified::default();
        let mut keys = Keys::default();
        for shard in self.read(shards)? {
            self.verify_shard(shard, &mut keys, &mut verified, tell)?;
        }
        let mut from = i64::MIN;
        while let Some((without, last)) = self.read(|conn| unchained(conn, from))? {
            for entry in without {
                verified.problems += 1;
                tell(&AuditProblem {
                    shard: None,
                    seq: None,
                    entry: Some(entry),
                    fault: AuditFault::NotInChain,
                });
            }
            // There is a last number, too.
            let Some(next) = last.checked_add(1) else {
                break;
            };
            from = next;
        }
        Ok(verified)
    }

    fn verify_shard(
        &self,
        shard: i16,
        keys: &mut Keys,
        verified: &mut Verified,
        tell: &mut dyn FnMut(&AuditProblem),
    ) -> Result<(), PortError> {
        let mut walk = Walk::new(shard);
        let mut forged = false;
        for (seq, entry) in self.read_together(|conn| self.strays(conn, keys, shard))? {
            verified.problems += 1;
            tell(&walk.problem(seq, Some(entry), AuditFault::Stray));
        }
        loop {
            let (checkpoint, head, links, opened) = self.read_together(|conn| {
                let checkpoint = checkpoint(conn, self, keys, shard)?;
                let from = checkpoint
                    .as_ref()
                    .filter(|at| at.signed)
                    .map_or(walk.seq, |at| at.seq.max(walk.seq));
                let head: Option<(i64, Vec<u8>)> = heads::table
                    .find(shard)
                    .select((heads::seq, heads::mac))
                    .get_result(conn)
                    .optional()?;
                let links = links_after(conn, shard, from)?;
                let mut opened = Vec::with_capacity(links.len());
                for link in &links {
                    opened.push(keys.get(conn, self, link.2)?.cloned());
                }
                Ok((checkpoint, head, links, opened))
            })?;
            let mut found = Vec::new();
            match checkpoint {
                Some(at) if !at.signed => {
                    let told = std::mem::replace(&mut forged, true);
                    let problem = walk.problem(at.seq, None, AuditFault::CheckpointForged);
                    found.extend((!told).then_some(problem));
                }
                // Retention was at work, or this is the first page.
                Some(at) if at.seq > walk.seq => {
                    if at.unchecked {
                        tell(&walk.problem(at.seq, None, AuditFault::RemovedUnchecked));
                    }
                    (walk.seq, walk.mac) = (at.seq, at.mac);
                }
                _ => {}
            }
            let more = links.len() as i64 == PAGE;
            for (link, key) in links.into_iter().zip(&opened) {
                found.extend(walk.step(link, key.as_ref()));
            }
            if !more {
                found.extend(walk.tell_gone());
                found.extend(end(&walk, head.as_ref()));
            }
            verified.problems += found.len() as u64;
            found.iter().for_each(&mut *tell);
            if !more {
                verified.entries += walk.good;
                return Ok(());
            }
        }
    }
}

impl PgStore {
    /// Links that no check would come by: retention leaves none where it was. A page of them.
    fn strays(
        &self,
        conn: &mut PgConnection,
        keys: &mut Keys,
        shard: i16,
    ) -> Result<Vec<(i64, i64)>, Failure> {
        let removed = checkpoint(conn, self, keys, shard)?.filter(|at| at.signed);
        Ok(chain::table
            .filter(chain::shard.eq(shard))
            .filter(chain::seq.le(removed.map_or(0, |at| at.seq)))
            .order(chain::seq)
            .limit(PAGE)
            .select((chain::seq, chain::entry_id))
            .load(conn)?)
    }
}

/// Whether the head is where the chain ends.
fn end(walk: &Walk, head: Option<&(i64, Vec<u8>)>) -> Option<AuditProblem> {
    let Some((seq, mac)) = head else {
        return Some(walk.problem(walk.seq, None, AuditFault::HeadGone));
    };
    let fault = match seq.cmp(&walk.seq) {
        std::cmp::Ordering::Greater => AuditFault::CutOff(walk.seq),
        std::cmp::Ordering::Less => AuditFault::HeadBehind(walk.seq),
        std::cmp::Ordering::Equal if *mac != walk.mac => AuditFault::HeadDiffers,
        std::cmp::Ordering::Equal => return None,
    };
    Some(walk.problem(*seq, None, fault))
}

/// The chains there are, also one that there should not be.
fn shards(conn: &mut PgConnection) -> QueryResult<Vec<i16>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SmallInt)]
        shard: i16,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "WITH RECURSIVE used (shard) AS ( \
             (SELECT shard FROM audit_chain ORDER BY shard LIMIT 1) \
             UNION ALL SELECT (SELECT c.shard FROM audit_chain AS c \
                 WHERE c.shard > used.shard ORDER BY c.shard LIMIT 1) \
             FROM used WHERE used.shard IS NOT NULL) \
         SELECT shard FROM used WHERE shard IS NOT NULL \
         UNION SELECT generate_series(0, 15)::smallint ORDER BY shard",
    )
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.shard).collect())
}

/// The links after this place, with their entries: a page.
pub(super) fn links_after(
    conn: &mut PgConnection,
    shard: i16,
    after: i64,
) -> QueryResult<Vec<Link>> {
    chain::table
        .left_join(audit_log::table.on(audit_log::id.eq(chain::entry_id)))
        .filter(chain::shard.eq(shard))
        .filter(chain::seq.gt(after))
        .order(chain::seq)
        .limit(PAGE)
        .select((
            chain::seq,
            chain::entry_id,
            chain::key,
            chain::adopted,
            chain::mac,
            Option::<AuditRow>::as_select(),
        ))
        .load(conn)
}

/// Up to where retention removed this chain.
pub(super) fn checkpoint(
    conn: &mut PgConnection,
    store: &PgStore,
    keys: &mut Keys,
    shard: i16,
) -> Result<Option<Checkpoint>, Failure> {
    let found: Option<(i64, Vec<u8>, Uuid, Vec<u8>)> = checkpoints::table
        .find(shard)
        .select((
            checkpoints::seq,
            checkpoints::mac,
            checkpoints::key,
            checkpoints::signature,
        ))
        .get_result(conn)
        .optional()?;
    let Some((seq, mac, id, signature)) = found else {
        return Ok(None);
    };
    let key = keys.get(conn, store, id)?;
    let fits =
        |unchecked| key.is_some_and(|key| key.signed(shard, seq, &mac, unchecked, &signature));
    let unchecked = fits(true);
    Ok(Some(Checkpoint {
        signed: unchecked || fits(false),
        unchecked,
        seq,
        mac,
    }))
}
