//! What the endpoints of the media have in common: who calls, what the query says, and the
//! answers that several of them give.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::catalogue::Detail;
use crate::library::Media;
use crate::users::{Caller, unauthorized};
use crate::world::{AccountId, Shared, World};

/// A request of a known application, signed in or not.
pub(crate) struct Call {
    pub(crate) account: Option<AccountId>,
    /// As [`Caller::lags`].
    pub(crate) lags: bool,
    pub(crate) params: Params,
}

impl FromRequestParts<Shared> for Call {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, sim: &Shared) -> Result<Self, Response> {
        let caller = Caller::from_request_parts(parts, sim).await?;
        let query = Query::<HashMap<String, String>>::try_from_uri(&parts.uri);
        Ok(Self {
            account: caller.account,
            lags: caller.lags,
            params: Params(query.map(|Query(query)| query).unwrap_or_default()),
        })
    }
}

/// A request with an access token that works; anything else is a 401.
pub(crate) struct Signed {
    pub(crate) account: AccountId,
    pub(crate) params: Params,
    lags: bool,
}

impl Signed {
    /// Its library for a read, which may lag behind its writes.
    pub(crate) fn reads<'a>(&self, world: &'a mut World) -> Media<'a> {
        world.media_as_read(self.account, self.lags)
    }
}

impl FromRequestParts<Shared> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, sim: &Shared) -> Result<Self, Response> {
        let call = Call::from_request_parts(parts, sim).await?;
        let account = call.account.ok_or_else(unauthorized)?;
        Ok(Self {
            account,
            params: call.params,
            lags: call.lags,
        })
    }
}

/// The query. What cannot be read is as if it were not there.
#[derive(Debug, Default)]
pub(crate) struct Params(HashMap<String, String>);

impl Params {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value == "true" || value == "1")
    }

    /// Milliseconds.
    pub(crate) fn time(&self, name: &str) -> Option<u64> {
        crate::time::parse(self.get(name)?)
    }

    /// Whether `word` is among those of `extended`.
    pub(crate) fn extended(&self, word: &str) -> bool {
        self.get("extended")
            .is_some_and(|words| words.split(',').any(|w| w.trim() == word))
    }

    /// `full`, or `images`, which means the same by now.
    pub(crate) fn detail(&self) -> Detail {
        if self.extended("full") || self.extended("images") {
            Detail::Full
        } else {
            Detail::Min
        }
    }
}

#[cfg(test)]
impl From<&[(&str, &str)]> for Params {
    fn from(query: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self(query.iter().map(owned).collect())
    }
}

/// The JSON object of a body; everything else meets a 400, and a body that is not called JSON a 412.
pub(crate) struct Object(pub(crate) Value);

impl FromRequest<Shared> for Object {
    type Rejection = StatusCode;

    async fn from_request(request: Request, sim: &Shared) -> Result<Self, StatusCode> {
        let bad = StatusCode::BAD_REQUEST;
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("");
        if !kind.trim_start().starts_with("application/json") {
            return Err(StatusCode::PRECONDITION_FAILED);
        }
        let body = Bytes::from_request(request, sim).await.map_err(|_| bad)?;
        let value = serde_json::from_slice(&body).map_err(|_| bad)?;
        match value {
            Value::Object(_) => Ok(Self(value)),
            _ => Err(bad),
        }
    }
}

/// The endpoint exists, the record does not.
pub(crate) fn not_found() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

/// What was sent makes no sense.
pub(crate) fn unprocessable() -> Response {
    StatusCode::UNPROCESSABLE_ENTITY.into_response()
}
