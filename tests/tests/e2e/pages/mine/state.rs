//! The state of the link, and that no part of the page takes another with it.

use super::{Viewer, says, says_not};
use crate::harness::wait_for;
use crate::pages::browser::Look;

#[test]
fn who_is_not_linked_is_told_so_and_how_to_link() {
    let viewer = Viewer::new();
    let visitor = viewer.visitor();
    let page = viewer.page(&visitor);
    says(&page, "No Trakt account is linked.");
    says(&page, "Once an account is linked");
    says(&page, "action=\"/link/start\"");
    for part in [
        "sync-state",
        "progress-list",
        "recommended-list",
        "/my/unlink",
    ] {
        says_not(&page, part);
    }
    // What needs no link.
    says(&page, "action=\"/my/settings\"");
    says(&page, "href=\"/my/export\"");
    let ask = visitor.post("/my/sync", &[]);
    assert_eq!(ask.status, 409);
    says(&ask.text, "No Trakt account is linked. Link one first.");
}

#[test]
fn each_state_is_said_in_words_with_what_to_do() {
    let viewer = Viewer::linked(3);
    let visitor = viewer.visitor();
    let page = viewer.page(&visitor);
    says(&page, "Linked, and everything works.");
    says(&page, "<bdi>sean</bdi>");
    says(&page, "Linked since");
    says_not(&page, "/link/start");
    for (status, reason, words, button) in [
        (
            "needs_relink",
            "revoked",
            "Most likely another app took its place",
            Some("Link again"),
        ),
        (
            "needs_relink",
            "lost_answer",
            "broke while it was being renewed",
            Some("Link again"),
        ),
        (
            "needs_relink",
            "lost",
            "did not answer for so long",
            Some("Link again"),
        ),
        (
            "needs_relink",
            "unreadable",
            "cannot be read here any more",
            Some("Link again"),
        ),
        (
            "needs_relink",
            "newer",
            "The connection to Trakt has ended.",
            Some("Link again"),
        ),
        ("locked", "locked", "Write to Trakt's support.", None),
        ("unverified", "", "An admin says", Some("Confirm at Trakt")),
    ] {
        let tokens = match status {
            "unverified" => {
                ", access_token = NULL, refresh_token = NULL, key_id = NULL, token_expires_at = NULL"
            }
            _ => "",
        };
        viewer.execute(&format!(
            "UPDATE trakt_users SET status = '{status}', status_reason = nullif('{reason}', ''), \
             refresh_due_at = NULL {tokens}"
        ));
        let page = viewer.page(&visitor);
        says(&page, words);
        says_not(&page, "everything works");
        match button {
            Some(button) => says(&page, &format!("<button class=\"main\">{button}</button>")),
            None => says_not(&page, "/link/start"),
        }
        // Nothing can be asked for, and what was read is still there.
        says(&page, "Nothing is read without a working link.");
        says_not(&page, "sync-now");
        says(&page, "Watched last");
        if status == "locked" {
            assert_eq!(visitor.post("/my/sync", &[]).status, 409);
        }
    }
}

#[test]
fn a_dead_link_is_mended_with_one_click() {
    let viewer = Viewer::linked(1);
    viewer.execute(
        "UPDATE trakt_users SET status = 'needs_relink', status_reason = 'revoked', \
         refresh_due_at = NULL",
    );
    let Some(browser) = viewer.browser(Look::default()) else {
        return;
    };
    browser.wait_text("main", "Trakt has ended the connection.");
    browser.sound();
    browser.click("form[action='/link/start'] button");
    browser.wait_text("h1", "Link account");
    let flows = viewer.sim().device_codes();
    assert_eq!(flows.len(), 2, "a new code");
    viewer.sim().approve(&flows[1].user_code, "sean").unwrap();
    wait_for("the link", || {
        (viewer.api("/trakt/association")["status"] == "active").then_some(())
    });
    browser.open(&viewer.server().url("/my"));
    browser.wait_text("main", "Linked, and everything works.");
}

/// Each part is read by itself: what fails says so in its place.
#[test]
fn a_part_that_fails_takes_no_other_with_it() {
    let viewer = Viewer::linked(3);
    let visitor = viewer.visitor();
    let trouble = "We are not ready right now.";
    for (table, gone, there) in [
        ("recommendation_states", "recommended-list", "history-list"),
        ("watch_holds", "sync-state", "history-list"),
        ("watch_choices", "switch-pull", "link-state"),
    ] {
        viewer.execute(&format!("ALTER TABLE {table} RENAME TO away"));
        let page = viewer.page(&visitor);
        says(&page, trouble);
        says(&page, there);
        if gone != "recommended-list" {
            says_not(&page, &format!("id=\"{gone}\""));
        }
        viewer.execute(&format!("ALTER TABLE away RENAME TO {table}"));
    }
    says_not(&viewer.page(&visitor), trouble);
}
