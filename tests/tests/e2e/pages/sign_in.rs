//! Signing in and out, and what every page has.

use crate::harness::{Server, Service};
use crate::pages::browser::{Browser, Look};
use crate::pages::visit::Visitor;
use crate::pages::{PASSWORD, account};

const EMAIL: &str = "ana@example.org";

#[test]
fn a_person_signs_in_and_out() {
    let service = Service::start();
    let user = account(&service.database, EMAIL, "user");
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    // Led to the form, and from there to where they wanted to go.
    browser.open(&service.server.url("/activity?page=1"));
    browser.wait_for("#email");
    browser.sound();
    browser.fill("#email", EMAIL);
    browser.fill("#password", "a wrong password");
    browser.click("main form button");
    browser.wait_for("p.error[role=alert]");
    assert_eq!(browser.value("#email", "value").as_deref(), Some(EMAIL));
    browser.sound();
    browser.fill("#password", PASSWORD);
    browser.click("main form button");
    browser.wait_for("form.out");
    assert!(
        browser.url().ends_with("/activity?page=1"),
        "{}",
        browser.url()
    );
    assert!(
        !browser.text("nav").contains("Audit trail"),
        "for admins alone"
    );
    browser.sound();
    browser.click("form.out button");
    browser.wait_for("#email");
    browser.open(&service.server.url("/my"));
    browser.wait_for("#email");
    let events = service.database.events(user);
    assert_eq!(
        events,
        [
            "user_added",
            "sign_in_failed",
            "sign_in_succeeded",
            "signed_out"
        ]
    );
}

#[test]
fn by_keyboard_alone() {
    let service = Service::start();
    account(&service.database, EMAIL, "user");
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.open(&service.server.url("/sign-in"));
    browser.wait_for("#email");
    // Over the link to the content.
    browser.keys("\u{e004}\u{e004}");
    browser.keys(EMAIL);
    browser.keys("\u{e004}");
    browser.keys(PASSWORD);
    browser.keys("\u{e007}");
    browser.wait_for("form.out");
}

#[test]
fn small_dark_german_and_without_scripts() {
    let service = Service::start();
    account(&service.database, EMAIL, "user");
    let looks = [
        Look {
            width: 320,
            dark: true,
            language: "de-CH,de;q=0.9",
            script: true,
        },
        Look {
            script: false,
            ..Look::default()
        },
    ];
    for look in looks {
        let Some(browser) = Browser::start(look) else {
            return;
        };
        browser.open(&service.server.url("/sign-in"));
        let words = if look.dark { "Anmelden" } else { "Sign in" };
        browser.wait_text("h1", words);
        if look.dark {
            let dark = browser.run("return matchMedia('(prefers-color-scheme: dark)').matches");
            assert_eq!(dark, true);
            assert_eq!(browser.run("return document.documentElement.lang"), "de");
        }
        browser.sound();
        browser.sign_in(&service.server, EMAIL, PASSWORD);
        browser.sound();
    }
}

#[test]
fn a_session_ends_with_its_user_and_nobody_gets_the_one_of_before_the_sign_in() {
    let service = Service::start();
    let user = account(&service.database, EMAIL, "user");
    let visitor = Visitor::new(&service.server);
    assert_eq!(visitor.get("/sign-in").status, 200);
    assert_eq!(
        visitor.cookie(),
        None,
        "who is not signed in has another cookie"
    );
    let visitor = visitor.sign_in(EMAIL, PASSWORD);
    let before = visitor.cookie().unwrap();
    let visitor = visitor.sign_in(EMAIL, PASSWORD);
    let after = visitor.cookie().unwrap();
    assert_ne!(before, after);
    let one = "SELECT count(*) FROM sessions";
    assert_eq!(service.database.count(one), 1, "the one before is over");
    assert_eq!(visitor.get("/my").status, 200);
    // What the database has signs nobody in.
    let keys = service
        .database
        .rows("SELECT encode(key, 'base64') FROM sessions", &[]);
    assert_eq!(keys.len(), 1);
    assert!(!after.contains(keys[0].get::<_, String>(0).trim_end_matches('=')));
    service
        .database
        .execute("DELETE FROM users WHERE id = $1", &[&user]);
    let gone = visitor.get("/my");
    assert_eq!(gone.status, 303);
    assert_eq!(gone.header("location"), Some("/sign-in?next=%2Fmy"));
    // It is over when it is idle, too.
    account(&service.database, "bo@example.org", "user");
    let visitor = Visitor::new(&service.server).sign_in("bo@example.org", PASSWORD);
    service
        .database
        .execute("UPDATE sessions SET idle_at = now()", &[]);
    assert_eq!(visitor.get("/my").status, 303);
}

#[test]
fn forms_of_others_are_refused() {
    let service = Service::start();
    account(&service.database, EMAIL, "user");
    let visitor = Visitor::new(&service.server).sign_in(EMAIL, PASSWORD);
    let other = Visitor::new(&service.server);
    other.get("/sign-in");
    for fields in [&[][..], &[("csrf", "")], &[("csrf", "abc")]] {
        for path in ["/sign-out", "/link/start", "/my/unlink", "/my/settings"] {
            let refused = visitor.post_bare(path, fields);
            assert_eq!(refused.status, 403, "{path}");
            assert!(refused.text.contains("<h1>"), "{refused:?}");
        }
        let refused = other.post_bare("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]);
        assert_eq!(refused.status, 403);
    }
    assert_eq!(visitor.get("/my").status, 200, "still signed in");
    // A page is no token for the API: what changes something wants a bearer token.
    let cookie = format!("session={}", visitor.cookie().unwrap());
    let call = |method: &str, path: &str| {
        let request = ureq::http::Request::builder().method(method);
        let request = request
            .uri(service.server.url(path))
            .header("cookie", &cookie);
        crate::harness::send(request.body(Vec::new()).unwrap())
    };
    assert_eq!(call("GET", "/trakt/association").status, 200);
    assert_eq!(
        call("DELETE", "/trakt/association").outcome(),
        "401 unauthenticated"
    );
    assert_eq!(call("POST", "/trakt/sync").outcome(), "401 unauthenticated");
}

#[test]
fn pages_are_kept_from_caches_frames_and_scripts_of_others() {
    let service = Service::start();
    let visitor = Visitor::new(&service.server);
    let page = visitor.get("/sign-in");
    let header = |name: &str| page.header(name).unwrap_or_default().to_owned();
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-frame-options"), "DENY");
    assert_eq!(header("x-content-type-options"), "nosniff");
    let policy = header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let cookie = header("set-cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "on loopback: {cookie}");
    // Under any other name the connection has to be encrypted.
    let request = ureq::http::Request::get(service.server.url("/sign-in"));
    let request = request
        .header("host", "trakt.example.org")
        .header("accept", "text/html");
    let reply = crate::harness::send(request.body(Vec::new()).unwrap());
    let cookie = reply.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("__Host-form=") && cookie.contains("Secure"),
        "{cookie}"
    );
    // Nobody is led away.
    for next in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        let page = visitor.get(&format!("/sign-in?next={next}"));
        assert_eq!(page.status, 422, "{next}");
    }
    // Who asks for no page gets the error as the API has it.
    let error = service.server.get("/nowhere", "no-token");
    assert_eq!(error.outcome(), "404 not_found");
    let page = visitor.get("/nowhere");
    assert_eq!(page.status, 404);
    assert!(page.text.contains("There is nothing here."));
}

#[test]
fn an_outside_provider_is_named() {
    let (sim, database) = (crate::harness::sim(), crate::harness::Database::fresh());
    let server = Server::builder()
        .database(&database)
        .sim(&sim)
        .var("AUTH_JWKS_URL", "http://127.0.0.1:9/keys")
        .var("AUTH_ISSUER", "https://id.example.org")
        .start();
    let page = Visitor::new(&server).get("/sign-in");
    assert!(
        page.text.contains("https://id.example.org"),
        "{}",
        page.text
    );
    drop((sim, database));
}

#[test]
fn who_comes_from_another_site_stays_signed_in() {
    let service = Service::start();
    account(&service.database, EMAIL, "user");
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.sign_in(&service.server, EMAIL, PASSWORD);
    let mine = service.server.url("/my");
    // The same machine by another name is another site.
    let elsewhere = service
        .server
        .url("/sign-in")
        .replace("127.0.0.1", "localhost");
    for _ in 0..2 {
        browser.open(&elsewhere);
        browser.wait_for("#email");
        browser.run(&format!("location.href = {mine:?}"));
        browser.wait_for("form.out");
        assert_eq!(browser.url(), mine);
    }
    // Nobody is led on from there.
    let request = ureq::http::Request::get(format!("{}//evil.example/", service.server.url("")))
        .header("accept", "text/html")
        .header("sec-fetch-site", "cross-site");
    let reply = crate::harness::send(request.body(Vec::new()).unwrap());
    assert!(!reply.text.contains("evil.example"), "{reply:?}");
    assert_eq!(reply.header("set-cookie"), None);
}

#[test]
fn behind_a_proxy_the_cookie_is_for_encrypted_connections() {
    let service = Service::start();
    for name in ["x-forwarded-for", "x-forwarded-proto", "forwarded"] {
        let request = ureq::http::Request::get(service.server.url("/sign-in"));
        let request = request.header("accept", "text/html").header(name, "x");
        let reply = crate::harness::send(request.body(Vec::new()).unwrap());
        let cookie = reply.header("set-cookie").unwrap();
        assert!(
            cookie.starts_with("__Host-form=") && cookie.contains("Secure"),
            "{cookie}"
        );
    }
}
