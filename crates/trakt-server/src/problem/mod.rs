//! The only place that knows HTTP statuses: every error of this service as
//! `application/problem+json` (RFC 9457). The detail is fixed text: no secret, no SQL, no inner
//! error can reach a client through it.

mod cause;
mod code;

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::code::Code;
use crate::openapi::words;

/// One field of a request and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
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

/// What is sent of it (RFC 9457 section 3.1).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Body<'a> {
    /// False: no answer that did what was asked has a code.
    #[schema(value_type = words::No)]
    success: bool,
    /// The code as a URI.
    r#type: String,
    /// What it is, the same wherever the code is.
    title: &'a str,
    /// The status of the answer.
    status: u16,
    /// What happened this time, for a person.
    detail: &'a str,
    /// The stable name.
    #[schema(value_type = words::Code)]
    code: &'a str,
    /// Of `validation_failed`: every field that is wrong.
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

    /// 503 because a stop was asked for: another replica may serve.
    #[must_use]
    pub fn stopping() -> Self {
        Self::new(Code::DatabaseUnavailable, "The service is stopping.")
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

    /// What is sent of it.
    #[must_use]
    pub fn body(&self) -> Body<'_> {
        Body {
            success: false,
            r#type: format!("urn:trakt-server:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: self.detail,
            code: self.code.as_str(),
            errors: &self.errors,
        }
    }

    /// With the challenge that a 401 must bear (RFC 9110 section 11.6.1).
    fn challenged(self) -> Self {
        Self {
            header: Self::unauthenticated(false).header,
            ..self
        }
    }

    fn retry(self, after: Duration) -> Self {
        Self {
            retry_after: Some(after),
            ..self
        }
    }
}

/// A period as clients see it, `Retry-After` among others: whole seconds, rounded up, at least one (RFC 9110 section
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
        let mut response = HttpResponse::build(self.status_code());
        if let Some(after) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, retry_seconds(after)));
        }
        if let Some((name, value)) = &self.header {
            response.insert_header((name.clone(), *value));
        }
        let mut response = response.json(self.body());
        let json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response.extensions_mut().insert(self.code);
        response
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
}
