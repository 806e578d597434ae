//! Signing in and out.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use maud::{Markup, html};
use trakt_core::session::SessionService;
use trakt_core::user::{Email, UserService};

use super::About;
use super::form::Form;
use super::layout::see;
use super::session::Browser;
use crate::blocking;
use crate::guard::Caller;
use crate::http::{Query, user::password};
use crate::limits::Limits;
use crate::problem::{Code, Problem};

/// `GET /sign-in?next`.
///
/// # Errors
/// 422.
pub async fn page(
    browser: Browser,
    about: Data<About>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let next = fields.optional("next", own_path);
    fields.finish()?;
    let form = form(
        &browser,
        &about,
        next.as_deref().unwrap_or("/my"),
        "",
        false,
    );
    Ok(browser.page(StatusCode::OK, "sign-in", None, &form))
}

/// `POST /sign-in`.
///
/// # Errors
/// 403, 422, 429, 503; a wrong password is answered with the form again.
pub async fn sign_in(
    caller: Caller,
    browser: Browser,
    about: Data<About>,
    users: Data<UserService>,
    sessions: Data<SessionService>,
    limits: Data<Limits>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let mut fields = form.0?;
    let given = fields.required("email", |text| Ok::<_, &str>(text.to_owned()));
    let password = fields.required("password", password);
    let next = fields.optional("next", own_path);
    fields.finish()?;
    let (Some(given), Some(password)) = (given, password) else {
        return Err(Problem::internal());
    };
    let email = Email::parse(&given).ok();
    if let Some(email) = &email {
        limits.sign_in_account(email.as_str())?;
    }
    let next = next.unwrap_or_else(|| "/my".to_owned());
    let stamp = caller.stamp();
    let signed = blocking::password(move || users.sign_in(email.as_ref(), &password, &stamp)).await;
    let user = match signed {
        Err(problem) if problem.code == Code::Unauthenticated => {
            let form = self::form(&browser, &about, &next, &given, true);
            return Ok(browser.page(StatusCode::UNPROCESSABLE_ENTITY, "sign-in", None, &form));
        }
        signed => signed?,
    };
    // Who signs in anew may fear that somebody has the old one.
    let (before, stamp) = (browser.session.clone(), caller.stamp());
    let opened = blocking::database(move || {
        before.map_or(Ok(()), |before| sessions.close(&before, &stamp))?;
        sessions.open(user.id)
    });
    let token = opened
        .await?
        .ok_or_else(|| Problem::unauthenticated(false))?;
    let mut to = see(&next);
    to.add_cookie(&browser.signed_in(&token))
        .map_err(|_| Problem::internal())?;
    Ok(to)
}

/// `POST /sign-out`: also where nobody is signed in any more.
///
/// # Errors
/// 403, 503.
pub async fn sign_out(
    caller: Caller,
    browser: Browser,
    sessions: Data<SessionService>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    form.0?.finish()?;
    if let Some(token) = browser.session.clone() {
        let stamp = caller.stamp();
        blocking::database(move || sessions.close(&token, &stamp)).await?;
    }
    let mut to = see("/sign-in");
    to.add_cookie(&browser.signed_out())
        .map_err(|_| Problem::internal())?;
    Ok(to)
}

/// A path of ours, to go on with: nobody is led to another host.
fn own_path(text: &str) -> Result<String, &'static str> {
    let own = text.starts_with('/')
        && !text.starts_with("//")
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    own.then(|| text.to_owned()).ok_or("must be a path")
}

fn form(browser: &Browser, about: &About, next: &str, email: &str, wrong: bool) -> Markup {
    let say = |id: &str| browser.text.say(id);
    html! {
        @if wrong {
            p.error role="alert" id="wrong" { (say("sign-in-wrong")) }
        }
        form.card method="post" action="/sign-in" {
            (browser.hidden())
            input type="hidden" name="next" value=(next);
            label for="email" { (say("email")) }
            input id="email" name="email" type="email" autocomplete="username" required
                value=(email) aria-describedby=[wrong.then_some("wrong")];
            label for="password" { (say("password")) }
            input id="password" name="password" type="password" autocomplete="current-password" required
                aria-describedby=[wrong.then_some("wrong")];
            button.main { (say("sign-in")) }
        }
        @if let Some(provider) = &about.provider {
            p { (browser.text.with("sign-in-provider", &[("provider", provider.as_str().into())])) }
        }
        @if !about.samples.is_empty() {
            section aria-labelledby="samples" {
                h2 id="samples" { (say("samples")) }
                p { (say("samples-hint")) }
                table {
                    thead { tr { th { (say("email")) } th { (say("password")) } th { (say("role")) } } }
                    tbody {
                        @for (email, password, role) in about.samples {
                            tr {
                                td { code { (email) } }
                                td { code { (password) } }
                                td { (say(&format!("role-{}", role.as_str()))) }
                            }
                        }
                    }
                }
            }
        }
    }
}
