//! Numbered pages of a list.

/// Which page of a list is wanted. Always valid: see [`PageRequest::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    page: u32,
    limit: u32,
}

impl PageRequest {
    /// The most items that a page may hold.
    pub const MAX_LIMIT: u32 = 200;
    /// The last page that can be asked for: keeps the offset far from overflow.
    pub const MAX_PAGE: u32 = 1_000_000;

    /// Page `page` (from 1) of `limit` items (1 to 200); `None` when one is out of range.
    #[must_use]
    pub fn new(page: u32, limit: u32) -> Option<Self> {
        ((1..=Self::MAX_PAGE).contains(&page) && (1..=Self::MAX_LIMIT).contains(&limit))
            .then_some(Self { page, limit })
    }

    /// The number of the page, from 1.
    #[must_use]
    pub fn page(self) -> u32 {
        self.page
    }

    /// How many items it holds at the most.
    #[must_use]
    pub fn limit(self) -> u32 {
        self.limit
    }

    /// How many items stand before it.
    #[must_use]
    pub fn offset(self) -> i64 {
        i64::from(self.page - 1) * i64::from(self.limit)
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { page: 1, limit: 50 }
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The page that was asked for.
    pub request: PageRequest,
    /// How many items the whole list has.
    pub total: i64,
}
