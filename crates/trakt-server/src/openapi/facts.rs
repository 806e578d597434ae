//! What the document says of a route beyond what stands at its handler: limits, and the errors
//! that may come.

use crate::limits::{Limits, Rate};
use crate::problem::Code;

/// Of one route.
pub struct Facts {
    /// Its method.
    pub method: &'static str,
    /// Its path.
    pub path: &'static str,
    /// How often it may be asked.
    pub rates: &'static [Rate],
    /// How what is sent may be wrong.
    pub input: &'static [Code],
    /// What else may go wrong, apart from [`Self::always`].
    pub may: &'static [Code],
}

const NOTHING: &[Code] = &[];
const QUERY: &[Code] = &[Code::ValidationFailed];
const BODY: &[Code] = &[
    Code::MalformedRequest,
    Code::RequestTimeout,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];
/// How a write may be refused.
const WRITE: &[Code] = &[
    Code::NotLinked,
    Code::SwitchedOff,
    Code::KeyReused,
    Code::DailyCeiling,
];
const WRITE_OF_ID: &[Code] = &[
    Code::NotFound,
    Code::NotLinked,
    Code::SwitchedOff,
    Code::KeyReused,
    Code::DailyCeiling,
];
/// Why nothing can be read at Trakt.
const NO_LINK: &[Code] = &[
    Code::NotLinked,
    Code::NeedsRelink,
    Code::TraktAccountLocked,
    Code::SwitchedOff,
];
const READ: &[Rate] = &[Limits::WATCH_READ];
const CHANGE: &[Rate] = &[Limits::WATCH_WRITE];

/// A row of every route, in the order of `routes::TABLE`.
pub const FACTS: &[Facts] = &[
    row("GET", "/healthz", &[], NOTHING, NOTHING),
    row(
        "GET",
        "/readyz",
        &[],
        NOTHING,
        &[Code::Internal, Code::DatabaseUnavailable],
    ),
    row("GET", "/metrics", &[], NOTHING, &[Code::Internal]),
    row("GET", "/openapi.json", &[], NOTHING, NOTHING),
    row("GET", "/docs", &[], NOTHING, NOTHING),
    row("GET", "/docs/{file}", &[], NOTHING, &[Code::NotFound]),
    row(
        "POST",
        "/auth/login",
        &[Limits::SIGN_IN, Limits::SIGN_IN_ACCOUNT],
        BODY,
        &[
            Code::Unauthenticated,
            Code::RateLimited,
            Code::Internal,
            Code::DatabaseUnavailable,
        ],
    ),
    row(
        "POST",
        "/trakt/auth/device",
        &[Limits::DEVICE_START],
        BODY,
        &[Code::TraktUnavailable],
    ),
    row(
        "POST",
        "/trakt/auth/device/check",
        &[Limits::DEVICE_CHECK],
        BODY,
        &[
            Code::DeviceCodeUnknown,
            Code::DeviceCodeExpired,
            Code::DeviceCodeUsed,
            Code::DeviceCodeDenied,
            Code::AccountTaken,
            Code::AlreadyLinked,
            Code::TraktAccountLocked,
            Code::TraktUnavailable,
        ],
    ),
    row(
        "GET",
        "/trakt/association",
        &[Limits::ASSOCIATION],
        NOTHING,
        NOTHING,
    ),
    row(
        "DELETE",
        "/trakt/association",
        &[Limits::ASSOCIATION],
        QUERY,
        NOTHING,
    ),
    row("GET", "/trakt/sync", READ, NOTHING, NOTHING),
    row("POST", "/trakt/sync", &[Limits::WATCH_ASK], BODY, NO_LINK),
    row("GET", "/trakt/sync/events", READ, NOTHING, NOTHING),
    row("GET", "/trakt/settings", READ, NOTHING, NOTHING),
    row("PATCH", "/trakt/settings", CHANGE, BODY, NOTHING),
    row(
        "GET",
        "/trakt/export",
        &[Limits::WATCH_READ, Limits::EXPORT],
        NOTHING,
        NOTHING,
    ),
    row("GET", "/trakt/history", READ, QUERY, NOTHING),
    row("GET", "/trakt/progress", READ, QUERY, NOTHING),
    row(
        "GET",
        "/trakt/progress/shows/{id}",
        READ,
        QUERY,
        &[Code::NotFound],
    ),
    row("GET", "/trakt/watched/movies", READ, QUERY, NOTHING),
    row("GET", "/trakt/watched/shows", READ, QUERY, NOTHING),
    row("GET", "/trakt/ratings", READ, QUERY, NOTHING),
    row("GET", "/trakt/watchlist", READ, QUERY, NOTHING),
    row("POST", "/trakt/history", CHANGE, BODY, WRITE),
    row(
        "DELETE",
        "/trakt/history/{id}",
        CHANGE,
        BODY,
        &[
            Code::NotFound,
            Code::NotLinked,
            Code::SwitchedOff,
            Code::NotConfirmedYet,
            Code::KeyReused,
            Code::DailyCeiling,
        ],
    ),
    row("POST", "/trakt/ratings", CHANGE, BODY, WRITE),
    row("DELETE", "/trakt/ratings", CHANGE, BODY, WRITE),
    row("POST", "/trakt/watchlist", CHANGE, BODY, WRITE),
    row("DELETE", "/trakt/watchlist", CHANGE, BODY, WRITE),
    row("POST", "/trakt/scrobble/start", CHANGE, BODY, WRITE),
    row("POST", "/trakt/scrobble/pause", CHANGE, BODY, WRITE),
    row("POST", "/trakt/scrobble/stop", CHANGE, BODY, WRITE),
    row(
        "GET",
        "/trakt/outbox/{id}",
        READ,
        NOTHING,
        &[Code::NotFound],
    ),
    row(
        "GET",
        "/trakt/recommendations/movies",
        READ,
        QUERY,
        RECOMMEND,
    ),
    row(
        "GET",
        "/trakt/recommendations/shows",
        READ,
        QUERY,
        RECOMMEND,
    ),
    row(
        "DELETE",
        "/trakt/recommendations/movies/{id}",
        CHANGE,
        BODY,
        WRITE_OF_ID,
    ),
    row(
        "DELETE",
        "/trakt/recommendations/shows/{id}",
        CHANGE,
        BODY,
        WRITE_OF_ID,
    ),
    row(
        "POST",
        "/trakt/recommendations/movies/{id}/undo",
        CHANGE,
        BODY,
        WRITE_OF_ID,
    ),
    row(
        "POST",
        "/trakt/recommendations/shows/{id}/undo",
        CHANGE,
        BODY,
        WRITE_OF_ID,
    ),
    row(
        "POST",
        "/trakt/admin/associate",
        &[Limits::ADMIN],
        BODY,
        &[
            Code::UserNotFound,
            Code::TraktAccountNotFound,
            Code::AccountTaken,
            Code::AlreadyLinked,
            Code::TraktUnavailable,
        ],
    ),
    row(
        "GET",
        "/trakt/admin/associations",
        &[Limits::ADMIN_READ],
        QUERY,
        NOTHING,
    ),
    row(
        "DELETE",
        "/trakt/admin/associations/{id}",
        &[Limits::ADMIN],
        QUERY,
        &[Code::NotFound],
    ),
    row(
        "GET",
        "/trakt/admin/audit",
        &[Limits::ADMIN_READ],
        QUERY,
        NOTHING,
    ),
    row(
        "GET",
        "/trakt/admin/webhooks",
        &[Limits::ADMIN_READ],
        QUERY,
        NOTHING,
    ),
    row(
        "POST",
        "/trakt/admin/webhooks/{id}/replay",
        &[Limits::ADMIN],
        NOTHING,
        &[Code::NotFound],
    ),
];

const RECOMMEND: &[Code] = &[
    Code::NotLinked,
    Code::NeedsRelink,
    Code::TraktAccountLocked,
    Code::SwitchedOff,
    Code::TraktUnavailable,
];

const fn row(
    method: &'static str,
    path: &'static str,
    rates: &'static [Rate],
    input: &'static [Code],
    may: &'static [Code],
) -> Facts {
    Facts {
        method,
        path,
        rates,
        input,
        may,
    }
}

impl Facts {
    /// Every code that may come, in the order of [`Code::ALL`].
    pub fn codes(&self, who: &str) -> Vec<Code> {
        let always = Self::always(who);
        let all = [self.input, self.may, always, Self::of_admin(who)];
        let mut codes: Vec<Code> = Code::ALL.to_vec();
        codes.retain(|code| all.iter().any(|some| some.contains(code)));
        codes
    }

    /// What may go wrong wherever somebody has to be signed in.
    fn always(who: &str) -> &'static [Code] {
        match who {
            "anybody" => NOTHING,
            _ => &[
                Code::Unauthenticated,
                Code::RateLimited,
                Code::Internal,
                Code::ProviderUnavailable,
                Code::DatabaseUnavailable,
            ],
        }
    }

    fn of_admin(who: &str) -> &'static [Code] {
        match who {
            "admin" => &[Code::Forbidden],
            _ => NOTHING,
        }
    }
}
