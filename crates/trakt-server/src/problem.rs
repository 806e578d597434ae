//! The only file that knows HTTP statuses: every error of this service as
//! `application/problem+json` (RFC 9457). The detail is fixed text: no secret, no SQL, no inner
//! error can reach a client through it. What is behind an error is logged here, once.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use trakt_core::PortError;
use trakt_core::admin::AdminError;
use trakt_core::link::LinkError;
use trakt_core::ports::TraktFault;
use trakt_core::user::UserError;

macro_rules! codes {
    ($($variant:ident = $word:literal, $status:ident, $title:literal;)*) => {
        /// The stable name of an error, as clients see it in `code`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word itself. It never changes.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The status it is answered with.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

codes! {
    MalformedRequest = "malformed_request", BAD_REQUEST, "The request cannot be read";
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Sign in first";
    Forbidden = "forbidden", FORBIDDEN, "You may not do this";
    NotFound = "not_found", NOT_FOUND, "There is nothing here";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "Not with this method";
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Send JSON";
    ValidationFailed = "validation_failed", UNPROCESSABLE_ENTITY, "Some fields are wrong";
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests";
    DeviceCodeUnknown = "device_code_unknown", NOT_FOUND, "No such device code";
    DeviceCodeExpired = "device_code_expired", GONE, "The device code has expired";
    DeviceCodeUsed = "device_code_used", CONFLICT, "The device code was used";
    DeviceCodeDenied = "device_code_denied", FORBIDDEN, "The request was denied at Trakt";
    AccountTaken = "account_taken", CONFLICT, "The Trakt account is linked to another user";
    AlreadyLinked = "already_linked", CONFLICT, "Another Trakt account is linked";
    UserNotFound = "user_not_found", NOT_FOUND, "No such user";
    TraktAccountNotFound = "trakt_account_not_found", NOT_FOUND, "No such Trakt account";
    TraktAccountLocked = "trakt_account_locked", CONFLICT, "The Trakt account is locked";
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong here";
    TraktUnavailable = "trakt_unavailable", SERVICE_UNAVAILABLE, "Trakt cannot be reached";
    ProviderUnavailable = "identity_provider_unavailable", SERVICE_UNAVAILABLE, "The identity provider cannot be reached";
    DatabaseUnavailable = "database_unavailable", SERVICE_UNAVAILABLE, "The database cannot be reached";
}

/// One field of a request and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field, as the client wrote it; empty for the body as a whole.
    pub field: String,
    /// What it must be.
    pub message: String,
}

/// An error as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind it is.
    pub code: Code,
    detail: &'static str,
    retry_after: Option<Duration>,
    errors: Box<[FieldError]>,
    header: Option<(header::HeaderName, &'static str)>,
}

#[derive(Serialize)]
struct Body<'a> {
    success: bool,
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    /// An error with the text for the person who reads it.
    #[must_use]
    pub fn new(code: Code, detail: &'static str) -> Self {
        Self {
            code,
            detail,
            retry_after: None,
            errors: Box::default(),
            header: None,
        }
    }

    /// 404 for a path that leads nowhere.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is no such resource.")
    }

    /// 400 for what cannot be read at all.
    #[must_use]
    pub fn malformed(detail: &'static str) -> Self {
        Self::new(Code::MalformedRequest, detail)
    }

    /// 422 with every field that is wrong.
    #[must_use]
    pub fn validation(errors: Vec<FieldError>) -> Self {
        Self {
            errors: errors.into(),
            ..Self::new(
                Code::ValidationFailed,
                "See the list of fields in 'errors'.",
            )
        }
    }

    /// 401 without a usable bearer token (RFC 6750 section 3): no token, or one that is refused.
    #[must_use]
    pub fn unauthenticated(token_given: bool) -> Self {
        let (detail, challenge) = if token_given {
            (
                "The bearer token is not valid.",
                "Bearer realm=\"trakt\", error=\"invalid_token\"",
            )
        } else {
            ("Send a bearer token.", "Bearer realm=\"trakt\"")
        };
        let header = Some((header::WWW_AUTHENTICATE, challenge));
        Self {
            header,
            ..Self::new(Code::Unauthenticated, detail)
        }
    }

    /// 405 with the methods that are allowed (RFC 9110 section 15.5.6).
    #[must_use]
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let header = Some((header::ALLOW, allow));
        Self {
            header,
            ..Self::new(Code::MethodNotAllowed, "See the header 'Allow'.")
        }
    }

    /// 429, to be tried again after a time.
    #[must_use]
    pub fn rate_limited(retry_after: Duration) -> Self {
        Self::new(
            Code::RateLimited,
            "Slow down, see the header 'Retry-After'.",
        )
        .retry(retry_after)
    }

    /// 503 because of the database.
    #[must_use]
    pub fn database_unavailable() -> Self {
        Self::new(
            Code::DatabaseUnavailable,
            "It may not have taken effect. Try again shortly.",
        )
        .retry(Duration::from_secs(2))
    }

    /// 503 because the keys of the identity provider cannot be read: the token may be good.
    #[must_use]
    pub fn provider_unavailable() -> Self {
        Self::new(
            Code::ProviderUnavailable,
            "The bearer token cannot be checked right now.",
        )
        .retry(Duration::from_secs(60))
    }

    /// 503 because of Trakt.
    #[must_use]
    pub fn trakt_unavailable(retry_after: Duration) -> Self {
        Self::new(
            Code::TraktUnavailable,
            "Trakt gave no usable answer. Try again later.",
        )
        .retry(retry_after)
    }

    /// 500. Whatever is behind it was logged by the caller.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            Code::Internal,
            "The error was logged under the id of this request.",
        )
    }

    fn retry(self, after: Duration) -> Self {
        Self {
            retry_after: Some(after),
            ..self
        }
    }
}

/// A period as `Retry-After` has it: whole seconds, rounded up, at least one (RFC 9110 section
/// 10.2.3).
#[must_use]
pub fn retry_seconds(after: Duration) -> u64 {
    let rest = u64::from(after.subsec_nanos() > 0);
    after.as_secs().saturating_add(rest).max(1)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let body = Body {
            success: false,
            r#type: format!("urn:trakt-server:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.status_code().as_u16(),
            detail: self.detail,
            code: self.code.as_str(),
            errors: &self.errors,
        };
        let mut response = HttpResponse::build(self.status_code());
        if let Some(after) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, retry_seconds(after)));
        }
        if let Some((name, value)) = &self.header {
            response.insert_header((name.clone(), *value));
        }
        let mut response = response.json(body);
        let json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response.extensions_mut().insert(self.code);
        response
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        if error.retryable() {
            log::warn!("the database: {error}");
            Self::database_unavailable()
        } else {
            log::error!("the database: {error}");
            Self::internal()
        }
    }
}

impl From<TraktFault> for Problem {
    fn from(fault: TraktFault) -> Self {
        let after = LinkError::Trakt(fault.clone())
            .retry_after()
            .unwrap_or_default();
        match fault {
            TraktFault::Misconfigured { .. } => {
                log::error!("{fault}: check TRAKT_CLIENT_ID and TRAKT_CLIENT_SECRET");
            }
            _ => log::warn!("{fault}"),
        }
        Self::trakt_unavailable(after)
    }
}

impl From<LinkError> for Problem {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::UserGone => Self::unauthenticated(true),
            LinkError::FlowUnknown => Self::new(
                Code::DeviceCodeUnknown,
                "You have started no flow with this code.",
            ),
            LinkError::FlowExpired => {
                Self::new(Code::DeviceCodeExpired, "Start again to get a new code.")
            }
            LinkError::FlowUsed => Self::new(
                Code::DeviceCodeUsed,
                "This code has done its work, or its answer was \
                    lost. See the association, or start again.",
            ),
            LinkError::FlowDenied => Self::new(
                Code::DeviceCodeDenied,
                "The request was denied at Trakt. Start again \
                    if that was a mistake.",
            ),
            LinkError::AccountTaken => Self::new(
                Code::AccountTaken,
                "This Trakt account is linked to another user here. Unlink it there first.",
            ),
            LinkError::AlreadyLinked => Self::new(
                Code::AlreadyLinked,
                "You are linked to another Trakt account. Start again with \"replace\": true.",
            ),
            LinkError::AccountLocked => Self::new(
                Code::TraktAccountLocked,
                "Trakt has locked this account. Write to Trakt's support.",
            ),
            LinkError::Trakt(fault) => fault.into(),
            LinkError::Store(error) => error.into(),
            _ => Self::internal(),
        }
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::UserNotFound => {
                Self::new(Code::UserNotFound, "No user has this e-mail address.")
            }
            AdminError::TraktAccountNotFound => Self::new(
                Code::TraktAccountNotFound,
                "Trakt knows no account with this slug.",
            ),
            AdminError::AccountTaken => Self::new(
                Code::AccountTaken,
                "The Trakt account is linked to another user.",
            ),
            AdminError::AlreadyLinked => Self::new(
                Code::AlreadyLinked,
                "The user is linked to another Trakt account. Send \"replace\": true to replace it.",
            ),
            AdminError::NotFound => Self::not_found(),
            AdminError::Trakt(fault) => fault.into(),
            AdminError::Store(error) => error.into(),
            _ => Self::internal(),
        }
    }
}

impl From<UserError> for Problem {
    fn from(error: UserError) -> Self {
        match error {
            UserError::WrongCredentials => Self::new(
                Code::Unauthenticated,
                "The e-mail address or the password is wrong.",
            )
            .challenged(),
            UserError::Stranger => Self::unauthenticated(true),
            UserError::Store(error) => error.into(),
            error => {
                log::error!("users: {error}");
                Self::internal()
            }
        }
    }
}

impl Problem {
    fn challenged(self) -> Self {
        Self {
            header: Self::unauthenticated(false).header,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_rounded_up() {
        assert_eq!(retry_seconds(Duration::ZERO), 1);
        assert_eq!(retry_seconds(Duration::from_millis(1001)), 2);
        assert_eq!(retry_seconds(Duration::from_secs(5)), 5);
    }

    /// The whole table, so that a change of a status or a word is seen in a review.
    #[test]
    fn table_of_codes() {
        let table: Vec<String> = Code::ALL
            .iter()
            .map(|code| format!("{} {}", code.status().as_u16(), code.as_str()))
            .collect();
        assert_eq!(
            table,
            [
                "400 malformed_request",
                "401 unauthenticated",
                "403 forbidden",
                "404 not_found",
                "405 method_not_allowed",
                "413 payload_too_large",
                "415 unsupported_media_type",
                "422 validation_failed",
                "429 rate_limited",
                "404 device_code_unknown",
                "410 device_code_expired",
                "409 device_code_used",
                "403 device_code_denied",
                "409 account_taken",
                "409 already_linked",
                "404 user_not_found",
                "404 trakt_account_not_found",
                "409 trakt_account_locked",
                "500 internal",
                "503 trakt_unavailable",
                "503 identity_provider_unavailable",
                "503 database_unavailable",
            ]
        );
    }
}
