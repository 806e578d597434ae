//! `/link`: linking a Trakt account. What is shown comes from the user's flow and link alone, so that
//! closing the page and opening it again, here or elsewhere, goes on where it was.

mod qr;
mod view;

use std::time::Duration;

use actix_web::http::header::RETRY_AFTER;
use actix_web::web::Data;
use actix_web::{HttpResponse, ResponseError as _};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use trakt_core::FlowKey;
use trakt_core::link::{LinkError, LinkService, StartLink};

use self::view::Shown;
use super::form::Form;
use super::layout::see;
use super::session::Visit;
use crate::blocking;
use crate::http::{Fields, Query};
use crate::problem::{Code, Problem};

/// For how long the end of a flow is news. Whoever was waiting for it hears it later, too.
const NEWS: Duration = Duration::from_secs(5 * 60);
/// How much of a flow's key a page has: enough to tell two flows apart. Nobody can ask about a flow
/// with its key, let alone with a part of it.
const TAG: usize = 16;

/// `GET /link?flow&done`: `flow` is the one that the page was showing, `done` what its check came to.
///
/// # Errors
/// 401, 422, 429, 503.
pub async fn page(
    visit: Visit,
    links: Data<LinkService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let waited = waited(&mut fields);
    let trakt_waits = fields.optional("done", |word| match word {
        "trakt-waits" => Ok(true),
        _ => Err("is not known here"),
    });
    fields.finish()?;
    let user = visit.member.user.id;
    let (flow, link) = blocking::database(move || {
        // In this order: a flow that is over has its link, but a link that was read before the end of
        // its flow may be missing.
        let flow = links.current(user)?;
        Ok::<_, LinkError>((flow, links.association(user)?))
    })
    .await?;
    let shown = Shown {
        browser: &visit.browser,
        flow,
        link,
        waited,
        trakt_waits: trakt_waits.unwrap_or(false),
    };
    Ok(visit.page("nav-link", &shown.page()))
}

/// `POST /link/start`: with `replace=yes` a link to another account gives way.
///
/// # Errors
/// 401, 403, 422, 429, 503; where Trakt is down, with the form to try it again.
pub async fn start(
    visit: Visit,
    links: Data<LinkService>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let mut fields = form.0?;
    let replace = fields.optional("replace", |word| match word {
        "yes" => Ok(true),
        _ => Err("must be 'yes'"),
    });
    fields.finish()?;
    let replace = replace.unwrap_or(false);
    let cmd = StartLink {
        user: visit.member.user.id,
        replace,
        stamp: visit.member.stamp.clone(),
    };
    match blocking::trakt(move || links.start(&cmd)).await {
        Ok(_) => Ok(see("/link")),
        Err(problem) if problem.code == Code::TraktUnavailable => {
            let again = view::not_started(&visit.browser, replace);
            let mut page = visit.refused(problem.status_code(), "nav-link", &again);
            if let Some(wait) = problem.error_response().headers().get(RETRY_AFTER) {
                page.headers_mut().insert(RETRY_AFTER, wait.clone());
            }
            Ok(page)
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /link/check`: asks Trakt, if it is time to, and leads back to the page. `flow` is the one
/// that the page shows.
///
/// # Errors
/// 401, 403, 422, 429, 503. How the flow ended is for the page to say, and so is that Trakt does not
/// answer: the flow stays open then.
pub async fn check(
    visit: Visit,
    links: Data<LinkService>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let mut fields = form.0?;
    let waited = waited(&mut fields);
    fields.finish()?;
    let (user, stamp) = (visit.member.user.id, visit.member.stamp);
    let checked = blocking::trakt(move || links.check_current(user, &stamp)).await;
    let done = match checked {
        Ok(_) => "",
        Err(problem) => match problem.code {
            Code::TraktUnavailable => "&done=trakt-waits",
            Code::DeviceCodeUnknown
            | Code::DeviceCodeExpired
            | Code::DeviceCodeUsed
            | Code::DeviceCodeDenied
            | Code::AccountTaken
            | Code::AlreadyLinked
            | Code::TraktAccountLocked => "",
            _ => return Err(problem),
        },
    };
    let to = waited.map_or_else(
        || "/link".to_owned(),
        |waited| format!("/link?flow={waited}{done}"),
    );
    Ok(see(&to))
}

/// Reads which flow a page was showing.
fn waited(fields: &mut Fields) -> Option<String> {
    fields.optional("flow", |text| {
        let letter = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
        let fits = text.len() == TAG && text.bytes().all(letter);
        fits.then(|| text.to_owned())
            .ok_or("must be what the page had")
    })
}

/// What a page calls a flow.
fn tag(key: &FlowKey) -> String {
    let mut tag = BASE64_URL_SAFE_NO_PAD.encode(key.bytes());
    tag.truncate(TAG);
    tag
}
