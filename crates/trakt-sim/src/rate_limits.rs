//! How often a client may call.

use serde::{Deserialize, Serialize};

/// Trakt's rate limits, on the simulator's clock, for its API: the OAuth endpoints and the
/// pages have none. A window begins with its first request and is over after its period.
///
/// [`RateLimits::default`] has the figures that Trakt documents, and is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Whether anything here applies.
    pub on: bool,
    /// `AUTHED_API_GET_LIMIT`: reads of one account, by all its tokens.
    pub authed_get: RateLimit,
    /// `AUTHED_API_POST_LIMIT`: writes of one account, whatever they write.
    pub authed_post: RateLimit,
    /// `UNAUTHED_API_GET_LIMIT`: reads without a token that works, of one application from one
    /// address.
    pub unauthed_get: RateLimit,
    /// The edge answers what is too much: an HTML page and `Retry-After`, but no
    /// `X-Ratelimit`.
    pub edge: bool,
    /// So many answers of 401 within five minutes ban an address, which then sees the edge's
    /// "Error 1015" page; 0 never does. Trakt tells no figure.
    pub ban_after: u64,
    /// How long a ban lasts, in seconds.
    pub ban_seconds: u64,
}

/// So many requests in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// How many requests.
    pub limit: u64,
    /// In how many seconds.
    pub period: u64,
}

impl Default for RateLimits {
    fn default() -> Self {
        let reads = RateLimit {
            limit: 500,
            period: 300,
        };
        Self {
            on: false,
            authed_get: reads,
            authed_post: RateLimit {
                limit: 1,
                period: 1,
            },
            unauthed_get: reads,
            edge: false,
            ban_after: 0,
            ban_seconds: 300,
        }
    }
}
