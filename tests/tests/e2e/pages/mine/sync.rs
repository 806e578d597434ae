//! Reading: asked for, followed, and held back.

use trakt_api::Batch;
use trakt_api::endpoints::{GetHistory, RemoveFromHistory};
use trakt_sim::Fault;

use super::{Viewer, add_plays, says};
use crate::harness::{Person, wait_for};
use crate::pages::browser::{Browser, Look};

/// How many rows the page says have come.
fn rows(browser: &Browser) -> Option<u64> {
    let text = browser.texts("#sync-progress").pop()?;
    let (part, rows) = text.split_once(": ")?;
    assert_eq!(
        part.replace(['\u{2068}', '\u{2069}'], ""),
        "Plays of movies"
    );
    let digits: String = rows.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[test]
fn a_long_first_import_is_followed_to_its_end() {
    let viewer = Viewer::new();
    add_plays(viewer.sim(), 1..=2500);
    let slow = Fault::Delay { ms: 1000 };
    let history = "GET /sync/history/movies";
    viewer.sim().fault_times(history, 100, slow).unwrap();
    let Some(browser) = viewer.browser(Look::default()) else {
        return;
    };
    viewer.link();
    browser.open(&viewer.server().url("/my"));
    browser.run("window.still = 'here'");
    let first = wait_for("progress", || rows(&browser));
    browser.sound();
    wait_for("more progress", || (rows(&browser)? > first).then_some(()));
    browser.wait_text("#sync-phase", "Your data is being read at Trakt.");
    assert!(
        browser
            .run("return document.getElementById('sync-said').textContent")
            .as_str()
            .unwrap()
            .contains("Plays of movies")
    );
    // Somebody is about to do something else meanwhile, and is not disturbed.
    browser.click("#switch-push");
    browser.wait_text("#sync-phase", "Everything was read.");
    assert_eq!(browser.run("return window.still"), "here", "no reload");
    assert_eq!(browser.texts("#history-list li").len(), 10);
    let said = "return document.getElementById('sync-said').textContent";
    assert_eq!(
        browser.run(said),
        "Your data was read. The page is up to date."
    );
    assert_eq!(
        browser.run("return document.getElementById('switch-push').checked"),
        false
    );
    assert_eq!(
        browser.run("return document.activeElement.id"),
        "switch-push"
    );
    browser.click("#sync-state summary");
    browser.wait_text("#sync-state dl", "2500");
    browser.sound();
}

#[test]
fn sync_now_reads_what_is_new_and_shows_it() {
    let viewer = Viewer::linked(3);
    let Some(browser) = viewer.browser(Look::default()) else {
        return;
    };
    assert_eq!(browser.texts("#history-list li").len(), 4);
    viewer
        .sim()
        .add_plays("sean", &[super::movie_play(9)])
        .unwrap();
    browser.click("#sync-now");
    browser.wait_text("[role=status]", "Your data is being read at Trakt.");
    wait_for("the new play", || {
        (browser.texts("#history-list li").len() == 5).then_some(())
    });
    browser.sound();
}

#[test]
fn what_is_held_back_says_what_it_would_do_and_waits_for_a_yes() {
    let viewer = Viewer::linked(100);
    let person = Person::last_linked(viewer.sim(), viewer.user);
    let plays = person.all(&GetHistory::default());
    let plays: Vec<i64> = plays.iter().map(|play| play.id).collect();
    let all_of = &Batch::default();
    let ids = &plays[..60];
    person.does(&RemoveFromHistory { ids, all_of });
    let visitor = viewer.visitor();
    assert_eq!(visitor.post("/my/sync", &[]).status, 303);
    wait_for("a pull that is held", || {
        (viewer.api("/trakt/sync")["state"] == "held").then_some(())
    });
    // What a user wrote may wait as well.
    let push = "INSERT INTO watch_holds (user_id, side, part, adds, removes, held) \
                VALUES ($1, 'push', 'ratings', 70, 2, 9)";
    viewer.service.database.execute(push, &[&viewer.user]);
    let page = viewer.page(&visitor);
    says(&page, "Some changes wait for your word.");
    says(
        &page,
        "Plays of movies: 60 of 100 are gone at Trakt, and would be removed here.",
    );
    says(
        &page,
        "Ratings: of the 9 at Trakt, 2 would be removed, and 70 added or changed.",
    );
    // A plain request confirms nothing.
    assert_eq!(visitor.post("/my/sync", &[]).status, 303);
    viewer.wait_phase("held");
    let Some(browser) = viewer.browser(Look::default()) else {
        return;
    };
    browser.wait_for("#sync-confirm");
    browser.sound();
    wait_for("the limit of ten seconds", || {
        browser.open(&viewer.server().url("/my"));
        browser.click("#sync-confirm");
        browser.wait_for("h1");
        browser.has("div[role=status]").then_some(())
    });
    browser.wait_text("[role=status]", "Confirmed. The changes are being made.");
    browser.wait_text("#sync-phase", "Everything was read.");
    assert!(!browser.has("#sync-confirm"));
    let left = viewer.api("/trakt/history?limit=200");
    assert_eq!(left["items"].as_array().unwrap().len(), 41);
}

#[test]
fn what_could_not_be_read_is_said() {
    let viewer = Viewer::linked(1);
    let visitor = viewer.visitor();
    for (reason, words) in [
        ("trakt_unavailable", "Trakt did not answer."),
        ("newer", "Something went wrong on the way."),
    ] {
        viewer.execute(&format!(
            "UPDATE watch_states SET reason = '{reason}', next_at = now() + interval '1 h'"
        ));
        let page = viewer.page(&visitor);
        says(&page, "Not everything could be read the last time.");
        says(&page, words);
    }
}

impl Viewer {
    fn wait_phase(&self, phase: &str) {
        wait_for(phase, || {
            (self.api("/trakt/sync")["state"] == phase).then_some(())
        });
    }
}
