//! From the button to the link, and what may come between.

use std::thread::sleep;
use std::time::{Duration, Instant};

use trakt_sim::{Config, Fault, Sim};

use super::{EMAIL, Stage, attribute};
use crate::harness::{Service, wait_for};
use crate::pages::browser::Look;
use crate::pages::visit::Visitor;
use crate::pages::{PASSWORD, account};

const TOKEN: &str = "POST /oauth/device/token";

#[test]
fn a_person_links_and_the_page_notices_by_itself() {
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    let Stage { browser, service } = &stage;
    assert!(
        browser
            .text("#link")
            .contains("No Trakt account is linked yet.")
    );
    browser.sound();
    let start = Instant::now();
    let code = stage.start();
    let codes = service.sim.device_codes();
    assert_eq!(codes.len(), 1);
    assert_eq!(codes[0].user_code, code);
    let address = format!("{}/activate", service.sim.url());
    assert_eq!(browser.value(".address a", "href"), Some(address.clone()));
    assert!(
        browser.text(".address").contains(&address),
        "it can be typed"
    );
    assert!(browser.text("#link").contains("notices by itself"));
    browser.wait_text("#link-time", "Time left:");
    let named = "return document.querySelector('progress').getAttribute('aria-labelledby')";
    assert_eq!(browser.run(named), "link-time");
    let shown = browser.text("#link-time");
    assert!(shown.contains("9:5"), "it counts down: {shown}");
    browser.sound();
    browser.picture("link");

    browser.click("#link-copy");
    browser.wait_text("#link-copy", "Copied");
    // Nothing is loaded anew from here on.
    browser.run("window.same = true");
    stage.approve("ana-lucia");
    stage.news("Done. Your Trakt account is linked.");
    assert_eq!(browser.text("bdi.account"), "Ana.Lucia");
    assert_eq!(browser.text("bdi.slug"), "ana-lucia");
    assert_eq!(browser.run("return window.same"), true);
    wait_for("what a screen reader says", || {
        let said = browser.run("return document.querySelector('#announced').textContent");
        said.as_str()?.contains("Ana.Lucia").then_some(())
    });
    browser.sound();

    // Asked once an interval at most, and not any more.
    let polls = stage.polls();
    assert!(polls as u64 <= start.elapsed().as_secs(), "{polls} polls");
    sleep(Duration::from_millis(2500));
    assert_eq!(stage.polls(), polls);
    // News for a while, and from then on what is.
    service.database.execute(
        "UPDATE device_flows SET ended_at = ended_at - interval '6 minutes'",
        &[],
    );
    browser.open(&service.server.url("/link"));
    assert!(
        browser
            .text("#link .good")
            .starts_with("Your Trakt account")
    );
    browser.sound();
}

#[test]
fn the_code_stays_when_the_page_is_closed() {
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    let code = stage.start();
    stage.browser.open(&stage.service.server.url("/activity"));
    stage.browser.open(&stage.service.server.url("/link"));
    assert_eq!(stage.code(), code);
    let elsewhere = stage.visitor().get("/link");
    assert!(elsewhere.text.contains(&code), "{}", elsewhere.text);
    assert_eq!(stage.service.sim.device_codes().len(), 1);
    // Somebody else has another.
    account(&stage.service.database, "ben@example.org", "user");
    let ben = Visitor::new(&stage.service.server).sign_in("ben@example.org", PASSWORD);
    assert!(!ben.get("/link").text.contains(&code));
    stage.approve("sean");
    stage.news("Done.");
}

#[test]
fn a_newer_code_of_another_window_is_shown_in_its_place() {
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    let old = stage.start();
    assert_eq!(stage.visitor().post("/link/start", &[]).status, 303);
    stage.news("A newer code was started in another window.");
    let new = stage.code();
    assert_ne!(new, old);
    stage.browser.sound();
    stage.approve("sean");
    stage.news("Done.");
}

#[test]
fn without_scripts_there_is_a_button() {
    let look = Look {
        script: false,
        ..Look::default()
    };
    let Some(stage) = Stage::new(look) else {
        return;
    };
    let Stage { browser, service } = &stage;
    let code = stage.start();
    assert_eq!(
        browser.text("#link-time"),
        "The code is good for \u{2068}10\u{2069} more minutes."
    );
    assert_eq!(browser.text("#link-copy"), "", "only a script can copy");
    assert!(browser.text("#link").contains("press this button"));
    assert!(!browser.text("#link").contains("notices by itself"));
    browser.sound();
    stage.due();
    browser.click("#link-check");
    browser.wait_for("#link-code");
    assert_eq!(stage.code(), code);
    assert_eq!(stage.polls(), 1);
    service.sim.approve(&code, "sean").unwrap();
    stage.due();
    browser.click("#link-check");
    stage.news("Done.");
    assert_eq!(browser.text("bdi.account"), "sean");
}

#[test]
fn the_keyboard_is_enough() {
    const TAB: &str = "\u{e004}";
    const ENTER: &str = "\u{e007}";
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    let browser = &stage.browser;
    let focus = || browser.run("return document.activeElement.id");
    let go_to = |id: &str| {
        for _ in 0..20 {
            browser.keys(TAB);
            if focus() == id {
                return;
            }
        }
        panic!("{id} is out of reach");
    };
    go_to("link-start");
    browser.keys(ENTER);
    browser.wait_for("#link-code");
    go_to("link-copy");
    browser.keys(ENTER);
    browser.wait_text("#link-copy", "Copied");
    go_to("link-check");
    browser.keys(ENTER);
    browser.wait_text("#link-said", "You have not approved yet.");
    assert_eq!(focus(), "link-check");
    stage.approve("sean");
    stage.news("Done.");
    assert_eq!(focus(), "main", "where the news is");
    go_to("link-start");
}

#[test]
fn trouble_of_ours_is_waited_out() {
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    let browser = &stage.browser;
    stage.start();
    browser.run(
        "const ours = window.fetch; window.asked = []; \
         window.fetch = (...what) => { \
           const at = asked.push(performance.now()); \
           const busy = status => Promise.resolve(new Response('', { status, headers: { 'Retry-After': '3' } })); \
           if (at === 1) return busy(503); \
           if (at === 2) return busy(429); \
           if (at === 3) return Promise.reject(new TypeError('no network')); \
           return ours(...what); \
         }",
    );
    let code = stage.code();
    wait_for("three failures", || {
        let asked = browser.run("return window.asked.length");
        (asked.as_u64()? >= 4).then_some(())
    });
    let asked = browser.run("return window.asked");
    let at = |n: usize| asked[n].as_f64().unwrap();
    assert!(at(1) - at(0) > 2900.0 && at(2) - at(1) > 2900.0, "{asked}");
    assert!(at(3) - at(2) > 900.0, "{asked}");
    assert_eq!(stage.code(), code);
    stage.approve("sean");
    stage.news("Done.");
}

#[test]
fn the_page_asks_no_sooner_than_it_is_told_to() {
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    stage.start();
    let slower =
        "UPDATE device_flows SET interval_ms = 3000, next_poll_at = now() + interval '8 seconds'";
    stage.service.database.execute(slower, &[]);
    stage.browser.open(&stage.service.server.url("/link"));
    let asked = wait_for("two checks", || {
        let asked = stage.browser.run(
            "return performance.getEntriesByType('resource') \
             .filter(entry => entry.name.endsWith('/link/check')).map(entry => entry.startTime)",
        );
        (asked.as_array()?.len() == 2).then_some(asked)
    });
    let at = |n: usize| asked[n].as_f64().unwrap();
    assert!(at(0) >= 3000.0 && at(1) - at(0) >= 3000.0, "{asked}");
    assert!(at(1) <= 12_000.0, "nor much later: {asked}");
}

#[test]
fn who_is_signed_out_meanwhile_hears_it() {
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    stage.start();
    stage.service.database.execute("DELETE FROM sessions", &[]);
    stage
        .browser
        .wait_text("main [role=alert]", "You are signed out.");
    assert!(!stage.browser.has("#link"));
    stage.browser.sound();
}

#[test]
fn trakt_may_be_down_as_it_starts() {
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    let Stage { browser, service } = &stage;
    let down = |times| {
        let fault = Fault::status(503);
        service
            .sim
            .fault_times("POST /oauth/device/code", times, fault)
            .unwrap();
    };
    down(3);
    browser.click("#link-start");
    browser.wait_text("main [role=alert]", "Trakt does not answer right now.");
    browser.sound();
    assert_eq!(browser.text("#link-start"), "Try again");
    let visitor = stage.visitor();
    let replace = "<input type=\"hidden\" name=\"replace\" value=\"yes\">";
    for fields in [&[][..], &[("replace", "yes")]] {
        let refused = visitor.post("/link/start", fields);
        assert_eq!(refused.status, 503);
        assert!(refused.header("retry-after").is_some());
        let kept = refused.text.contains(replace);
        assert_eq!(kept, !fields.is_empty(), "what was asked for stays");
    }
    // Two in a second are all that there may be, and nobody can look whether they are used up.
    sleep(Duration::from_millis(1100));
    stage.start();
    assert_eq!(
        service.database.count("SELECT count(*) FROM device_flows"),
        1
    );
}

#[test]
fn trakt_may_be_down_as_it_waits() {
    let Some(stage) = Stage::new(Look::default()) else {
        return;
    };
    let sim = &stage.service.sim;
    sim.fault(TOKEN, Fault::status(503)).unwrap();
    let code = stage.start();
    stage.news("Trakt did not answer just now.");
    assert_eq!(stage.code(), code);
    stage.browser.sound();
    wait_for("the end of the trouble", || {
        (!stage.browser.has("#link .news")).then_some(())
    });
    // And as it is asked whose account it is.
    sim.fault("GET /users/settings", Fault::status(503))
        .unwrap();
    stage.approve("sean");
    stage.news("You have approved.");
    stage.browser.sound();
    stage.news("Done.");
    assert_eq!(sim.tokens().len(), 1);
}

#[test]
fn a_check_that_is_too_early_asks_nobody() {
    let sim = Sim::start(Config {
        interval: 5,
        ..Config::default()
    });
    let (sim, database) = (sim.unwrap(), crate::harness::Database::fresh());
    let server = crate::harness::Server::builder();
    let server = server.database(&database).sim(&sim).start();
    account(&database, EMAIL, "user");
    let visitor = Visitor::new(&server).sign_in(EMAIL, PASSWORD);
    // Without a flow there is nothing to ask.
    assert_eq!(
        visitor.post("/link/check", &[]).header("location"),
        Some("/link")
    );
    assert_eq!(
        visitor.post("/link/start", &[]).header("location"),
        Some("/link")
    );
    let page = visitor.get("/link");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(attribute(&page.text, "data-wait=\""), "5");
    let flow = attribute(&page.text, "name=\"flow\" value=\"").to_owned();
    let state = attribute(&page.text, "data-state=\"");
    for _ in 0..2 {
        let to = visitor.post("/link/check", &[("flow", &flow)]);
        let to = to.header("location").unwrap_or_default();
        assert_eq!(to, format!("/link?flow={flow}"));
        let again = visitor.get(to).text;
        assert_eq!(attribute(&again, "data-state=\""), state);
    }
    assert_eq!(sim.requests_to(TOKEN).len(), 0);
    // Whatever else comes in.
    for query in [
        "flow=1",
        "flow=..%2F..%2F..%2F..%2F..%2F.",
        "done=linked",
        "x=1",
    ] {
        assert_eq!(
            visitor.get(&format!("/link?{query}")).status,
            422,
            "{query}"
        );
    }
    for fields in [[("replace", "no")], [("x", "1")]] {
        assert_eq!(
            visitor.post("/link/start", &fields).status,
            422,
            "{fields:?}"
        );
    }
    assert_eq!(sim.device_codes().len(), 1);
}

/// Whoever waits for an end hears of it, however late; to all others it is news for a while only.
#[test]
fn an_old_end_is_no_news_but_to_who_waited() {
    let service = Service::start();
    account(&service.database, EMAIL, "user");
    let visitor = Visitor::new(&service.server).sign_in(EMAIL, PASSWORD);
    visitor.post("/link/start", &[]);
    let page = visitor.get("/link").text;
    let flow = attribute(&page, "name=\"flow\" value=\"").to_owned();
    let end = |ago: &str| {
        let sql = format!("UPDATE device_flows SET expires_at = now() - interval '{ago}'");
        service.database.execute(&sql, &[]);
    };
    let says = |path: &str| visitor.get(path).text.contains("Nobody approved in time.");
    end("4 minutes");
    assert!(says("/link"));
    end("6 minutes");
    assert!(!says("/link"));
    assert!(says(&format!("/link?flow={flow}")));
    assert!(!says("/link?flow=AAAAAAAAAAAAAAAA"), "another flow");
}
