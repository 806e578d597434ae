//! What no client of good will sends: each is refused by name, as a problem, with nothing done.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use ureq::http::Request;

use crate::harness::{Reply, Server, Service, issue_token, send};

const DEVICE: &str = "/trakt/auth/device";
const CHECK: &str = "/trakt/auth/device/check";
const ASSOCIATE: &str = "/trakt/admin/associate";
const LOGIN: &str = "/auth/login";
const MALFORMED: &str = "400 malformed_request";
const INVALID: &str = "422 validation_failed";
const MAX_BODY: usize = 64 * 1024;

/// A service and as many admins as there are cases, so that no case meets a limit.
struct Cast {
    service: Service,
    next: u32,
}

impl Cast {
    fn start() -> Self {
        let service = Service::start();
        Self { service, next: 0 }
    }

    fn admin(&mut self) -> String {
        self.next += 1;
        let email = format!("admin{}@example.org", self.next);
        issue_token(self.service.database.user(&email, "admin"), 600)
    }

    fn post(&mut self, path: &str, content_type: Option<&str>, body: &[u8]) -> Reply {
        let token = self.admin();
        let mut request = Request::post(self.service.server.url(path))
            .header("authorization", format!("Bearer {token}"));
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        send(request.body(body.to_vec()).unwrap())
    }

    /// Nothing was begun, stored or asked of Trakt.
    #[track_caller]
    fn assert_untouched(&self) {
        let database = &self.service.database;
        for table in ["device_flows", "trakt_users", "token_revocations"] {
            let rows = database.count(&format!("SELECT count(*) FROM {table}"));
            assert_eq!(rows, 0, "{table}");
        }
        let entries = "SELECT count(*) FROM audit_log WHERE event <> 'limit_hit'";
        assert_eq!(database.count(entries), 0, "audit_log");
        let asked = self.service.sim.requests();
        assert!(asked.is_empty(), "{asked:?}");
    }
}

/// The fields that a 422 names, sorted; none for other answers.
fn named(reply: &Reply) -> String {
    let json = reply.json();
    let errors = json["errors"].as_array().map_or(&[][..], Vec::as_slice);
    let mut fields: Vec<&str> = errors
        .iter()
        .map(|error| {
            assert!(!error["message"].as_str().unwrap().is_empty(), "{error}");
            error["field"].as_str().unwrap()
        })
        .collect();
    fields.sort_unstable();
    fields.join(" ")
}

/// Bodies that are no JSON: the same at every route.
fn malformed() -> Vec<Vec<u8>> {
    let deep = |n: usize| format!("{{\"replace\":{}{}}}", "[".repeat(n), "]".repeat(n));
    vec![
        b"{".to_vec(),
        b"}".to_vec(),
        b" ".to_vec(),
        b"{\"replace\":true".to_vec(),
        b"{\"replace\":}".to_vec(),
        b"{\"replace\":true,}".to_vec(),
        b"{'replace':true}".to_vec(),
        b"{replace:true}".to_vec(),
        b"{\"replace\":True}".to_vec(),
        b"{\"replace\":NaN}".to_vec(),
        b"{\"replace\":1e999}".to_vec(),
        b"{} {}".to_vec(),
        b"{\"replace\":true}garbage".to_vec(),
        b"{}\0".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"{\"traktSlug\":\"\xff\"}".to_vec(),
        b"{\"traktSlug\":\"\xc0\xaf\"}".to_vec(),
        b"{\"traktSlug\":\"\xed\xa0\x80\"}".to_vec(),
        b"{\"traktSlug\":\"\\ud800\"}".to_vec(),
        b"{\"traktSlug\":\"a\nb\"}".to_vec(),
        b"{\"traktSlug\":\"\\x41\"}".to_vec(),
        b"\xff\xfe{\0}\0".to_vec(),
        b"replace=true".to_vec(),
        "[".repeat(1000).into_bytes(),
        "{\"a\":".repeat(1000).into_bytes(),
        deep(1000).into_bytes(),
    ]
}

#[test]
fn what_is_no_json_is_refused_as_malformed() {
    let mut cast = Cast::start();
    for body in malformed() {
        for path in [DEVICE, CHECK, ASSOCIATE, LOGIN] {
            let reply = cast.post(path, Some("application/json"), &body);
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            assert_eq!(reply.outcome(), MALFORMED, "{path} {shown:?}");
        }
    }
    cast.assert_untouched();
}

/// JSON that is not what a route takes, and the fields that the answer names.
fn invalid() -> Vec<(&'static str, String, &'static str)> {
    let mut cases = Vec::new();
    let mut at = |path, bodies: &[(&str, &'static str)]| {
        cases.extend(bodies.iter().map(|(body, fields)| (path, (*body).to_owned(), *fields)));
    };
    at(
        DEVICE,
        &[
            ("[]", ""),
            ("null", ""),
            ("true", ""),
            ("7", ""),
            (r#""replace""#, ""),
            (r#"{"replace":"true"}"#, "replace"),
            (r#"{"replace":1}"#, "replace"),
            (r#"{"replace":[]}"#, "replace"),
            (r#"{"replace":{}}"#, "replace"),
            (r#"{"replace":[[[[[[[[]]]]]]]]}"#, "replace"),
            (r#"{"Replace":true}"#, "Replace"),
            (r#"{"replace":true,"user":"x"}"#, "user"),
            (r#"{"replace":1,"x":1,"y":null}"#, "replace x y"),
            (r#"{"replace":false,"replace":true}"#, "replace"),
            (r#"{"":true}"#, ""),
            (r#"{"replace\u0000":true}"#, "replace\0"),
        ],
    );
    at(
        CHECK,
        &[
            ("", "deviceCode"),
            ("{}", "deviceCode"),
            (r#"{"deviceCode":null}"#, "deviceCode"),
            (r#"{"deviceCode":1}"#, "deviceCode"),
            (r#"{"deviceCode":12345678901234567890123}"#, "deviceCode"),
            (r#"{"deviceCode":["x"]}"#, "deviceCode"),
            (r#"{"deviceCode":{"x":"y"}}"#, "deviceCode"),
            (r#"{"deviceCode":""}"#, "deviceCode"),
            (r#"{"device_code":"x"}"#, "deviceCode device_code"),
            (r#"{"deviceCode":"x","deviceCode":"y"}"#, "deviceCode"),
            (r#"{"deviceCode":false,"replace":true}"#, "deviceCode replace"),
        ],
    );
    at(
        ASSOCIATE,
        &[
            ("{}", "traktSlug userEmail"),
            (r#"{"traktSlug":null,"userEmail":null}"#, "traktSlug userEmail"),
            (r#"{"traktSlug":1,"userEmail":[],"replace":"no"}"#, "replace traktSlug userEmail"),
            (r#"{"traktSlug":"sean"}"#, "userEmail"),
            (r#"{"userEmail":"a@b"}"#, "traktSlug"),
            (r#"{"traktSlug":"","userEmail":""}"#, "traktSlug userEmail"),
            (r#"{"traktSlug":"sean","userEmail":"no at sign"}"#, "userEmail"),
            (r#"{"traktSlug":"sean","userEmail":"a@"}"#, "userEmail"),
            (r#"{"traktSlug":"sean","userEmail":"@b"}"#, "userEmail"),
            (r#"{"traktSlug":"sean","userEmail":"a@b@c"}"#, "userEmail"),
            (r#"{"traktSlug":"sean","userEmail":"a\u0000@b"}"#, "userEmail"),
            (r#"{"traktSlug":"se\u0000an","userEmail":"a@b"}"#, "traktSlug"),
            (r#"{"traktSlug":"se\nan","userEmail":"a@b\r\nx: y"}"#, "traktSlug userEmail"),
            (r#"{"traktSlug":"../users/me","userEmail":"a@b"}"#, "traktSlug"),
            (r#"{"traktSlug":"..","userEmail":"a@b"}"#, "traktSlug"),
            (r#"{"traktSlug":"me","userEmail":"a@b"}"#, "traktSlug"),
            (r#"{"traktSlug":"sean?x=1","userEmail":"a@b"}"#, "traktSlug"),
            (r#"{"traktSlug":"sean","userEmail":"a@b","role":"admin"}"#, "role"),
            (r#"{"traktSlug":"a","traktSlug":"b","userEmail":"a@b"}"#, "traktSlug"),
        ],
    );
    at(
        LOGIN,
        &[
            ("{}", "email password"),
            (r#"{"email":null,"password":null}"#, "email password"),
            (r#"{"email":["a@b"],"password":1}"#, "email password"),
            (r#"{"email":"a@b"}"#, "password"),
            (r#"{"email":"a@b","password":{"$ne":""}}"#, "password"),
            (r#"{"email":"a@b","password":"x","admin":true}"#, "admin"),
            (r#"{"email":"a@b","password":"x","password":"y"}"#, "password"),
        ],
    );
    let long = "x".repeat(300);
    cases.push((CHECK, json!({ "deviceCode": long }).to_string(), "deviceCode"));
    let body = json!({"traktSlug": long, "userEmail": format!("a@{long}")});
    cases.push((ASSOCIATE, body.to_string(), "traktSlug userEmail"));
    let body = json!({"email": "a@b", "password": "x".repeat(1025)});
    cases.push((LOGIN, body.to_string(), "password"));
    // A long name is not thrown back at whoever reads the answer.
    cases.push((DEVICE, json!({ long: 1 }).to_string(), ""));
    cases
}

#[test]
fn every_wrong_field_is_named() {
    let mut cast = Cast::start();
    let cases = invalid();
    assert!(cases.len() >= 40, "{}", cases.len());
    for (path, body, fields) in cases {
        let reply = cast.post(path, Some("application/json"), body.as_bytes());
        assert_eq!(reply.outcome(), INVALID, "{path} {body}");
        assert_eq!(named(&reply), fields, "{path} {body}");
        assert!(!reply.json()["errors"].as_array().unwrap().is_empty());
    }
    cast.assert_untouched();
}

#[test]
fn nothing_but_json_is_read() {
    let mut cast = Cast::start();
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("text/json"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/problem+json"),
        Some("application/jsonp"),
        Some("application/xml, application/json"),
        Some("application"),
        Some("\u{e9}"),
    ] {
        for path in [DEVICE, CHECK, ASSOCIATE, LOGIN] {
            let reply = cast.post(path, content_type, b"{}");
            let outcome = reply.outcome();
            assert_eq!(outcome, "415 unsupported_media_type", "{path} {content_type:?}");
        }
    }
    for content_type in ["application/json; charset=utf-8", "Application/JSON", "application/json;"]
    {
        let reply = cast.post(CHECK, Some(content_type), b"{}");
        assert_eq!(reply.outcome(), INVALID, "{content_type}");
    }
    cast.assert_untouched();
}

#[test]
fn paths_methods_and_queries_that_lead_nowhere() {
    let mut cast = Cast::start();
    let long = "x".repeat(5000);
    for (method, path, expected) in [
        ("GET", "/", "404 not_found"),
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
        ("DELETE", "/trakt/admin/associations/..%2faudit", "404 not_found"),
        ("DELETE", "/trakt/admin/associations/' OR 1=1--", "404 not_found"),
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
        assert!(answers.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answers}");
        assert!(answers.contains("content-type: application/problem+json"), "{path}: {answers}");
        assert!(answers.contains(&format!("\"code\":\"{code}\"")), "{path}: {answers}");
    }

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
        (audit, "since=2026-01-31&until=2026-02-30T00:00:00Z", "since until"),
        (audit, "user=me", "user"),
        (audit, "user=1'%20OR%201=1", "user"),
        (audit, "event=x&page=x", "event page"),
        (audit, "%ff=1", "\u{fffd}"),
    ] {
        let token = cast.admin();
        let reply = cast.service.server.get(&format!("{path}?{query}"), &token);
        assert_eq!(reply.outcome(), INVALID, "{path}?{query}");
        assert_eq!(named(&reply), fields, "{path}?{query}");
    }
    for query in ["page=1000000&limit=200", "q=%25", "q=_", "q=%5C", "q=", "status=active", ""] {
        let token = cast.admin();
        let reply = cast.service.server.get(&format!("{links}?{query}"), &token);
        assert_eq!(reply.json()["total"], 0, "{query}: {reply:?}");
    }
    cast.assert_untouched();
}

/// Everything that comes back on one connection until the other side closes it.
fn raw(server: &Server, bytes: &[u8]) -> String {
    let url = server.url("");
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // The other side may have answered and closed before it was told everything.
    let _ = stream.write_all(bytes);
    let mut answers = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answers) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "it is not closed");
    }
    String::from_utf8_lossy(&answers).into_owned()
}
