//! `/docs`: the document as a page one can try things out with. All of it is embedded.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Path;
use maud::{DOCTYPE, html};
use utoipa_swagger_ui::serve;

use crate::problem::Problem;
use crate::streams::embedded;

/// How the page begins. No script may stand in the page itself.
const BEGIN: &str = include_str!("docs.js");
/// What it needs of Swagger UI.
const FILES: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];

/// It runs what it comes with, styles itself, and speaks to us.
const POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; \
     connect-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; \
     frame-ancestors 'none'";

/// `GET /docs`: the page.
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "docs",
    tag = "Operation",
    summary = "This document as a page",
    description = "With everything embedded. Routes can be tried out with a bearer token.",
    responses((status = 200, description = "The page", content_type = "text/html", body = String)),
)]
pub async fn page() -> HttpResponse {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "API · Trakt link service" }
                link rel="stylesheet" href="/docs/swagger-ui.css";
                link rel="icon" href="data:,";
                script src="/docs/swagger-ui-bundle.js" defer {}
                script src="/docs/begin.js" defer {}
            }
            body { main id="swagger-ui" {} }
        }
    };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .body(page.into_string())
}

/// `GET /docs/{file}`: its style and scripts.
///
/// # Errors
/// 404.
#[utoipa::path(
    get,
    path = "/docs/{file}",
    operation_id = "docsFile",
    tag = "Operation",
    summary = "Style and scripts of the page",
    description = "Swagger UI, as `/docs` needs it.",
    params(("file" = String, Path, description = "Its name", example = "swagger-ui.css")),
    responses((
        status = 200, description = "The file",
        content(
            (String = "text/css"),
            (String = "text/javascript"),
        ),
    )),
)]
pub async fn file(name: Path<String>) -> Result<HttpResponse, Problem> {
    let bytes = match name.as_str() {
        "begin.js" => BEGIN.as_bytes(),
        name if FILES.contains(&name) => bytes_of(name)?,
        _ => return Err(Problem::not_found()),
    };
    let kind = match name.ends_with(".css") {
        true => "text/css; charset=utf-8",
        false => "text/javascript; charset=utf-8",
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(embedded(bytes)))
}

fn bytes_of(name: &str) -> Result<&'static [u8], Problem> {
    let file = serve(name, Arc::default()).ok().flatten();
    match file.ok_or_else(Problem::not_found)?.bytes {
        Cow::Borrowed(bytes) => Ok(bytes),
        // Only of what is filled in on the way, which is none of these.
        Cow::Owned(_) => Err(Problem::internal()),
    }
}
