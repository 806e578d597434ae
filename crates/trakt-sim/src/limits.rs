//! How much an account may keep.

use serde::{Deserialize, Serialize};

/// `limits` of `GET /users/settings`. What would go beyond one is answered 420.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Personal lists.
    pub list: ListLimit,
    /// The watchlist.
    pub watchlist: ItemLimit,
    /// The favorites.
    pub favorites: ItemLimit,
    /// The collection, its movies and shows.
    pub collection: ItemLimit,
}

/// The limit of personal lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListLimit {
    /// How many lists.
    pub count: u64,
    /// How many items in each.
    pub item_count: u64,
}

/// The limit of one list that every account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemLimit {
    /// How many items.
    pub item_count: u64,
}

impl Limits {
    /// Who does not pay: the figures that were reported in 2026.
    pub const FREE: Self = Self::of(5, 250, 250, 50, 100);

    /// Who pays. Trakt publishes no figures; these are this simulator's choice.
    pub const VIP: Self = Self::of(1_000, 10_000, 10_000, 250, 50_000);

    const fn of(
        lists: u64,
        list_items: u64,
        watchlist: u64,
        favorites: u64,
        collection: u64,
    ) -> Self {
        Self {
            list: ListLimit {
                count: lists,
                item_count: list_items,
            },
            watchlist: ItemLimit {
                item_count: watchlist,
            },
            favorites: ItemLimit {
                item_count: favorites,
            },
            collection: ItemLimit {
                item_count: collection,
            },
        }
    }
}
