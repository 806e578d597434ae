//! How the link stands, and what to do about it.

use maud::{Markup, html};
use trakt_core::link::{Link, LinkStatus};

use super::{Read, trouble};
use crate::web::session::Browser;
use crate::web::text::Text;

pub fn section(browser: &Browser, link: &Read<Option<Link>>) -> Markup {
    html! {
        section.card aria-labelledby="link-state" {
            h2 id="link-state" { (browser.text.say("mine-link")) }
            @match link {
                Err(problem) => (trouble(browser, problem)),
                Ok(None) => {
                    p { (browser.text.say("mine-not-linked")) }
                    (link_button(browser, "mine-link-now"))
                }
                Ok(Some(link)) => (linked(browser, link)),
            }
        }
    }
}

fn linked(browser: &Browser, link: &Link) -> Markup {
    let say = |id: &str| browser.text.say(id);
    let (slug, name) = (link.slug.as_str(), link.username.as_deref());
    html! {
        @match link.status {
            LinkStatus::Active => p.good { (say("mine-active")) },
            LinkStatus::Unverified => {
                p { (say("mine-unverified")) }
                (link_button(browser, "mine-verify"))
            }
            LinkStatus::Locked => p.error { (say("mine-locked")) },
            _ => {
                p.error { (say(&lost(link.reason.as_deref()))) }
                (link_button(browser, "mine-relink"))
            }
        }
        dl {
            dt { (say("mine-account")) }
            dd {
                bdi { (name.unwrap_or(slug)) }
                @if name.is_some_and(|name| name != slug) {
                    " (" bdi { (slug) } ")"
                }
            }
            @if link.status == LinkStatus::Active {
                @if let Some(at) = link.linked_at {
                    dt { (say("mine-linked-at")) }
                    dd { (browser.moment(at)) }
                }
            } @else {
                dt { (say("mine-since")) }
                dd { (browser.moment(link.status_since)) }
            }
        }
    }
}

/// Why a link has to be made anew: the message for a reason, also for one of a newer version.
fn lost(reason: Option<&str>) -> String {
    let id = reason.map(|word| format!("mine-lost-{}", word.replace('_', "-")));
    id.filter(|id| Text::has(id))
        .unwrap_or_else(|| "mine-lost-other".to_owned())
}

fn link_button(browser: &Browser, label: &str) -> Markup {
    html! {
        form method="post" action="/link/start" {
            (browser.hidden())
            button.main { (browser.text.say(label)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use trakt_core::token::LossReason;

    use super::*;

    #[test]
    fn every_reason_has_its_words() {
        for reason in LossReason::ALL {
            assert_ne!(lost(Some(reason.as_str())), "mine-lost-other", "{reason}");
        }
        for other in [None, Some("newer"), Some("")] {
            assert_eq!(lost(other), "mine-lost-other");
        }
        assert!(Text::has("mine-lost-other"));
    }
}
