//! What becomes of the pages of a part.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
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
    /// How many rows came.
    seen: u64,
    /// When the lease was renewed last, by [`crate::Clock::elapsed`].
    renewed: Duration,
    /// Whether rows were left out for what the user wrote: the part has to be read again.
    pub(super) left_out: bool,
    /// Why it wanted no more.
    pub(super) end: Option<PullError>,
}

impl<'a> Sink<'a> {
    /// How many pages are stored at once: a thousand rows, and often enough for the lease.
    const PAGES: u32 = 4;
    /// How old the lease may get: a page and its storing fit into what is left of it then.
    const RENEW: Duration = Duration::from_secs(15);

    /// From how long a wait on another user is pulled for meanwhile.
    const LONG: Duration = Duration::from_secs(5);

    pub(super) fn new(pull: &'a Pull<'a>, part: Part, held: Vec<Held>) -> Self {
        Self {
            pull,
            part,
            merge: Merge::new(held),
            rows: BTreeMap::new(),
            items: Vec::new(),
            named: HashSet::new(),
            pages: 0,
            seen: 0,
            renewed: pull.service.clock.elapsed(),
            left_out: false,
            end: None,
        }
    }

    fn lease_ages(&self) -> bool {
        let now = self.pull.service.clock.elapsed();
        now.saturating_sub(self.renewed) >= Self::RENEW
    }

    fn end(&mut self, why: PullError) -> Result<(), PortError> {
        let error = PortError::Unavailable(why.to_string());
        self.end = Some(why);
        Err(error)
    }

    /// Stores what is new since the last time, and renews the lease also where there is nothing.
    pub(super) fn flush(&mut self) -> Result<(), PortError> {
        self.pages = 0;
        self.renewed = self.pull.service.clock.elapsed();
        let stored = self.pull.service.store.store_rows(&StoreRows {
            user: self.pull.user,
            pull: self.pull.id,
            lease: WatchService::LEASE,
            part: self.part,
            seen: self.seen,
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

/// One more pull that waits, until it is dropped.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl PageSink for Sink<'_> {
    fn page(&mut self, rows: Vec<Row>) -> Result<(), PortError> {
        self.seen += rows.len() as u64;
        for row in &rows {
            // Titles may have changed where nothing else has.
            if self.named.insert((row.item.kind(), row.item.ids().trakt)) {
                self.items.push(row.item.clone());
            }
        }
        let news = self.merge.page(rows).into_iter();
        self.rows.extend(news.map(|row| (row.key, row)));
        self.pages += 1;
        if self.pages == Self::PAGES || self.lease_ages() {
            self.flush()?;
        }
        self.wait(Duration::ZERO)
    }

    fn wait(&mut self, period: Duration) -> Result<(), PortError> {
        // A short one is over before another pull could take its place.
        let long = period >= Self::LONG;
        let _waits = long.then(|| Waits::begin(&self.pull.service.waiting));
        let mut left = period;
        loop {
            if left >= Self::RENEW || (!left.is_zero() && self.lease_ages()) {
                self.flush()?;
            }
            let slice = left.min(Self::RENEW);
            if self.pull.service.stop.wait(slice) {
                return self.end(PullError::Stopped);
            }
            left -= slice;
            if left.is_zero() {
                return Ok(());
            }
        }
    }
}
