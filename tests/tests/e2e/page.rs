//! The page on which a person approves at the simulator.

use crate::harness::{Service, issue_token};
use crate::pages::browser::{Browser, Look};

#[test]
fn a_person_types_the_code_and_approves() {
    let service = Service::start();
    let token = issue_token(service.database.user("a@example.org", "user"), 600);
    let flow = service.server.start_flow(&token, false);
    let Some(browser) = Browser::start(Look {
        width: 720,
        ..Look::default()
    }) else {
        return;
    };
    browser.open(flow["codeUrl"].as_str().unwrap());
    assert_eq!(browser.text("h1"), "Connect an app");
    browser.fill("#code", flow["userCode"].as_str().unwrap());
    browser.click("button");
    browser.click("#account-1");
    browser.wait_text("h1", "Give access?");
    browser.click("button[value=approve]");
    browser.wait_for("p[role=status]");
    assert_eq!(browser.text("h1"), "Approved");
    let linked = service.server.finish_flow(&token, &flow);
    assert_eq!(linked.json()["traktSlug"], "justin", "{linked:?}");
}
