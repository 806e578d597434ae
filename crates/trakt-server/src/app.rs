//! The application as actix sees it.

use std::sync::Arc;

use actix_web::App;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use trakt_core::Entropy;
use trakt_core::user::UserService;

use crate::auth::Verifier;
use crate::connection::attend;
use crate::guard::TrustedProxies;
use crate::limits::Limits;
use crate::measure::{Gauges, Metrics};
use crate::readiness::Readiness;
use crate::routes::routes;
use crate::services::Services;
use crate::streams::Streams;
use crate::telemetry::request_line;
use crate::web::{About, pages};

/// Everything that the routes of one process share.
#[derive(Clone)]
pub struct Parts {
    /// Links, admin, audit.
    pub services: Services,
    /// Users.
    pub users: UserService,
    /// Bearer tokens.
    pub verifier: Arc<Verifier>,
    /// Whose `X-Forwarded-For` counts.
    pub proxies: TrustedProxies,
    /// Rate limits.
    pub limits: Limits,
    /// Answers that go on for a while.
    pub streams: Streams,
    /// What the pages say of the service.
    pub about: About,
    /// Whether it can serve.
    pub readiness: Readiness,
    /// What is counted.
    pub metrics: Metrics,
    /// What is looked at when it is asked for.
    pub gauges: Gauges,
    /// Randomness, for the ids of requests.
    pub entropy: Arc<dyn Entropy>,
}

/// The application over these parts.
pub fn app(
    parts: &Parts,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let limits = parts.limits.clone();
    App::new()
        .app_data(Data::new(parts.services.links.clone()))
        .app_data(Data::new(parts.services.admin.clone()))
        .app_data(Data::new(parts.services.audit.clone()))
        .app_data(Data::new(parts.services.watch.clone()))
        .app_data(Data::new(parts.services.reads.clone()))
        .app_data(Data::new(parts.services.recommend.clone()))
        .app_data(Data::new(parts.services.scrobbles.clone()))
        .app_data(Data::new(parts.services.revoker.clone()))
        .app_data(Data::new(parts.services.choices.clone()))
        .app_data(Data::new(parts.services.exports.clone()))
        .app_data(Data::new(parts.services.webhooks.clone()))
        .app_data(Data::new(parts.streams.clone()))
        .app_data(Data::new(parts.users.clone()))
        .app_data(Data::new(parts.verifier.clone()))
        .app_data(Data::new(parts.proxies.clone()))
        .app_data(Data::new(parts.limits.clone()))
        .app_data(Data::new(parts.readiness.clone()))
        .app_data(Data::new(parts.metrics.clone()))
        .app_data(Data::new(parts.gauges.clone()))
        .app_data(Data::from(parts.entropy.clone()))
        .app_data(Data::new(parts.services.sessions.clone()))
        .app_data(Data::new(parts.about.clone()))
        .configure(|config| routes(config, &limits))
        .configure(|config| pages(config, &limits))
        .wrap(from_fn(request_line))
        .wrap(from_fn(attend))
}
