//! The heads of the chains as a line of text, to be kept where the owner of the database has no
//! hand: what the line says was there can no longer be cut off or rewritten unseen.

use std::fmt;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, SmallInt};
use trakt_core::PortError;

use super::problem::{AuditFault, AuditProblem};
use super::verify::{Keys, checkpoint};
use crate::PgStore;
use crate::error::Failure;
use crate::schema::audit_heads as heads;

/// What a line of heads begins with.
const WORD: &str = "audit heads ";
/// How many bytes of a mac are shown: as many as nobody finds another entry for.
const SHOWN: usize = 16;

/// The end of one chain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AuditHead {
    /// Which chain.
    pub shard: i16,
    /// How many entries it ever had.
    pub seq: i64,
    /// The first half of the mac of the last, in hex.
    pub mac: String,
}

/// The ends of all chains that have entries. Its text is `audit heads SHARD:SEQ:MAC …`, one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditHeads(pub Vec<AuditHead>);

impl AuditHeads {
    /// The heads that a line of text has somewhere in it, be it a line of a log or JSON.
    #[must_use]
    pub fn in_line(line: &str) -> Option<Self> {
        let (_, rest) = line.split_once(WORD)?;
        let heads: Vec<AuditHead> = rest.split(' ').map_while(AuditHead::parse).collect();
        (!heads.is_empty()).then_some(Self(heads))
    }
}

impl AuditHead {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim_end().splitn(3, ':');
        let (shard, seq, mac) = (parts.next()?, parts.next()?, parts.next()?);
        let mac = mac.get(..2 * SHOWN)?;
        let hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        mac.bytes().all(hex).then_some(())?;
        Some(Self {
            shard: shard.parse().ok()?,
            seq: seq.parse().ok()?,
            mac: mac.to_owned(),
        })
    }
}

impl fmt::Display for AuditHeads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WORD.trim_end())?;
        for AuditHead { shard, seq, mac } in &self.0 {
            write!(f, " {shard}:{seq}:{mac}")?;
        }
        Ok(())
    }
}

/// Chain, number of entries, mac of the last: a row of `audit_heads`.
type Row = (i16, i64, Vec<u8>);

impl PgStore {
    /// The heads as they are now, and what is no longer as it was when those were exported that are
    /// kept; also heads that are not those of their chains. All of one moment, so that nothing is kept
    /// that does not go on from what was, and nothing that never was.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn audit_heads(
        &self,
        kept: &AuditHeads,
    ) -> Result<(AuditHeads, Vec<AuditProblem>), PortError> {
        let (now, problems) = self.read_together(|conn| {
            let now = heads_now(conn)?;
            let mut problems = compare(conn, self, kept, &now)?;
            let known: Vec<_> = problems.iter().map(|problem| problem.shard).collect();
            let untrue = untrue(conn, self, &now)?;
            problems.extend(untrue.into_iter().filter(|at| !known.contains(&at.shard)));
            Ok((now, problems))
        })?;
        let written = now.iter().filter(|(_, seq, _)| *seq > 0);
        let head = |(shard, seq, mac): &Row| AuditHead {
            shard: *shard,
            seq: *seq,
            mac: shown(mac),
        };
        Ok((AuditHeads(written.map(head).collect()), problems))
    }

    /// What is no longer as it was when these heads were exported. What retention has removed since
    /// cannot be compared.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn compare_heads(&self, exported: &AuditHeads) -> Result<Vec<AuditProblem>, PortError> {
        self.read_together(|conn| {
            let now = heads_now(conn)?;
            compare(conn, self, exported, &now)
        })
    }
}

fn heads_now(conn: &mut PgConnection) -> QueryResult<Vec<Row>> {
    heads::table
        .order(heads::shard)
        .select((heads::shard, heads::seq, heads::mac))
        .load(conn)
}

#[derive(QueryableByName)]
struct Link {
    #[diesel(sql_type = SmallInt)]
    shard: i16,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Binary)]
    mac: Vec<u8>,
}

/// The links that are in these places of chains.
fn links_at(
    conn: &mut PgConnection,
    places: impl Iterator<Item = (i16, i64)>,
) -> QueryResult<Vec<Link>> {
    let (shards, seqs): (Vec<i16>, Vec<i64>) = places.unzip();
    diesel::sql_query(
        "SELECT c.shard, c.seq, c.mac FROM unnest($1::smallint[], $2::bigint[]) AS h (shard, seq) \
         JOIN audit_chain AS c USING (shard, seq)",
    )
    .bind::<Array<SmallInt>, _>(shards)
    .bind::<Array<BigInt>, _>(seqs)
    .load(conn)
}

/// Of these heads those that are not the last of their chain, as far as its links tell.
fn untrue(
    conn: &mut PgConnection,
    store: &PgStore,
    now: &[Row],
) -> Result<Vec<AuditProblem>, Failure> {
    let links = links_at(conn, now.iter().map(|(shard, seq, _)| (*shard, *seq)))?;
    let mut keys = Keys::default();
    let mut found = Vec::new();
    for (shard, seq, mac) in now.iter().filter(|(_, seq, _)| *seq > 0) {
        let link = links.iter().find(|at| (at.shard, at.seq) == (*shard, *seq));
        let fault = match link {
            Some(link) if link.mac == *mac => continue,
            Some(_) => AuditFault::HeadDiffers,
            // Retention may have removed all of it.
            None => match checkpoint(conn, store, &mut keys, *shard)? {
                Some(at) if (at.seq, &at.mac) == (*seq, mac) && at.signed => continue,
                Some(at) if (at.seq, &at.mac) == (*seq, mac) => AuditFault::CheckpointForged,
                _ => AuditFault::HeadDiffers,
            },
        };
        found.push(problem(*shard, *seq, fault));
    }
    Ok(found)
}

fn problem(shard: i16, seq: i64, fault: AuditFault) -> AuditProblem {
    AuditProblem {
        shard: Some(shard),
        seq: Some(seq),
        entry: None,
        fault,
    }
}

fn compare(
    conn: &mut PgConnection,
    store: &PgStore,
    exported: &AuditHeads,
    now: &[Row],
) -> Result<Vec<AuditProblem>, Failure> {
    let links = links_at(conn, exported.0.iter().map(|head| (head.shard, head.seq)))?;
    let mut keys = Keys::default();
    let mut found = Vec::new();
    for head in &exported.0 {
        let mark = checkpoint(conn, store, &mut keys, head.shard)?;
        let removed = mark.as_ref().filter(|at| at.signed);
        let link = links
            .iter()
            .find(|link| (link.shard, link.seq) == (head.shard, head.seq));
        let fits = match (removed, link) {
            (Some(at), _) if at.seq > head.seq => Some(true),
            (Some(at), _) if at.seq == head.seq => Some(shown(&at.mac) == head.mac),
            (_, link) => link.map(|link| shown(&link.mac) == head.mac),
        };
        let last = now.iter().find(|(shard, ..)| *shard == head.shard);
        let (seq, fault) = match (fits, last.map(|(_, seq, _)| *seq)) {
            (Some(false), _) => (head.seq, AuditFault::Rewritten),
            // Retention says that it removed the link, under a key that may only be lost.
            (None, Some(_)) if mark.is_some_and(|at| at.seq >= head.seq) => {
                (head.seq, AuditFault::CheckpointForged)
            }
            (None, last) => (head.seq, AuditFault::CutOff(last.unwrap_or(0))),
            // A head never goes back: the links that are left could be cut off next.
            (Some(true), None) => (head.seq, AuditFault::HeadGone),
            (Some(true), Some(last)) if last < head.seq => (last, AuditFault::HeadBehind(head.seq)),
            (Some(true), Some(_)) => continue,
        };
        found.push(problem(head.shard, seq, fault));
    }
    Ok(found)
}

fn shown(mac: &[u8]) -> String {
    let shown = mac.iter().take(SHOWN);
    shown.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_back_from_every_kind_of_line() {
        let mac = "0123456789abcdef0123456789abcdef";
        let heads = AuditHeads(
            [(0, 17), (15, 1)]
                .map(|(shard, seq)| AuditHead {
                    shard,
                    seq,
                    mac: mac.to_owned(),
                })
                .to_vec(),
        );
        let line = heads.to_string();
        assert_eq!(line, format!("audit heads 0:17:{mac} 15:1:{mac}"));
        for line in [
            line.clone(),
            format!("{line}\n"),
            format!("[2026-11-29T00:00:00Z INFO  x] {line}\r\n"),
            format!(r#"{{"level":"INFO","message":"{line}","n":1}}"#),
        ] {
            assert_eq!(AuditHeads::in_line(&line), Some(heads.clone()), "{line}");
        }
        for line in [
            "",
            "audit heads",
            "audit heads none",
            "audit heads 0:1:00",
            "audit heads 0:x:0123456789abcdef0123456789abcdef",
            "audit heads 0:1:0123456789abcdef0123456789ABCDEF",
        ] {
            assert_eq!(AuditHeads::in_line(line), None, "{line}");
        }
    }
}
