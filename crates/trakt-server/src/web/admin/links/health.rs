//! How everything stands, at a glance.

use std::time::Duration;

use maud::{Markup, html};
use trakt_core::admin::Overview;

use super::list::{STATES, state};
use super::{account, owner};
use crate::web::session::Browser;

/// The counts; without them the database did not come to counting in time.
pub fn section(browser: &Browser, overview: Option<&Overview>) -> Markup {
    let say = |id: &str| browser.text.say(id);
    html! {
        section aria-labelledby="health" {
            h2 id="health" { (say("admin-health")) }
            @match overview {
                Some(overview) => (counts(browser, overview)),
                None => p.error role="alert" { (say("admin-health-unknown")) },
            }
        }
    }
}

fn counts(browser: &Browser, overview: &Overview) -> Markup {
    let say = |id: &str| browser.text.say(id);
    let of = |status| {
        let found = overview.links.iter().find(|(has, _)| *has == status);
        found.map_or(0, |(_, count)| *count)
    };
    html! {
        dl.card.counts {
            @for status in STATES {
                dt { (say(&format!("{}-links", state(status)))) }
                dd { (of(status)) }
            }
            dt { (say("admin-overdue")) }
            dd { (trouble(overview.overdue)) }
            dt { (say("admin-waiting")) }
            dd {
                (overview.waiting)
                @if let Some(age) = overview.waiting_for {
                    " · " (waits(browser, age))
                }
            }
            dt { (say("admin-failed")) }
            dd { (trouble(overview.failed)) }
            dt { (say("admin-held")) }
            dd { (trouble(overview.held)) }
            dt { (say("admin-database")) }
            dd { (say("admin-database-ok")) }
        }
    }
}

/// A count that should be zero.
fn trouble(count: u64) -> Markup {
    html! {
        @if count == 0 { "0" } @else { strong.error { (count) } }
    }
}

/// How long the oldest waits, in the unit that says most.
fn waits(browser: &Browser, age: Duration) -> String {
    let seconds = age.as_secs();
    let (unit, count) = match seconds {
        0..120 => ("seconds", seconds),
        120..7200 => ("minutes", seconds / 60),
        7200..172_800 => ("hours", seconds / 3600),
        _ => ("days", seconds / 86_400),
    };
    let values = [("count", count.into())];
    browser.text.with(&format!("admin-waits-{unit}"), &values)
}

/// The links whose tokens end soonest.
pub fn expiring(browser: &Browser, overview: &Overview) -> Markup {
    let say = |id: &str| browser.text.say(id);
    html! {
        section {
            h2 { (say("admin-expiring")) }
            p { (say("admin-expiring-hint")) }
            @if overview.expiring.is_empty() {
                p { (say("admin-expiring-none")) }
            } @else {
                div.scroll tabindex="0" role="region" aria-label=(say("admin-expiring")) {
                    table.expiring {
                        thead {
                            tr {
                                th scope="col" { (say("admin-user")) }
                                th scope="col" { (say("admin-account")) }
                                th scope="col" { (say("admin-expires")) }
                            }
                        }
                        tbody {
                            @for record in &overview.expiring {
                                tr {
                                    th scope="row" { (owner(browser, record)) }
                                    td { (account(record)) }
                                    td {
                                        @match record.link.token_expires_at {
                                            Some(at) => (browser.moment(at)),
                                            None => "–",
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
