//! What holds for every call of Trakt's API, whatever it asks for.

use std::net::IpAddr;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};

use super::whole::Whole;
use crate::users;
use crate::world::{AccountId, Shared};

/// Whether a path is one of Trakt's API, and not of its OAuth host or its pages.
pub(super) fn is_api(path: &str) -> bool {
    path != "/" && !path.starts_with("/oauth/") && !path.starts_with("/activate")
}

/// A call of the API, before it is processed.
pub(super) struct Call {
    /// Who writes something with it.
    writer: Option<AccountId>,
    from: IpAddr,
}

impl Call {
    /// `None` for what is not of the API.
    pub(super) fn of(sim: &Shared, request: &Request<Body>, from: IpAddr) -> Option<Self> {
        if !is_api(request.uri().path()) {
            return None;
        }
        let mut world = sim.world();
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let writer = users::account_of(&world, request.headers()).filter(|_| !reads);
        if let Some(id) = writer {
            world.will_write(id);
        }
        Some(Self { writer, from })
    }

    /// Its answer, after it was processed.
    pub(super) fn finish(self, sim: &Shared, mut whole: Whole) -> Whole {
        let mut world = sim.world();
        if whole.status == StatusCode::UNAUTHORIZED {
            world.count_unauthorized(self.from);
        }
        if let Some(id) = self.writer.filter(|_| whole.status.is_success()) {
            world.wrote(id);
        }
        if world.config().rails {
            mark_rails(&mut whole.headers);
        }
        whole
    }
}

/// As Trakt's old backend answers, which counts items that it then leaves out: here as many as
/// fit on a page, so that both counts are wrong and the last page that they promise is empty.
fn mark_rails(headers: &mut HeaderMap) {
    let name = HeaderName::from_static("x-trakt-server");
    headers.insert(name, HeaderValue::from_static("rails"));
    let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
    let [limit, pages, items] =
        ["limit", "page-count", "item-count"].map(|name| number(&format!("x-pagination-{name}")));
    if let (Some(limit), Some(pages), Some(items)) = (limit, pages, items) {
        headers.insert("x-pagination-page-count", (pages + 1).into());
        headers.insert("x-pagination-item-count", (items + limit).into());
    }
}
