//! What becomes of the pages of a part.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use super::pull::Pull;
use super::{Held, Item, ItemKind, Merge, Part, PullError, Row, WatchService};
use crate::PortError;
use crate::ports::{PageSink, StoreRows, Stored};

/// Stores what is new, some pages at a time.
pub(super) struct Sink<'a> {
    pull: &'a Pull<'a>,
    part: Part,
    pub(super) merge: Merge,
    /// By key, of which a list that changes while it is read may have one twice.
    rows: BTreeMap<i64, Row>,
    items: Vec<Item>,
    /// Whose names are stored: most things are played more than once.
    named: HashSet<(ItemKind, i64)>,
    pages: u32,
    /// Whether rows were left out for what the user wrote: the part has to be read again.
    pub(super) left_out: bool,
    /// Why it wanted no more.
    pub(super) end: Option<PullError>,
}

impl<'a> Sink<'a> {
    /// How many pages are stored at once: a thousand rows, and often enough for the lease.
    const PAGES: u32 = 4;

    pub(super) fn new(pull: &'a Pull<'a>, part: Part, held: Vec<Held>) -> Self {
        Self {
            pull,
            part,
            merge: Merge::new(held),
            rows: BTreeMap::new(),
            items: Vec::new(),
            named: HashSet::new(),
            pages: 0,
            left_out: false,
            end: None,
        }
    }

    fn end(&mut self, why: PullError) -> Result<(), PortError> {
        let error = PortError::Unavailable(why.to_string());
        self.end = Some(why);
        Err(error)
    }

    /// Stores what is new since the last time, and renews the lease also where there is nothing.
    pub(super) fn flush(&mut self) -> Result<(), PortError> {
        self.pages = 0;
        let stored = self.pull.service.store.store_rows(&StoreRows {
            user: self.pull.user,
            pull: self.pull.id,
            lease: WatchService::LEASE,
            part: self.part,
            rows: std::mem::take(&mut self.rows).into_values().collect(),
            items: std::mem::take(&mut self.items),
        })?;
        match stored {
            Stored::Whole => Ok(()),
            Stored::Without => {
                self.left_out = true;
                Ok(())
            }
            Stored::Lost => self.end(PullError::Superseded),
        }
    }
}

impl PageSink for Sink<'_> {
    fn page(&mut self, rows: Vec<Row>) -> Result<(), PortError> {
        for row in &rows {
            // Titles may have changed where nothing else has.
            if self.named.insert((row.item.kind(), row.item.ids().trakt)) {
                self.items.push(row.item.clone());
            }
        }
        let news = self.merge.page(rows).into_iter();
        self.rows.extend(news.map(|row| (row.key, row)));
        self.pages += 1;
        if self.pages == Self::PAGES {
            self.flush()?;
        }
        self.wait(Duration::ZERO)
    }

    fn wait(&mut self, period: Duration) -> Result<(), PortError> {
        if period > WatchService::LEASE / 60 {
            self.flush()?;
        }
        match self.pull.service.stop.wait(period) {
            true => self.end(PullError::Stopped),
            false => Ok(()),
        }
    }
}
