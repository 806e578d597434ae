//! Who calls an API endpoint: the headers that Trakt requires on each.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::refusal::{locked, unauthorized, vip_only};
use crate::world::{AccountId, Shared, World, bearer_of, matches};

/// The account whose working access token a request has, without any of the other checks.
pub(crate) fn account_of(world: &World, headers: &HeaderMap) -> Option<AccountId> {
    let token = bearer_of(text(headers, "authorization")?)?;
    world.owner(token, text(headers, "trakt-api-key")?)
}

/// A known application, and the account whose access token it sent, if it sent one.
pub(crate) struct Caller {
    pub(crate) account: Option<AccountId>,
    /// Whether what it reads of its account is older than its last write.
    pub(crate) lags: bool,
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Response;

    /// 403 for a key that is missing or wrong, 412 for another version of the API, 401 for a
    /// token that does not work, even where none is needed, 423 for an account that is locked or
    /// deactivated, 426 for one that does not pay where that is asked for.
    async fn from_request_parts(parts: &mut Parts, sim: &Shared) -> Result<Self, Response> {
        let header = |name| text(&parts.headers, name);
        let mut world = sim.world();
        let key = header("trakt-api-key").filter(|key| world.knows_client(key));
        let Some(key) = key else {
            return Err((StatusCode::FORBIDDEN, "Forbidden").into_response());
        };
        if header("trakt-api-version") != Some("2") {
            return Err(StatusCode::PRECONDITION_FAILED.into_response());
        }
        let Some(authorization) = parts.headers.get(AUTHORIZATION) else {
            return Ok(Self {
                account: None,
                lags: false,
            });
        };
        let bearer = authorization.to_str().ok().and_then(bearer_of);
        let Some(id) = bearer.and_then(|token| world.bearer(token, key)) else {
            return Err(unauthorized());
        };
        let account = world.account(id);
        if let Some(refusal) = locked(account) {
            return Err(refusal);
        }
        let asked = format!("{} {}", parts.method, parts.uri.path());
        let paid = world.config().vip_only.iter().any(|on| matches(on, &asked));
        if let Some(refusal) = vip_only(account).filter(|_| paid) {
            return Err(refusal);
        }
        Ok(Self {
            account: Some(id),
            lags: parts.method == Method::GET && world.lags(id, parts.uri.path()),
        })
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
