//! Many associations from a file.

use std::fmt::Write as _;
use std::io::Write as _;

use trakt_sim::{Account, Fault};

use super::{ADMIN, alert, staffed, visitor};
use crate::harness::{Reply, Service};
use crate::pages::PASSWORD;
use crate::pages::browser::{Browser, Look};
use crate::pages::visit::Visitor;

const PROFILE: &str = "GET /users/*";

/// The lines of the table of a page, as `number user slug outcome`.
fn rows(page: &str) -> Vec<String> {
    let Some((_, table)) = page.split_once("<table class=\"bulk\">") else {
        return Vec::new();
    };
    let (table, _) = table.split_once("</table>").unwrap();
    let rows = table.split("<tr>").skip(2);
    rows.map(|row| {
        let mut text = String::new();
        let mut tag = false;
        for c in row.chars() {
            match c {
                '<' => tag = true,
                '>' => tag = false,
                '\u{2068}' | '\u{2069}' => {}
                c if !tag => text.push(c),
                _ => {}
            }
            if c == '>' && !text.ends_with(' ') {
                text.push(' ');
            }
        }
        text.trim().to_owned()
    })
    .collect()
}

/// What a hidden field or a button of a page has.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .expect("the field");
    rest.split('"').next().unwrap()
}

fn check(visitor: &Visitor<'_>, csv: &str) -> Reply {
    visitor.post("/admin/bulk", &[("csv", csv), ("mode", "dry")])
}

fn run(visitor: &Visitor<'_>, csv: &str, checked: &str, from: &str) -> Reply {
    let fields = [("csv", csv), ("mode", "run"), ("checked", checked)];
    visitor.post(&format!("/admin/bulk{from}"), &fields)
}

/// Users `user-1` and so on, and accounts `slug-1` and so on at Trakt.
fn crowd(service: &Service, count: u32) {
    for n in 1..=count {
        service
            .database
            .user(&format!("user-{n}@example.org"), "user");
    }
    let accounts = (1..=count).map(|n| {
        let slug = format!("slug-{n}");
        Account::new(&slug, &slug, &slug)
    });
    service.sim.add_accounts(accounts.collect()).unwrap();
}

fn file(count: u32) -> String {
    let mut csv = "user_email,trakt_slug\n".to_owned();
    for n in 1..=count {
        writeln!(csv, "user-{n}@example.org,slug-{n}").unwrap();
    }
    csv
}

#[test]
fn a_file_is_checked_and_then_done() {
    let (service, admin) = staffed();
    let (server, database) = (&service.server, &service.database);
    crowd(&service, 5);
    let visitor = visitor(server);
    let claim = [("email", "user-1@example.org"), ("slug", "slug-1")];
    assert_eq!(visitor.post("/admin/associate", &claim).status, 303);
    let claim = [("email", "user-2@example.org"), ("slug", "sean")];
    assert_eq!(visitor.post("/admin/associate", &claim).status, 303);
    let claim = [("email", "user-3@example.org"), ("slug", "justin")];
    assert_eq!(visitor.post("/admin/associate", &claim).status, 303);

    let csv = "user_email,trakt_slug,replace\n\
               user-1@example.org,slug-1,\n\
               user-2@example.org,slug-2,no\n\
               User-3@Example.org,slug-3,yes\n\
               user-4@example.org,slug-1\n\
               user-4@example.org,slug-4\n\
               \"user-5@example.org\", slug-5 ,\n\
               nobody@example.org,slug-9\n\
               not an address,slug-9,\n\
               a@example.org,b/c\n\
               a@example.org,b,perhaps\n\
               too-few\n\
               user-5@example.org,<script>alert(1)</script>\n\
               admin@example.org,nobody-there\n";
    // Without what depends on how fast the test is.
    let trail = "SELECT count(*) FROM audit_log WHERE event <> 'limit_hit'";
    let before = database.count(trail);
    service.sim.clear_requests();
    let checked = check(&visitor, csv);
    assert_eq!(checked.status, 200);
    assert_eq!(
        rows(&checked.text),
        [
            "2 user-1@example.org slug-1 Is so already",
            "3 user-2@example.org slug-2 User is linked to sean, “replace” is not set",
            "4 User-3@Example.org slug-3 Would replace justin",
            "5 user-4@example.org slug-1 User or account is in line 2 already",
            "6 user-4@example.org slug-4 User or account is in line 5 already",
            "7 user-5@example.org slug-5 Would be associated",
            "8 nobody@example.org slug-9 No user has this address",
            "9 not an address slug-9 Not an e-mail address",
            "10 a@example.org b/c Not a Trakt slug",
            "11 a@example.org b “replace” has to be yes or no",
            "12 too-few Wrong number of columns",
            "13 user-5@example.org &lt;script&gt;alert(1)&lt;/script&gt; Not a Trakt slug",
            "14 admin@example.org nobody-there No user has this address",
        ]
    );
    // Nothing was done, and Trakt was not asked.
    assert_eq!(database.count(trail), before);
    assert!(service.sim.requests_to(PROFILE).is_empty());
    let digest = hidden(&checked.text, "checked");

    // Another file than the one that was checked is checked, and not done.
    let other = csv.replace("slug-5", "slug-4");
    let changed = run(&visitor, &other, digest, "");
    assert!(
        alert(&changed.text).starts_with("The lines are not those"),
        "{changed:?}"
    );
    assert_eq!(database.count("SELECT count(*) FROM trakt_users"), 3);

    database.user("admin@example.org", "user");
    let done = run(&visitor, &csv.replace('\n', "\r\n"), digest, "");
    assert!(!service.sim.requests_to(PROFILE).is_empty());
    assert_eq!(
        rows(&done.text),
        [
            "2 user-1@example.org slug-1 Associated",
            "3 user-2@example.org slug-2 User is linked to another account, “replace” is not set",
            "4 User-3@Example.org slug-3 Associated",
            "5 user-4@example.org slug-1 User or account is in line 2 already",
            "6 user-4@example.org slug-4 User or account is in line 5 already",
            "7 user-5@example.org slug-5 Associated",
            "8 nobody@example.org slug-9 No user has this address",
            "9 not an address slug-9 Not an e-mail address",
            "10 a@example.org b/c Not a Trakt slug",
            "11 a@example.org b “replace” has to be yes or no",
            "12 too-few Wrong number of columns",
            "13 user-5@example.org &lt;script&gt;alert(1)&lt;/script&gt; Not a Trakt slug",
            "14 admin@example.org nobody-there Trakt knows no such account",
        ]
    );
    assert!(done.text.contains("All lines are done."));
    let linked = "SELECT string_agg(split_part(email, '@', 1) || ' ' || trakt_slug, ',' ORDER BY email) \
                  FROM trakt_users JOIN users ON users.id = user_id";
    let linked: String = database.rows(linked, &[])[0].get(0);
    assert_eq!(
        linked,
        "user-1 slug-1,user-2 sean,user-3 slug-3,user-5 slug-5"
    );
    let by = "SELECT count(*) FROM audit_log WHERE event = 'admin_associated' AND actor_id = $1 \
              AND outcome = 'succeeded'";
    let by: i64 = database.rows(by, &[&admin])[0].get(0);
    assert_eq!(by, 5, "three by hand, two by file");
}

#[test]
fn trouble_at_trakt_stops_a_file_and_the_rest_can_be_done() {
    let (service, _) = staffed();
    let (server, database) = (&service.server, &service.database);
    crowd(&service, 4);
    let visitor = visitor(server);
    let csv = file(4);
    let digest = hidden(&check(&visitor, &csv).text, "checked").to_owned();
    for fault in [Fault::status(503), Fault::status(429)] {
        database.execute("DELETE FROM trakt_users", &[]);
        service.sim.fault(PROFILE, Fault::Delay { ms: 1 }).unwrap();
        service.sim.fault(PROFILE, fault).unwrap();
        let stopped = run(&visitor, &csv, &digest, "");
        assert_eq!(
            rows(&stopped.text),
            ["2 user-1@example.org slug-1 Associated"]
        );
        let said = alert(&stopped.text).replace(['\u{2068}', '\u{2069}'], "");
        assert!(said.starts_with("Stopped before line 3: Trakt"), "{said}");
        assert_eq!(database.count("SELECT count(*) FROM trakt_users"), 1);
        assert!(stopped.text.contains("formaction=\"/admin/bulk?from=2\""));
        assert!(
            stopped.text.contains("formaction=\"/admin/bulk?from=3\""),
            "or without it"
        );
        // Trakt's own wait is over by then.
        let rest = crate::harness::wait_for("Trakt to answer", || {
            let rest = run(&visitor, &csv, &digest, "?from=2");
            rest.text.contains("All lines are done.").then_some(rest)
        });
        assert_eq!(
            rows(&rest.text),
            [
                "3 user-2@example.org slug-2 Associated",
                "4 user-3@example.org slug-3 Associated",
                "5 user-4@example.org slug-4 Associated",
            ]
        );
        assert_eq!(database.count("SELECT count(*) FROM trakt_users"), 4);
    }
}

#[test]
fn a_slow_trakt_leaves_lines_for_the_next_time() {
    let (service, _) = staffed();
    crowd(&service, 4);
    let visitor = visitor(&service.server);
    let csv = file(4);
    let digest = hidden(&check(&visitor, &csv).text, "checked").to_owned();
    service
        .sim
        .fault_times(PROFILE, 2, Fault::Delay { ms: 5_500 })
        .unwrap();
    let some = run(&visitor, &csv, &digest, "");
    assert_eq!(rows(&some.text).len(), 2, "{}", some.text);
    let text = some.text.replace(['\u{2068}', '\u{2069}'], "");
    assert!(text.contains("2 lines are left, from line 4 on."), "{text}");
    let rest = run(&visitor, &csv, &digest, "?from=3");
    assert_eq!(rows(&rest.text).len(), 2);
    assert_eq!(
        service.database.count("SELECT count(*) FROM trakt_users"),
        4
    );
}

#[test]
fn files_that_are_none_or_too_large_are_refused() {
    let (service, _) = staffed();
    let visitor = visitor(&service.server);
    for (csv, words) in [
        ("", "The first line has to be"),
        ("ana@example.org,sean", "The first line has to be"),
        (
            "user_email,trakt_slug",
            "There is nothing below the first line.",
        ),
        (&file(501), "There are more than"),
    ] {
        let reply = check(&visitor, csv);
        assert_eq!(reply.status, 422, "{csv}");
        assert!(
            alert(&reply.text).starts_with(words),
            "{}",
            alert(&reply.text)
        );
    }
    let large = format!("user_email,trakt_slug\n{}", "x".repeat(1024 * 1024));
    let reply = check(&visitor, &large);
    assert_eq!(reply.status, 413);
    assert!(
        alert(&reply.text).starts_with("That is too large."),
        "{reply:?}"
    );
    let open = "user_email,trakt_slug\n\"never closed,x\nuser@example.org,y\n";
    assert_eq!(rows(&check(&visitor, open).text).len(), 1);
    for fields in [
        &[("csv", "a")][..],
        &[("csv", "a"), ("mode", "wet")],
        &[("mode", "dry")],
    ] {
        assert_eq!(visitor.post("/admin/bulk", fields).status, 422);
    }
    assert_eq!(
        visitor
            .post("/admin/bulk?from=0", &[("csv", "a"), ("mode", "dry")])
            .status,
        422
    );
    assert_eq!(
        service.database.count("SELECT count(*) FROM trakt_users"),
        0
    );
}

#[test]
fn five_hundred_lines_by_mouse_with_a_file() {
    let (service, _) = staffed();
    crowd(&service, 130);
    let server = &service.server;
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    let mut upload = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    upload.write_all(file(500).as_bytes()).unwrap();
    browser.sign_in(server, ADMIN, PASSWORD);
    browser.open(&server.url("/admin/bulk"));
    browser.sound();
    browser.fill("#file", upload.path().to_str().unwrap());
    let text = || browser.value("#csv", "value").unwrap();
    crate::harness::wait_for("the text of the file", || {
        (text() == file(500)).then_some(())
    });
    browser.click("button[value=dry]");
    browser.wait_text("h2", "What would happen");
    assert_eq!(browser.texts("table.bulk tbody tr").len(), 100);
    assert_eq!(browser.texts("dl.counts dd"), ["130", "0", "370"]);
    browser.sound();
    browser.click("button[formaction='/admin/bulk?from=101']");
    browser.wait_text("table.bulk", "user-150@example.org");
    browser.wait_text("table.bulk", "No user has this address");
    browser.sound();
    browser.click("button[value=run]:not([formaction])");
    browser.wait_text("h2", "What was done");
    assert_eq!(browser.texts("table.bulk tbody tr").len(), 100);
    browser.sound();
    browser.click("button[formaction='/admin/bulk?from=101']");
    browser.wait_text("table.bulk", "user-200@example.org");
    assert_eq!(
        service.database.count("SELECT count(*) FROM trakt_users"),
        130
    );
}

#[test]
fn without_scripts_a_file_is_pasted() {
    let (service, _) = staffed();
    crowd(&service, 2);
    let server = &service.server;
    let look = Look {
        script: false,
        width: 320,
        ..Look::default()
    };
    let Some(browser) = Browser::start(look) else {
        return;
    };
    browser.sign_in(server, ADMIN, PASSWORD);
    browser.open(&server.url("/admin/bulk"));
    browser.wait_for("#csv");
    assert!(!browser.text("main").contains("Choose a file"));
    browser.fill("#csv", &file(2));
    browser.click("button[value=dry]");
    browser.wait_text("h2", "What would happen");
    browser.click("button[value=run]");
    browser.wait_text("[role=status]", "All lines are done.");
    assert_eq!(
        service.database.count("SELECT count(*) FROM trakt_users"),
        2
    );
}
