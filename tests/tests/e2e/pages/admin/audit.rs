//! The audit trail: what is filtered for, and all of it as a file.

use serde_json::Value;
use ureq::http::Request;

use super::{ADMIN, alert, staffed, visitor};
use crate::harness::{Database, Reply, issue_token, send, wait_for};
use crate::pages::PASSWORD;
use crate::pages::browser::{Browser, Look};

fn entries(database: &Database, count: i32) {
    database.execute(
        "INSERT INTO audit_log (at, event, outcome, subject_id, request_id) \
         SELECT now() - n * interval '1 minute', \
             CASE WHEN n % 5 = 0 THEN 'unlinked' ELSE 'limit_hit' END, 'succeeded', \
             (SELECT id FROM users WHERE email = 'ana@example.org'), n::text \
         FROM generate_series(1, $1) AS n ORDER BY n DESC",
        &[&count],
    );
}

/// The entries of an export.
fn lines(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    let name = reply.header("content-disposition").unwrap();
    assert!(name.starts_with("attachment"), "{name}");
    let lines = reply.text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_trail_is_filtered_and_exported() {
    let (service, _) = staffed();
    let (server, database) = (&service.server, &service.database);
    let ana = database.user("ana@example.org", "user");
    entries(database, 2500);
    let visitor = visitor(server);
    let total = |query: &str| {
        let page = visitor.get(&format!("/admin/audit{query}")).text;
        let (_, rest) = page
            .split_once("class=\"pages\">")
            .unwrap_or_else(|| panic!("{page}"));
        let text = rest.split('<').next().unwrap();
        let text = text.replace(['\u{2068}', '\u{2069}'], "");
        text.split_once(", ").unwrap().1.to_owned()
    };
    let time = |minutes: i64| {
        let at =
            trakt_core::Clock::now(&trakt_core::SystemClock) - chrono::TimeDelta::minutes(minutes);
        at.format("%Y-%m-%dT%H:%M:%S").to_string()
    };
    assert_eq!(total("?user=ana%40example.org"), "2500 in all");
    assert_eq!(
        total(&format!("?user={ana}&event=unlinked&since=&until=")),
        "500 in all"
    );
    assert_eq!(total("?user=nobody%40example.org"), "0 in all");
    let range = format!(
        "?since={}&until={}&event=limit_hit&user={ana}",
        time(1000),
        time(500)
    );
    assert_eq!(total(&range), "400 in all");
    let page = visitor
        .get("/admin/audit?user=ana%40example.org&page=125")
        .text;
    assert_eq!(page.matches("<tr><td>").count(), 20);
    assert!(page.contains("Account unlinked") && page.contains("ana@example.org"));
    for (query, words) in [
        ("?user=me", "This is neither an e-mail address"),
        ("?since=yesterday", "This is no time."),
    ] {
        let wrong = visitor.get(&format!("/admin/audit{query}"));
        assert_eq!(wrong.status, 422);
        assert!(alert(&wrong.text).starts_with(words), "{wrong:?}");
        assert_eq!(
            visitor.get(&format!("/admin/audit/export{query}")).status,
            422
        );
    }
    assert_eq!(visitor.get("/admin/audit?event=nothing").status, 422);

    let export = |query: &str| visitor.get(&format!("/admin/audit/export{query}"));
    let ours = |query: &str| -> Vec<i64> {
        let all = lines(&export(query));
        let numbers = all
            .iter()
            .filter_map(|line| line["requestId"].as_str()?.parse().ok());
        numbers.collect()
    };
    // All of them, once, the newest first, and as the API has them.
    assert_eq!(
        ours("?user=ana%40example.org"),
        (1..=2500).collect::<Vec<_>>()
    );
    assert_eq!(ours(&format!("?user={ana}&event=unlinked")).len(), 500);
    assert_eq!(
        ours(&range),
        (501..=1000).filter(|n| n % 5 != 0).collect::<Vec<_>>()
    );
    assert!(lines(&export("?user=nobody%40example.org")).is_empty());
    let everything = lines(&export(""));
    let count = database.count("SELECT count(*) FROM audit_log");
    assert!(i64::try_from(everything.len()).unwrap().abs_diff(count) < 50);
    let token = issue_token(database.user("two@example.org", "admin"), 600);
    let api = server
        .get(&format!("/trakt/admin/audit?user={ana}&limit=1"), &token)
        .json();
    assert_eq!(lines(&export(&format!("?user={ana}")))[0], api["items"][0]);

    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.sign_in(server, ADMIN, PASSWORD);
    browser.open(&server.url("/admin/audit"));
    browser.sound();
    browser.fill("#user", "ana@example.org");
    browser.run("document.getElementById('event').value = 'unlinked'");
    browser.click("form.filter button");
    browser.wait_text(".pages", "500");
    let href = browser.value("a[download]", "href").unwrap();
    assert!(
        href.ends_with("/admin/audit/export?user=ana%40example.org&event=unlinked"),
        "{href}"
    );
    browser.click("nav a[rel=next]");
    browser.wait_text(".pages", "Page");
    browser.sound();
}

#[test]
fn one_export_of_the_trail_at_a_time() {
    let (service, _) = staffed();
    let (server, database) = (&service.server, &service.database);
    database.user("ana@example.org", "user");
    entries(database, 60_000);
    let visitor = visitor(server);
    let cookie = format!("session={}", visitor.cookie().unwrap());
    let request = || {
        let request = Request::get(server.url("/admin/audit/export"));
        request.header("cookie", &cookie)
    };
    // Somebody who takes nothing of what is sent.
    let slow = ureq::agent().run(request().body(()).unwrap()).unwrap();
    let refused = send(request().body(Vec::new()).unwrap());
    assert_eq!(refused.outcome(), "429 rate_limited");
    drop(slow);
    let whole = wait_for("the place to be given back", || {
        let reply = send(request().body(Vec::new()).unwrap());
        (reply.status == 200).then_some(reply)
    });
    assert!(lines(&whole).len() >= 60_000);
}
