//! The document as a page.

use crate::harness::{Service, call, issue_token};
use crate::pages::browser::{Browser, Look};

#[test]
fn a_route_can_be_tried_out_on_the_page() {
    let service = Service::start();
    let server = &service.server;
    let page = call("GET", &server.url("/docs"), None, None);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(policy.contains("script-src 'self'"), "{policy}");
    for start in ["src=\"", "href=\""] {
        for target in page.text.split(start).skip(1) {
            let embedded = target.starts_with("/docs/") || target.starts_with("data:,");
            assert!(embedded, "{target}");
        }
    }
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&server.url("/docs"));
    let route = "#operations-Link-association";
    browser.wait_for(route);
    let lang = browser.run("return document.documentElement.lang");
    assert_eq!(lang, "en");

    let user = service.database.user("user@example.org", "user");
    browser.click(".btn.authorize");
    browser.fill(".auth-container input", &issue_token(user, 600));
    browser.click(".auth-btn-wrapper .authorize");
    browser.click(".auth-btn-wrapper .btn-done");
    browser.click(&format!("{route} .opblock-summary-control"));
    browser.click(&format!("{route} .try-out__btn"));
    browser.click(&format!("{route} .execute"));
    let answer = format!("{route} .live-responses-table");
    browser.wait_text(&answer, "\"associated\": false");
    browser.quiet();
}
