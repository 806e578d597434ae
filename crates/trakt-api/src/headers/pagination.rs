//! `X-Pagination-*` (Trakt's guide "Pagination").

use crate::RawReply;

/// What an answer says of its page. Each part may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pagination {
    /// Which page it is, from 1.
    pub page: Option<u64>,
    /// How many items a page has: what was asked for, or what it was cut down to. Never 0.
    pub limit: Option<u64>,
    /// How many pages there are.
    pub pages: Option<u64>,
    /// How many items there are.
    pub items: Option<u64>,
    /// Whether the old backend answered, whose counts may be wrong (`x-trakt-server: rails`).
    pub rails: bool,
}

impl Pagination {
    /// How many pages there are where this may not be the only one: what it says of itself does not
    /// prove that it is. An answer that says nothing is no page.
    pub fn several(&self) -> Option<u64> {
        let says = [self.page, self.limit, self.pages, self.items];
        let fits = match (self.items, self.limit) {
            (Some(items), Some(limit)) => items <= limit,
            (items, _) => items.is_none(),
        };
        let single = self.pages.is_some_and(|pages| pages <= 1) && fits && !self.rails;
        let some = says.iter().any(Option::is_some);
        (some && !single).then(|| self.pages.unwrap_or(2).max(2))
    }

    /// Reads the headers of an answer.
    pub fn read(reply: &RawReply) -> Self {
        let number = |name| reply.header(name)?.trim().parse::<u64>().ok();
        Self {
            page: number("x-pagination-page"),
            limit: number("x-pagination-limit").filter(|limit| *limit > 0),
            pages: number("x-pagination-page-count"),
            items: number("x-pagination-item-count"),
            rails: reply
                .header("x-trakt-server")
                .is_some_and(|server| server.trim().eq_ignore_ascii_case("rails")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &str)]) -> Pagination {
        Pagination::read(&RawReply {
            status: 200,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: Vec::new(),
        })
    }

    #[test]
    fn each_part_by_itself() {
        assert_eq!(read(&[]), Pagination::default());
        let all = read(&[
            ("x-pagination-page", "2"),
            ("x-pagination-limit", " 100 "),
            ("x-pagination-page-count", "16"),
            ("x-pagination-item-count", "1533"),
            ("x-trakt-server", "Rails"),
        ]);
        let expected = Pagination {
            page: Some(2),
            limit: Some(100),
            pages: Some(16),
            items: Some(1533),
            rails: true,
        };
        assert_eq!(all, expected);
        assert!(!read(&[("x-trakt-server", "new")]).rails);
    }

    #[test]
    fn nonsense_says_nothing() {
        for value in ["", "-1", "1.5", "many", "99999999999999999999"] {
            let headers = [
                ("x-pagination-page", value),
                ("x-pagination-limit", value),
                ("x-pagination-page-count", value),
                ("x-pagination-item-count", value),
            ];
            assert_eq!(read(&headers), Pagination::default(), "{value}");
        }
        let none = [
            ("x-pagination-limit", "0"),
            ("x-pagination-item-count", "0"),
        ];
        assert_eq!((read(&none).limit, read(&none).items), (None, Some(0)));
        assert_eq!(read(&[("x-pagination-limit", "1")]).limit, Some(1));
    }
}
