//! What Trakt answers to an account that may not do what it asks.

use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::Account;
use crate::world::{AccountId, World};

/// Where Trakt sells what the account lacks.
const UPGRADE: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-upgrade-url"),
    HeaderValue::from_static("https://trakt.tv/vip"),
);

/// 401 in the form of RFC 6750, section 3.
pub(crate) fn unauthorized() -> Response {
    let challenge = "Bearer realm=\"Trakt\", error=\"invalid_token\"";
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)]).into_response()
}

/// 423, where the account is locked or deactivated; the headers say which.
pub(super) fn locked(account: &Account) -> Option<Response> {
    if !account.locked && !account.deactivated {
        return None;
    }
    let headers = [
        ("x-account-locked", account.locked.to_string()),
        ("x-account-deactivated", account.deactivated.to_string()),
    ];
    Some((StatusCode::LOCKED, headers).into_response())
}

/// 426, where the account does not pay. To be asked before anything that Trakt calls VIP only.
pub(crate) fn vip_only(account: &Account) -> Option<Response> {
    (!account.vip).then(|| (StatusCode::UPGRADE_REQUIRED, [UPGRADE]).into_response())
}

/// 420: what the account asks for goes beyond its limit of `limit` items. Without the headers
/// where [`Config::limit_headers`](crate::Config::limit_headers) is off, or where nobody is
/// signed in.
pub(crate) fn over_limit(world: &World, account: Option<AccountId>, limit: u64) -> Response {
    let mut headers = HeaderMap::new();
    if let Some(id) = account.filter(|_| world.config().limit_headers) {
        let vip = HeaderValue::from_static(if world.account(id).vip {
            "true"
        } else {
            "false"
        });
        headers.insert("x-vip-user", vip);
        headers.insert("x-account-limit", limit.into());
        headers.extend([UPGRADE]);
    }
    // Not a status of HTTP, so http has no name for it.
    let status = StatusCode::from_u16(420).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    (status, headers).into_response()
}
