//! Which route a request is for, also where a fault keeps it from getting there.

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{Method, Response, Uri};
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use hyper::service::Service as _;

use super::Routes;

/// Marks a request that only asks for the name of its route.
#[derive(Clone, Copy)]
struct Name;

/// Method and route, as in `GET /users/{slug}`; `*` where no route is there.
pub(super) async fn name(routes: &Routes, method: Method, uri: Uri) -> String {
    let mut asks = Request::new(Body::empty());
    *asks.method_mut() = method.clone();
    *asks.uri_mut() = uri;
    asks.extensions_mut().insert(Name);
    let Ok(answer) = routes.call(asks).await;
    match answer.extensions().get::<MatchedPath>() {
        Some(path) => format!("{method} {}", path.as_str()),
        None => "*".to_owned(),
    }
}

/// Lets every request through to its route but those of [`name`], which it answers.
pub(super) async fn answer_name(request: Request, next: Next) -> Response<Body> {
    if request.extensions().get::<Name>().is_none() {
        return next.run(request).await;
    }
    let mut answer = ().into_response();
    if let Some(path) = request.extensions().get::<MatchedPath>() {
        answer.extensions_mut().insert(path.clone());
    }
    answer
}
