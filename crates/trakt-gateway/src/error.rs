//! What a refusal of Trakt's means to us.

use trakt_api::Error;
use trakt_core::ports::TraktFault;

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
/// `invalid_client` is about us, any other about the token.
#[expect(clippy::needless_pass_by_value, reason = "goes into map_err")]
pub fn fault(error: Error) -> TraktFault {
    match error.status() {
        _ if error.is_config() => TraktFault::Misconfigured {
            detail: error.to_string(),
        },
        Some(401) => TraktFault::TokenRefused,
        Some(423) => TraktFault::Locked,
        _ => TraktFault::Unavailable {
            detail: error.to_string(),
            retry_after: error.retry_after(),
        },
    }
}
