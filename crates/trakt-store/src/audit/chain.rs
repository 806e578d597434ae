//! What binds an entry to its place: HMAC-SHA256 (RFC 2104) over the place, the mac before it and
//! every column of the entry. Each part has a fixed length or its length before it, so that no two
//! contents have the same bytes.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::zeroize::Zeroizing;
use sha2::Sha256;
use uuid::Uuid;

use super::AuditRow;

type HmacSha256 = Hmac<Sha256>;

const LINK: &str = "trakt audit link v1";
const CHECKPOINT: &str = "trakt audit checkpoint v1";
const UNCHECKED: &str = "trakt audit unchecked checkpoint v1";

/// A key of the chains, opened.
#[derive(Clone)]
pub(crate) struct ChainKey {
    pub(super) id: Uuid,
    mac: HmacSha256,
}

/// Where an entry stands.
#[derive(Clone, Copy)]
pub(super) struct Position<'a> {
    pub(super) shard: i16,
    pub(super) seq: i64,
    /// The mac of the link before it; of the first, nothing.
    pub(super) previous: &'a [u8],
    /// Whether the entry was written without a place, and taken in later.
    pub(super) adopted: bool,
}

impl ChainKey {
    pub(super) fn new(id: Uuid, key: &[u8; 32]) -> Self {
        // A key that is shorter than a block is filled up with zeros.
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(key);
        let mac = HmacSha256::new((&*block).into());
        Self { id, mac }
    }

    /// The mac of an entry in its place.
    pub(super) fn link(&self, position: Position<'_>, entry: &AuditRow) -> Vec<u8> {
        self.over(position, entry).finalize().into_bytes().to_vec()
    }

    /// Whether this is the mac of the entry in its place.
    pub(super) fn fits(&self, position: Position<'_>, entry: &AuditRow, mac: &[u8]) -> bool {
        self.over(position, entry).verify_slice(mac).is_ok()
    }

    /// The signature of the last link that retention removed. It is another one where something was
    /// removed `unchecked`.
    pub(super) fn checkpoint(&self, shard: i16, seq: i64, mac: &[u8], unchecked: bool) -> Vec<u8> {
        let what = if unchecked { UNCHECKED } else { CHECKPOINT };
        let bytes = self.at(what, shard, seq, mac).0.finalize();
        bytes.into_bytes().to_vec()
    }

    /// Whether this is that signature.
    pub(super) fn signed(
        &self,
        shard: i16,
        seq: i64,
        mac: &[u8],
        unchecked: bool,
        signature: &[u8],
    ) -> bool {
        let what = if unchecked { UNCHECKED } else { CHECKPOINT };
        let over = self.at(what, shard, seq, mac).0;
        over.verify_slice(signature).is_ok()
    }

    fn over(&self, position: Position<'_>, entry: &AuditRow) -> HmacSha256 {
        // Every column is named, so that a new one is not forgotten.
        let AuditRow {
            id,
            at,
            event,
            outcome,
            actor_id,
            subject_id,
            link_id,
            trakt_slug,
            trakt_uuid,
            ip,
            request_id,
            detail,
        } = entry;
        let mut over = self.at(LINK, position.shard, position.seq, position.previous);
        over.fixed(&[u8::from(position.adopted)]);
        over.fixed(&id.to_be_bytes());
        over.fixed(&at.timestamp_micros().to_be_bytes());
        over.text(event.as_bytes());
        over.text(outcome.as_bytes());
        for id in [actor_id, subject_id, link_id] {
            over.optional(id.as_ref().map(|id| id.as_bytes().as_slice()));
        }
        for text in [trakt_slug, trakt_uuid, ip, request_id, detail] {
            over.optional(text.as_deref().map(str::as_bytes));
        }
        over.0
    }

    fn at(&self, what: &str, shard: i16, seq: i64, mac: &[u8]) -> Over {
        let mut over = Over(self.mac.clone());
        over.text(what.as_bytes());
        over.fixed(self.id.as_bytes());
        over.fixed(&shard.to_be_bytes());
        over.fixed(&seq.to_be_bytes());
        over.text(mac);
        over
    }
}

struct Over(HmacSha256);

impl Over {
    fn fixed(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn text(&mut self, bytes: &[u8]) {
        self.fixed(&(bytes.len() as u64).to_be_bytes());
        self.fixed(bytes);
    }

    fn optional(&mut self, bytes: Option<&[u8]>) {
        self.fixed(&[u8::from(bytes.is_some())]);
        if let Some(bytes) = bytes {
            self.text(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::DateTime;

    use super::*;

    fn row() -> AuditRow {
        AuditRow {
            id: 7,
            at: DateTime::from_timestamp_micros(1_700_000_000_000_001).unwrap(),
            event: "linked".to_owned(),
            outcome: "succeeded".to_owned(),
            actor_id: None,
            subject_id: Some(Uuid::from_u128(1)),
            link_id: None,
            trakt_slug: Some("ab".to_owned()),
            trakt_uuid: Some("c".to_owned()),
            ip: None,
            request_id: Some(String::new()),
            detail: None,
        }
    }

    const FIRST: Position<'static> = Position {
        shard: 0,
        seq: 1,
        previous: &[],
        adopted: false,
    };

    #[test]
    fn every_change_gives_another_mac() {
        let key = ChainKey::new(Uuid::from_u128(9), &[1; 32]);
        type Change = fn(&mut AuditRow);
        let changes: [Change; 15] = [
            |_| {},
            |row| row.id = 8,
            |row| row.at += chrono::TimeDelta::microseconds(1),
            |row| row.event.push('x'),
            |row| row.outcome = "refused".to_owned(),
            |row| row.actor_id = Some(Uuid::nil()),
            // What was in one column is in another.
            |row| row.actor_id = row.subject_id.take(),
            |row| row.link_id = Some(Uuid::nil()),
            |row| {
                row.trakt_slug = Some("a".to_owned());
                row.trakt_uuid = Some("bc".to_owned());
            },
            |row| row.trakt_slug = None,
            |row| row.trakt_uuid = None,
            |row| row.ip = Some(String::new()),
            |row| row.request_id = None,
            |row| row.detail = row.request_id.take(),
            |row| {
                row.event = "linkedsucceeded".to_owned();
                row.outcome = String::new();
            },
        ];
        let mut macs: HashSet<Vec<u8>> = HashSet::new();
        for change in changes {
            let mut row = row();
            change(&mut row);
            let mac = key.link(FIRST, &row);
            assert!(key.fits(FIRST, &row, &mac));
            macs.insert(mac);
        }
        let before = [1; 32];
        for position in [
            Position { shard: 1, ..FIRST },
            Position { seq: 2, ..FIRST },
            Position {
                previous: &before,
                ..FIRST
            },
            Position {
                adopted: true,
                ..FIRST
            },
        ] {
            macs.insert(key.link(position, &row()));
        }
        macs.insert(ChainKey::new(Uuid::from_u128(9), &[2; 32]).link(FIRST, &row()));
        macs.insert(ChainKey::new(Uuid::from_u128(8), &[1; 32]).link(FIRST, &row()));
        macs.insert(key.checkpoint(0, 1, &[], false));
        macs.insert(key.checkpoint(0, 1, &[], true));
        assert_eq!(macs.len(), 15 + 4 + 4);
    }

    #[test]
    fn a_mac_does_not_depend_on_the_program_version() {
        // Worked out apart from this code, with Python's hmac over the same bytes.
        let key = ChainKey::new(Uuid::from_u128(9), &[1; 32]);
        let mac: String = (key.link(FIRST, &row()).iter())
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            mac,
            "f15ee724db6eb5f8522815cd1eb8049ad454b80686a30a009704635288c8d253"
        );
    }
}
