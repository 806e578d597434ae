//! All links, and how they stand.

use super::{ADMIN, TOKENS, many, set, slugs, staffed, visitor};
use crate::pages::PASSWORD;
use crate::pages::browser::{Browser, Look};

#[test]
fn links_are_searched_filtered_and_paged() {
    let (service, _) = staffed();
    let (server, database) = (&service.server, &service.database);
    many(database, 45);
    set(
        database,
        "slug-007",
        "status = 'needs_relink', status_reason = 'lost_answer'",
    );
    set(
        database,
        "slug-008",
        &format!("status = 'active', {TOKENS}"),
    );
    let visitor = visitor(server);
    let get = |path: &str| visitor.get(path).text;

    let first = get("/admin");
    assert_eq!(slugs(&first).len(), 20);
    let all: Vec<String> = (1..=45).map(|n| format!("slug-{n:03}")).collect();
    assert_eq!(slugs(&first), all[..20]);
    assert_eq!(slugs(&get("/admin?page=2")), all[20..40]);
    let last = get("/admin?page=3");
    assert_eq!(slugs(&last), all[40..]);
    assert!(!last.contains("rel=\"next\""), "{last}");
    assert!(slugs(&get("/admin?page=4")).is_empty());
    // As the form sends it, with what was left empty.
    assert_eq!(slugs(&get("/admin?q=&status=")), all[..20]);
    assert_eq!(slugs(&get("/admin?q=+SLUG-03+&status=")), all[29..39]);
    assert_eq!(slugs(&get("/admin?q=user-012%40example")), ["slug-012"]);
    assert_eq!(slugs(&get("/admin?status=needs_relink")), ["slug-007"]);
    assert_eq!(slugs(&get("/admin?status=active&q=slug")), ["slug-008"]);
    let none = get("/admin?status=locked");
    assert!(slugs(&none).is_empty() && none.contains("No link fits."));
    // The way to the next page keeps what was searched for.
    let some = get("/admin?q=slug&status=unverified");
    assert!(some.contains("href=\"/admin?status=unverified&amp;q=slug&amp;page=2\""));
    for path in [
        "/admin?status=good",
        "/admin?page=0",
        "/admin?page=x",
        "/admin?what=1",
    ] {
        assert_eq!(visitor.get(path).status, 422, "{path}");
    }

    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.sign_in(server, ADMIN, PASSWORD);
    browser.open(&server.url("/admin"));
    browser.sound();
    browser.click("nav a[rel=next]");
    browser.wait_text("table.links", "slug-021");
    browser.fill("#q", "slug-007");
    browser.click("form.filter button");
    browser.wait_text("table.links", "It broke while the token was renewed.");
    assert_eq!(browser.texts("table.links tbody tr").len(), 1);
    assert_eq!(browser.value("#q", "value").as_deref(), Some("slug-007"));
    browser.sound();
}

#[test]
fn how_everything_stands_is_seen_at_a_glance() {
    let (service, _) = staffed();
    let (server, database) = (&service.server, &service.database);
    many(database, 14);
    for n in 1..=12 {
        let days = 20 - n;
        let columns = format!(
            "status = 'active', {}, refresh_due_at = NULL",
            TOKENS.replace("'2 days'", &format!("'{days} days'"))
        );
        set(database, &format!("slug-{n:03}"), &columns);
    }
    set(
        database,
        "slug-013",
        "status = 'needs_relink', status_reason = 'revoked'",
    );
    // Nobody takes it up: the attempt of another owner waits for its answer.
    let overdue = "refresh_due_at = now() - interval '2 minutes', refresh_state = 'sent', \
                   attempt = gen_random_uuid(), attempt_owner = gen_random_uuid(), \
                   attempt_boot = gen_random_uuid(), lease_until = now() + interval '1 hour'";
    set(database, "slug-001", overdue);
    let of = |n: i32| format!("(SELECT id FROM users WHERE email = 'user-{n:03}@example.org')");
    database.execute(
        &format!(
            "INSERT INTO outbox (id, user_id, trakt_uuid, deed, part, wish, at, accepted_at) \
             SELECT gen_random_uuid(), {}, 'u', 'rate', 'ratings', '', now(), \
                 now() - n * interval '90 minutes' FROM generate_series(1, 3) AS n",
            of(2)
        ),
        &[],
    );
    database.execute(
        &format!(
            "INSERT INTO watch_states (user_id, trakt_uuid, reason) \
             VALUES ({}, 'u', 'unavailable'), ({}, 'u', 'unavailable'), ({}, 'u', NULL)",
            of(3),
            of(4),
            of(5)
        ),
        &[],
    );
    database.execute(
        &format!(
            "INSERT INTO watch_holds (user_id, side, part, adds, removes, held) \
             VALUES ({0}, 'pull', 'history', 0, 99, 100), ({0}, 'push', 'ratings', 0, 99, 100)",
            of(4)
        ),
        &[],
    );
    let page = visitor(server).get("/admin").text;
    let counts = page.split_once("<dl class=\"card counts\">").unwrap().1;
    let counts = counts.split_once("</dl>").unwrap().0;
    let mut said = counts.split("<dt>").skip(1).map(|pair| {
        let (name, count) = pair.split_once("</dt><dd>").unwrap();
        let count = count
            .trim_end_matches("</dd>")
            .replace("<strong class=\"error\">", "");
        // Without the marks that keep the direction of what was filled in.
        let count = count
            .replace("</strong>", "")
            .replace(['\u{2068}', '\u{2069}'], "");
        format!("{name}: {count}")
    });
    let expected = [
        "Linked: 12",
        "Not confirmed by their users: 1",
        "To be linked again: 1",
        "Locked by Trakt: 0",
        "Refreshes overdue: 1",
        "Writes waiting for Trakt: 3 · the oldest for 4 hours",
        "Users whose last sync failed: 1",
        "Users with changes held back: 1",
        "Database: answers",
    ];
    for line in expected {
        assert_eq!(said.next().as_deref(), Some(line));
    }
    // The ten that expire soonest, the soonest first.
    let soon = page.split_once("<table class=\"expiring\">").unwrap().1;
    let soon: Vec<&str> = soon.split("<bdi class=\"soft\">").skip(1).collect();
    let soon: Vec<&str> = soon
        .iter()
        .map(|cell| cell.split('<').next().unwrap())
        .collect();
    let expected: Vec<String> = (3..=12).rev().map(|n| format!("slug-{n:03}")).collect();
    assert_eq!(soon, expected);
}

#[test]
fn hostile_names_are_text() {
    let (service, _) = staffed();
    let (server, database) = (&service.server, &service.database);
    many(database, 5);
    let long = "x".repeat(255);
    let hostile = [
        ("<img&src=x&onerror=alert(1)>", "<script>alert(1)</script>"),
        ("\u{202e}evil", "\u{202e}\u{2066}evil"),
        (long.as_str(), long.as_str()),
        ("\u{1f980}\u{200d}\u{1f469}", "\"'><b onload=alert(1)>"),
        ("{{7*7}}${7*7}", "</table></main>"),
    ];
    for (n, (slug, name)) in (1..).zip(hostile) {
        let sql = "UPDATE trakt_users SET trakt_slug = $1, trakt_username = $2 \
                   WHERE trakt_slug = $3";
        database.execute(sql, &[&slug, &name, &format!("slug-{n:03}")]);
        let entry = "INSERT INTO audit_log (event, outcome, trakt_slug, detail) \
                     VALUES ('linked', 'succeeded', $1, $2), ('<b>new</b>', 'succeeded', $1, $2)";
        database.execute(entry, &[&slug, &name]);
    }
    let page = visitor(server).get("/admin").text;
    assert!(
        !page.contains("<script>") && !page.contains("<img"),
        "{page}"
    );
    for width in [320, 1000] {
        let Some(browser) = Browser::start(Look {
            width,
            ..Look::default()
        }) else {
            return;
        };
        browser.sign_in(server, ADMIN, PASSWORD);
        for path in ["/admin", "/admin/audit"] {
            browser.open(&server.url(path));
            browser.wait_text("table", "\u{202e}evil");
            browser.wait_text("table", &long);
            browser.wait_text("table", "onerror=alert(1)");
            browser.sound();
        }
    }
}
