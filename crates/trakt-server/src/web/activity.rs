//! `/activity`: what a user did, and what was done to the user's link, in plain words.

use actix_web::HttpResponse;
use actix_web::web::Data;
use maud::{Markup, html};
use trakt_core::audit::{AuditOutcome, AuditRecord, AuditService};
use trakt_core::{Page, PageRequest, UserId};

use super::session::{Browser, Visit};
use super::text::Text;
use crate::blocking;
use crate::http::Query;
use crate::problem::Problem;

/// How many entries a page has.
const ROWS: u32 = 20;

/// `GET /activity?page`.
///
/// # Errors
/// 401, 422, 429, 503.
pub async fn page(
    visit: Visit,
    trail: Data<AuditService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let page = fields.optional("page", |text| {
        let page = text
            .parse()
            .ok()
            .and_then(|page| PageRequest::new(page, ROWS));
        page.ok_or("must be a whole number from 1")
    });
    fields.finish()?;
    let page = page.or_else(|| PageRequest::new(1, ROWS));
    let page = page.unwrap_or_default();
    let user = visit.member.user.id;
    let found = blocking::database(move || trail.of_user(user, page)).await?;
    Ok(visit.page("nav-activity", &main(&visit.browser, user, &found)))
}

fn main(browser: &Browser, user: UserId, found: &Page<AuditRecord>) -> Markup {
    let say = |id: &str| browser.text.say(id);
    html! {
        p { (say("activity-hint")) }
        @if found.items.is_empty() {
            p { (say("activity-none")) }
        } @else {
            div.scroll tabindex="0" role="region" aria-label=(say("nav-activity")) {
                table {
                    thead {
                        tr {
                            th scope="col" { (say("activity-when")) }
                            th scope="col" { (say("activity-what")) }
                            th scope="col" { (say("activity-account")) }
                            th scope="col" { (say("activity-from")) }
                        }
                    }
                    tbody {
                        @for record in &found.items { (row(browser, user, record)) }
                    }
                }
            }
        }
        (pages(browser, found))
    }
}

fn row(browser: &Browser, user: UserId, record: &AuditRecord) -> Markup {
    html! {
        tr {
            td { (browser.moment(record.at)) }
            td { (browser.text.say(&words(record, user))) }
            td { @if let Some(slug) = &record.trakt_slug { bdi { (slug) } } }
            td { @if let Some(ip) = &record.ip { bdi { (ip) } } }
        }
    }
}

/// The message for an entry. What says most comes first; an event of a newer version has a general
/// one.
fn words(record: &AuditRecord, user: UserId) -> String {
    let event = format!("activity-{}", record.event.replace('_', "-"));
    let detail = record.detail.as_deref().map(|word| word.replace('_', "-"));
    // Somebody else's things: what an admin did.
    let another = record.subject.is_some_and(|subject| subject != user);
    let refused = record.outcome != AuditOutcome::Succeeded.as_str();
    let candidates = match another {
        true => [
            Some(format!("{event}-another")),
            Some("activity-another".to_owned()),
            None,
        ],
        false => [
            detail.map(|word| format!("{event}-{word}")),
            refused.then(|| format!("{event}-refused")),
            Some(event),
        ],
    };
    let mut said = candidates.into_iter().flatten();
    said.find(|id| Text::has(id))
        .unwrap_or_else(|| "activity-other".to_owned())
}

fn pages(browser: &Browser, found: &Page<AuditRecord>) -> Markup {
    let (page, rows) = (found.request.page(), i64::from(found.request.limit()));
    let last = (found.total + rows - 1) / rows;
    let say = |id: &str| browser.text.say(id);
    html! {
        @if last > 1 || page > 1 {
            nav.row aria-label=(say("activity-pages")) {
                @if page > 1 {
                    a.button rel="prev" href={ "/activity?page=" (page - 1) } { (say("previous-page")) }
                }
                @let values = [("page", page.into()), ("last", last.into())];
                span { (browser.text.with("activity-page", &values)) }
                @if i64::from(page) < last {
                    a.button rel="next" href={ "/activity?page=" (page + 1) } { (say("next-page")) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use trakt_core::audit::AuditEvent;
    use trakt_core::choice::Choices;
    use trakt_core::link::FlowEnd;
    use trakt_core::token::LossReason;
    use uuid::Uuid;

    use super::*;

    fn user(n: u128) -> UserId {
        Uuid::from_u128(n).into()
    }

    fn said(event: &str, outcome: AuditOutcome, subject: u128, detail: Option<&str>) -> String {
        let record = AuditRecord {
            id: 1,
            at: chrono::DateTime::UNIX_EPOCH,
            event: event.to_owned(),
            outcome: outcome.as_str().to_owned(),
            actor: None,
            subject: Some(user(subject)),
            link: None,
            trakt_slug: None,
            trakt_uuid: None,
            ip: None,
            request_id: None,
            detail: detail.map(str::to_owned),
        };
        words(&record, user(1))
    }

    #[test]
    fn every_event_has_its_words() {
        for event in AuditEvent::ALL {
            let id = format!("activity-{}", event.as_str().replace('_', "-"));
            let ok = AuditOutcome::Succeeded;
            assert_eq!(said(event.as_str(), ok, 1, None), id);
            // A detail of a newer version takes nothing away.
            assert_eq!(said(event.as_str(), ok, 1, Some("newer")), id);
        }
        let newer = said("newer", AuditOutcome::Succeeded, 1, Some("pull_on"));
        assert_eq!(newer, "activity-other");
        assert!(Text::has("activity-other"));
    }

    #[test]
    fn every_detail_that_says_more_has_its_words() {
        let refused = AuditOutcome::Refused;
        for end in FlowEnd::ALL {
            let event = match end {
                FlowEnd::Linked | FlowEnd::Denied | FlowEnd::Expired => continue,
                FlowEnd::AccountTaken | FlowEnd::AlreadyLinked | FlowEnd::AccountLocked => {
                    "conflict"
                }
                _ => "expired",
            };
            let id = format!("activity-{event}-{}", end.as_str().replace('_', "-"));
            assert_eq!(said(event, refused, 1, Some(end.as_str())), id);
        }
        for reason in LossReason::ALL {
            let id = format!(
                "activity-needs-relink-{}",
                reason.as_str().replace('_', "-")
            );
            assert_eq!(said("needs_relink", refused, 1, Some(reason.as_str())), id);
        }
        let none = Choices {
            pull: false,
            push: false,
            recommendations: false,
        };
        let all = Choices::default();
        for word in [all.changed_from(none), none.changed_from(all)].concat() {
            let id = format!("activity-settings-changed-{}", word.replace('_', "-"));
            assert_eq!(
                said("settings_changed", AuditOutcome::Succeeded, 1, Some(word)),
                id
            );
        }
    }

    #[test]
    fn what_an_admin_did_to_another_is_no_deed_to_the_admin() {
        for event in [
            "admin_associated",
            "admin_disassociated",
            "data_purged",
            "conflict",
        ] {
            let own = said(event, AuditOutcome::Succeeded, 1, None);
            let id = format!("activity-{}", event.replace('_', "-"));
            assert_eq!(own, id);
            let another = said(event, AuditOutcome::Succeeded, 2, None);
            assert_eq!(another, format!("{id}-another"));
        }
        let newer = said("newer", AuditOutcome::Succeeded, 2, None);
        assert_eq!(newer, "activity-another");
        let failed = said("admin_associated", AuditOutcome::Refused, 1, None);
        assert_eq!(failed, "activity-admin-associated-refused");
    }
}
