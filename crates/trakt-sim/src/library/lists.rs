//! The watchlist and the favorites: items in an order of their own.

use crate::catalogue::Item;

/// An item on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Of the entry, not of the item.
    pub(crate) id: u64,
    pub(crate) item: Item,
    pub(crate) at: u64,
    pub(crate) notes: Option<String>,
}

/// Items in the order of their rank, which is their place counted from 1.
#[derive(Clone, Debug, Default)]
pub(crate) struct List {
    pub(crate) entries: Vec<Listed>,
    pub(crate) updated_at: u64,
}

impl List {
    pub(crate) fn contains(&self, item: Item) -> bool {
        self.entries.iter().any(|entry| entry.item == item)
    }

    /// Whether it was there.
    pub(crate) fn remove(&mut self, item: Item) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.item != item);
        before != self.entries.len()
    }
}
