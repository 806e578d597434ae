//! Pages for people, on the services that the API has. Everything is rendered here and embedded in
//! the program; what a script adds (no page needs one) is in `assets/page.js`.
//!
//! | module | what it has |
//! |---|---|
//! | `session` | the cookie, and who is signed in |
//! | `form` | forms, and that they are ours |
//! | `text` | languages |
//! | `layout` | what all pages have around them |
//! | `answer` | headers of pages, and errors as pages |
//! | `sign_in`, `link`, `mine`, `activity`, `admin` | the pages |

mod activity;
mod admin;
mod answer;
mod assets;
mod form;
mod layout;
mod link;
mod mine;
mod session;
mod sign_in;
mod text;

use actix_web::middleware::from_fn;
use actix_web::web::{self, PayloadConfig, ServiceConfig};
use trakt_core::user::Role;

pub use self::assets::SCRIPT;
pub use self::session::signed_in;

use crate::guard::{identify_page, record};
use crate::http::export;
use crate::limits::Limits;
use crate::routes::{READ, gate, get, not_found, only};

/// What the pages say of the service.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The outside identity provider, where there is one: its issuer.
    pub provider: Option<String>,
    /// Of the demo: address, password and role of the sample users.
    pub samples: &'static [(&'static str, &'static str, Role)],
}

/// Method, path and who may call: every page and form there is, as `routes::TABLE` has it of the API.
pub const TABLE: &[(&str, &str, &str)] = &[
    ("GET", "/", "anybody"),
    ("GET", "/assets/{name}", "anybody"),
    ("GET", "/sign-in", "anybody"),
    ("POST", "/sign-in", "anybody"),
    ("POST", "/sign-out", "anybody"),
    ("GET", "/my", "user"),
    ("POST", "/my/sync", "user"),
    ("POST", "/my/settings", "user"),
    ("POST", "/my/hide", "user"),
    ("POST", "/my/undo", "user"),
    ("POST", "/my/unlink", "user"),
    ("GET", "/my/export", "user"),
    ("GET", "/link", "user"),
    ("POST", "/link/start", "user"),
    ("POST", "/link/check", "user"),
    ("GET", "/activity", "user"),
    ("GET", "/admin", "admin"),
    ("POST", "/admin/associate", "admin"),
    ("POST", "/admin/disassociate", "admin"),
    ("POST", "/admin/refresh", "admin"),
    ("GET", "/admin/audit", "admin"),
    ("GET", "/admin/audit/export", "admin"),
    ("GET", "/admin/bulk", "admin"),
    ("POST", "/admin/bulk", "admin"),
];

/// The largest form that a file fits into, in bytes.
const MAX_FILE: usize = 1024 * 1024;

/// All pages; to be registered last, as it takes every path that is left.
pub fn pages(config: &mut ServiceConfig, limits: &Limits) {
    let read = || limits.watch_read();
    let write = || limits.watch_write();
    config.service(
        web::scope("")
            .service(only("/", READ, [get().to(mine::front)]).wrap(read()))
            .service(only("/assets/{name}", READ, [get().to(assets::asset)]))
            .service(
                web::resource("/sign-in")
                    .route(get().to(sign_in::page).wrap(read()))
                    .route(web::post().to(sign_in::sign_in).wrap(limits.sign_in_page())),
            )
            .service(only("/sign-out", "POST", [web::post().to(sign_in::sign_out)]).wrap(write()))
            .service(only("/my", READ, [get().to(mine::page)]).wrap(read()))
            .service(
                only("/my/sync", "POST", [web::post().to(mine::sync)]).wrap(limits.watch_ask()),
            )
            .service(only("/my/settings", "POST", [web::post().to(mine::settings)]).wrap(write()))
            .service(only("/my/hide", "POST", [web::post().to(mine::hide)]).wrap(write()))
            .service(only("/my/undo", "POST", [web::post().to(mine::undo)]).wrap(write()))
            .service(only("/my/unlink", "POST", [web::post().to(mine::unlink)]).wrap(write()))
            .service(only("/my/export", READ, [get().to(export::export)]).wrap(read()))
            .service(only("/link", READ, [get().to(link::page)]).wrap(read()))
            .service(
                only("/link/start", "POST", [web::post().to(link::start)])
                    .wrap(limits.device_start()),
            )
            // Who clicks twice gets the same page: Trakt is asked no sooner than it allows in any case.
            .service(only("/link/check", "POST", [web::post().to(link::check)]).wrap(write()))
            .service(only("/activity", READ, [get().to(activity::page)]).wrap(read()))
            .service(only("/admin", READ, [get().to(admin::links::page)]).wrap(limits.admin_read()))
            .service(
                only(
                    "/admin/associate",
                    "POST",
                    [web::post().to(admin::links::associate)],
                )
                .wrap(write()),
            )
            .service(
                only(
                    "/admin/disassociate",
                    "POST",
                    [web::post().to(admin::links::disassociate)],
                )
                .wrap(write()),
            )
            .service(
                only(
                    "/admin/refresh",
                    "POST",
                    [web::post().to(admin::links::refresh)],
                )
                .wrap(write()),
            )
            .service(
                only("/admin/audit", READ, [get().to(admin::audit::page)])
                    .wrap(limits.admin_read()),
            )
            .service(
                only(
                    "/admin/audit/export",
                    READ,
                    [get().to(admin::audit::export)],
                )
                .wrap(limits.admin_read()),
            )
            .service(
                web::resource("/admin/bulk")
                    .app_data(PayloadConfig::new(MAX_FILE))
                    .route(get().to(admin::bulk::page).wrap(limits.admin_read()))
                    .route(web::post().to(admin::bulk::run).wrap(write())),
            )
            .default_service(web::to(not_found))
            .wrap(from_fn(record))
            .wrap(from_fn(identify_page))
            .wrap(from_fn(gate))
            .wrap(from_fn(answer::as_page)),
    );
}
