//! What to go on with, what was watched last, and how things are named.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use trakt_core::watch::{
    Episode, HistoryCursor, Item, Listing, Play, ProgressCursor, ProgressKind, Titled, ToWatch,
};

use super::{Read, trouble};
use crate::web::session::Browser;

pub fn progress(browser: &Browser, list: &Read<Listing<ToWatch, ProgressCursor>>) -> Markup {
    html! {
        section aria-labelledby="progress" id="progress-list" data-live {
            h2 id="progress" { (browser.text.say("mine-progress")) }
            @match list {
                Err(problem) => (trouble(browser, problem)),
                Ok(list) if list.items.is_empty() => p { (browser.text.say("mine-progress-none")) },
                Ok(list) => {
                    (as_of(browser, list.as_of))
                    ul.plain {
                        @for (place, item) in list.items.iter().enumerate() {
                            li { (to_watch(browser, item, place)) }
                        }
                    }
                }
            }
        }
    }
}

fn to_watch(browser: &Browser, item: &ToWatch, place: usize) -> Markup {
    let id = format!("progress-{place}");
    // More than a whole is none, and a bar shows no fractions.
    let percent = item.progress.clamp(0.0, 100.0).round();
    let how_far = match item.kind {
        ProgressKind::Resume => "mine-progress-resume",
        _ => "mine-progress-next",
    };
    html! {
        div id=(id) { (name(browser, &item.item)) }
        progress max="100" value=(percent) aria-labelledby=(id) {}
        div.soft {
            (browser.text.with(how_far, &[("percent", percent.into())]))
            @if let Some(left) = item.left {
                " · " (browser.text.with("mine-progress-left", &[("left", left.into())]))
            }
            @if let Some(at) = item.last_watched_at {
                " · " (browser.moment(at))
            }
        }
    }
}

pub fn history(browser: &Browser, list: &Read<Listing<Play, HistoryCursor>>) -> Markup {
    html! {
        section aria-labelledby="history" id="history-list" data-live {
            h2 id="history" { (browser.text.say("mine-history")) }
            @match list {
                Err(problem) => (trouble(browser, problem)),
                Ok(list) if list.items.is_empty() => p { (browser.text.say("mine-history-none")) },
                Ok(list) => {
                    (as_of(browser, list.as_of))
                    ul.plain {
                        @for play in &list.items { li { (played(browser, play)) } }
                    }
                }
            }
        }
    }
}

fn played(browser: &Browser, play: &Play) -> Markup {
    html! {
        div { (name(browser, &play.item)) }
        div.soft {
            @match play.watched_at {
                Some(at) => (browser.moment(at)),
                None => (browser.text.say("mine-history-undated")),
            }
            // Trakt's ids are above zero: it has not confirmed this one.
            @if play.id < 0 { " · " (browser.text.say("mine-history-waits")) }
        }
    }
}

/// Of when what is shown is true.
pub fn as_of(browser: &Browser, at: Option<DateTime<Utc>>) -> Markup {
    html! {
        @if let Some(at) = at {
            p.soft { (browser.text.say("mine-as-of")) " " (browser.moment(at)) }
        }
    }
}

/// A thing by its titles, which are text from outside.
pub fn name(browser: &Browser, item: &Item) -> Markup {
    match item {
        Item::Movie(titled) | Item::Show(titled) => html! {
            (title(browser, titled.title.as_deref()))
            @if let Some(year) = titled.year { " (" (year) ")" }
        },
        Item::Season { show, number, .. } => html! {
            (of_show(browser, show)) (browser.text.with("mine-season", &[("season", (*number).into())]))
        },
        Item::Episode { show, episode } => html! {
            (of_show(browser, show)) (place(browser, episode))
            @if episode.title.is_some() { " · " (title(browser, episode.title.as_deref())) }
        },
    }
}

fn of_show(browser: &Browser, show: &Titled) -> Markup {
    html! { (title(browser, show.title.as_deref())) " · " }
}

fn place(browser: &Browser, episode: &Episode) -> String {
    let number = ("number", episode.number.into());
    match episode.season {
        0 => browser.text.with("mine-special", &[number]),
        season => browser
            .text
            .with("mine-episode", &[("season", season.into()), number]),
    }
}

fn title(browser: &Browser, title: Option<&str>) -> Markup {
    html! {
        @match title {
            Some(title) => bdi { (title) },
            None => (browser.text.say("mine-untitled")),
        }
    }
}
