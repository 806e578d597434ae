//! Ending the link, with and without its data.

use trakt_sim::TokenState;

use super::{Viewer, says, says_not};
use crate::pages::browser::Look;

#[test]
fn a_link_ends_and_its_data_stays_until_it_is_deleted_too() {
    let viewer = Viewer::linked(3);
    // The browser itself wants the tick, also where no script runs.
    let look = Look {
        script: false,
        ..Look::default()
    };
    let Some(browser) = viewer.browser(look) else {
        return;
    };
    browser.click("form[action='/my/unlink'] button");
    assert!(browser.url().ends_with("/my"), "{}", browser.url());
    browser.click("#unlink-confirm");
    browser.click("form[action='/my/unlink'] button");
    browser.wait_text(
        "[role=status]",
        "The link has ended. What was read stays here.",
    );
    browser.wait_text("main", "No Trakt account is linked.");
    browser.wait_text("#sync-phase", "Nothing is read without a working link.");
    assert_eq!(browser.texts("#history-list li").len(), 4);
    let tokens = viewer.sim().tokens();
    assert!(
        tokens.iter().all(|pair| pair.state == TokenState::Revoked),
        "at Trakt"
    );
    // The data alone, now.
    assert!(!browser.has("#unlink-keep"));
    browser.click("#unlink-confirm");
    browser.click("form[action='/my/unlink'] button");
    browser.wait_text("[role=status]", "your Trakt data was deleted here.");
    assert!(!browser.has("#history-list"));
    assert!(!browser.has("form[action='/my/unlink']"));
    browser.sound();
    let plays = "SELECT count(*) FROM plays";
    assert_eq!(viewer.service.database.count(plays), 0);
}

#[test]
fn a_link_and_its_data_end_together() {
    let viewer = Viewer::linked(3);
    let Some(browser) = viewer.browser(Look::default()) else {
        return;
    };
    browser.click("#unlink-purge");
    browser.click("#unlink-confirm");
    browser.sound();
    browser.click("form[action='/my/unlink'] button");
    browser.wait_text("[role=status]", "your Trakt data was deleted here.");
    browser.wait_text("main", "Once an account is linked");
    assert_eq!(
        viewer.service.database.count("SELECT count(*) FROM plays"),
        0
    );
    let events = viewer.service.database.events(viewer.user);
    assert!(events.contains(&"data_purged".to_owned()), "{events:?}");
}

#[test]
fn nothing_ends_without_a_yes() {
    let viewer = Viewer::linked(3);
    let visitor = viewer.visitor();
    for fields in [&[][..], &[("data", "purge")]] {
        let reply = visitor.post("/my/unlink", fields);
        assert_eq!(reply.header("location"), Some("/my?done=unconfirmed"));
    }
    for fields in [
        &[("data", "all"), ("confirm", "yes")][..],
        &[("data", "purge"), ("confirm", "no")],
    ] {
        assert_eq!(visitor.post("/my/unlink", fields).status, 422, "{fields:?}");
    }
    let page = visitor.get("/my?done=unconfirmed").text;
    says(&page, "Nothing was changed. Tick the box to confirm first.");
    says(&page, "Linked, and everything works.");
    says_not(&page, "No Trakt account is linked.");
    assert_eq!(
        viewer.service.database.count("SELECT count(*) FROM plays"),
        4
    );
}
