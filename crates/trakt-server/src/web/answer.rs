//! What all pages are answered with, and errors as pages.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use maud::{DOCTYPE, html};
use trakt_core::user::User;
use url::form_urlencoded::byte_serialize;

use super::assets::POLICY;
use super::form::FETCH_SITE;
use super::layout::see;
use super::session::{Browser, token};
use super::text::Text;
use crate::problem::Code;

/// Headers of all pages, and pages in the place of errors where somebody reads them: whoever asks for
/// no page gets the error as the API gives it.
///
/// # Errors
/// Those of the routes behind it.
pub async fn as_page(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if from_elsewhere(req.request()) {
        // Two slashes would lead to another host.
        let to = req.uri().path_and_query().map_or("/", |to| to.as_str());
        let again = again(if to.starts_with("//") { "/" } else { to });
        let mut response = req.into_response(again);
        secure(response.headers_mut())?;
        return Ok(response);
    }
    let response = next.call(req).await?.map_into_boxed_body();
    let code = response.response().extensions().get::<Code>().copied();
    let mut response = match code {
        Some(code) if wants_page(response.request()) => {
            let page = page(response.request(), code, response.headers());
            response.into_response(page)
        }
        _ => response,
    };
    secure(response.headers_mut())?;
    Ok(response)
}

/// Whether somebody follows a link of another site, with which the browser sends no cookie of ours.
fn from_elsewhere(req: &HttpRequest) -> bool {
    let site = req.headers().get(FETCH_SITE);
    let elsewhere = site.is_some_and(|site| site.as_bytes() == b"cross-site");
    elsewhere && req.method() == Method::GET && wants_page(req) && token(req).is_none()
}

/// Asks for the same once more, from our own page: then the cookie comes along.
fn again(to: &str) -> HttpResponse {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="refresh" content=(format!("0; url={to}"));
                title { "…" }
            }
            body { p { a href=(to) { "…" } } }
        }
    };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .body(page.into_string())
}

fn wants_page(req: &HttpRequest) -> bool {
    let accept = req.headers().get(header::ACCEPT);
    accept.is_some_and(|value| {
        let value = value.as_bytes();
        value.windows(9).any(|part| part == b"text/html")
    })
}

fn secure(headers: &mut HeaderMap) -> Result<(), Error> {
    let policy =
        HeaderValue::from_str(&POLICY).map_err(actix_web::error::ErrorInternalServerError)?;
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in [
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(())
}

/// What went wrong, and what to do next, in a sentence or two.
pub fn says(text: Text, code: Code) -> String {
    let word = code.as_str().replace('_', "-");
    let message = Some(format!("error-{word}")).filter(|id| Text::has(id));
    text.say(message.as_deref().unwrap_or("error-internal"))
}

/// The error for a person: what happened, and what to do next.
fn page(req: &HttpRequest, code: Code, headers: &HeaderMap) -> HttpResponse {
    if code == Code::Unauthenticated && req.method() != Method::POST {
        let to = req.uri().path_and_query().map_or("/", |to| to.as_str());
        let to: String = byte_serialize(to.as_bytes()).collect();
        return see(&format!("/sign-in?next={to}"));
    }
    let Ok(browser) = Browser::of(req) else {
        return HttpResponse::InternalServerError().finish();
    };
    let (path, next) = match code {
        Code::Unauthenticated => ("/sign-in", "sign-in"),
        _ => ("/my", "nav-mine"),
    };
    let wait = headers.get(header::RETRY_AFTER).cloned();
    let main = html! {
        p.error role="alert" { (says(browser.text, code)) }
        p { a href=(path) { (browser.text.say(next)) } }
    };
    let user = req.extensions().get::<User>().cloned();
    let status = match code.status() {
        // A 401 has to name a scheme (RFC 9110 section 15.5.2), and a session is none.
        StatusCode::UNAUTHORIZED => StatusCode::FORBIDDEN,
        status => status,
    };
    let mut page = browser.page(status, "error-title", user.as_ref(), &main);
    if let Some(wait) = wait {
        page.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    page
}
