//! What a reading of a part adds, changes and removes.

use std::collections::HashMap;

use super::{Fingerprint, Row};

/// A row that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// [`Row::key`].
    pub key: i64,
    /// What it says.
    pub fingerprint: Fingerprint,
}

/// A reading of a part against what is held of it: page by page in any order, and the same page
/// as often as one likes. It costs some 40 bytes for each row that is held.
#[derive(Debug)]
pub struct Merge {
    /// What is held, and whether it was seen.
    rows: HashMap<i64, (Fingerprint, bool)>,
    held: usize,
    seen: usize,
}

impl Merge {
    /// Against what is held.
    #[must_use]
    pub fn new(held: impl IntoIterator<Item = Held>) -> Self {
        let rows: HashMap<_, _> = held
            .into_iter()
            .map(|held| (held.key, (held.fingerprint, false)))
            .collect();
        Self {
            held: rows.len(),
            rows,
            seen: 0,
        }
    }

    /// The rows of a page that are new or say something else than what is held, each key once.
    pub fn page(&mut self, page: Vec<Row>) -> Vec<Row> {
        page.into_iter().filter(|row| self.is_news(row)).collect()
    }

    fn is_news(&mut self, row: &Row) -> bool {
        let fingerprint = row.fingerprint();
        match self.rows.get_mut(&row.key) {
            None => {
                self.rows.insert(row.key, (fingerprint, true));
                true
            }
            Some((held, seen)) => {
                self.seen += usize::from(!*seen);
                *seen = true;
                std::mem::replace(held, fingerprint) != fingerprint
            }
        }
    }

    /// How many rows were held, and how many of them no page had. Only once the part was read as a
    /// whole does it mean that Trakt has them no more.
    #[must_use]
    pub fn missing(&self) -> (usize, usize) {
        (self.held, self.held - self.seen)
    }

    /// The keys of the rows that no page had, in order.
    #[must_use]
    pub fn into_missing(self) -> Vec<i64> {
        let unseen = self.rows.into_iter().filter(|(_, (_, seen))| !seen);
        let mut keys: Vec<i64> = unseen.map(|(key, _)| key).collect();
        keys.sort_unstable();
        keys
    }
}
