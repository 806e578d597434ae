//! Pages of lists.

use maud::{Markup, html};
use trakt_core::{Page, PageRequest};

use crate::http::Fields;
use crate::web::session::Browser;

/// How many rows a page of a list has.
pub const ROWS: u32 = 20;

/// Reads which page is wanted: the first where nothing is said.
pub fn page(fields: &mut Fields) -> PageRequest {
    let page = fields.optional("page", |text| {
        let page = text.parse().ok();
        let page = page.and_then(|page| PageRequest::new(page, ROWS));
        page.ok_or("must be a whole number from 1")
    });
    let first = || PageRequest::new(1, ROWS);
    page.or_else(first).unwrap_or_default()
}

/// A path with these of its parameters that have something to say.
pub fn path(path: &str, values: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(values.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    match query.as_str() {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// How many there are, and the way to the pages before and after; `to` is the path of a page.
pub fn pages<T>(browser: &Browser, found: &Page<T>, to: impl Fn(u32) -> String) -> Markup {
    let (page, rows) = (found.request.page(), i64::from(found.request.limit()));
    let last = ((found.total + rows - 1) / rows).max(1);
    let say = |id: &str| browser.text.say(id);
    let values = [
        ("page", page.into()),
        ("last", last.into()),
        ("total", found.total.into()),
    ];
    html! {
        nav.row aria-label=(say("admin-pages")) {
            @if page > 1 {
                a.button rel="prev" href=(to(page - 1)) { (say("previous-page")) }
            }
            span.pages { (browser.text.with("admin-page", &values)) }
            @if i64::from(page) < last {
                a.button rel="next" href=(to(page + 1)) { (say("next-page")) }
            }
        }
    }
}
