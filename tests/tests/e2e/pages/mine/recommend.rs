//! Recommendations: asked for, hidden, and shown again.

use serde_json::Value;
use trakt_sim::Fault;

use super::{Viewer, says, says_not};
use crate::harness::wait_for;
use crate::pages::browser::Look;

fn asked(viewer: &Viewer) -> usize {
    viewer
        .sim()
        .requests_to("GET /recommendations/movies")
        .len()
}

fn first(viewer: &Viewer) -> Value {
    viewer.api("/trakt/recommendations/movies")["items"][0]["movie"].clone()
}

#[test]
fn they_are_hidden_and_shown_again() {
    let viewer = Viewer::linked(3);
    let Some(browser) = viewer.browser(Look::default()) else {
        return;
    };
    browser.wait_text("#recommended-list", "Trakt was not asked yet.");
    assert_eq!(asked(&viewer), 0, "a page waits for nobody");
    browser.click("#recommend-fetch");
    wait_for("both lists", || {
        (browser.texts("#recommended-list li").len() == 12).then_some(())
    });
    assert_eq!(asked(&viewer), 1);
    browser.wait_text("#recommended-list", "As of");
    browser.sound();
    let movie = first(&viewer);
    let (id, title) = (&movie["ids"]["trakt"], movie["title"].as_str().unwrap());
    let hide = format!("#hide-movie-{id}");
    let label = browser.run(&format!(
        "return document.querySelector('{hide}').textContent"
    ));
    assert!(label.as_str().unwrap().contains(title), "{label}");
    browser.click(&hide);
    browser.wait_text("div[role=status]", "Hidden.");
    assert!(!browser.has(&hide));
    browser.sound();
    let undo = format!("#undo-movie-{id}");
    browser.click(&undo);
    browser.wait_text("div[role=status]", "Undone.");
    browser.wait_for(&hide);
    assert!(!browser.has(&undo));
    // Trakt has heard of both.
    wait_for("both writes", || {
        let settled = "SELECT count(*) FROM outbox WHERE state = 'confirmed'";
        (viewer.service.database.count(settled) == 2).then_some(())
    });
    // What was shown again may have left the list meanwhile, so that it is read once more.
    wait_for("the list that was read again", || {
        (asked(&viewer) == 2).then_some(())
    });
    assert_eq!(first(&viewer), movie);
}

#[test]
fn trakt_that_is_away_costs_only_its_own_place() {
    let viewer = Viewer::linked(3);
    let visitor = viewer.visitor();
    let movies = "GET /recommendations/movies";
    viewer
        .sim()
        .fault_times(movies, 1000, Fault::status(503))
        .unwrap();
    let page = visitor.get("/my?recommend=yes");
    assert_eq!(page.status, 200);
    says(&page.text, "Trakt does not answer right now.");
    says(&page.text, "Watched last");
    says(&page.text, "hide-show-");
    says_not(&page.text, "hide-movie-");
    // What is held says how old it is.
    says_not(&page.text, "This list is old");
    viewer.execute("UPDATE recommendation_states SET read_at = now() - interval '2 d'");
    says(&viewer.page(&visitor), "This list is old");
}

#[test]
fn what_cannot_be_hidden_has_no_button() {
    let viewer = Viewer::linked(3);
    let visitor = viewer.visitor();
    visitor.get("/my?recommend=yes");
    says(&viewer.page(&visitor), "hide-movie-");
    let movie = first(&viewer)["ids"]["trakt"].to_string();
    for bad in [
        &[("kind", "movie")][..],
        &[("kind", "episode"), ("trakt", "1")],
        &[("kind", "movie"), ("trakt", "x")],
        &[("kind", "movie"), ("trakt", "1"), ("more", "1")],
    ] {
        assert_eq!(visitor.post("/my/hide", bad).status, 422, "{bad:?}");
    }
    let saved = visitor.post(
        "/my/settings",
        &[("pull", "yes"), ("recommendations", "yes")],
    );
    assert_eq!(saved.status, 303);
    let page = viewer.page(&visitor);
    says(
        &page,
        "You have switched writing to Trakt off, so nothing can be hidden here.",
    );
    says_not(&page, "hide-movie-");
    let refused = visitor.post("/my/hide", &[("kind", "movie"), ("trakt", &movie)]);
    assert_eq!(refused.status, 409);
    says(&refused.text, "You have switched this off.");
}

/// What a page says of a form that was sent is one of our sentences, and nothing else.
#[test]
fn an_address_puts_no_words_on_the_page() {
    let viewer = Viewer::linked(1);
    let visitor = viewer.visitor();
    for query in [
        "done=nothing",
        "done=%3Cb%3E",
        "done=saved&kind=movie&trakt=1",
    ] {
        let page = visitor.get(&format!("/my?{query}"));
        assert_eq!(page.status, 200, "{query}");
        says_not(&page.text, "/my/undo");
        let told = page.text.contains("class=\"card\" role=\"status\"");
        assert_eq!(told, query.contains("saved"), "{query}");
    }
    for query in [
        "done=hidden&kind=x",
        "done=hidden&trakt=-1",
        "recommend=no",
        "more=1",
    ] {
        assert_eq!(visitor.get(&format!("/my?{query}")).status, 422, "{query}");
    }
}
