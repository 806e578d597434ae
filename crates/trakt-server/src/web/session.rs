//! The cookie of a browser, and who is signed in with it.

use std::future::{Future, Ready, ready};
use std::net::IpAddr;
use std::pin::Pin;

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::dev::Payload;
use actix_web::http::header::HOST;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use trakt_core::session::SessionService;
use trakt_core::user::Role;
use trakt_core::{Entropy, SessionToken};

use super::text::Text;
use crate::blocking;
use crate::guard::{Member, Named, TrustedProxies};
use crate::problem::{Code, Problem};

/// The cookies of a browser. Where the connection is encrypted they have a prefix: the browser itself
/// sees to it that no other host and no unencrypted page has set them (RFC 6265bis section 4.1.3.2).
#[derive(Clone, Copy)]
enum Jar {
    /// Of who is signed in. Only a sign-in sets it: a page that is reached from another site, where
    /// the browser does not send it, would else overwrite it.
    Session,
    /// Of everybody else, for forms.
    Form,
}

impl Jar {
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-session",
            (Self::Session, false) => "session",
            (Self::Form, true) => "__Host-form",
            (Self::Form, false) => "form",
        }
    }
}

/// What a browser sends with a form, to show that it is one of our pages: a digest of its cookie,
/// which nobody else can read.
#[derive(Clone)]
pub struct Csrf(String);

impl Csrf {
    fn of(cookie: &str) -> Self {
        let digest = Sha256::new_with_prefix(b"csrf\0").chain_update(cookie);
        Self(BASE64_URL_SAFE_NO_PAD.encode(digest.finalize()))
    }

    /// What the hidden field has.
    pub fn field(&self) -> &str {
        &self.0
    }

    /// Whether a form has it.
    pub fn fits(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

/// A browser: its language, its cookie, and where it is.
#[derive(Clone)]
pub struct Browser {
    /// Its language.
    pub text: Text,
    /// For its forms.
    pub csrf: Csrf,
    /// The cookie that it is to have from now on, where it has none.
    pub fresh: Option<Cookie<'static>>,
    /// The path that it asked for.
    pub path: String,
    /// What it holds of who is signed in, be it over or not.
    pub session: Option<SessionToken>,
    secure: bool,
}

impl Browser {
    /// What is known of the browser that asks.
    ///
    /// # Errors
    /// 500 without the randomness of the process.
    pub fn of(req: &HttpRequest) -> Result<Self, Problem> {
        let secure = !on_loopback(req);
        let (value, fresh) = match cookie(req, Jar::Session).or_else(|| cookie(req, Jar::Form)) {
            Some(value) => (value, None),
            None => {
                let entropy = req.app_data::<Data<dyn Entropy>>();
                let token = SessionToken::random(&***entropy.ok_or_else(Problem::internal)?);
                let cookie = made(Jar::Form, secure, token.expose().to_owned());
                (token.expose().to_owned(), Some(cookie))
            }
        };
        Ok(Self {
            text: Text::of(req),
            csrf: Csrf::of(&value),
            fresh,
            path: req.path().to_owned(),
            session: token(req),
            secure,
        })
    }

    /// The cookie of somebody who is signed in from now on.
    pub fn signed_in(&self, token: &SessionToken) -> Cookie<'static> {
        made(Jar::Session, self.secure, token.expose().to_owned())
    }

    /// The cookie of somebody who is not any more.
    pub fn signed_out(&self) -> Cookie<'static> {
        let mut cookie = made(Jar::Session, self.secure, String::new());
        cookie.make_removal();
        cookie
    }
}

impl FromRequest for Browser {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(req))
    }
}

fn made(jar: Jar, secure: bool, value: String) -> Cookie<'static> {
    let mut cookie = Cookie::new(jar.name(secure), value);
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_secure(secure);
    cookie.set_path("/");
    let life = i64::try_from(SessionService::LIFE.as_secs()).unwrap_or(i64::MAX);
    cookie.set_max_age(time::Duration::seconds(life));
    cookie
}

/// What the browser holds; a value that cannot be one of ours counts as none.
fn cookie(req: &HttpRequest, jar: Jar) -> Option<String> {
    let value = req.cookie(jar.name(!on_loopback(req)))?.value().to_owned();
    let ours = value.len() == 43
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    ours.then_some(value)
}

/// Headers that a proxy adds. Who sends one of them is not on this machine, whatever else it says.
const FORWARDED: [&str; 4] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// Whether the browser speaks to this machine itself: by the name that it asked for, and with no proxy
/// between, which would ask for this machine by the same name.
fn on_loopback(req: &HttpRequest) -> bool {
    let near = req.peer_addr().is_none_or(|peer| peer.ip().is_loopback());
    let proxies = req.app_data::<Data<TrustedProxies>>();
    let behind = proxies.is_some_and(|proxies| !proxies.is_empty())
        || FORWARDED
            .iter()
            .any(|name| req.headers().contains_key(*name));
    if behind || !near {
        return false;
    }
    let host = req.headers().get(HOST);
    let host = host.and_then(|value| value.to_str().ok()).unwrap_or("");
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whoever is signed in with this browser; the answer that others get.
///
/// # Errors
/// 401, 503.
pub async fn signed_in(req: &HttpRequest) -> Result<Named, Problem> {
    let token = cookie(req, Jar::Session).ok_or_else(|| Problem::unauthenticated(false))?;
    let sessions = req.app_data::<Data<SessionService>>().cloned();
    let sessions = sessions.ok_or_else(Problem::internal)?;
    let token = SessionToken::from(token);
    let user = blocking::database(move || sessions.user(&token)).await?;
    let id = user.ok_or_else(|| Problem::unauthenticated(false))?;
    Ok(Named { id, role: None })
}

/// What the browser holds of who is signed in, be it over or not.
pub fn token(req: &HttpRequest) -> Option<SessionToken> {
    cookie(req, Jar::Session).map(SessionToken::from)
}

/// Somebody who is signed in and looks at a page.
pub struct Visit {
    /// Who.
    pub member: Member,
    /// With what.
    pub browser: Browser,
}

impl FromRequest for Visit {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (browser, member) = (Browser::of(req), Member::from_request(req, payload));
        let req = req.clone();
        Box::pin(async move {
            let member = member.await?;
            // An error page shows the navigation of whoever it is.
            req.extensions_mut().insert(member.user.clone());
            let browser = browser?;
            Ok(Self { member, browser })
        })
    }
}

/// An admin who looks at a page.
pub struct AdminVisit(pub Visit);

impl FromRequest for AdminVisit {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visit = Visit::from_request(req, payload);
        Box::pin(async move {
            let visit = visit.await?;
            match visit.member.user.role {
                Role::Admin => Ok(Self(visit)),
                Role::User => Err(Problem::new(Code::Forbidden, "Only an admin may do this.")),
            }
        })
    }
}
