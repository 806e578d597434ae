//! Forms (`application/x-www-form-urlencoded`), and that they come from our pages.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest};

use super::session::Browser;
use crate::http::{Fields, form};
use crate::problem::{Code, Problem};

/// The hidden field of every form.
pub const CSRF: &str = "csrf";

/// <https://w3c.github.io/webappsec-fetch-metadata/>
pub const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The fields of a form that one of our pages has sent. What is wrong with it is for the handler to
/// say, after it is known that the caller may call.
pub struct Form(pub Result<Fields, Problem>);

impl FromRequest for Form {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let browser = Browser::of(req);
        let site = req.headers().get(FETCH_SITE).cloned();
        let fields = form(req, payload);
        Box::pin(async move {
            let fields = fields.await;
            Ok(Self(checked(
                &browser?,
                site.as_ref().map(HeaderValue::as_bytes),
                fields,
            )))
        })
    }
}

fn checked(
    browser: &Browser,
    site: Option<&[u8]>,
    fields: Result<Fields, Problem>,
) -> Result<Fields, Problem> {
    let mut fields = fields?;
    let given = fields.optional(CSRF, |text| Ok::<_, &str>(text.to_owned()));
    let elsewhere = site.is_some_and(|site| site != b"same-origin");
    let fits = given.is_some_and(|given| browser.csrf.fits(&given));
    // A browser without a cookie has sent none of our forms.
    if elsewhere || !fits || browser.fresh.is_some() {
        return Err(Problem::new(
            Code::Forbidden,
            "The form is not one of ours, or too old.",
        ));
    }
    Ok(fields)
}
