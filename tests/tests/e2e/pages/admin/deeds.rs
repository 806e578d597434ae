//! What an operator does to links.

use trakt_sim::{Fault, TokenState};
use uuid::Uuid;

use super::{ADMIN, TOKENS, alert, many, set, slugs, staffed, visitor};
use crate::harness::{Reply, issue_token, wait_for};
use crate::pages::PASSWORD;
use crate::pages::browser::{Browser, Look};

#[test]
fn an_account_is_associated_or_it_is_said_why_not() {
    let (service, admin) = staffed();
    let (server, database) = (&service.server, &service.database);
    let ana = database.user("ana@example.org", "user");
    database.user("bo@example.org", "user");
    let visitor = visitor(server);
    let post = |fields: &[(&str, &str)]| visitor.post("/admin/associate", fields);
    let claim = |email: &str, slug: &str| post(&[("email", email), ("slug", slug)]);

    let done = post(&[
        ("email", " Ana@Example.org "),
        ("slug", " sean "),
        ("back", "status=unverified&q=e&page=2&next=//evil.example"),
    ]);
    assert_eq!(done.status, 303, "{done:?}");
    assert_eq!(
        done.header("location"),
        Some("/admin?status=unverified&q=e&page=2&done=associated")
    );
    let page = visitor.get("/admin?done=associated").text;
    assert!(page.contains("The account is associated."));
    assert!(
        !visitor
            .get("/admin?done=%3Cb%3E")
            .text
            .contains("role=\"status\"")
    );

    let told = |reply: &Reply| format!("{} {}", reply.status, alert(&reply.text));
    for (email, slug, expected) in [
        ("eve@example.org", "sean", "404 No user has this address."),
        (
            "bo@example.org",
            "nobody-there",
            "404 Trakt knows no account",
        ),
        (
            "bo@example.org",
            "sean",
            "409 Another user has this Trakt account.",
        ),
        (
            "ana@example.org",
            "justin",
            "409 This user has another Trakt account.",
        ),
        ("ana", "justin", "422 This is no e-mail address."),
        ("ana@example.org", "a/b", "422 This cannot be a Trakt slug."),
    ] {
        let reply = claim(email, slug);
        assert!(told(&reply).starts_with(expected), "{}", told(&reply));
        // What was written stands there still.
        assert!(reply.text.contains(&format!("value=\"{email}\"")));
        assert!(reply.text.contains(&format!("value=\"{slug}\"")));
        assert_eq!(slugs(&reply.text), ["sean"]);
    }
    let sim = &service.sim;
    sim.fault("GET /users/*", Fault::status(503)).unwrap();
    let down = claim("bo@example.org", "justin");
    assert!(
        told(&down).starts_with("503 Trakt does not answer right now."),
        "{down:?}"
    );

    let replace = [
        ("email", "ana@example.org"),
        ("slug", "justin"),
        ("replace", "yes"),
    ];
    assert_eq!(post(&replace).status, 303);
    assert_eq!(slugs(&visitor.get("/admin").text), ["justin"]);
    let by = database.rows(
        "SELECT actor_id FROM audit_log WHERE event = 'admin_associated' AND subject_id = $1",
        &[&ana],
    );
    assert!(by.len() >= 2);
    for row in by {
        assert_eq!(row.get::<_, Option<Uuid>>(0), Some(admin));
    }

    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.sign_in(server, ADMIN, PASSWORD);
    browser.open(&server.url("/admin"));
    browser.fill("#claim-email", "bo@example.org");
    browser.fill("#claim-slug", "justin");
    browser.click("form[action='/admin/associate'] button");
    browser.wait_text(
        "form[action='/admin/associate'] [role=alert]",
        "Another user has this",
    );
    browser.sound();
    browser.fill("#claim-slug", "sean");
    browser.click("form[action='/admin/associate'] button");
    browser.wait_text("[role=status]", "The account is associated.");
    browser.wait_text("table.links", "bo@example.org");
    browser.sound();
}

#[test]
fn a_link_is_ended_and_its_data_kept_or_deleted() {
    let (service, _) = staffed();
    let (server, database) = (&service.server, &service.database);
    let ana = database.user("ana@example.org", "user");
    assert_eq!(
        server
            .link(&service.sim, &issue_token(ana, 600), "sean")
            .status,
        200
    );
    many(database, 2);
    // The first pull would take what is not at Trakt.
    let read = "SELECT count(*) FROM watch_states WHERE read_at IS NOT NULL";
    wait_for("the first pull", || {
        (database.count(read) == 1).then_some(())
    });
    for email in ["ana@example.org", "user-001@example.org"] {
        let sql = "INSERT INTO ratings (user_id, kind, item, rating) \
                   SELECT id, 'movie', 4711, 7 FROM users WHERE email = $1";
        database.execute(sql, &[&email]);
    }
    let kept = || database.count("SELECT count(*) FROM ratings WHERE item = 4711");
    let id = |slug: &str| -> String {
        let rows = database.rows(
            "SELECT id::text FROM trakt_users WHERE trakt_slug = $1",
            &[&slug],
        );
        rows[0].get(0)
    };
    let visitor = visitor(server);
    let (sean, first, second) = (id("sean"), id("slug-001"), id("slug-002"));
    let end = |fields: &[(&str, &str)]| visitor.post("/admin/disassociate", fields);

    let keep = end(&[("id", &sean), ("data", "keep"), ("back", "q=sean")]);
    assert_eq!(
        keep.header("location"),
        Some("/admin?q=sean&done=disassociated")
    );
    assert!(kept() >= 2);
    let revoked = service.sim.tokens();
    assert!(revoked.iter().all(|pair| pair.state == TokenState::Revoked));
    let again = end(&[("id", &sean), ("data", "purge")]);
    assert_eq!(again.status, 404);
    assert!(
        alert(&again.text).starts_with("There is no such link any more."),
        "{again:?}"
    );
    let before = kept();
    let purge = end(&[("id", &first), ("data", "purge")]);
    assert_eq!(purge.header("location"), Some("/admin?done=purged"));
    assert_eq!(kept(), before - 1);
    for bad in [
        &[("id", "x")][..],
        &[("id", second.as_str()), ("data", "burn")],
        &[],
    ] {
        assert_eq!(end(bad).status, 422, "{bad:?}");
    }
    assert_eq!(slugs(&visitor.get("/admin").text), ["slug-002"]);
    let events = "SELECT count(*) FROM audit_log WHERE event = 'admin_disassociated'";
    assert_eq!(database.count(events), 2);

    // By keyboard, and asked before.
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.sign_in(server, ADMIN, PASSWORD);
    browser.open(&server.url("/admin"));
    browser.wait_for("table.links");
    assert!(!browser.text("table.links").contains("End the link now"));
    browser.run("document.querySelector('table.links summary').focus()");
    browser.keys("\u{e007}");
    browser.wait_text("table.links", "End the link now");
    browser.sound();
    // To the choice, one down to "delete", and on to the button.
    browser.keys("\u{e004}");
    browser.keys("\u{e015}");
    browser.keys("\u{e004}");
    browser.keys("\u{e007}");
    browser.wait_text(
        "[role=status]",
        "what was held of the user's data is deleted",
    );
    assert_eq!(database.count("SELECT count(*) FROM trakt_users"), 0);
}

#[test]
fn a_refresh_that_is_asked_for_comes_and_a_dead_link_gets_none() {
    let (service, admin) = staffed();
    let (server, database) = (&service.server, &service.database);
    let ana = database.user("ana@example.org", "user");
    assert_eq!(
        server
            .link(&service.sim, &issue_token(ana, 600), "sean")
            .status,
        200
    );
    many(database, 2);
    set(
        database,
        "slug-002",
        &format!("status = 'needs_relink', {TOKENS}"),
    );
    let generation =
        || database.count("SELECT generation FROM trakt_users WHERE trakt_slug = 'sean'");
    let before = generation();
    let visitor = visitor(server);
    let ask = |slug: &str| {
        let sql = "SELECT id::text FROM trakt_users WHERE trakt_slug = $1";
        let id: String = database.rows(sql, &[&slug])[0].get(0);
        visitor.post("/admin/refresh", &[("id", &id)])
    };
    let asked = ask("sean");
    assert_eq!(asked.header("location"), Some("/admin?done=refresh-asked"));
    wait_for("a new generation", || (generation() > before).then_some(()));
    let events = database.events(ana);
    let place = |event: &str| events.iter().position(|other| other == event);
    assert!(
        place("refresh_asked").unwrap() < place("token_refreshed").unwrap(),
        "{events:?}"
    );
    let by = database.rows(
        "SELECT actor_id FROM audit_log WHERE event = 'refresh_asked'",
        &[],
    );
    assert_eq!(by[0].get::<_, Uuid>(0), admin);

    let claim = ask("slug-001");
    assert_eq!(claim.status, 409);
    assert!(
        alert(&claim.text).starts_with("This link has no token"),
        "{claim:?}"
    );
    let dead = ask("slug-002");
    assert_eq!(dead.status, 409);
    assert!(
        alert(&dead.text).starts_with("The token of this link is dead."),
        "{dead:?}"
    );
    let gone = visitor.post("/admin/refresh", &[("id", &Uuid::nil().to_string())]);
    assert_eq!(gone.status, 404);
    assert_eq!(
        database.count("SELECT count(*) FROM audit_log WHERE event = 'refresh_asked'"),
        1
    );
    // Offered only where it can be done.
    let page = visitor.get("/admin").text;
    assert_eq!(page.matches("action=\"/admin/refresh\"").count(), 1);

    let Some(browser) = Browser::start(Look {
        script: false,
        ..Look::default()
    }) else {
        return;
    };
    browser.sign_in(server, ADMIN, PASSWORD);
    browser.open(&server.url("/admin?status=active"));
    let before = generation();
    browser.click("form[action='/admin/refresh'] button");
    browser.wait_text("[role=status]", "The refresh was asked for.");
    assert!(browser.url().contains("status=active"), "{}", browser.url());
    wait_for("a new generation", || (generation() > before).then_some(()));
    browser.sound();
}
