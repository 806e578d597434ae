//! What to go on with, what was watched, and names from outside.

use super::{Viewer, says};
use crate::harness::wait_for;
use crate::pages::browser::Look;

#[test]
fn what_to_go_on_with_and_what_was_watched() {
    let viewer = Viewer::linked(12);
    // The episodes of the show are read by and by.
    let next = wait_for("the next episode", || {
        let list = viewer.api("/trakt/progress");
        let item = list["items"][0].clone();
        item["left"].is_u64().then_some(item)
    });
    let visitor = viewer.visitor();
    let page = viewer.page(&visitor);
    says(&page, next["show"]["title"].as_str().unwrap());
    says(
        &page,
        &format!(
            "S{} E{}",
            next["episode"]["season"], next["episode"]["number"]
        ),
    );
    says(&page, &format!("{} episodes left", next["left"]));
    says(
        &page,
        &format!(
            "{} % of the show watched",
            next["progress"].as_f64().unwrap().round()
        ),
    );
    let history = page.split("id=\"history-list\"").nth(1).unwrap();
    let history = history.split("</section>").next().unwrap();
    assert_eq!(history.matches("<li>").count(), 10, "a part of it");
    let newest = &viewer.api("/trakt/history?limit=1")["items"][0];
    says(
        &page,
        &format!("datetime=\"{}\"", newest["watchedAt"].as_str().unwrap()),
    );
    // Where a player stopped in a movie; and a play that Trakt has not confirmed yet, at no time.
    viewer.execute(&format!(
        "INSERT INTO playback (user_id, id, kind, item, progress, paused_at) \
         SELECT '{}', 77, 'movie', trakt, 33.4, now() FROM media WHERE kind = 'movie' LIMIT 1",
        viewer.user
    ));
    viewer.execute("UPDATE plays SET id = -5 WHERE id = (SELECT max(id) FROM plays)");
    viewer.execute("UPDATE plays SET watched_at = NULL WHERE id <> -5");
    let page = viewer.page(&visitor);
    says(&page, "stopped at 33 %");
    says(&page, "not confirmed by Trakt yet");
    says(&page, "at a time that Trakt does not know");
}

/// Titles and names are whatever somebody typed at Trakt.
#[test]
fn hostile_names_are_text() {
    let viewer = Viewer::linked(12);
    let database = &viewer.service.database;
    let visitor = viewer.visitor();
    assert_eq!(visitor.get("/my?recommend=yes").status, 200);
    let long = "wide".repeat(75);
    let names = [
        "<script>window.bad = 1</script>",
        "\"'><img src=x onerror=alert(1)>",
        "\u{202e}txet desrever",
        "👩‍👩‍👧‍👦 &amp; { $left }",
        &long,
    ];
    for (place, name) in names.iter().enumerate() {
        let title = "UPDATE media SET title = $1 WHERE trakt % 5 = $2";
        let place = i64::try_from(place).unwrap();
        database.execute(title, &[name, &place]);
    }
    for look in [
        Look::default(),
        Look {
            width: 320,
            dark: true,
            ..Look::default()
        },
    ] {
        let Some(browser) = viewer.browser(look) else {
            return;
        };
        for name in &names {
            let user = "UPDATE trakt_users SET trakt_username = $1, trakt_slug = $2";
            // Of a slug we take no more, and neither space nor slash.
            let slug: String = name.replace([' ', '/'], "-").chars().take(255).collect();
            database.execute(user, &[name, &slug]);
            browser.open(&viewer.server().url("/my"));
            assert_eq!(browser.text("dd bdi"), *name);
            browser.wait_text("#history-list li", name);
            browser.wait_text("#recommended-list li", name);
        }
        assert_eq!(browser.run("return typeof window.bad"), "undefined");
        browser.sound();
    }
}
