//! Who calls an API endpoint: the headers that Trakt requires on each.

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::world::{AccountId, Shared, bearer_of};

/// A known application, and the account whose access token it sent, if it sent one.
pub(crate) struct Caller {
    pub(crate) account: Option<AccountId>,
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Response;

    /// 403 for a key that is missing or wrong, 412 for another version of the API, 401 for a
    /// token that does not work, even where none is needed.
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
            return Ok(Self { account: None });
        };
        let bearer = authorization.to_str().ok().and_then(bearer_of);
        match bearer.and_then(|token| world.bearer(token, key)) {
            Some(account) => Ok(Self {
                account: Some(account),
            }),
            None => Err(unauthorized()),
        }
    }
}

/// 401 in the form of RFC 6750, section 3.
pub(crate) fn unauthorized() -> Response {
    let challenge = "Bearer realm=\"Trakt\", error=\"invalid_token\"";
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)]).into_response()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
