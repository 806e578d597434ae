//! The body of an OAuth request.

use axum::body::Bytes;
use axum::extract::{Form, FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::invalid_request;

/// The fields that the OAuth endpoints take between them; what is missing is empty, and what is
/// there besides does no harm.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) code: String,
    pub(super) code_verifier: String,
    pub(super) grant_type: String,
    pub(super) redirect_uri: String,
    pub(super) refresh_token: String,
    pub(super) token: String,
}

/// A JSON object as Trakt documents it, or a form as RFC 6749 has it.
impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .map(|kind| kind.as_bytes().to_owned());
        if kind.is_some_and(|kind| kind.starts_with(b"application/x-www-form-urlencoded")) {
            let form = Form::<Self>::from_request(request, state).await;
            return form
                .map(|Form(fields)| fields)
                .map_err(|_| invalid_request("no such form"));
        }
        let body = Bytes::from_request(request, state)
            .await
            .unwrap_or_default();
        // By way of an object: serde would fill the struct from an array too.
        serde_json::from_slice::<Map<String, Value>>(&body)
            .and_then(|object| Self::deserialize(Value::Object(object)))
            .map_err(|_| invalid_request("the body is not such JSON"))
    }
}
