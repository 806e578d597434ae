//! The list of links: what is searched for, and what may be done to each.

use maud::{Markup, html};
use trakt_core::admin::AssociationRecord;
use trakt_core::link::{Link, LinkStatus};
use trakt_core::ports::AssociationQuery;
use trakt_core::token::LossReason;
use trakt_core::{Page, PageRequest};

use super::{account, owner};
use crate::http::{Fields, admin::search_text};
use crate::web::admin::pages::{self, ROWS};
use crate::web::admin::{given, text};
use crate::web::session::Browser;

/// The states that can be asked for.
pub const STATES: [LinkStatus; 4] = [
    LinkStatus::Active,
    LinkStatus::Unverified,
    LinkStatus::NeedsRelink,
    LinkStatus::Locked,
];

/// Which links are shown.
pub struct Wanted {
    status: Option<LinkStatus>,
    text: Option<String>,
    page: PageRequest,
}

impl Wanted {
    /// Reads it. A form sends what was left empty as well.
    pub fn of(fields: &mut Fields) -> Self {
        let status = fields.optional("status", |word| match word {
            "" => Ok(None),
            word => word.parse().map(Some),
        });
        let text = fields.optional("q", |words| search_text(words).map(|words| given(&words)));
        Self {
            status: status.flatten(),
            text: text.flatten(),
            page: pages::page(fields),
        }
    }

    /// Reads which links were shown where a form was sent, which has that in one field. What is none
    /// of ours is passed over.
    pub fn back(fields: &mut Fields) -> Self {
        let mut wanted = Self {
            status: None,
            text: None,
            page: PageRequest::new(1, ROWS).unwrap_or_default(),
        };
        let back = fields.optional("back", text).flatten().unwrap_or_default();
        for (name, value) in url::form_urlencoded::parse(back.as_bytes()) {
            match &*name {
                "status" => wanted.status = value.parse().ok(),
                "q" => wanted.text = search_text(&value).ok(),
                "page" => {
                    let page = value.parse().ok();
                    let page = page.and_then(|page| PageRequest::new(page, ROWS));
                    wanted.page = page.unwrap_or(wanted.page);
                }
                _ => {}
            }
        }
        wanted
    }

    /// What is asked of the service.
    pub fn query(&self) -> AssociationQuery {
        AssociationQuery {
            status: self.status,
            text: self.text.clone(),
            page: self.page,
        }
    }

    /// The path of this page, which says what a form has done.
    pub fn path(&self, done: Option<&str>) -> String {
        self.at(self.page.page(), done)
    }

    fn at(&self, page: u32, done: Option<&str>) -> String {
        let page = if page > 1 {
            page.to_string()
        } else {
            String::new()
        };
        pages::path(
            "/admin",
            &[
                ("status", self.status.map_or("", LinkStatus::as_str)),
                ("q", self.text.as_deref().unwrap_or("")),
                ("page", &page),
                ("done", done.unwrap_or("")),
            ],
        )
    }

    /// The field of a form that leads back here.
    pub fn hidden(&self) -> Markup {
        let path = self.path(None);
        let query = path.split_once('?').map(|(_, query)| query);
        html! {
            @if let Some(query) = query { input type="hidden" name="back" value=(query); }
        }
    }
}

/// A status as a message has it.
pub fn state(status: LinkStatus) -> String {
    format!("admin-state-{}", status.as_str().replace('_', "-"))
}

pub fn section(browser: &Browser, wanted: &Wanted, found: &Page<AssociationRecord>) -> Markup {
    let say = |id: &str| browser.text.say(id);
    html! {
        section {
            h2 { (say("admin-links")) }
            (search(browser, wanted))
            @if found.items.is_empty() {
                p role="status" { (say("admin-links-none")) }
            } @else {
                div.scroll tabindex="0" role="region" aria-label=(say("admin-links")) {
                    table.links {
                        thead {
                            tr {
                                th scope="col" { (say("admin-user")) }
                                th scope="col" { (say("admin-account")) }
                                th scope="col" { (say("admin-state")) }
                                th scope="col" { (say("admin-expires")) }
                                th scope="col" { (say("admin-synced")) }
                                th scope="col" { (say("admin-deeds")) }
                            }
                        }
                        tbody {
                            @for record in &found.items { (row(browser, wanted, record)) }
                        }
                    }
                }
            }
            (pages::pages(browser, found, |page| wanted.at(page, None)))
        }
    }
}

fn search(browser: &Browser, wanted: &Wanted) -> Markup {
    let say = |id: &str| browser.text.say(id);
    html! {
        form.row.filter method="get" action="/admin" role="search" {
            div {
                label for="q" { (say("admin-search")) }
                input id="q" name="q" type="search" maxlength="255"
                    value=(wanted.text.as_deref().unwrap_or(""));
            }
            div {
                label for="status" { (say("admin-state")) }
                select id="status" name="status" {
                    option value="" { (say("admin-any")) }
                    @for status in STATES {
                        option value=(status.as_str()) selected[wanted.status == Some(status)] {
                            (say(&state(status)))
                        }
                    }
                }
            }
            button { (say("admin-find")) }
            @if wanted.text.is_some() || wanted.status.is_some() {
                a.button href="/admin" { (say("admin-all")) }
            }
        }
    }
}

fn row(browser: &Browser, wanted: &Wanted, record: &AssociationRecord) -> Markup {
    let link = &record.link;
    let moment = |at| browser.moment(at);
    let never = || browser.text.say("never");
    html! {
        tr {
            th scope="row" { (owner(browser, record)) }
            td { (account(record)) }
            td { (standing(browser, link)) }
            td { @match link.token_expires_at { Some(at) => (moment(at)), None => "–" } }
            td { @match link.last_synced_at { Some(at) => (moment(at)), None => (never()) } }
            td.deeds { (deeds(browser, wanted, link)) }
        }
    }
}

/// How a link stands, and why.
fn standing(browser: &Browser, link: &Link) -> Markup {
    html! {
        (browser.text.say(&state(link.status)))
        @if let Some(word) = &link.reason {
            @let known = word.parse::<LossReason>().ok();
            br;
            span.soft {
                @match known {
                    Some(reason) => (browser.text.say(&why(reason))),
                    None => code { (word) },
                }
            }
        }
    }
}

fn why(reason: LossReason) -> String {
    format!("admin-why-{}", reason.as_str().replace('_', "-"))
}

fn deeds(browser: &Browser, wanted: &Wanted, link: &Link) -> Markup {
    let say = |id: &str| browser.text.say(id);
    let alive = matches!(link.status, LinkStatus::Active | LinkStatus::Locked);
    // What a screen reader says of buttons that are called the same in each row.
    let whose = || html! { span.visually-hidden { ": " bdi { (link.slug.as_str()) } } };
    html! {
        @if alive && link.token_expires_at.is_some() {
            form method="post" action="/admin/refresh" {
                (browser.hidden()) (wanted.hidden())
                input type="hidden" name="id" value=(link.id);
                button { (say("admin-refresh")) (whose()) }
            }
        }
        details {
            summary { (say("admin-disassociate")) (whose()) }
            form.card method="post" action="/admin/disassociate" {
                (browser.hidden()) (wanted.hidden())
                input type="hidden" name="id" value=(link.id);
                fieldset {
                    legend { (say("admin-data")) }
                    label.check {
                        input type="radio" name="data" value="keep" checked;
                        " " (say("admin-keep"))
                    }
                    label.check {
                        input type="radio" name="data" value="purge";
                        " " (say("admin-purge"))
                    }
                }
                button.bad { (say("admin-disassociate-now")) (whose()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::text::Text;

    #[test]
    fn every_state_and_reason_has_its_words() {
        for status in STATES {
            assert!(Text::has(&state(status)), "{status:?}");
        }
        for reason in LossReason::ALL {
            assert!(Text::has(&why(*reason)), "{reason}");
        }
    }
}
