//! Each way in which a flow ends without a link: one sentence, and one thing to do next.

use trakt_sim::{AccountChange, Fault, TokenState};

use super::{EMAIL, Stage};
use crate::harness::{issue_token, wait_for};
use crate::pages::browser::Look;

const TOKEN: &str = "POST /oauth/device/token";

impl Stage {
    /// The page says this by itself, is sound, and offers that as the next step, alone.
    fn ends(&self, sentence: &str, button: &str) {
        self.news(sentence);
        let browser = &self.browser;
        browser.sound();
        assert_eq!(browser.texts("#link button"), [button], "{sentence}");
        assert!(!browser.has("#link-code"));
        wait_for("what a screen reader says", || {
            let said = browser.run("return document.querySelector('#announced').textContent");
            said.as_str()?.contains(sentence).then_some(())
        });
        // It stays so, and nobody is asked any more.
        let polls = self.polls();
        browser.open(&self.service.server.url("/link"));
        self.news(sentence);
        assert_eq!(self.polls(), polls);
    }
}

#[test]
fn refused_expired_used_and_unknown() {
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    let sim = &stage.service.sim;
    let again = "Get a new code";
    sim.deny(&stage.start()).unwrap();
    stage.ends("You refused at Trakt.", again);
    sim.expire(&stage.start()).unwrap();
    stage.ends("Nobody approved in time.", again);
    for (status, sentence) in [
        (409, "The code was used, but Trakt's answer was lost."),
        (404, "Trakt does not know the code any more."),
    ] {
        sim.fault(TOKEN, Fault::status(status)).unwrap();
        stage.start();
        stage.ends(sentence, again);
    }
    stage.start();
    stage.approve("sean");
    stage.news("Done.");
}

/// Its time runs out on the page: the page asks at once, and Trakt need not be asked.
#[test]
fn the_time_runs_out() {
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    stage.start();
    let database = &stage.service.database;
    let soon = "UPDATE device_flows SET expires_at = now() + interval '3 seconds', \
                next_poll_at = now() + interval '1 hour', interval_ms = 3600000";
    database.execute(soon, &[]);
    stage.browser.open(&stage.service.server.url("/link"));
    assert_eq!(stage.browser.value("#link", "id").as_deref(), Some("link"));
    let polls = stage.polls();
    stage.ends("Nobody approved in time.", "Get a new code");
    assert_eq!(stage.polls(), polls);
}

#[test]
fn the_account_is_somebody_elses() {
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    let (sim, server) = (&stage.service.sim, &stage.service.server);
    let other = stage.service.database.user("ben@example.org", "user");
    assert_eq!(
        server.link(sim, &issue_token(other, 600), "sean").status,
        200
    );
    stage.start();
    stage.approve("sean");
    stage.ends(
        "Somebody else here has linked this Trakt account.",
        "Get a new code",
    );
    assert!(
        !stage.browser.has("bdi.account"),
        "whose it is, is nobody's business"
    );
    stage.start();
    stage.approve("justin");
    stage.news("Done.");
}

#[test]
fn another_account_is_linked_and_gives_way_when_it_is_to() {
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    let browser = &stage.browser;
    stage.start();
    stage.approve("sean");
    stage.news("Done.");
    // A flow that is to replace nothing: as an app starts it.
    stage.visitor().post("/link/start", &[]);
    browser.open(&stage.service.server.url("/link"));
    assert!(
        browser
            .text("#link")
            .contains("Until you approve, this account stays linked:")
    );
    browser.sound();
    stage.approve("justin");
    stage.ends(
        "You approved with another Trakt account",
        "Replace the linked account",
    );
    assert!(browser.text("#link").contains("This account stays linked:"));
    assert_eq!(browser.text("bdi.account"), "sean");

    let code = stage.start();
    stage.service.sim.deny(&code).unwrap();
    // What was asked for stays asked for.
    stage.ends("You refused at Trakt.", "Get a new code");
    stage.start();
    stage.approve("justin");
    stage.news("Done.");
    assert_eq!(browser.text("bdi.account"), "justin");
    // And from the page of a link.
    assert_eq!(browser.text("#link-start"), "Link another account instead");
    stage.start();
    stage.approve("sean");
    stage.news("Done.");
    assert_eq!(browser.text("bdi.account"), "sean");
    let tokens = stage.service.sim.tokens();
    let live = tokens.iter().filter(|pair| pair.state == TokenState::Live);
    assert_eq!(live.count(), 1);

    // The offer goes with the account that it was about.
    stage.visitor().post("/link/start", &[]);
    browser.open(&stage.service.server.url("/link"));
    stage.approve("justin");
    stage.news("You approved with another Trakt account");
    stage
        .service
        .database
        .execute("DELETE FROM trakt_users", &[]);
    browser.open(&stage.service.server.url("/link"));
    assert_eq!(browser.text("#link-start"), "Link my Trakt account");
}

#[test]
fn the_account_is_locked() {
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    let sim = &stage.service.sim;
    let locked = |locked| AccountChange {
        locked: Some(locked),
        ..AccountChange::default()
    };
    sim.change_account("sean", locked(true)).unwrap();
    stage.start();
    stage.approve("sean");
    stage.ends(
        "Trakt has locked or deactivated this account.",
        "Get a new code",
    );
    assert!(
        stage
            .browser
            .text("#link .news")
            .contains("Trakt's support")
    );
    sim.change_account("sean", locked(false)).unwrap();
    stage.start();
    stage.approve("sean");
    stage.news("Done.");
    let user = stage
        .service
        .database
        .rows("SELECT id FROM users WHERE email = $1", &[&EMAIL]);
    let events = stage.service.database.events(user[0].get(0));
    assert_eq!(events.iter().filter(|event| *event == "linked").count(), 1);
}
