//! Which entries are shown.

use chrono::{DateTime, Datelike as _, NaiveDateTime, Utc};
use maud::{Markup, html};
use trakt_core::PageRequest;
use trakt_core::audit::{AuditEvent, AuditQuery, AuditUser};

use super::words;
use crate::http::{Fields, moment};
use crate::web::admin::{pages, text};
use crate::web::session::Browser;

/// What a person has written into a field, and what that means; `Err` where it means nothing.
struct Written<T> {
    text: String,
    value: Result<Option<T>, ()>,
}

impl<T> Written<T> {
    fn read<E>(fields: &mut Fields, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Self {
        let text = fields.optional(name, text).flatten().unwrap_or_default();
        let value = match text.as_str() {
            "" => Ok(None),
            given => parse(given).map(Some).map_err(drop),
        };
        Self { text, value }
    }

    fn wrong(&self) -> bool {
        self.value.is_err()
    }
}

/// What was asked for.
pub struct Wanted {
    user: Written<AuditUser>,
    event: Option<AuditEvent>,
    since: Written<DateTime<Utc>>,
    until: Written<DateTime<Utc>>,
    page: PageRequest,
}

impl Wanted {
    /// Reads it. A form sends what was left empty as well.
    pub fn of(fields: &mut Fields) -> Self {
        let event = fields.optional("event", |word| match word {
            "" => Ok(None),
            word => word.parse().map(Some),
        });
        Self {
            user: Written::read(fields, "user", str::parse),
            event: event.flatten(),
            since: Written::read(fields, "since", time),
            until: Written::read(fields, "until", time),
            page: pages::page(fields),
        }
    }

    /// What is asked of the trail; `None` where a field means nothing.
    pub fn query(&self) -> Option<AuditQuery> {
        Some(AuditQuery {
            user: self.user.value.clone().ok()?,
            event: self.event,
            since: self.since.value.ok()?,
            until: self.until.value.ok()?,
            page: self.page,
        })
    }

    /// The path of a page of the same entries.
    pub fn at(&self, page: u32) -> String {
        let page = if page > 1 {
            page.to_string()
        } else {
            String::new()
        };
        self.path("/admin/audit", &page)
    }

    /// Where all of them can be had.
    pub fn export(&self) -> String {
        self.path("/admin/audit/export", "")
    }

    fn path(&self, path: &str, page: &str) -> String {
        pages::path(
            path,
            &[
                ("user", &self.user.text),
                ("event", self.event.map_or("", AuditEvent::as_str)),
                ("since", &self.since.text),
                ("until", &self.until.text),
                ("page", page),
            ],
        )
    }

    pub fn form(&self, browser: &Browser) -> Markup {
        let say = |id: &str| browser.text.say(id);
        let mut events: Vec<_> = AuditEvent::ALL
            .iter()
            .map(|event| (*event, words(browser.text, event.as_str())))
            .collect();
        events.sort_by(|(_, one), (_, other)| one.cmp(other));
        html! {
            form.row.filter method="get" action="/admin/audit" role="search" {
                (field(browser, "user", "text", &self.user))
                div {
                    label for="event" { (say("admin-entry-what")) }
                    select id="event" name="event" {
                        option value="" { (say("admin-any")) }
                        @for (event, name) in &events {
                            option value=(event.as_str()) selected[self.event == Some(*event)] {
                                (name)
                            }
                        }
                    }
                }
                (field(browser, "since", "datetime-local", &self.since))
                (field(browser, "until", "datetime-local", &self.until))
                button { (say("admin-find")) }
                a.button href="/admin/audit" { (say("admin-all")) }
            }
        }
    }
}

fn field<T>(browser: &Browser, name: &str, kind: &str, written: &Written<T>) -> Markup {
    let wrong = written.wrong();
    let id = format!("{name}-wrong");
    html! {
        div {
            label for=(name) { (browser.text.say(&format!("admin-filter-{name}"))) }
            input id=(name) name=(name) type=(kind) value=(written.text) maxlength="254"
                aria-invalid=[wrong.then_some("true")]
                aria-describedby=[wrong.then_some(&id)];
            @if wrong {
                p.error role="alert" id=(id) {
                    (browser.text.say(&format!("admin-filter-{name}-wrong")))
                }
            }
        }
    }
}

/// Reads a time: as the API has it, or as a field of a browser gives it, which is UTC here.
fn time(text: &str) -> Result<DateTime<Utc>, ()> {
    let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    let mut local = forms
        .iter()
        .filter_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        // Times that PostgreSQL can hold.
        .filter(|at| (0..10_000).contains(&at.year()));
    match local.next() {
        Some(at) => Ok(at.and_utc()),
        None => moment(text).map_err(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_browsers_give_them() {
        let at = |text| time(text).map(|at| at.to_rfc3339());
        for (text, read) in [
            ("2026-01-31T12:00", "2026-01-31T12:00:00+00:00"),
            ("2026-01-31T12:00:05", "2026-01-31T12:00:05+00:00"),
            ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00+00:00"),
        ] {
            assert_eq!(at(text), Ok(read.to_owned()));
        }
        for text in ["yesterday", "2026-02-30T12:00", "2026-01-31"] {
            assert_eq!(at(text), Err(()), "{text}");
        }
    }
}
