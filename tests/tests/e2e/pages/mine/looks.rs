//! The page as different people have it.

use trakt_api::endpoints::ScrobblePause;
use trakt_api::{Ids, Percent, Playing};
use trakt_sim::{MediaType, NewPlay};

use super::{Viewer, add_plays, movie_play};
use crate::harness::{Person, wait_for};
use crate::pages::browser::{Browser, Look};

const TAB: &str = "\u{e004}";
const SPACE: &str = " ";
const ENTER: &str = "\u{e007}";

/// Presses the tabulator until this has the focus.
fn tab_to(browser: &Browser, id: &str) {
    for _ in 0..80 {
        browser.keys(TAB);
        if browser.run("return document.activeElement.id") == id {
            return;
        }
    }
    panic!("{id} cannot be reached");
}

#[test]
fn small_dark_and_german() {
    let viewer = Viewer::linked(12);
    let visitor = viewer.visitor();
    visitor.get("/my?recommend=yes");
    wait_for("the next episode", || {
        let list = viewer.api("/trakt/progress");
        list["items"][0]["left"].is_u64().then_some(())
    });
    let look = Look {
        width: 320,
        dark: true,
        language: "de",
        script: true,
    };
    let Some(browser) = viewer.browser(look) else {
        return;
    };
    browser.wait_text("h1", "Mein Trakt");
    browser.wait_text("main", "Verknüpft, und alles funktioniert.");
    browser.wait_text("#progress-list", "Folgen");
    browser.wait_text("#recommended-list button", "Ausblenden");
    browser.sound();
    browser.click("#sync-now");
    browser.wait_text("[role=status]", "Ihre Daten werden bei Trakt gelesen.");
    browser.wait_text("#sync-phase", "Alles wurde gelesen.");
    browser.sound();
}

/// As the README shows it.
#[test]
fn on_a_desktop() {
    let viewer = Viewer::new();
    add_plays(viewer.sim(), 1..=8);
    let episodes = [1..120, 400..430, 900..906];
    let play = |n: u64| NewPlay {
        media: MediaType::Episode,
        trakt: n,
        ..movie_play(n)
    };
    let plays: Vec<_> = episodes.into_iter().flatten().map(play).collect();
    viewer.sim().add_plays("sean", &plays).unwrap();
    viewer.link();
    let person = Person::last_linked(viewer.sim(), viewer.user);
    person.does(&ScrobblePause {
        playing: &Playing::Movie(Ids::trakt(60).into()),
        progress: Percent::new(42.0).unwrap(),
    });
    viewer.wait_read();
    viewer.visitor().get("/my?recommend=yes");
    wait_for("the episodes of all shows", || {
        let list = viewer.api("/trakt/progress");
        let list = list["items"].as_array().unwrap();
        let known = list.iter().filter(|item| item["left"].is_u64());
        (known.count() >= 3).then_some(())
    });
    let Some(browser) = viewer.browser(Look::default()) else {
        return;
    };
    browser.wait_text("main", "Linked, and everything works.");
    browser.sound();
    browser.picture("my-trakt");
}

#[test]
fn without_scripts() {
    let viewer = Viewer::linked(3);
    let look = Look {
        script: false,
        ..Look::default()
    };
    let Some(browser) = viewer.browser(look) else {
        return;
    };
    browser.click("#recommend-fetch");
    browser.wait_for("#recommended-list li button");
    browser.click("#recommended-list li button");
    browser.wait_text("[role=status]", "Hidden.");
    browser.click("[role=status] button");
    browser.wait_text("[role=status]", "Undone.");
    browser.click("#sync-now");
    browser.wait_text("[role=status]", "Your data is being read at Trakt.");
    browser.sound();
}

#[test]
fn by_keyboard_alone() {
    let viewer = Viewer::linked(3);
    let Some(browser) = viewer.browser(Look::default()) else {
        return;
    };
    tab_to(&browser, "sync-now");
    browser.keys(ENTER);
    browser.wait_text("[role=status]", "Your data is being read at Trakt.");
    tab_to(&browser, "recommend-fetch");
    browser.keys(ENTER);
    browser.wait_for("#recommended-list li");
    tab_to(&browser, "switch-recommendations");
    browser.keys(SPACE);
    browser.keys(ENTER);
    browser.wait_text("[role=status]", "Saved.");
    browser.wait_text(
        "#recommended-list",
        "You have switched recommendations off.",
    );
    tab_to(&browser, "unlink-confirm");
    browser.keys(SPACE);
    browser.keys(&format!("{TAB}{ENTER}"));
    browser.wait_text("[role=status]", "The link has ended.");
}
