//! `/admin/audit`: the audit trail.

mod export;
mod filter;

use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use maud::{Markup, html};
use trakt_core::audit::{AuditOutcome, AuditRecord, AuditService};
use trakt_core::user::{Email, UserService};
use trakt_core::{Page, UserId};

pub use self::export::export;
use self::filter::Wanted;
use super::pages;
use crate::blocking;
use crate::http::Query;
use crate::problem::Problem;
use crate::web::session::{AdminVisit, Browser};
use crate::web::text::Text;

/// What was found, and the addresses of those who are named in it.
struct Found {
    page: Page<AuditRecord>,
    addresses: HashMap<UserId, Email>,
}

/// `GET /admin/audit?user&event&since&until&page`. A filter that is wrong is said beside its field.
///
/// # Errors
/// 401, 403, 422, 429, 503.
pub async fn page(
    visit: AdminVisit,
    trail: Data<AuditService>,
    users: Data<UserService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let wanted = Wanted::of(&mut fields);
    fields.finish()?;
    let (visit, browser) = (&visit.0, &visit.0.browser);
    let Some(query) = wanted.query() else {
        let main = main(browser, &wanted, None);
        return Ok(visit.refused(StatusCode::UNPROCESSABLE_ENTITY, "nav-audit", &main));
    };
    let found = blocking::database(move || {
        let page = trail.search(&query)?;
        let ids = page
            .items
            .iter()
            .flat_map(|item| [item.actor, item.subject]);
        let addresses = users.addresses(&ids.flatten().collect::<Vec<_>>())?;
        Ok::<_, Problem>(Found { page, addresses })
    })
    .await?;
    Ok(visit.page("nav-audit", &main(browser, &wanted, Some(&found))))
}

fn main(browser: &Browser, wanted: &Wanted, found: Option<&Found>) -> Markup {
    let say = |id: &str| browser.text.say(id);
    html! {
        (wanted.form(browser))
        @if let Some(found) = found {
            section {
                h2 { (say("admin-entries")) }
                @if found.page.items.is_empty() {
                    p role="status" { (say("admin-entries-none")) }
                } @else {
                    p { a.button href=(wanted.export()) download { (say("admin-export")) } }
                    (table(browser, found))
                }
                (pages::pages(browser, &found.page, |page| wanted.at(page)))
            }
        }
    }
}

fn table(browser: &Browser, found: &Found) -> Markup {
    let say = |id: &str| browser.text.say(id);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(say("admin-entries")) {
            table.entries {
                thead {
                    tr {
                        @for name in ["when", "what", "outcome", "actor", "subject", "account", "from"] {
                            th scope="col" { (say(&format!("admin-entry-{name}"))) }
                        }
                    }
                }
                tbody {
                    @for record in &found.page.items { (row(browser, found, record)) }
                }
            }
        }
    }
}

fn row(browser: &Browser, found: &Found, record: &AuditRecord) -> Markup {
    let refused = record.outcome != AuditOutcome::Succeeded.as_str();
    let outcome = if refused {
        "admin-outcome-refused"
    } else {
        "admin-outcome-succeeded"
    };
    html! {
        tr {
            td { (browser.moment(record.at)) }
            td {
                (words(browser.text, &record.event))
                @if let Some(detail) = &record.detail { br; code.soft { (detail) } }
            }
            td { (browser.text.say(outcome)) }
            td { (name(found, record.actor)) }
            td { (name(found, record.subject)) }
            td { @if let Some(slug) = &record.trakt_slug { bdi { (slug) } } }
            td { @if let Some(ip) = &record.ip { bdi { (ip) } } }
        }
    }
}

/// An event in words; of one that this version does not know, the word itself.
fn words(text: Text, event: &str) -> String {
    let id = format!("admin-event-{}", event.replace('_', "-"));
    if Text::has(&id) {
        text.say(&id)
    } else {
        event.to_owned()
    }
}

/// Somebody, and the way to what else there is of them; of one who is gone, the id.
fn name(found: &Found, id: Option<UserId>) -> Markup {
    let shown = |id: UserId| {
        let address = found.addresses.get(&id);
        address.map_or_else(|| id.to_string(), ToString::to_string)
    };
    html! {
        @if let Some(id) = id {
            a href={ "/admin/audit?user=" (id) } { bdi { (shown(id)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use trakt_core::audit::AuditEvent;

    use super::*;

    #[test]
    fn every_event_has_its_words() {
        for event in AuditEvent::ALL {
            let id = format!("admin-event-{}", event.as_str().replace('_', "-"));
            assert!(Text::has(&id), "{event}");
        }
    }
}
