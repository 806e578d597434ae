//! A link that does not work any more: why, and the one click that mends it.

use super::{EMAIL, Stage};
use crate::harness::{Service, issue_token};
use crate::pages::browser::Look;
use crate::pages::visit::Visitor;
use crate::pages::{PASSWORD, account};

const KILL: &str = "UPDATE trakt_users SET status = $1, status_reason = $2, access_token = NULL, \
                    refresh_token = NULL, token_expires_at = NULL, key_id = NULL, \
                    refresh_due_at = NULL";

#[test]
fn each_reason_has_its_words() {
    let service = Service::start();
    let user = account(&service.database, EMAIL, "user");
    let linked = service
        .server
        .link(&service.sim, &issue_token(user, 600), "sean");
    assert_eq!(linked.status, 200);
    let visitor = Visitor::new(&service.server).sign_in(EMAIL, PASSWORD);
    for (status, reason, words, button) in [
        (
            "needs_relink",
            Some("revoked"),
            "another app took its place",
            "Link it again",
        ),
        (
            "needs_relink",
            Some("lost"),
            "while we were renewing it",
            "Link it again",
        ),
        (
            "needs_relink",
            Some("lost_answer"),
            "while we were renewing it",
            "Link it again",
        ),
        (
            "needs_relink",
            Some("unreadable"),
            "cannot read the stored access",
            "Link it again",
        ),
        (
            "needs_relink",
            Some("a word of later"),
            "another app took its place",
            "Link it again",
        ),
        (
            "needs_relink",
            None,
            "another app took its place",
            "Link it again",
        ),
        (
            "unverified",
            None,
            "An admin has entered this account for you.",
            "Confirm at Trakt",
        ),
        (
            "locked",
            Some("locked"),
            "Write to Trakt's support",
            "Link it again",
        ),
    ] {
        service.database.execute(KILL, &[&status, &reason]);
        // Not as news: the flow that made it was good.
        let page = visitor.get("/link").text.replace("&#39;", "'");
        assert!(page.contains(words), "{status} {reason:?}: {page}");
        assert!(
            page.contains(&format!("{button}</button>")),
            "{status}: {page}"
        );
        assert!(!page.contains("Done."), "{page}");
        assert!(page.contains("<bdi class=\"account\">sean</bdi>"), "{page}");
    }
}

#[test]
fn one_click_mends_it() {
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    let browser = &stage.browser;
    stage.start();
    stage.approve("sean");
    stage.news("Done.");
    for (status, reason) in [
        ("needs_relink", "revoked"),
        ("unverified", "anything"),
        ("locked", "locked"),
    ] {
        stage.service.database.execute(KILL, &[&status, &reason]);
        browser.open(&stage.service.server.url("/link"));
        browser.wait_for("#link .error");
        browser.sound();
        stage.start();
        assert!(
            browser
                .text("#link")
                .contains("This account was linked before:")
        );
        browser.sound();
        stage.approve("sean");
        stage.news("Done.");
        let active = "SELECT count(*) FROM trakt_users WHERE status = 'active'";
        assert_eq!(stage.service.database.count(active), 1);
    }
}
