//! Trakt, as far as linking needs it. The wire is `trakt-api`'s business; this is what it means.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::link::TokenPair;
use crate::{AccessToken, DeviceCode, RefreshToken, TraktIdentity, TraktProfile, TraktSlug};

/// The calls to Trakt. Every one ends within `within`, whatever Trakt does.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait TraktGateway: Send + Sync {
    /// `POST /oauth/device/code`: begins a device flow (RFC 8628 section 3.1).
    fn device_code(&self, within: Duration) -> Result<DeviceGrant, TraktFault>;

    /// `POST /oauth/device/token`: asks once how the flow stands (RFC 8628 section 3.4).
    fn device_token(&self, code: &DeviceCode, within: Duration) -> Result<DevicePoll, TraktFault>;

    /// `POST /oauth/token`: exchanges the refresh token, which works once (RFC 6749 section 6).
    /// Store what comes back before anything else is done with it.
    fn refresh(&self, token: &RefreshToken, within: Duration) -> Result<TokenGrant, RefreshFault>;

    /// `POST /oauth/revoke`. Trakt answers 200 to anything; `Ok` means that it answered.
    fn revoke(&self, token: &AccessToken, within: Duration) -> Result<(), TraktFault>;

    /// `GET /users/settings`: whose token this is.
    fn identity(&self, token: &AccessToken, within: Duration) -> Result<TraktIdentity, TraktFault>;

    /// `GET /users/{slug}`: the public profile, or `None` when there is no such account.
    fn profile(
        &self,
        slug: &TraktSlug,
        within: Duration,
    ) -> Result<Option<TraktProfile>, TraktFault>;
}

/// What Trakt gives at the start of a device flow (RFC 8628 section 3.2).
#[derive(Clone, Debug)]
pub struct DeviceGrant {
    /// For us alone.
    pub device_code: DeviceCode,
    /// For the person to type.
    pub user_code: String,
    /// Where to type it.
    pub verification_url: String,
    /// How long the code can be used, in seconds, as Trakt states it.
    pub expires_in: i64,
    /// The least time between two polls, in seconds, where Trakt states one.
    pub interval: Option<i64>,
}

/// How a device flow stands at Trakt.
#[derive(Clone, Debug)]
pub enum DevicePoll {
    /// 200: the person approved, and these are the tokens.
    Approved(TokenGrant),
    /// 400: nobody has decided yet.
    Pending,
    /// 429: we ask too often; wait at least this long, where Trakt says so.
    SlowDown(Option<Duration>),
    /// 418: the person refused.
    Denied,
    /// 410: too late.
    Expired,
    /// 409: the tokens of this code were handed out before.
    Used,
    /// 404: Trakt knows no such code.
    Unknown,
}

/// A token answer (RFC 6749 section 5.1, with Trakt's `created_at`).
#[derive(Clone, Debug)]
pub struct TokenGrant {
    /// The access token.
    pub access: AccessToken,
    /// The refresh token.
    pub refresh: RefreshToken,
    /// The life of the access token in seconds, as Trakt states it.
    pub expires_in: i64,
}

impl TokenGrant {
    /// The tokens with the moment at which the access token ends.
    ///
    /// It is counted from `now` on our clock, not from Trakt's `created_at`, so that a skewed
    /// clock at either end does not make a fresh token look dead; and a life that cannot be
    /// true counts as the nearest that can (60 s to 90 days).
    #[must_use]
    pub fn into_pair(self, now: DateTime<Utc>) -> TokenPair {
        let life = self.lifetime();
        TokenPair {
            access: self.access,
            refresh: self.refresh,
            expires_at: now + life,
        }
    }

    /// How long the access token lives: as Trakt states it, from 60 s to 90 days.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        const MOST: u64 = 90 * 86_400;
        Duration::from_secs(u64::try_from(self.expires_in).unwrap_or(0).clamp(60, MOST))
    }
}

/// Why a call to Trakt gave no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TraktFault {
    /// Unreachable, too slow, overloaded, limiting us, or answering what nobody can read.
    #[error("Trakt is unavailable: {detail}")]
    Unavailable {
        /// What happened, for the log. No body, no secret.
        detail: String,
        /// How long Trakt asks us to wait.
        retry_after: Option<Duration>,
    },
    /// Trakt refuses our application: `TRAKT_CLIENT_ID` or `TRAKT_CLIENT_SECRET` is wrong, or
    /// the application is gone. Never a user's fault.
    #[error("Trakt refuses this application's credentials: {detail}")]
    Misconfigured {
        /// What Trakt said, for the log. No body, no secret.
        detail: String,
    },
    /// 401: the token is not valid (any more).
    #[error("Trakt refuses the token")]
    TokenRefused,
    /// 423: the account is locked or deactivated at Trakt.
    #[error("the Trakt account is locked")]
    Locked,
}

/// Why a refresh gave no tokens, by what is known of the refresh token, which works once.
///
/// It is apart from [`TraktFault`], which does not say whether the call took effect: to take
/// [`Self::Uncertain`] for a refusal costs a user the link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshFault {
    /// Nothing reached Trakt: no name, no connection, no TLS. The token is unused.
    #[error("the refresh was not sent: {detail}")]
    NotSent {
        /// What happened, for the log. No body, no secret.
        detail: String,
    },
    /// Trakt answered without using the token: 429, 503, a 500 whose body is a JSON object, and
    /// any 4xx that names no fault of the token's or of ours (a page of the network's edge).
    #[error("Trakt refused the refresh and left the token as it was: {detail}")]
    Refused {
        /// What Trakt said, for the log. No body, no secret.
        detail: String,
        /// How long Trakt asks us to wait.
        retry_after: Option<Duration>,
    },
    /// It may have been sent, and the answer tells nothing: a time-out or a reset, 502, 504, 52x
    /// and any other status that nobody foresaw, a 500 without JSON, a success whose body cannot
    /// be used. The token may be used up, and its successor lost.
    #[error("nobody knows what became of the refresh: {detail}")]
    Uncertain {
        /// What happened, for the log. No body, no secret.
        detail: String,
        /// How long Trakt asks us to wait, where an answer came that says so.
        retry_after: Option<Duration>,
    },
    /// 400 or 401 with `invalid_grant`: the token is used, revoked or too old (RFC 6749
    /// section 5.2).
    #[error("Trakt knows no such refresh token")]
    InvalidGrant,
    /// `invalid_client` or `unauthorized_client`: `TRAKT_CLIENT_ID` or `TRAKT_CLIENT_SECRET` is
    /// wrong, or the application is gone. Never a user's fault; the token is unused.
    #[error("Trakt refuses this application's credentials: {detail}")]
    Misconfigured {
        /// What Trakt said, for the log. No body, no secret.
        detail: String,
    },
}
