//! What a refusal of Trakt's means to us.

use trakt_api::Error;
use trakt_core::ports::{RefreshFault, TraktFault};

/// As [`fault`], for a call that no user's token goes with: a 401 is about our application.
pub fn fault_of_ours(error: Error) -> TraktFault {
    match fault(error) {
        TraktFault::TokenRefused => TraktFault::Misconfigured {
            detail: "status 401".to_owned(),
        },
        fault => fault,
    }
}

/// The reason why a call gave nothing. Decided by status and OAuth error code; a 401 with
/// `invalid_client` is about us, any other that is no page about the token.
#[expect(clippy::needless_pass_by_value, reason = "goes into map_err")]
pub fn fault(error: Error) -> TraktFault {
    match error.status() {
        _ if error.is_config() => TraktFault::Misconfigured {
            detail: error.to_string(),
        },
        // A page for people is the network's edge, which knows no token.
        Some(401) if !error.is_html() => TraktFault::TokenRefused,
        Some(423) => TraktFault::Locked,
        _ => TraktFault::Unavailable {
            detail: error.to_string(),
            retry_after: error.retry_after(),
        },
    }
}

/// What a refused revocation means. Any other 4xx is Trakt's last word on this token: the same
/// call later would get the same, for as long as the token waits.
pub fn revoked(error: Error) -> Result<(), TraktFault> {
    match error.status() {
        Some(401 | 403 | 408 | 423 | 429) => Err(fault_of_ours(error)),
        Some(400..=499) if !error.is_config() => Ok(()),
        _ => Err(fault_of_ours(error)),
    }
}

/// What a refresh that gave no tokens says of the refresh token.
///
/// A plain 403 is not our application's fault here, unlike in [`fault`]: it is an answer of the
/// edge's as well, and stopping everybody's refreshing needs Trakt's own word. What nobody foresaw
/// counts as uncertain, so that no successor is given up on a guess; but a 4xx is always a refusal.
pub fn refresh_fault(error: Error) -> RefreshFault {
    let (detail, retry_after) = (error.to_string(), error.retry_after());
    let uncertain = |detail| RefreshFault::Uncertain {
        detail,
        retry_after,
    };
    let refusal = match error {
        Error::NotSent(_) | Error::Unbuildable(_) | Error::OverBudget { .. } => {
            return RefreshFault::NotSent { detail };
        }
        Error::Refused(refusal) => refusal,
        _ => return uncertain(detail),
    };
    match (refusal.status, refusal.oauth_error) {
        (_, Some("invalid_client" | "unauthorized_client")) => {
            RefreshFault::Misconfigured { detail }
        }
        (400 | 401, Some("invalid_grant")) => RefreshFault::InvalidGrant,
        (500, _) if !refusal.is_json() => uncertain(detail),
        (400..=500 | 503, _) => RefreshFault::Refused {
            detail,
            retry_after,
        },
        _ => uncertain(detail),
    }
}
