//! The OpenAPI 3.1 document, from the code: what stands at each handler (`#[utoipa::path]`) and view
//! (`ToSchema`), and what is added here for all of them: errors, limits, headers, examples.
//!
//! | module | what it has |
//! |---|---|
//! | `facts` | limits and errors of each route |
//! | `add` | how they get into the document |
//! | `input` | bodies of requests |
//! | `words` | lists of words |
//! | `docs` | the page that shows it |

mod add;
pub mod docs;
mod facts;
pub mod input;
#[cfg(test)]
mod tests;
pub mod words;

use std::sync::LazyLock;

use actix_web::http::header::{self, ETag, EntityTag, Header as _, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use utoipa::OpenApi;

use crate::http::{
    admin, audit, choice, export, health, link, metrics, recommend, scrobble, user, watch, webhook,
};
use crate::problem;
use crate::streams::embedded;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Trakt link service",
        description = "Links Trakt accounts to the users of a media application and keeps the links alive.\n\n\
            Errors are `application/problem+json` (RFC 9457) with a stable `code`; each answer lists those that may come. \
            A limit counts for each user, and before a user is known for each address; every 429 says in `Retry-After` when to try again. \
            HEAD works wherever GET does. A path that leads nowhere is 404 `not_found`, another method 405 `method_not_allowed` with `Allow`. \
            Every answer has the `X-Request-Id` that its lines in the log have.",
        license(name = "GPL-3.0-or-later", identifier = "GPL-3.0-or-later"),
    ),
    servers((url = "/", description = "This service")),
    tags(
        (name = "Sign-in", description = "Bearer tokens of local accounts"),
        (name = "Link", description = "A user's own link"),
        (name = "Sync", description = "Reading at Trakt what a user watches"),
        (name = "Watched", description = "What was read"),
        (name = "Writes", description = "What a user changes: kept, and sent to Trakt"),
        (name = "Recommendations", description = "What Trakt recommends"),
        (name = "Settings", description = "What a user lets this service do, and gets from it"),
        (name = "Admin", description = "The links of others, and the audit trail"),
        (name = "Operation", description = "For those who run it"),
    ),
    components(schemas(problem::Body)),
    paths(
        health::live,
        health::ready,
        metrics::metrics,
        serve,
        docs::page,
        docs::file,
        user::sign_in,
        link::start,
        link::check,
        link::association,
        link::unlink,
        watch::sync::state,
        watch::sync::ask,
        watch::events::events,
        choice::settings,
        choice::change,
        export::export,
        watch::history::history,
        watch::progress::progress,
        watch::progress::show,
        watch::watched::movies,
        watch::watched::shows,
        watch::lists::ratings,
        watch::lists::watchlist,
        scrobble::history::add_play,
        scrobble::history::remove_play,
        scrobble::list::rate,
        scrobble::list::unrate,
        scrobble::list::list,
        scrobble::list::unlist,
        scrobble::player::start,
        scrobble::player::pause,
        scrobble::player::stop,
        scrobble::outbox::outbox,
        recommend::movies,
        recommend::shows,
        recommend::hide_movie,
        recommend::hide_show,
        recommend::undo_movie,
        recommend::undo_show,
        admin::associate,
        admin::list,
        admin::disassociate,
        audit::list,
        webhook::list,
        webhook::replay,
    ),
)]
struct Written;

/// The document, as it is served and printed.
pub static TEXT: LazyLock<String> = LazyLock::new(|| {
    let document = add::document(Written::openapi());
    format!("{document:#}\n")
});

static TAG: LazyLock<EntityTag> = LazyLock::new(|| {
    let digest = Sha256::digest(TEXT.as_bytes());
    EntityTag::new_strong(BASE64_URL_SAFE_NO_PAD.encode(&digest[..16]))
});

/// `GET /openapi.json`: this document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "Operation",
    summary = "This document",
    description = "As `trakt-server openapi` prints it.",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the client has: 304 where it is still this")),
    responses(
        (status = 200, description = "The document", body = serde_json::Map<String, serde_json::Value>),
        (status = 304, description = "The client has just this"),
    ),
)]
pub async fn serve(request: HttpRequest) -> HttpResponse {
    let has_it = match IfNoneMatch::parse(&request) {
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|given| given.weak_eq(&TAG)),
        Ok(IfNoneMatch::Any) => true,
        Err(_) => false,
    };
    let mut response = match has_it {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    response.insert_header(ETag(TAG.clone()));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    match has_it {
        true => response.finish(),
        false => response
            .content_type("application/json")
            .body(embedded(TEXT.as_bytes())),
    }
}
