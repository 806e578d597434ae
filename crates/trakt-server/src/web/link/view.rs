//! How a link and the way to it are shown: one sentence for how it stands, and one thing to do next.

use std::time::Duration;

use maud::{Markup, html};
use trakt_core::link::{FlowEnd, Link, LinkStatus};
use trakt_core::ports::{CurrentFlow, FlowState};
use trakt_core::token::LossReason;

use super::super::session::Browser;
use super::{NEWS, qr, tag};
use crate::problem::retry_seconds;

/// What the page is made from.
pub struct Shown<'a> {
    /// Whose page it is.
    pub browser: &'a Browser,
    /// The user's flow.
    pub flow: Option<CurrentFlow>,
    /// The user's link.
    pub link: Option<Link>,
    /// The flow that the page was showing before.
    pub waited: Option<String>,
    /// Whether Trakt did not answer just now.
    pub trakt_waits: bool,
}

/// A code that can be used.
struct Usable<'a> {
    user_code: &'a str,
    address: &'a str,
    left: Duration,
    lifetime: Duration,
    wait: Duration,
}

impl Shown<'_> {
    /// The page below its heading.
    pub fn page(&self) -> Markup {
        let Some(flow) = &self.flow else {
            return self.still("none", &self.at_rest());
        };
        let tag = tag(&flow.key);
        let waited_for_this = self.waited.as_deref().is_none_or(|waited| waited == tag);
        match &flow.state {
            FlowState::Open {
                user_code,
                verification_url,
                left,
                lifetime,
                wait,
            } => {
                let usable = Usable {
                    user_code,
                    address: verification_url,
                    left: *left,
                    lifetime: *lifetime,
                    wait: *wait,
                };
                self.open(&usable, &tag, !waited_for_this)
            }
            FlowState::Approved { wait } => self.approved(&tag, *wait),
            FlowState::Ended { end, ago } => {
                let awaited = self.waited.is_some() && waited_for_this;
                let news = awaited || *ago <= NEWS;
                match end {
                    _ if !news => self.still("none", &self.at_rest()),
                    FlowEnd::Linked => self.still("linked", &self.at_rest_after(true)),
                    // The other account is not there any more.
                    FlowEnd::AlreadyLinked if self.link.is_none() => {
                        self.still("none", &self.at_rest())
                    }
                    end => self.still(end.as_str(), &self.ended(*end, flow.replace)),
                }
            }
        }
    }

    /// What stays as it is until somebody does something.
    fn still(&self, state: &str, main: &Markup) -> Markup {
        html! { section #link data-state=(state) { (main) } }
    }

    fn say(&self, id: &str) -> String {
        self.browser.text.say(id)
    }

    /// The code, and the two ways to where it is typed.
    fn open(&self, code: &Usable<'_>, tag: &str, newer: bool) -> Markup {
        let scanned = qr::scanned(code.address, code.user_code);
        let name = [("url", scanned.as_str().into())];
        let name = self.browser.text.with("link-qr-name", &name);
        html! {
            section #link data-state={ "open-" (tag) @if self.trakt_waits { "-waits" } }
                data-wait=(retry_seconds(code.wait)) {
                @if newer { p.news { (self.say("link-newer")) } }
                @if self.trakt_waits { p.news { (self.say("link-trakt-waits")) } }
                div.ways {
                    div {
                        p { (self.say("link-open-address")) }
                        p.address {
                            a href=(code.address) target="_blank" rel="noopener noreferrer" {
                                bdi { (code.address) }
                                span.visually-hidden { " " (self.say("link-new-tab")) }
                            }
                        }
                        p { (self.say("link-open-code")) }
                        p.code #link-code translate="no" { bdi { (code.user_code) } }
                        button type="button" #link-copy hidden data-copy=(code.user_code)
                            data-done=(self.say("link-copied")) {
                            (self.say("link-copy"))
                        }
                    }
                    @if let Some(picture) = qr::picture(&scanned, &name) {
                        div { p { (self.say("link-qr")) } (picture) }
                    }
                }
                (self.time_left(code))
                (self.check(tag))
                @if let Some(link) = &self.link {
                    p.soft { (self.say(if link.status == LinkStatus::Active { "link-until" } else { "link-until-dead" })) }
                    (self.account(link))
                }
            }
        }
    }

    fn time_left(&self, code: &Usable<'_>) -> Markup {
        let text = self.browser.text;
        let left = code.left.as_secs();
        let minutes = [("minutes", left.div_ceil(60).into())];
        html! {
            p #link-time data-left=(left) data-clock=(text.with("link-clock", &[("time", "0:00".into())])) {
                (text.with("link-left", &minutes))
            }
            progress #link-left max=(code.lifetime.as_secs().max(1)) value=(left)
                aria-labelledby="link-time" {}
        }
    }

    /// The form that a script sends by itself.
    fn check(&self, tag: &str) -> Markup {
        html! {
            form.check method="post" action="/link/check" {
                (self.browser.hidden())
                input type="hidden" name="flow" value=(tag);
                p data-scripted hidden { (self.say("link-watching")) }
                noscript { p { (self.say("link-press")) } }
                button #link-check { (self.say("link-check")) }
                " "
                span.soft role="status" #link-said data-pending=(self.say("link-pending")) {}
            }
        }
    }

    fn approved(&self, tag: &str, wait: Duration) -> Markup {
        html! {
            section #link data-state={ "approved-" (tag) @if self.trakt_waits { "-waits" } }
                data-wait=(retry_seconds(wait)) {
                p.news.good { (self.say("link-approved")) }
                @if self.trakt_waits { p.news { (self.say("link-trakt-waits")) } }
                (self.check(tag))
            }
        }
    }

    /// A flow that came to nothing.
    fn ended(&self, end: FlowEnd, replace: bool) -> Markup {
        let sentence = format!("link-end-{}", end.as_str().replace('_', "-"));
        let (button, replace) = match end {
            FlowEnd::AlreadyLinked => ("link-replace", true),
            _ => ("link-again", replace),
        };
        html! {
            div.card {
                p.news.error { (self.say(&sentence)) }
                (start(self.browser, button, replace, true))
            }
            @if let Some(link) = &self.link {
                p.soft { (self.say("link-still")) }
                (self.account(link))
            }
        }
    }

    fn at_rest(&self) -> Markup {
        self.at_rest_after(false)
    }

    /// No flow is under way. `linked`: one has just made the link.
    fn at_rest_after(&self, linked: bool) -> Markup {
        let Some(link) = &self.link else {
            return html! {
                div.card {
                    p { (self.say("link-none")) }
                    (start(self.browser, "link-start", false, true))
                }
            };
        };
        if link.status != LinkStatus::Active {
            return self.dead(link);
        }
        html! {
            div.card {
                div.news {
                    p.good { (self.say(if linked { "link-done" } else { "link-is" })) }
                    (self.account(link))
                }
                p { a.button.main href="/my" { (self.say("link-to-mine")) } }
            }
            (start(self.browser, "link-other", true, false))
        }
    }

    /// A link that does not work: why, and the one click that mends it.
    fn dead(&self, link: &Link) -> Markup {
        let (reason, button) = dead(link);
        let main = link.status != LinkStatus::Locked;
        html! {
            div.card {
                p.error { (self.say(reason)) }
                (self.account(link))
                (start(self.browser, button, false, main))
            }
        }
    }

    /// Whose account it is. Names are set apart from the text around them: they are of any direction.
    fn account(&self, link: &Link) -> Markup {
        let name = link.username.as_deref().unwrap_or(link.slug.as_str());
        html! {
            dl {
                dt { (self.say("link-account")) }
                dd {
                    bdi.account { (name) }
                    @if name != link.slug.as_str() { " (" bdi.slug { (link.slug.as_str()) } ")" }
                }
                @if let Some(at) = link.linked_at {
                    dt { (self.say("link-since")) }
                    dd { (self.browser.moment(at)) }
                }
            }
        }
    }
}

/// Trakt was down as a flow was to be started.
pub fn not_started(browser: &Browser, replace: bool) -> Markup {
    html! {
        section #link data-state="not-started" {
            div.card {
                p.news.error role="alert" { (browser.text.say("link-trakt-down")) }
                (start(browser, "link-retry", replace, true))
            }
        }
    }
}

fn start(browser: &Browser, button: &str, replace: bool, main: bool) -> Markup {
    html! {
        form method="post" action="/link/start" {
            (browser.hidden())
            @if replace { input type="hidden" name="replace" value="yes"; }
            button.main[main] #link-start { (browser.text.say(button)) }
        }
    }
}

/// Why a link does not work, and what the button is called that mends it.
fn dead(link: &Link) -> (&'static str, &'static str) {
    let reason = link.reason.as_deref().and_then(|word| word.parse().ok());
    match (link.status, reason) {
        (LinkStatus::Unverified, _) => ("link-dead-unverified", "link-confirm"),
        (LinkStatus::Locked, _) => ("link-dead-locked", "link-mend"),
        (_, Some(LossReason::LostAnswer | LossReason::Lost)) => ("link-dead-lost", "link-mend"),
        (_, Some(LossReason::Unreadable)) => ("link-dead-unreadable", "link-mend"),
        _ => ("link-dead-revoked", "link-mend"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::text::Text;
    use super::*;

    #[test]
    fn every_end_has_its_sentence() {
        for end in FlowEnd::ALL {
            let id = format!("link-end-{}", end.as_str().replace('_', "-"));
            assert!(*end == FlowEnd::Linked || Text::has(&id), "{id}");
        }
    }
}
