//! Reading at Trakt: how it stands, what is held back, and asking for it.

use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::{DateTime, SecondsFormat, Utc};
use maud::{Markup, html};
use serde_json::{Map, Value};
use trakt_core::link::LinkStatus;
use trakt_core::watch::{HeldChange, Part, PullPhase, PullState, WatchService};

use super::{Mine, trouble, yes};
use crate::blocking;
use crate::problem::Problem;
use crate::web::form::Form;
use crate::web::layout::see;
use crate::web::session::{Browser, Visit};
use crate::web::text::Text;

/// `POST /my/sync`: asks for a pull; with `confirm=yes` all that is held back is meant.
///
/// # Errors
/// 401, 403, 409, 422, 429, 503.
pub async fn sync(
    visit: Visit,
    watch: Data<WatchService>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let mut fields = form.0?;
    let confirm = fields.optional("confirm", yes).is_some();
    fields.finish()?;
    let user = visit.member.user.id;
    blocking::database(move || watch.ask(user, confirm)).await?;
    Ok(see(match confirm {
        true => "/my?done=confirmed",
        false => "/my?done=asked",
    }))
}

pub fn section(browser: &Browser, mine: &Mine) -> Markup {
    html! {
        section aria-labelledby="sync" {
            h2 id="sync" { (browser.text.say("mine-sync")) }
            // What is said while a script follows: apart from what it puts anew.
            p.visually-hidden id="sync-said" role="status" {}
            @match &mine.state {
                Err(problem) => (trouble(browser, problem)),
                Ok(state) => (standing(browser, mine, state.as_ref())),
            }
        }
    }
}

fn standing(browser: &Browser, mine: &Mine, state: Option<&PullState>) -> Markup {
    let say = |id: &str| browser.text.say(id);
    let active = mine.status() == Some(LinkStatus::Active);
    let on = mine.choices.as_ref().is_ok_and(|choices| choices.pull);
    let phase = state.map_or(PullPhase::Idle, |state| state.phase);
    let finished = state.and_then(|state| state.finished_at);
    let next = state
        .and_then(|state| state.next_at)
        .filter(|_| active && on);
    html! {
        div id="sync-state" data-live data-phase=(phase.as_str()) data-next=[next.map(rfc3339)]
            data-words=(words(browser)) {
            p id="sync-phase" {
                (say(&match (active, on) {
                    (false, _) => "mine-phase-unlinked".to_owned(),
                    (true, false) => "mine-phase-off".to_owned(),
                    _ => format!("mine-phase-{phase}"),
                }))
            }
            @if let (PullPhase::Failed, Some(word)) = (phase, state.and_then(|s| s.reason.as_deref())) {
                p { (say(&reason(word))) }
            }
            @if matches!(phase, PullPhase::Queued | PullPhase::Running) {
                p { progress aria-labelledby="sync-progress" {} }
                p id="sync-progress" {
                    @match state.and_then(|state| state.progress) {
                        Some(progress) => (reading(browser, progress.part, &progress.rows.to_string())),
                        None => (say("mine-reading-soon")),
                    }
                }
            }
            dl {
                dt { (say("mine-last")) }
                dd { (at(browser, finished, "never")) }
                dt { (say("mine-next")) }
                dd {
                    @if phase == PullPhase::Queued || phase == PullPhase::Running {
                        (say("mine-next-now"))
                    } @else {
                        (at(browser, next, "mine-next-none"))
                    }
                }
            }
            @if let Some(state) = state {
                (counts(browser, &state.counts))
                (held(browser, &state.held, active))
            }
            @if active && on {
                form method="post" action="/my/sync" {
                    (browser.hidden())
                    button id="sync-now" { (say("mine-sync-now")) }
                }
            }
        }
    }
}

fn at(browser: &Browser, at: Option<DateTime<Utc>>, none: &str) -> Markup {
    html! {
        @match at {
            Some(at) => (browser.moment(at)),
            None => (browser.text.say(none)),
        }
    }
}

fn counts(browser: &Browser, counts: &[(Part, u64)]) -> Markup {
    html! {
        @if !counts.is_empty() {
            details {
                summary id="sync-counts" { (browser.text.say("mine-counts")) }
                dl {
                    @for part in Part::ALL {
                        @if let Some((_, rows)) = counts.iter().find(|(of, _)| of == part) {
                            dt { (label(browser, part.as_str())) }
                            dd { (rows) }
                        }
                    }
                }
            }
        }
    }
}

fn held(browser: &Browser, held: &[HeldChange], active: bool) -> Markup {
    let say = |id: &str| browser.text.say(id);
    html! {
        @if !held.is_empty() {
            div.card {
                h3 { (say("mine-held")) }
                p { (say("mine-held-hint")) }
                ul {
                    @for change in held { li { (would(browser, change)) } }
                }
                @if active {
                    form method="post" action="/my/sync" {
                        (browser.hidden())
                        input type="hidden" name="confirm" value="yes";
                        button.bad id="sync-confirm" { (say("mine-held-confirm")) }
                    }
                }
            }
        }
    }
}

/// What a change would do: to what is here, or to what is at Trakt.
fn would(browser: &Browser, change: &HeldChange) -> String {
    let id = match change.side.as_str() {
        "push" => "mine-held-push",
        _ => "mine-held-pull",
    };
    let values = [
        ("part", label(browser, &change.part).into()),
        ("adds", change.adds.into()),
        ("removes", change.removes.into()),
        ("of", change.of.into()),
    ];
    browser.text.with(id, &values)
}

/// A part of the data; a word of a newer version stands for itself.
fn label(browser: &Browser, word: &str) -> String {
    let id = format!("mine-part-{}", word.replace('_', "-"));
    match Text::has(&id) {
        true => browser.text.say(&id),
        false => word.to_owned(),
    }
}

fn reading(browser: &Browser, part: Part, rows: &str) -> String {
    let part = label(browser, part.as_str());
    let values = [("part", part.into()), ("rows", rows.into())];
    browser.text.with("mine-reading", &values)
}

/// Why the last pull did not read everything.
fn reason(word: &str) -> String {
    let id = format!("mine-reason-{}", word.replace('_', "-"));
    match Text::has(&id) {
        true => id,
        false => "mine-reason-other".to_owned(),
    }
}

/// What the script says while it follows a pull, as JSON.
fn words(browser: &Browser) -> String {
    let parts = Part::ALL.iter().map(|part| {
        let word = part.as_str();
        (word.to_owned(), Value::from(label(browser, word)))
    });
    let said = |id: &str| Value::from(browser.text.say(id));
    let reading = [("part", "{part}".into()), ("rows", "{rows}".into())];
    let words = [
        (
            "reading",
            browser.text.with("mine-reading", &reading).into(),
        ),
        ("queued", said("mine-phase-queued")),
        ("running", said("mine-phase-running")),
        ("over", said("mine-reading-over")),
    ];
    let words = words.map(|(name, words)| (name.to_owned(), words));
    let words: Map<String, Value> = words.into_iter().chain(parts).collect();
    Value::from(words).to_string()
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use trakt_core::scrobble::WritePart;

    use super::*;

    #[test]
    fn every_part_phase_and_reason_has_its_words() {
        let parts = Part::ALL.iter().map(|part| part.as_str());
        let parts = parts.chain(WritePart::ALL.iter().map(|part| part.as_str()));
        for part in parts {
            let id = format!("mine-part-{}", part.replace('_', "-"));
            assert!(Text::has(&id), "{id}");
        }
        for phase in PullPhase::ALL {
            assert!(Text::has(&format!("mine-phase-{phase}")), "{phase}");
        }
        // The words of `PullError`, and of pulls that did not read everything.
        for word in [
            "partial",
            "stopped",
            "superseded",
            "no_token",
            "locked",
            "token_refused",
            "misconfigured",
            "trakt_unavailable",
            "database_unavailable",
        ] {
            assert_ne!(reason(word), "mine-reason-other", "{word}");
        }
        assert_eq!(reason("newer"), "mine-reason-other");
        assert!(Text::has("mine-reason-other"));
    }
}
