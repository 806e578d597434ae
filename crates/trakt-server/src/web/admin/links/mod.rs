//! `/admin`: all links, how they stand, and what is done about them.

mod claim;
mod health;
mod list;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use maud::{Markup, html};
use trakt_core::LinkId;
use trakt_core::admin::{AdminService, AssociationRecord};
use trakt_core::token::Revoker;
use uuid::Uuid;

use self::claim::Draft;
use self::list::Wanted;
use super::{verbatim, yes};
use crate::blocking;
use crate::http::{Query, link::purge};
use crate::problem::{Code, Problem};
use crate::web::form::Form;
use crate::web::layout::see;
use crate::web::session::{AdminVisit, Browser, Visit};

/// What a form has done, as the page says it afterwards.
const DONE: [&str; 5] = [
    "associated",
    "disassociated",
    "purged",
    "refresh-asked",
    "refresh-under-way",
];

/// What the page says of the form that was sent.
enum Said {
    Nothing,
    /// One of [`DONE`].
    Done(String),
    /// A row's form could not be done.
    Refused(Code),
    /// An account was not given to a user.
    NotAssociated(Draft),
}

/// `GET /admin?status&q&page&done`.
///
/// # Errors
/// 401, 403, 422, 429, 503.
pub async fn page(
    visit: AdminVisit,
    service: Data<AdminService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let wanted = Wanted::of(&mut fields);
    let done = fields.optional("done", verbatim);
    fields.finish()?;
    let done = done.filter(|word| DONE.contains(&word.as_str()));
    let said = done.map_or(Said::Nothing, Said::Done);
    show(&visit.0, service, &wanted, StatusCode::OK, said).await
}

/// `POST /admin/associate`.
///
/// # Errors
/// 401, 403, 422, 429, 503; why an account is not given is said in the form.
pub async fn associate(
    visit: AdminVisit,
    service: Data<AdminService>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let mut fields = form.0?;
    let wanted = Wanted::back(&mut fields);
    let email = fields.required("email", verbatim).unwrap_or_default();
    let slug = fields.required("slug", verbatim).unwrap_or_default();
    let replace = fields.optional("replace", yes).is_some();
    fields.finish()?;
    let mut draft = Draft::new(email, slug, replace);
    let Some(cmd) = draft.command(&visit.0.member.stamp) else {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let said = Said::NotAssociated(draft);
        return show(&visit.0, service, &wanted, status, said).await;
    };
    let admin = service.clone();
    match blocking::trakt(move || admin.associate(&cmd)).await {
        Ok(_) => Ok(see(&wanted.path(Some("associated")))),
        Err(problem) => {
            draft.refused = Some(claim::told(problem)?);
            let status = draft.refused.map_or(StatusCode::OK, Code::status);
            let said = Said::NotAssociated(draft);
            show(&visit.0, service, &wanted, status, said).await
        }
    }
}

/// `POST /admin/disassociate`.
///
/// # Errors
/// 401, 403, 422, 429, 503; a link that is gone is said on the page.
pub async fn disassociate(
    visit: AdminVisit,
    service: Data<AdminService>,
    revoker: Data<Revoker>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let mut fields = form.0?;
    let wanted = Wanted::back(&mut fields);
    let id = fields.required("id", Uuid::parse_str);
    let purge = purge(&mut fields);
    fields.finish()?;
    let id = LinkId::from(id.ok_or_else(Problem::internal)?);
    let (admin, stamp) = (service.clone(), visit.0.member.stamp.clone());
    let end = move || admin.disassociate(id, purge, &stamp);
    match blocking::unlink(purge, end).await {
        Ok(held) => {
            blocking::revoke(&revoker, held).await;
            let done = if purge { "purged" } else { "disassociated" };
            Ok(see(&wanted.path(Some(done))))
        }
        Err(problem) => refused(&visit.0, service, &wanted, problem).await,
    }
}

/// `POST /admin/refresh`.
///
/// # Errors
/// 401, 403, 422, 429, 503; why a link cannot be refreshed is said on the page.
pub async fn refresh(
    visit: AdminVisit,
    service: Data<AdminService>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let mut fields = form.0?;
    let wanted = Wanted::back(&mut fields);
    let id = fields.required("id", Uuid::parse_str);
    fields.finish()?;
    let id = LinkId::from(id.ok_or_else(Problem::internal)?);
    let (admin, stamp) = (service.clone(), visit.0.member.stamp.clone());
    match blocking::database(move || admin.ask_refresh(id, &stamp)).await {
        Ok(true) => Ok(see(&wanted.path(Some("refresh-asked")))),
        Ok(false) => Ok(see(&wanted.path(Some("refresh-under-way")))),
        Err(problem) => refused(&visit.0, service, &wanted, problem).await,
    }
}

/// The page with why the form of a row could not be done.
async fn refused(
    visit: &Visit,
    service: Data<AdminService>,
    wanted: &Wanted,
    problem: Problem,
) -> Result<HttpResponse, Problem> {
    let code = problem.code;
    match code {
        Code::NotFound | Code::NotLinked | Code::NeedsRelink => {
            show(visit, service, wanted, code.status(), Said::Refused(code)).await
        }
        _ => Err(problem),
    }
}

async fn show(
    visit: &Visit,
    service: Data<AdminService>,
    wanted: &Wanted,
    status: StatusCode,
    said: Said,
) -> Result<HttpResponse, Problem> {
    let (admin, query) = (service.clone(), wanted.query());
    let found = blocking::database(move || admin.associations(&query)).await?;
    // Counting is worth less than the list: where it takes too long, the page says so.
    let overview = blocking::database(move || service.overview()).await.ok();
    let browser = &visit.browser;
    let main = html! {
        (notice(browser, &said))
        (health::section(browser, overview.as_ref()))
        (list::section(browser, wanted, &found))
        (claim::section(browser, wanted, &said))
        @if let Some(overview) = &overview { (health::expiring(browser, overview)) }
    };
    Ok(visit.refused(status, "nav-admin", &main))
}

fn notice(browser: &Browser, said: &Said) -> Markup {
    html! {
        @match said {
            Said::Done(word) => {
                p.card.good role="status" { (browser.text.say(&format!("admin-done-{word}"))) }
            },
            Said::Refused(code) => {
                @let word = code.as_str().replace('_', "-");
                p.card.error role="alert" { (browser.text.say(&format!("admin-refused-{word}"))) }
            },
            Said::Nothing | Said::NotAssociated(_) => {},
        }
    }
}

/// Whose link it is.
fn owner(browser: &Browser, record: &AssociationRecord) -> Markup {
    html! {
        @match &record.user_email {
            Some(email) => bdi { (email.as_str()) },
            None => span.soft { (browser.text.say("admin-nobody")) },
        }
    }
}

/// Which Trakt account it is: its name where one is known, and its slug.
fn account(record: &AssociationRecord) -> Markup {
    let link = &record.link;
    html! {
        @if let Some(name) = &link.username { bdi { (name) } br; }
        bdi.soft { (link.slug.as_str()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::text::Text;

    #[test]
    fn everything_that_is_said_has_its_words() {
        for word in DONE {
            assert!(Text::has(&format!("admin-done-{word}")), "{word}");
        }
        for code in [Code::NotFound, Code::NotLinked, Code::NeedsRelink] {
            let word = code.as_str().replace('_', "-");
            assert!(Text::has(&format!("admin-refused-{word}")), "{word}");
        }
    }
}
