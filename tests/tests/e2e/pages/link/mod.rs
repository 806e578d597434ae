//! The page on which a Trakt account is linked.

mod dead;
mod endings;
mod looks;
mod names;
mod waiting;

use crate::harness::{Service, wait_for};
use crate::pages::browser::{Browser, Look};
use crate::pages::visit::Visitor;
use crate::pages::{PASSWORD, account};

const EMAIL: &str = "ana@example.org";

/// A browser at the link page of somebody who has no link, and the service behind it; `None` where
/// there is no browser.
struct Stage {
    service: Service,
    browser: Browser,
}

impl Stage {
    fn new(look: Look) -> Option<Self> {
        let service = Service::start();
        account(&service.database, EMAIL, "user");
        let browser = Browser::start(look)?;
        browser.sign_in(&service.server, EMAIL, PASSWORD);
        browser.open(&service.server.url("/link"));
        browser.wait_for("#link");
        Some(Self { service, browser })
    }

    /// Presses the button that starts, and reads the code.
    fn start(&self) -> String {
        self.browser.click("#link-start");
        self.code()
    }

    fn code(&self) -> String {
        self.browser.text("#link-code")
    }

    fn approve(&self, slug: &str) {
        self.service.sim.approve(&self.code(), slug).unwrap();
    }

    fn news(&self, part: &str) {
        self.browser.wait_text("#link .news", part);
    }

    /// Waits until Trakt may be asked again.
    fn due(&self) {
        let due =
            "SELECT count(*) FROM device_flows WHERE ended_at IS NULL AND next_poll_at <= now()";
        wait_for("the next poll", || {
            (self.service.database.count(due) == 1).then_some(())
        });
    }

    /// The same person elsewhere.
    fn visitor(&self) -> Visitor<'_> {
        Visitor::new(&self.service.server).sign_in(EMAIL, PASSWORD)
    }

    fn polls(&self) -> usize {
        self.service
            .sim
            .requests_to("POST /oauth/device/token")
            .len()
    }
}

/// The value of an attribute on a page.
fn attribute<'a>(page: &'a str, before: &str) -> &'a str {
    let (_, rest) = page
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {page}"));
    rest.split('"').next().unwrap()
}
