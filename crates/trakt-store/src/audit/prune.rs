//! Retention: the oldest part of each chain goes, and a signed mark of its last link stays, from
//! which a check goes on.

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::upsert::excluded;
use trakt_core::PortError;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};

use super::problem::{AuditFault, AuditProblem};
use super::verify::{Keys, PAGE, Walk, checkpoint, links_after};
use super::{append, key};
use crate::PgStore;
use crate::error::Failure;
use crate::schema::{
    audit_chain as chain, audit_checkpoints as checkpoints, audit_heads as heads, audit_log,
};

/// What retention did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many entries were removed.
    pub entries: u64,
    /// What kept it from going on, in some chain: to remove it would remove the evidence.
    pub stopped: Vec<AuditProblem>,
}

/// What became of a page.
struct Page {
    removed: u64,
    /// Whether a mark was made; of an unchecked one also where nothing was left to remove.
    marked: bool,
    more: bool,
    problem: Option<AuditProblem>,
}

impl PgStore {
    /// Removes entries that were written before this moment, in each chain from its beginning to the
    /// first that was not, and says so on the trail. What does not check stops it, unless it is told
    /// to remove even that; the mark that stays, and the entry, say so then.
    ///
    /// # Errors
    /// When the database fails; what was removed stays so.
    pub fn prune_trail(
        &self,
        before: DateTime<Utc>,
        unchecked: bool,
        stamp: &AuditStamp,
    ) -> Result<Pruned, PortError> {
        let mut pruned = Pruned::default();
        let mut noted = false;
        let shards: Vec<i16> = self.read(|conn| {
            heads::table
                .select(heads::shard)
                .order(heads::shard)
                .load(conn)
        })?;
        for shard in shards {
            loop {
                let page = self.write(|conn| {
                    let page = self.prune_page(conn, shard, before, unchecked)?;
                    if page.marked && !noted {
                        let event = AuditEvent::AuditPruned;
                        let mut entry = AuditEntry::new(event, AuditOutcome::Succeeded, stamp);
                        entry.detail = unchecked.then(|| "unchecked".into());
                        append(conn, &self.vault, &entry)?;
                    }
                    Ok(page)
                })?;
                noted |= page.marked;
                pruned.entries += page.removed;
                pruned.stopped.extend(page.problem);
                if !page.more {
                    break;
                }
            }
        }
        Ok(pruned)
    }

    fn prune_page(
        &self,
        conn: &mut PgConnection,
        shard: i16,
        before: DateTime<Utc>,
        unchecked: bool,
    ) -> Result<Page, Failure> {
        // Nobody else prunes the chain meanwhile. Who appends takes another.
        heads::table
            .find(shard)
            .select(heads::seq)
            .for_update()
            .get_result::<i64>(conn)?;
        let mut keys = Keys::default();
        let mut walk = Walk::new(shard);
        let mut page = Page {
            removed: 0,
            marked: false,
            more: false,
            problem: None,
        };
        let mut resign = None;
        // Once it was not checked it never will be.
        let mut doubtful = unchecked;
        if let Some(at) = checkpoint(conn, self, &mut keys, shard)? {
            if !at.signed && !unchecked {
                page.problem = Some(walk.problem(at.seq, None, AuditFault::CheckpointForged));
                return Ok(page);
            }
            (walk.seq, walk.mac) = (at.seq, at.mac);
            doubtful |= at.unchecked;
            if !at.signed {
                // Accepted from here on.
                resign = Some((walk.seq, walk.mac.clone()));
            }
        }
        let links = links_after(conn, shard, walk.seq)?;
        page.more = links.len() as i64 == PAGE;
        let (mut entries, mut old) = (Vec::with_capacity(links.len()), 0);
        let mut last = resign;
        for link in links {
            let (seq, entry, key_id, _, mac, row) = &link;
            let newer = row.as_ref().is_some_and(|row| row.at >= before);
            let to = (*seq, *entry, mac.clone());
            let key = keys.get(conn, self, *key_id)?.cloned();
            let mut found = walk.step(link, key.as_ref());
            if !newer || unchecked {
                found.extend(walk.tell_gone());
            }
            let problem = found.into_iter().next();
            // What does not check can say any time: unchecked, it goes with the older ones after it.
            if (newer && problem.is_none()) || (problem.is_some() && !unchecked) {
                page.problem = problem;
                page.more = false;
                break;
            }
            entries.push(to.1);
            if !newer {
                old = entries.len();
                last = Some((to.0, to.2));
            }
        }
        entries.truncate(old);
        page.more &= old > 0;
        if let Some((seq, mac)) = last {
            page.removed = entries.len() as u64;
            page.marked = true;
            remove(conn, &entries, shard, seq)?;
            let key = key::in_use(conn, &self.vault)?;
            let mark = (
                checkpoints::shard.eq(shard),
                checkpoints::seq.eq(seq),
                checkpoints::mac.eq(&mac),
                checkpoints::key.eq(key.id),
                checkpoints::signature.eq(key.checkpoint(shard, seq, &mac, doubtful)),
            );
            diesel::insert_into(checkpoints::table)
                .values(mark)
                .on_conflict(checkpoints::shard)
                .do_update()
                .set((
                    checkpoints::seq.eq(excluded(checkpoints::seq)),
                    checkpoints::mac.eq(excluded(checkpoints::mac)),
                    checkpoints::key.eq(excluded(checkpoints::key)),
                    checkpoints::signature.eq(excluded(checkpoints::signature)),
                ))
                .execute(conn)?;
        }
        Ok(page)
    }
}

fn remove(conn: &mut PgConnection, entries: &[i64], shard: i16, seq: i64) -> QueryResult<()> {
    // For this transaction, the triggers let it.
    conn.batch_execute("SET LOCAL trakt.audit_prune = 'on'")?;
    diesel::delete(audit_log::table.filter(audit_log::id.eq_any(entries))).execute(conn)?;
    diesel::delete(chain::table)
        .filter(chain::shard.eq(shard))
        .filter(chain::seq.le(seq))
        .execute(conn)?;
    conn.batch_execute("SET LOCAL trakt.audit_prune = 'off'")
}
