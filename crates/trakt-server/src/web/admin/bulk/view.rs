//! What is shown of a file.

use std::ops::Range;

use maud::{Markup, html};
use trakt_core::admin::Foreseen;

use super::file::{Bulk, Flaw, Line, MOST_LINES, Wrong};
use super::{BATCH, Outcome};
use crate::problem::Code;
use crate::web::session::Browser;
use crate::web::text::Text;

/// A file and what was found or done.
pub struct Report {
    /// The file in its normal form.
    pub text: String,
    pub bulk: Bulk,
    pub stage: Stage,
}

/// How far it has come.
pub enum Stage {
    /// What would come of all lines, of which those from the first on are shown.
    Checked {
        outcomes: Vec<Outcome>,
        first: usize,
        /// It was to be done, and is not what was checked before.
        changed: bool,
    },
    /// What came of the lines from the first on.
    Ran {
        outcomes: Vec<Outcome>,
        first: usize,
        /// What stopped it.
        trouble: Option<Code>,
    },
}

/// How an outcome is to be taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tone {
    Good,
    Same,
    Bad,
}

impl Outcome {
    fn tone(&self) -> Tone {
        match self {
            Self::Associated | Self::Foreseen(Foreseen::Associated | Foreseen::Replaced(_)) => {
                Tone::Good
            }
            Self::Foreseen(Foreseen::Already) => Tone::Same,
            Self::Flawed(_) | Self::Foreseen(_) | Self::Refused(_) => Tone::Bad,
        }
    }

    fn words(&self, text: Text) -> String {
        let slug = |id: &str, slug: &str| text.with(id, &[("slug", slug.into())]);
        match self {
            Self::Flawed(Flaw::Columns) => text.say("admin-bulk-columns"),
            Self::Flawed(Flaw::Email) => text.say("admin-bulk-email"),
            Self::Flawed(Flaw::Slug) => text.say("admin-bulk-slug"),
            Self::Flawed(Flaw::Replace) => text.say("admin-bulk-replace"),
            Self::Flawed(Flaw::Duplicate(line)) => {
                text.with("admin-bulk-duplicate", &[("line", (*line).into())])
            }
            Self::Foreseen(Foreseen::Associated) => text.say("admin-bulk-would"),
            Self::Foreseen(Foreseen::Replaced(old)) => {
                slug("admin-bulk-would-replace", old.as_str())
            }
            Self::Foreseen(Foreseen::Already) => text.say("admin-bulk-already"),
            Self::Foreseen(Foreseen::AlreadyLinked(old)) => {
                slug("admin-bulk-linked-to", old.as_str())
            }
            Self::Foreseen(Foreseen::UserNotFound) | Self::Refused(Code::UserNotFound) => {
                text.say("admin-bulk-user-not-found")
            }
            Self::Foreseen(Foreseen::AccountTaken) | Self::Refused(Code::AccountTaken) => {
                text.say("admin-bulk-account-taken")
            }
            Self::Associated => text.say("admin-bulk-associated"),
            Self::Refused(Code::AlreadyLinked) => text.say("admin-bulk-already-linked"),
            Self::Refused(_) => text.say("admin-bulk-trakt-account-not-found"),
        }
    }
}

/// The form by itself, with what was wrong with what it had.
pub fn form(browser: &Browser, text: &str, wrong: Option<&Wrong>) -> Markup {
    let say = |id: &str| browser.text.say(id);
    html! {
        p { (say("admin-bulk-hint")) }
        p { (browser.text.with("admin-bulk-limits", &[("most", MOST_LINES.into())])) }
        p { (say("admin-bulk-example")) }
        pre.card { "user_email,trakt_slug,replace\nana@example.org,sean,\nbo@example.org,justin,yes" }
        @if let Some(wrong) = wrong {
            @let id = match wrong {
                Wrong::Header => "admin-bulk-wrong-header",
                Wrong::Empty => "admin-bulk-wrong-empty",
                Wrong::TooMany => "admin-bulk-wrong-too-many",
                Wrong::Unreadable => "admin-bulk-wrong-unreadable",
            };
            p.error role="alert" id="csv-wrong" {
                (browser.text.with(id, &[("most", MOST_LINES.into())]))
            }
        }
        form.card method="post" action="/admin/bulk" {
            (browser.hidden())
            (file(browser))
            (area(browser, text, wrong.is_some()))
            button.main name="mode" value="dry" { (say("admin-bulk-check")) }
        }
    }
}

/// The choice of a file, which only a script can put into the text: shown where there is one.
fn file(browser: &Browser) -> Markup {
    let say = |id: &str| browser.text.say(id);
    html! {
        div hidden data-file="csv" {
            label for="file" { (say("admin-bulk-file")) }
            input id="file" type="file" accept=".csv,text/csv,text/plain"
                aria-describedby="file-large";
            p.error id="file-large" role="alert" hidden { (say("admin-bulk-file-large")) }
        }
    }
}

fn area(browser: &Browser, text: &str, wrong: bool) -> Markup {
    html! {
        label for="csv" { (browser.text.say("admin-bulk-csv")) }
        // The first end of line in it is not taken for one of the text.
        textarea id="csv" name="csv" spellcheck="false" autocomplete="off"
            aria-invalid=[wrong.then_some("true")]
            aria-describedby=[wrong.then_some("csv-wrong")] { "\n" (text) }
    }
}

/// The outcome of the lines, and what can be done next.
pub fn report(browser: &Browser, report: &Report) -> Markup {
    let say = |id: &str| browser.text.say(id);
    let all = report.bulk.lines.len();
    html! {
        @match &report.stage {
            Stage::Checked { outcomes, first, changed } => {
                @let shown = *first..(first + BATCH).min(all);
                @if *changed { p.card.error role="alert" { (say("admin-bulk-changed")) } }
                section aria-labelledby="checked" {
                    h2 id="checked" { (say("admin-bulk-checked")) }
                    p role="status" { (say("admin-bulk-checked-hint")) }
                    (counts(browser, outcomes, ["admin-bulk-count-would", "admin-bulk-count-already", "admin-bulk-count-not"]))
                    (table(browser, &report.bulk.lines, shown.clone(), outcomes.get(shown.clone()).unwrap_or_default()))
                    (next(browser, report, &html! {
                        @if outcomes.iter().any(|outcome| !matches!(outcome, Outcome::Flawed(_))) {
                            button.main name="mode" value="run" { (say("admin-bulk-run")) }
                        }
                        button name="mode" value="dry" { (say("admin-bulk-check-again")) }
                        @if *first > 0 {
                            (dry(browser, report, first.saturating_sub(BATCH)..*first))
                        }
                        @if shown.end < all { (dry(browser, report, shown.end..(shown.end + BATCH).min(all))) }
                    }))
                }
            },
            Stage::Ran { outcomes, first, trouble } => {
                @let end = first + outcomes.len();
                section aria-labelledby="ran" {
                    h2 id="ran" { (say("admin-bulk-ran")) }
                    @match (trouble, report.bulk.lines.get(end)) {
                        (Some(code), Some(line)) => {
                            p.error role="alert" { (stopped(browser, *code, line)) }
                        },
                        (_, Some(line)) => {
                            @let values = [("left", (all - end).into()), ("line", line.number.into())];
                            p role="status" { (browser.text.with("admin-bulk-left", &values)) }
                        },
                        (_, None) => p.good role="status" { (say("admin-bulk-all")) },
                    }
                    (counts(browser, outcomes, ["admin-bulk-count-associated", "", "admin-bulk-count-refused"]))
                    (table(browser, &report.bulk.lines, *first..end, outcomes))
                    (next(browser, report, &html! {
                        @if let Some(line) = report.bulk.lines.get(end) {
                            (go_on(browser, "admin-bulk-go-on", end, line))
                        }
                        @if let (Some(_), Some(line)) = (trouble, report.bulk.lines.get(end + 1)) {
                            (go_on(browser, "admin-bulk-skip", end + 1, line))
                        }
                        a.button href="/admin/bulk" { (say("admin-bulk-another")) }
                    }))
                }
            },
        }
    }
}

fn stopped(browser: &Browser, code: Code, line: &Line) -> String {
    let id = match code {
        Code::TraktUnavailable => "admin-bulk-stopped-trakt",
        Code::DatabaseUnavailable => "admin-bulk-stopped-database",
        _ => "admin-bulk-stopped",
    };
    browser.text.with(id, &[("line", line.number.into())])
}

/// How many lines came to which end; those without a message are not counted.
fn counts(browser: &Browser, outcomes: &[Outcome], messages: [&str; 3]) -> Markup {
    let tones = [Tone::Good, Tone::Same, Tone::Bad];
    let count = |tone| {
        outcomes
            .iter()
            .filter(|outcome| outcome.tone() == tone)
            .count()
    };
    html! {
        dl.card.counts {
            @for (tone, message) in tones.into_iter().zip(messages) {
                @if !message.is_empty() {
                    dt { (browser.text.say(message)) }
                    dd { (count(tone)) }
                }
            }
        }
    }
}

fn table(browser: &Browser, lines: &[Line], shown: Range<usize>, outcomes: &[Outcome]) -> Markup {
    let say = |id: &str| browser.text.say(id);
    let lines = lines.get(shown).unwrap_or_default();
    html! {
        @if !outcomes.is_empty() {
            div.scroll tabindex="0" role="region" aria-label=(say("admin-bulk-lines")) {
                table.bulk {
                    thead {
                        tr {
                            th scope="col" { (say("admin-bulk-line")) }
                            th scope="col" { (say("admin-user")) }
                            th scope="col" { (say("admin-bulk-account")) }
                            th scope="col" { (say("admin-bulk-outcome")) }
                        }
                    }
                    tbody {
                        @for (line, outcome) in lines.iter().zip(outcomes) {
                            tr {
                                th scope="row" { (line.number) }
                                td { bdi { (line.email) } }
                                td { bdi { (line.slug) } }
                                td.error[outcome.tone() == Tone::Bad] { (outcome.words(browser.text)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The form that has the file and what can be done with it next.
fn next(browser: &Browser, report: &Report, buttons: &Markup) -> Markup {
    html! {
        form.card method="post" action="/admin/bulk" {
            (browser.hidden())
            input type="hidden" name="checked" value=(report.bulk.digest);
            div.row { (buttons) }
            details {
                summary { (browser.text.say("admin-bulk-show-file")) }
                (area(browser, &report.text, false))
            }
        }
    }
}

/// A button that shows other lines of what was checked.
fn dry(browser: &Browser, report: &Report, lines: Range<usize>) -> Markup {
    let number = |place: usize| report.bulk.lines.get(place).map_or(0, |line| line.number);
    let values = [
        ("from", number(lines.start).into()),
        ("to", number(lines.end.saturating_sub(1)).into()),
    ];
    html! {
        button name="mode" value="dry" formaction={ "/admin/bulk?from=" (lines.start + 1) } {
            (browser.text.with("admin-bulk-show", &values))
        }
    }
}

/// A button that does the lines from a place on.
fn go_on(browser: &Browser, message: &str, place: usize, line: &Line) -> Markup {
    let values = [("line", line.number.into())];
    html! {
        button.main name="mode" value="run" formaction={ "/admin/bulk?from=" (place + 1) } {
            (browser.text.with(message, &values))
        }
    }
}
