//! Paths, methods and queries.

use super::{Cast, INVALID, named, raw};

#[test]
fn paths_and_methods_that_lead_nowhere() {
    let mut cast = Cast::start();
    let long = "x".repeat(5000);
    for (method, path, expected) in [
        ("GET", "/nothing", "404 not_found"),
        ("GET", "/trakt", "404 not_found"),
        ("GET", "/trakt/", "404 not_found"),
        ("GET", "/trakt/association/", "404 not_found"),
        ("GET", "/trakt//association", "404 not_found"),
        ("GET", "/TRAKT/association", "404 not_found"),
        ("GET", "/trakt/x/../association", "404 not_found"),
        ("GET", "/trakt/%2e%2e/healthz", "404 not_found"),
        ("GET", "/trakt/association%00", "404 not_found"),
        ("GET", "/trakt/association%", "404 not_found"),
        ("GET", "/auth", "404 not_found"),
        ("GET", "/auth/logout", "404 not_found"),
        ("GET", long.as_str(), "404 not_found"),
        ("POST", "/trakt/association", "405 method_not_allowed"),
        ("DELETE", "/healthz", "405 method_not_allowed"),
        ("DELETE", "/trakt/admin/associations/1", "404 not_found"),
        ("DELETE", "/trakt/admin/associations/%ff", "404 not_found"),
        ("DELETE", "/trakt/admin/associations/%00", "404 not_found"),
        (
            "DELETE",
            "/trakt/admin/associations/..%2faudit",
            "404 not_found",
        ),
        (
            "DELETE",
            "/trakt/admin/associations/' OR 1=1--",
            "404 not_found",
        ),
        (
            "DELETE",
            "/trakt/admin/associations/00000000-0000-0000-0000-00000000000g",
            "404 not_found",
        ),
    ] {
        let token = cast.admin();
        let url = cast.service.server.url("");
        let line = path.replace(' ', "%20");
        let slash = if line.starts_with('/') { "" } else { "/" };
        let request = format!(
            "{method} {slash}{line} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
             Connection: close\r\n\r\n",
            url.trim_start_matches("http://"),
        );
        let answers = raw(&cast.service.server, request.as_bytes());
        let (code, status) = (expected.split(' ').nth(1).unwrap(), &expected[..3]);
        assert!(
            answers.starts_with(&format!("HTTP/1.1 {status} ")),
            "{path}: {answers}"
        );
        assert!(
            answers.contains("content-type: application/problem+json"),
            "{path}: {answers}"
        );
        assert!(
            answers.contains(&format!("\"code\":\"{code}\"")),
            "{path}: {answers}"
        );
    }
    cast.assert_untouched();
}

#[test]
fn every_wrong_parameter_is_named() {
    let mut cast = Cast::start();
    let long = "x".repeat(256);
    let (links, audit) = ("/trakt/admin/associations", "/trakt/admin/audit");
    let long_text = format!("q={long}");
    for (path, query, fields) in [
        (links, "page=0", "page"),
        (links, "page=-1", "page"),
        (links, "page=99999999999", "page"),
        (links, "page=1000001", "page"),
        (links, "page=1.5", "page"),
        (links, "page=", "page"),
        (links, "limit=0", "limit"),
        (links, "limit=201", "limit"),
        (links, "limit=ten", "limit"),
        (links, "page=0&limit=0&status=x", "limit page status"),
        (links, "status=x", "status"),
        (links, "status=ACTIVE", "status"),
        (links, "page=1&page=2", "page"),
        (links, "q=a%00b", "q"),
        (links, long_text.as_str(), "q"),
        (links, "unknown=1", "unknown"),
        (links, "sort=x&order=y", "order sort"),
        (audit, "since=yesterday", "since"),
        (
            audit,
            "since=2026-01-31&until=2026-02-30T00:00:00Z",
            "since until",
        ),
        (audit, "user=me", "user"),
        (audit, "user=1'%20OR%201=1", "user"),
        (audit, "event=x&page=x", "event page"),
        (audit, "%ff=1", "\u{fffd}"),
        (
            "/trakt/admin/webhooks",
            "state=x&event=y&limit=0",
            "event limit state",
        ),
    ] {
        let token = cast.admin();
        let reply = cast.service.server.get(&format!("{path}?{query}"), &token);
        assert_eq!(reply.outcome(), INVALID, "{path}?{query}");
        assert_eq!(named(&reply), fields, "{path}?{query}");
    }
    for query in [
        "page=1000000&limit=200",
        "q=%25",
        "q=_",
        "q=%5C",
        "q=",
        "status=active",
        "",
    ] {
        let token = cast.admin();
        let reply = cast.service.server.get(&format!("{links}?{query}"), &token);
        assert_eq!(reply.json()["total"], 0, "{query}: {reply:?}");
    }
    cast.assert_untouched();
}
