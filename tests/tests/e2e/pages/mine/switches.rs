//! The switches, and the export.

use ureq::http::Request;

use super::{Viewer, says, says_not};
use crate::harness::{call, send};
use crate::pages::browser::Look;

#[test]
fn what_is_switched_off_is_said() {
    let viewer = Viewer::linked(3);
    let Some(browser) = viewer.browser(Look::default()) else {
        return;
    };
    browser.click("#switch-pull");
    browser.click("#switch-recommendations");
    browser.click("form[action='/my/settings'] button");
    browser.wait_text("[role=status]", "Saved.");
    browser.wait_text("#sync-phase", "You have switched reading off.");
    browser.wait_text(
        "#recommended-list",
        "You have switched recommendations off.",
    );
    assert!(!browser.has("#sync-now"));
    let checked = |of: &str| {
        let script = format!("return document.getElementById('switch-{of}').checked");
        browser.run(&script)
    };
    assert_eq!(
        [checked("pull"), checked("push"), checked("recommendations")],
        [false, true, false]
    );
    browser.sound();
    let settings = viewer.api("/trakt/settings");
    assert_eq!(settings["pull"], false);
    let visitor = viewer.visitor();
    assert_eq!(visitor.post("/my/sync", &[]).status, 409);
    browser.click("#switch-pull");
    browser.click("form[action='/my/settings'] button");
    browser.wait_for("#sync-now");
    assert_eq!(viewer.api("/trakt/settings")["pull"], true);
    let changed = viewer.service.database.events(viewer.user);
    let changed = changed.iter().filter(|event| *event == "settings_changed");
    assert_eq!(changed.count(), 3);
}

#[test]
fn wrong_switches_change_nothing() {
    let viewer = Viewer::new();
    let visitor = viewer.visitor();
    for bad in [&[("pull", "on")][..], &[("pull", "yes"), ("more", "yes")]] {
        assert_eq!(visitor.post("/my/settings", bad).status, 422, "{bad:?}");
    }
    assert_eq!(viewer.api("/trakt/settings")["push"], true);
}

#[test]
fn the_export_is_that_of_the_api_and_trouble_is_a_page() {
    let viewer = Viewer::linked(12);
    let visitor = viewer.visitor();
    let export = visitor.get("/my/export");
    assert_eq!(export.status, 200, "{export:?}");
    assert_eq!(export.header("content-type"), Some("application/x-ndjson"));
    let file = export.header("content-disposition").unwrap();
    assert!(file.starts_with("attachment"), "{file}");
    assert_eq!(export.header("cache-control"), Some("no-store"));
    let lines: Vec<&str> = export.text.lines().collect();
    assert!(lines.len() > 20, "{lines:?}");
    assert!(
        lines
            .last()
            .unwrap()
            .contains(&format!("\"lines\":{}", lines.len() - 1))
    );
    // At once again is too soon, for whichever of both.
    let url = viewer.server().url("/trakt/export");
    let again = call("GET", &url, Some(&viewer.token), None);
    assert_eq!(again.outcome(), "429 rate_limited");
    let cookie = format!("session={}", visitor.cookie().unwrap());
    let request = Request::get(viewer.server().url("/my/export"));
    let request = request
        .header("cookie", cookie)
        .header("accept", "text/html");
    let page = send(request.body(Vec::new()).unwrap());
    assert_eq!(page.status, 429);
    says(&page.text, "That was too fast.");
    says_not(&page.text, "\"code\"");
}
