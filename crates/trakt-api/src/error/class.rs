//! What kind of refusal it is, and whose fault.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use url::Url;

use crate::RawReply;
use crate::error::{edge, oauth_error};
use crate::headers::{RateLimit, instant};

/// What kind of refusal it is (Trakt's guide "Status Codes", and what stands in for Trakt on the
/// way). What a kind carries may be missing: Trakt leaves headers out and bodies empty.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Class {
    /// An OAuth error (RFC 6749 section 5.2) with 400 to 403, and with any status where it is about
    /// the application: one of the known codes.
    OAuth(&'static str),
    /// 401: the access token is missing, expired or revoked. Never call again with it.
    TokenRefused,
    /// 403, and not from the edge: a wrong API key, an application that is not approved, blocked
    /// or gone, or a parameter that is not for it.
    Forbidden,
    /// 404: the method is there, the record is not.
    NotFound,
    /// 409: it is there already.
    Conflict {
        /// Scrobble: when the play that is there was. RFC 3339 on the wire.
        watched_at: Option<DateTime<Utc>>,
        /// Scrobble and checkin: until when the same again is refused.
        expires_at: Option<DateTime<Utc>>,
    },
    /// 412: the content type is wrong; seen too for lists of users who are deleted.
    Precondition,
    /// 420: the account is full. Look at `limits` in the settings.
    AccountLimit {
        /// `X-VIP-User`: whether it is a VIP's.
        vip: Option<bool>,
        /// `X-Account-Limit`: how many it may hold.
        limit: Option<u64>,
    },
    /// 422: what was sent makes no sense, as a scrobble that stops below 1 %.
    Unprocessable,
    /// 423: the user is locked out and should mail Trakt's support. Where both are missing the
    /// answer does not say which.
    Locked {
        /// `X-Account-Locked`.
        locked: Option<bool>,
        /// `X-Account-Deactivated`.
        deactivated: Option<bool>,
    },
    /// 426: for VIPs.
    VipOnly {
        /// `X-Upgrade-URL`, https alone. Check its host before it is shown.
        upgrade: Option<Url>,
    },
    /// 429, by Trakt itself. The wait is [`crate::Refusal::retry_after`].
    RateLimited {
        /// `X-Ratelimit`: which bucket is empty.
        limit: Option<RateLimit>,
    },
    /// The network's edge stood in for Trakt, and said no itself.
    Edge(Edge),
    /// 5xx and 52x, 408 and 499: Trakt, or the way to it, cannot now.
    Overloaded,
    /// Anything else.
    Other,
}

/// What the network's edge (Cloudflare) said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// "Error 1015" or a page with 429: this address is shut out for a while, for every user.
    /// Each further call may lengthen it.
    Banned,
    /// A page with 401 or 403, or one of Cloudflare's own codes ("error code: 1020") with 403.
    Blocked,
    /// A riddle for people (`cf-mitigated: challenge`, or a page instead of a success).
    Challenge,
}

/// Who can do something about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The application's owner: its credentials, its approval.
    Application,
    /// The user: link again, make room, pay, or mail Trakt.
    User,
    /// The caller: this call, as it is, will never do.
    Call,
    /// The caller: it was too early, or too often.
    Pace,
    /// Trakt, and what stands before it.
    Trakt,
}

impl Class {
    /// What kind of refusal an answer is, for those who look at answers as they come, such as a
    /// transport that counts; `None` of a success.
    #[must_use]
    pub fn of(reply: &RawReply) -> Option<Self> {
        let refused = !(200..=299).contains(&reply.status);
        refused.then(|| Self::read(reply, oauth_error(&reply.body), edge(reply)))
    }

    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::OAuth("invalid_grant" | "access_denied" | "expired_token")
            | Self::TokenRefused
            | Self::AccountLimit { .. }
            | Self::Locked { .. }
            | Self::VipOnly { .. } => Fault::User,
            Self::OAuth("slow_down" | "authorization_pending") | Self::RateLimited { .. } => {
                Fault::Pace
            }
            Self::OAuth(_) | Self::Forbidden => Fault::Application,
            Self::NotFound
            | Self::Conflict { .. }
            | Self::Precondition
            | Self::Unprocessable
            | Self::Other => Fault::Call,
            Self::Edge(_) | Self::Overloaded => Fault::Trakt,
        }
    }

    pub(super) fn read(
        reply: &RawReply,
        oauth_error: Option<&'static str>,
        edge: Option<Edge>,
    ) -> Self {
        // A server that is out of its depth may say anything; but a word on the application counts.
        let ours = matches!(oauth_error, Some("invalid_client" | "unauthorized_client"));
        if let Some(code) = oauth_error.filter(|_| ours || matches!(reply.status, 400..=403)) {
            return Self::OAuth(code);
        }
        if let Some(edge) = edge {
            return Self::Edge(edge);
        }
        match reply.status {
            408 | 499 => Self::Overloaded,
            401 => Self::TokenRefused,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            409 => conflict(&reply.body),
            412 => Self::Precondition,
            420 => Self::AccountLimit {
                vip: flag(reply, "x-vip-user"),
                limit: reply
                    .header("x-account-limit")
                    .and_then(|limit| limit.trim().parse().ok()),
            },
            422 => Self::Unprocessable,
            423 => Self::Locked {
                locked: flag(reply, "x-account-locked"),
                deactivated: flag(reply, "x-account-deactivated"),
            },
            426 => Self::VipOnly {
                upgrade: reply.header("x-upgrade-url").and_then(https),
            },
            429 => Self::RateLimited {
                limit: RateLimit::read(reply),
            },
            500..=599 => Self::Overloaded,
            _ => Self::Other,
        }
    }
}

fn conflict(body: &[u8]) -> Class {
    let parts: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let time = |name| parts.get(name)?.as_str().and_then(instant);
    Class::Conflict {
        watched_at: time("watched_at"),
        expires_at: time("expires_at"),
    }
}

fn flag(reply: &RawReply, name: &str) -> Option<bool> {
    match reply.header(name)?.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

fn https(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let named = !url.username().is_empty() || url.password().is_some();
    (url.scheme() == "https" && !named).then_some(url)
}
