//! The check of the bearer token, or of a browser's session, before limits and handlers. It refuses nobody itself: a route
//! that needs a user takes one as an argument.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use trakt_core::audit::AuditStamp;
use trakt_core::user::UserService;

use super::caller::{Caller, Named};
use super::peer::{TrustedProxies, peer_address};
use crate::auth::{AuthError, Verified, Verifier};
use crate::blocking;
use crate::problem::Problem;
use crate::telemetry::RequestId;
use crate::web::signed_in;

/// Finds out who calls and leaves it with the request as [`Caller`].
///
/// # Errors
/// Those of the routes behind it.
pub async fn identify(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let stamp = stamp(&req)?;
    // A script of ours may read what its page shows. It changes nothing without a bearer token: only
    // forms do, which show that they are ours.
    let reads = req.method().is_safe() && !req.headers().contains_key(AUTHORIZATION);
    let user = match named(&req, stamp.clone()).await {
        Err(_) if reads => signed_in(req.request()).await,
        named => named,
    };
    let caller = caller(stamp, user);
    req.extensions_mut().insert(caller);
    next.call(req).await
}

/// The same for pages, where the session of the browser counts alone.
///
/// # Errors
/// Those of the pages behind it.
pub async fn identify_page(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let stamp = stamp(&req)?;
    let user = signed_in(req.request()).await;
    let caller = caller(stamp, user);
    req.extensions_mut().insert(caller);
    next.call(req).await
}

fn caller(stamp: AuditStamp, user: Result<Named, Problem>) -> Caller {
    Caller {
        ip: stamp.ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        request_id: stamp.request_id.unwrap_or_default(),
        user,
    }
}

/// From where, before it is known who.
fn stamp(req: &ServiceRequest) -> Result<AuditStamp, Problem> {
    let ip = match req.app_data::<Data<TrustedProxies>>() {
        Some(proxies) => peer_address(req, proxies),
        None => return Err(Problem::internal()),
    };
    let request_id = req
        .extensions()
        .get::<RequestId>()
        .map(|id| id.0.clone())
        .unwrap_or_default();
    Ok(AuditStamp {
        actor: None,
        ip: Some(ip),
        request_id: Some(request_id),
    })
}

async fn named(req: &ServiceRequest, stamp: AuditStamp) -> Result<Named, Problem> {
    let token = bearer(req)?;
    let (Some(verifier), Some(users)) = (
        req.app_data::<Data<Arc<Verifier>>>(),
        req.app_data::<Data<UserService>>(),
    ) else {
        return Err(Problem::internal());
    };
    // A local token is checked by a hash; an outside one may need a key set and the database.
    if verifier.is_local(&token) {
        return match verifier.verify(&token)? {
            Verified::Local(id) => Ok(Named { id, role: None }),
            Verified::Outside(_) => Err(Problem::internal()),
        };
    }
    let (verifier, users) = (verifier.clone(), users.clone());
    match blocking::provider(move || verifier.verify(&token)).await? {
        Verified::Local(id) => Ok(Named { id, role: None }),
        Verified::Outside(outside) => {
            let role = outside.role;
            let user = blocking::database(move || users.outside_caller(&outside, &stamp)).await?;
            Ok(Named { id: user.id, role })
        }
    }
}

/// The token of exactly one `Authorization: Bearer` header (RFC 6750 section 2.1).
fn bearer(req: &ServiceRequest) -> Result<String, Problem> {
    let mut headers = req.headers().get_all(AUTHORIZATION);
    let header = headers
        .next()
        .ok_or_else(|| Problem::unauthenticated(false))?;
    if headers.next().is_some() {
        return Err(Problem::unauthenticated(true));
    }
    let token = header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim().to_owned());
    token
        .filter(|token| !token.is_empty())
        .ok_or_else(|| Problem::unauthenticated(true))
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Refused(why) => {
                log::debug!("a bearer token was refused: {why}");
                Self::unauthenticated(true)
            }
            // The key set itself says so in the log, once a minute and not for every request.
            AuthError::KeysUnavailable => Self::provider_unavailable(),
        }
    }
}
