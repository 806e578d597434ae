//! Bodies and queries. They are read leniently as JSON or pairs first and strictly by field
//! then, so that an answer names every wrong field and not only the first.
//!
//! | module | what it has |
//! |---|---|
//! | `arrival` | a body as it comes, and how long that may take |
//! | `text` | JSON and pairs |
//! | `fields` | what is in them |

mod arrival;
mod fields;
mod text;

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};

pub use self::arrival::arrival;
pub use self::fields::{Fields, moment};
use self::text::{pairs, parse};
use crate::problem::{Code, Problem};

/// The largest body that is read where a route says nothing else, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// The JSON body of a request; without a body it has no fields. What is wrong with it is for the
/// handler to say, after it is known that the caller may call: a stranger learns nothing here.
#[derive(Debug)]
pub struct Body(pub Result<Fields, Problem>);

impl FromRequest for Body {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = body(req, payload, "application/json");
        Box::pin(async move { Ok(Self(body.await.and_then(|bytes| parse(&bytes)))) })
    }
}

/// The fields of a form.
///
/// # Errors
/// 400, 408, 413, 415.
pub fn form(
    req: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Fields, Problem>> + use<> {
    let body = body(req, payload, "application/x-www-form-urlencoded");
    async move { Ok(pairs(&body.await?)) }
}

/// The body, which must be of this type if there is one.
fn body(
    req: &HttpRequest,
    payload: &mut Payload,
    kind: &'static str,
) -> impl Future<Output = Result<Bytes, Problem>> + use<> {
    let given = req.headers().get(CONTENT_TYPE);
    let fits = given.map(|value| {
        let essence = value.to_str().unwrap_or("").split(';').next();
        essence.unwrap_or("").trim().eq_ignore_ascii_case(kind)
    });
    let arrival = arrival(req, payload);
    async move {
        let bytes = arrival.await?;
        match fits {
            Some(false) => Err(unsupported()),
            None if !bytes.is_empty() => Err(unsupported()),
            _ => Ok(bytes),
        }
    }
}

fn unsupported() -> Problem {
    Problem::new(
        Code::UnsupportedMediaType,
        "Send 'Content-Type: application/json'.",
    )
}

/// The query of a request.
#[derive(Debug)]
pub struct Query(pub Fields);

impl FromRequest for Query {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(pairs(req.query_string().as_bytes()))))
    }
}
