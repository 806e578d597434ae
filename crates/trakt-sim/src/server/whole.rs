//! An answer on its way to the wire.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

const JSON: &str = "application/json; charset=utf-8";

/// What stands in for an empty body where the fault needs one.
const STUFFING: &[u8] = &[b' '; 64];

/// An answer with its body in memory.
pub(super) struct Whole {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Whole {
    /// A status and nothing else.
    pub(super) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// 200 that says that it is JSON.
    pub(super) fn json() -> Self {
        let mut whole = Self::empty(StatusCode::OK);
        whole.set(CONTENT_TYPE, JSON);
        whole
    }

    /// A page as Trakt's edge has them.
    pub(super) fn page(status: StatusCode, html: &str) -> Self {
        let mut whole = Self::empty(status);
        whole.set(CONTENT_TYPE, "text/html; charset=UTF-8");
        whole.body = Bytes::copy_from_slice(html.as_bytes());
        whole
    }

    /// What a test scripted: the `content-type` is guessed where it is not among `headers`.
    pub(super) fn scripted<'a>(
        status: u16,
        headers: impl IntoIterator<Item = (&'a String, &'a String)>,
        body: String,
    ) -> Self {
        // Both were checked as the fault was scripted.
        let mut whole = Self::empty(StatusCode::from_u16(status).unwrap_or_default());
        match body.as_bytes().first() {
            Some(b'{' | b'[') => whole.set(CONTENT_TYPE, JSON),
            Some(b'<') => whole.set(CONTENT_TYPE, "text/html; charset=UTF-8"),
            Some(_) => whole.set(CONTENT_TYPE, "text/plain; charset=utf-8"),
            None => {}
        }
        for (name, value) in headers {
            if let Ok(name) = HeaderName::try_from(name) {
                whole.set(name, value);
            }
        }
        whole.body = Bytes::from(body);
        whole
    }

    /// An answer of the routes. They write no endless bodies, and theirs are in memory: there is
    /// nothing to fail.
    pub(super) async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap_or_default(),
        }
    }

    pub(super) fn set(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
    }

    pub(super) fn stuffed(mut self) -> Self {
        if self.body.is_empty() {
            self.body = Bytes::from_static(STUFFING);
        }
        self
    }

    pub(super) fn truncated(mut self) -> Self {
        self.status = StatusCode::OK;
        self.body = match self.body.len() {
            0..4 => Bytes::from_static(b"{\"access_token\":\""),
            length => self.body.slice(..length / 2),
        };
        self.set(CONTENT_TYPE, JSON);
        self
    }

    /// The answer with a body that goes its own way onto the wire. hyper frames it by what the
    /// body says of its length, which an older `content-length` would contradict.
    pub(super) fn with(mut self, body: impl FnOnce(Bytes) -> Body) -> Response<Body> {
        self.headers.remove(CONTENT_LENGTH);
        let mut response = Response::new(body(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }

    pub(super) fn into_response(self) -> Response<Body> {
        self.with(Body::from)
    }
}
