//! The URL table.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, PayloadConfig, ServiceConfig};
use actix_web::{Error, Resource, ResponseError as _, Route, guard};

use crate::guard::{identify, record};
use crate::http::{
    MAX_BODY, admin, audit, choice, export, health, link, metrics, recommend, scrobble, user,
    watch, webhook,
};
use crate::limits::Limits;
use crate::openapi;
use crate::problem::Problem;
use crate::readiness::Readiness;

/// Method, path and who may call: every route there is. The table of the access test is
/// compared with it, so that no route goes untested.
pub const TABLE: &[(&str, &str, &str)] = &[
    ("GET", "/healthz", "anybody"),
    ("GET", "/readyz", "anybody"),
    ("GET", "/metrics", "anybody"),
    ("GET", "/openapi.json", "anybody"),
    ("GET", "/docs", "anybody"),
    ("GET", "/docs/{file}", "anybody"),
    ("POST", "/auth/login", "anybody"),
    ("POST", "/trakt/auth/device", "user"),
    ("POST", "/trakt/auth/device/check", "user"),
    ("GET", "/trakt/association", "user"),
    ("DELETE", "/trakt/association", "user"),
    ("GET", "/trakt/sync", "user"),
    ("POST", "/trakt/sync", "user"),
    ("GET", "/trakt/sync/events", "user"),
    ("GET", "/trakt/settings", "user"),
    ("PATCH", "/trakt/settings", "user"),
    ("GET", "/trakt/export", "user"),
    ("GET", "/trakt/history", "user"),
    ("GET", "/trakt/progress", "user"),
    ("GET", "/trakt/progress/shows/{id}", "user"),
    ("GET", "/trakt/watched/movies", "user"),
    ("GET", "/trakt/watched/shows", "user"),
    ("GET", "/trakt/ratings", "user"),
    ("GET", "/trakt/watchlist", "user"),
    ("POST", "/trakt/history", "user"),
    ("DELETE", "/trakt/history/{id}", "user"),
    ("POST", "/trakt/ratings", "user"),
    ("DELETE", "/trakt/ratings", "user"),
    ("POST", "/trakt/watchlist", "user"),
    ("DELETE", "/trakt/watchlist", "user"),
    ("POST", "/trakt/scrobble/start", "user"),
    ("POST", "/trakt/scrobble/pause", "user"),
    ("POST", "/trakt/scrobble/stop", "user"),
    ("GET", "/trakt/outbox/{id}", "user"),
    ("GET", "/trakt/recommendations/movies", "user"),
    ("GET", "/trakt/recommendations/shows", "user"),
    ("DELETE", "/trakt/recommendations/movies/{id}", "user"),
    ("DELETE", "/trakt/recommendations/shows/{id}", "user"),
    ("POST", "/trakt/recommendations/movies/{id}/undo", "user"),
    ("POST", "/trakt/recommendations/shows/{id}/undo", "user"),
    ("POST", "/trakt/admin/associate", "admin"),
    ("GET", "/trakt/admin/associations", "admin"),
    ("DELETE", "/trakt/admin/associations/{id}", "admin"),
    ("GET", "/trakt/admin/audit", "admin"),
    ("GET", "/trakt/admin/webhooks", "admin"),
    ("POST", "/trakt/admin/webhooks/{id}/replay", "admin"),
];

/// All routes. Limits stand beside the route that they are for.
pub fn routes(config: &mut ServiceConfig, limits: &Limits) {
    config
        .app_data(PayloadConfig::new(MAX_BODY))
        .service(only("/healthz", READ, [get().to(health::live)]))
        .service(only("/readyz", READ, [get().to(health::ready)]))
        .service(only("/metrics", READ, [get().to(metrics::metrics)]))
        .service(only("/openapi.json", READ, [get().to(openapi::serve)]))
        .service(only("/docs", READ, [get().to(openapi::docs::page)]))
        .service(only("/docs/{file}", READ, [get().to(openapi::docs::file)]))
        .service(
            web::scope("/auth")
                .service(
                    only("/login", "POST", [web::post().to(user::sign_in)]).wrap(limits.sign_in()),
                )
                .default_service(web::to(not_found))
                .wrap(from_fn(record))
                .wrap(from_fn(identify))
                .wrap(from_fn(gate)),
        )
        .service(
            web::scope("/trakt")
                .service(
                    only("/auth/device", "POST", [web::post().to(link::start)])
                        .wrap(limits.device_start()),
                )
                .service(
                    only("/auth/device/check", "POST", [web::post().to(link::check)])
                        .wrap(limits.device_check()),
                )
                .service(
                    only(
                        "/association",
                        "GET, HEAD, DELETE",
                        [get().to(link::association), web::delete().to(link::unlink)],
                    )
                    .wrap(limits.association()),
                )
                .service(
                    web::resource("/sync")
                        .route(get().to(watch::state).wrap(limits.watch_read()))
                        .route(web::post().to(watch::ask).wrap(limits.watch_ask()))
                        .default_service(other("GET, HEAD, POST")),
                )
                .service(
                    only("/sync/events", READ, [get().to(watch::events)]).wrap(limits.watch_read()),
                )
                .service(
                    web::resource("/settings")
                        .route(get().to(choice::settings).wrap(limits.watch_read()))
                        .route(web::patch().to(choice::change).wrap(limits.watch_write()))
                        .default_service(other("GET, HEAD, PATCH")),
                )
                .service(
                    only("/export", READ, [get().to(export::export)]).wrap(limits.watch_read()),
                )
                .service(
                    only("/progress", READ, [get().to(watch::progress)]).wrap(limits.watch_read()),
                )
                .service(
                    only("/progress/shows/{id}", READ, [get().to(watch::show)])
                        .wrap(limits.watch_read()),
                )
                .service(
                    only("/watched/movies", READ, [get().to(watch::movies)])
                        .wrap(limits.watch_read()),
                )
                .service(
                    only("/watched/shows", READ, [get().to(watch::shows)])
                        .wrap(limits.watch_read()),
                )
                .service(
                    web::resource("/history")
                        .route(get().to(watch::history).wrap(limits.watch_read()))
                        .route(
                            web::post()
                                .to(scrobble::add_play)
                                .wrap(limits.watch_write()),
                        )
                        .default_service(other("GET, HEAD, POST")),
                )
                .service(
                    only(
                        "/history/{id}",
                        "DELETE",
                        [web::delete().to(scrobble::remove_play)],
                    )
                    .wrap(limits.watch_write()),
                )
                .service(
                    web::resource("/ratings")
                        .route(get().to(watch::ratings).wrap(limits.watch_read()))
                        .route(web::post().to(scrobble::rate).wrap(limits.watch_write()))
                        .route(
                            web::delete()
                                .to(scrobble::unrate)
                                .wrap(limits.watch_write()),
                        )
                        .default_service(other("GET, HEAD, POST, DELETE")),
                )
                .service(
                    web::resource("/watchlist")
                        .route(get().to(watch::watchlist).wrap(limits.watch_read()))
                        .route(web::post().to(scrobble::list).wrap(limits.watch_write()))
                        .route(
                            web::delete()
                                .to(scrobble::unlist)
                                .wrap(limits.watch_write()),
                        )
                        .default_service(other("GET, HEAD, POST, DELETE")),
                )
                .service(
                    only("/scrobble/start", "POST", [web::post().to(scrobble::start)])
                        .wrap(limits.watch_write()),
                )
                .service(
                    only("/scrobble/pause", "POST", [web::post().to(scrobble::pause)])
                        .wrap(limits.watch_write()),
                )
                .service(
                    only("/scrobble/stop", "POST", [web::post().to(scrobble::stop)])
                        .wrap(limits.watch_write()),
                )
                .service(
                    only(
                        "/recommendations/movies",
                        READ,
                        [get().to(recommend::movies)],
                    )
                    .wrap(limits.watch_read()),
                )
                .service(
                    only("/recommendations/shows", READ, [get().to(recommend::shows)])
                        .wrap(limits.watch_read()),
                )
                .service(
                    only(
                        "/recommendations/movies/{id}",
                        "DELETE",
                        [web::delete().to(recommend::hide_movie)],
                    )
                    .wrap(limits.watch_write()),
                )
                .service(
                    only(
                        "/recommendations/shows/{id}",
                        "DELETE",
                        [web::delete().to(recommend::hide_show)],
                    )
                    .wrap(limits.watch_write()),
                )
                .service(
                    only(
                        "/recommendations/movies/{id}/undo",
                        "POST",
                        [web::post().to(recommend::undo_movie)],
                    )
                    .wrap(limits.watch_write()),
                )
                .service(
                    only(
                        "/recommendations/shows/{id}/undo",
                        "POST",
                        [web::post().to(recommend::undo_show)],
                    )
                    .wrap(limits.watch_write()),
                )
                .service(
                    only("/outbox/{id}", READ, [get().to(scrobble::outbox)])
                        .wrap(limits.watch_read()),
                )
                .service(
                    only(
                        "/admin/associate",
                        "POST",
                        [web::post().to(admin::associate)],
                    )
                    .wrap(limits.admin()),
                )
                .service(
                    only("/admin/associations", READ, [get().to(admin::list)])
                        .wrap(limits.admin_read()),
                )
                .service(
                    only(
                        "/admin/associations/{id}",
                        "DELETE",
                        [web::delete().to(admin::disassociate)],
                    )
                    .wrap(limits.admin()),
                )
                .service(
                    only("/admin/audit", READ, [get().to(audit::list)]).wrap(limits.admin_read()),
                )
                .service(
                    only("/admin/webhooks", READ, [get().to(webhook::list)])
                        .wrap(limits.admin_read()),
                )
                .service(
                    only(
                        "/admin/webhooks/{id}/replay",
                        "POST",
                        [web::post().to(webhook::replay)],
                    )
                    .wrap(limits.admin()),
                )
                .default_service(web::to(not_found))
                .wrap(from_fn(record))
                .wrap(from_fn(identify))
                .wrap(from_fn(gate)),
        );
}

/// What a path allows that is only read.
pub(crate) const READ: &str = "GET, HEAD";

/// GET, and HEAD with the same handler: actix leaves the body out (RFC 9110 section 9.3.2).
pub(crate) fn get() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// A path with these routes, and 405 for every other method.
pub(crate) fn only<const N: usize>(
    path: &str,
    allow: &'static str,
    routes: [Route; N],
) -> Resource {
    routes
        .into_iter()
        .fold(web::resource(path), Resource::route)
        .default_service(other(allow))
}

/// 405 for every method but these.
fn other(allow: &'static str) -> Route {
    web::to(move || async move { Err::<String, _>(Problem::method_not_allowed(allow)) })
}

pub(crate) async fn not_found() -> Result<String, Problem> {
    Err(Problem::not_found())
}

/// Nothing is served before the database is migrated and the keys are checked.
pub(crate) async fn gate<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match req.app_data::<Data<Readiness>>() {
        Some(readiness) if readiness.prepared() => Ok(next.call(req).await?.map_into_left_body()),
        // An answer and no error, or it would pass by the line that each request gets.
        _ => {
            let refusal = Problem::database_unavailable().error_response();
            Ok(req.into_response(refusal).map_into_right_body())
        }
    }
}
