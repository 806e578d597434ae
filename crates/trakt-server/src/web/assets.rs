//! The style, which stands in every page, and the script.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Path;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// In the page itself, so that nothing more is fetched before it is painted.
pub const STYLE: &str = include_str!("assets/style.css");
const CODE: &str = include_str!("assets/page.js");

/// Where the script is: its name changes with it, so that browsers may keep it for ever.
pub static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(CODE));
    format!("/assets/page-{}.js", digest.get(..16).unwrap_or_default())
});

/// What a page may do: be styled by our style, run our script, and speak to us.
pub static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'self'; connect-src 'self'; \
         img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
});

/// `GET /assets/{name}`.
///
/// # Errors
/// 404.
pub async fn asset(name: Path<String>) -> Result<HttpResponse, Problem> {
    if SCRIPT.strip_prefix("/assets/") != Some(name.as_str()) {
        return Err(Problem::not_found());
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::CONTENT_TYPE, "text/javascript; charset=utf-8"))
        .body(CODE))
}
