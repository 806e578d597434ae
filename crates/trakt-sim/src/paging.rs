//! Pages: `page` and `limit` of a query, and the headers that tell what was made of them.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::call::Params;

/// What a list gives when nothing is asked, and at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) usual: usize,
    pub(crate) most: usize,
}

/// Histories, lists and everything that Trakt says nothing else of.
pub(crate) const USUAL: Limit = Limit {
    usual: 100,
    most: 250,
};

/// `extended=progress`, whose items are large.
pub(crate) const PROGRESS: Limit = Limit {
    usual: 100,
    most: 100,
};

/// A search by text.
pub(crate) const SEARCH: Limit = Limit {
    usual: 50,
    most: 250,
};

/// One page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// From 1.
    page: usize,
    limit: usize,
}

impl Page {
    /// A limit that is too large becomes the largest one without a word; a page or a limit that
    /// is 0 or no number is as if it were not there.
    pub(crate) fn asked(params: &Params, limit: Limit) -> Self {
        let number = |name| {
            let number = params.number(name).filter(|number| *number > 0);
            number.map(|number| usize::try_from(number).unwrap_or(usize::MAX))
        };
        Self {
            page: number("page").unwrap_or(1),
            limit: number("limit").unwrap_or(limit.usual).min(limit.most),
        }
    }

    /// `None` where the query asks for no page: for lists that are given whole then.
    pub(crate) fn asked_at_all(params: &Params, limit: Limit) -> Option<Self> {
        let asked = params.get("page").is_some() || params.get("limit").is_some();
        asked.then(|| Self::asked(params, limit))
    }

    /// The part of `all` that is on this page.
    pub(crate) fn of<T>(self, all: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        let before = (self.page - 1).saturating_mul(self.limit);
        all.skip(before).take(self.limit)
    }

    /// The answer: what is on this page, of `count` items in all.
    pub(crate) fn answer(self, items: Vec<Value>, count: usize) -> Response {
        (self.headers(count), Json(items)).into_response()
    }

    pub(crate) fn headers(self, count: usize) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, number) in [
            ("x-pagination-page", self.page),
            ("x-pagination-limit", self.limit),
            ("x-pagination-page-count", count.div_ceil(self.limit)),
            ("x-pagination-item-count", count),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(number));
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &[(&str, &str)]) -> Page {
        Page::asked(&Params::from(query), USUAL)
    }

    #[test]
    fn a_page_is_never_empty_by_mistake() {
        for (query, expected, count) in [
            (&[][..], (1, 100), 3),
            (&[("page", "2"), ("limit", "250")], (2, 250), 2),
            (&[("limit", "251")], (1, 250), 2),
            (&[("page", "0"), ("limit", "0")], (1, 100), 3),
            (&[("page", "x"), ("limit", "-1")], (1, 100), 3),
            (
                &[("limit", "1"), ("page", "18446744073709551615")],
                (usize::MAX, 1),
                251,
            ),
        ] {
            let page = page(query);
            assert_eq!((page.page, page.limit), expected, "{query:?}");
            let headers = page.headers(251);
            assert_eq!(
                headers["x-pagination-page-count"],
                count.to_string(),
                "{query:?}"
            );
            assert_eq!(headers["x-pagination-item-count"], "251");
        }
        assert_eq!(
            page(&[("page", "3"), ("limit", "2")])
                .of(0..7)
                .collect::<Vec<_>>(),
            [4, 5]
        );
        assert_eq!(page(&[("page", "5"), ("limit", "2")]).of(0..7).count(), 0);
        assert_eq!(page(&[]).headers(0)["x-pagination-page-count"], "0");
    }
}
