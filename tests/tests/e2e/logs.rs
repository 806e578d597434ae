//! What comes from outside stays inside its line, and whoever reads the log holds up nobody.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use serde_json::{Value, json};
use trakt_sim::{Account, Fault};

use crate::harness::{Database, Hears, Server, call, issue_token, sim, wait_for};

/// Ends of lines of every kind, terminal sequences, marks that turn text around, quotes, and bytes
/// that are no text.
const HOSTILE: &[&[u8]] = &[
    b"%0d%0a{\"level\":\"ERROR\",\"message\":\"forged\"}",
    b"\x1b[31m\x1b]0;title\x07",
    b"\xc2\x9b31m\xc2\x85\xe2\x80\xa8\xe2\x80\xa9",
    b"\xe2\x80\xae\xe2\x81\xa6\xf3\xa0\x81\x81",
    b"\\\"'}{,:",
    b"\xff\xfe\xc0\x80\xed\xa0\x80",
    b"\t\x0b\x0c\x7f",
];

/// Sends it as a path, a query, a header, a token, an id, a method and a body, whole or not.
fn inject(server: &Server, token: &str) {
    let bearer = format!("authorization: Bearer {token}\r\n");
    let bearer = bearer.as_bytes();
    let json = b"content-type: application/json\r\n".as_slice();
    for hostile in HOSTILE {
        let escaped: Vec<u8> = hostile
            .iter()
            .flat_map(|byte| format!("%{byte:02x}").into_bytes())
            .collect();
        let text = String::from_utf8_lossy(hostile);
        let body = json!({ "deviceCode": text, "email": text, "password": text }).to_string();
        let stated = format!("content-length: {}\r\n\r\n{body}", body.len());
        let raw = format!("content-length: {}\r\n\r\n", hostile.len());
        let get = b"GET /trakt/".as_slice();
        let end = b" HTTP/1.1\r\n".as_slice();
        let requests: [&[&[u8]]; 10] = [
            &[get, &escaped, end, bearer, b"\r\n"],
            &[get, hostile, end, bearer, b"\r\n"],
            &[get, b"history?cursor=", &escaped, end, bearer, b"\r\n"],
            &[
                b"GET /healthz",
                end,
                b"x-request-id: ",
                hostile,
                b"\r\n\r\n",
            ],
            &[
                get,
                b"sync",
                end,
                b"authorization: Bearer ",
                hostile,
                b"\r\n\r\n",
            ],
            &[
                get,
                b"sync",
                end,
                b"x-forwarded-for: ",
                hostile,
                b"\r\nuser-agent: ",
                hostile,
                b"\r\n\r\n",
            ],
            &[
                b"POST /trakt/auth/device/check",
                end,
                bearer,
                json,
                stated.as_bytes(),
            ],
            &[b"POST /auth/login", end, json, stated.as_bytes()],
            &[b"POST /auth/login", end, json, raw.as_bytes(), hostile],
            &[hostile, b" /healthz", end, b"\r\n"],
        ];
        for request in requests {
            let mut stream = TcpStream::connect(address(server)).unwrap();
            // It may be refused before it is all sent.
            let _ = stream.write_all(&request.concat());
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    }
}

fn address(server: &Server) -> String {
    server.url("").trim_start_matches("http://").to_owned()
}

/// The log of a service that was told everything hostile, by its callers and by Trakt.
fn hostile_log(format: &str) -> String {
    let (sim, database) = (sim(), Database::fresh());
    let builder = Server::builder().database(&database).sim(&sim);
    let builder = builder.var("LOG_FORMAT", format);
    let server = builder.var("RUST_LOG", "trace").start();
    let token = issue_token(database.user("ana@example.org", "user"), 600);
    inject(&server, &token);
    let name = "\r\n{\"level\":\"ERROR\"}\u{1b}[31m\u{202e}\u{2028}";
    sim.add_account(Account::new("sean2", name, name)).unwrap();
    let body = json!({ "error": name, "error_description": name }).to_string();
    for on in ["POST /oauth/device/code", "GET /users/settings"] {
        sim.fault(on, Fault::answer(400, &body)).unwrap();
    }
    let refused = server.post("/trakt/auth/device", &token, &json!({}));
    assert_eq!(refused.status, 503, "{refused:?}");
    let flow = server.start_flow(&token, false);
    sim.approve(flow["userCode"].as_str().unwrap(), "sean2")
        .unwrap();
    // Trakt does not say whose account it is, and then it does.
    assert_eq!(server.finish_flow(&token, &flow).status, 503);
    assert_eq!(server.finish_flow(&token, &flow).status, 200);
    let (status, log) = server.stop();
    assert!(status.success());
    log
}

fn is_harmless(line: &str) -> bool {
    !line.chars().any(|c| {
        c.is_control()
            || ('\u{2028}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
    })
}

#[test]
fn every_line_of_json_is_an_object_whatever_is_in_it() {
    let log = hostile_log("json");
    let mut requests = 0;
    for line in log.lines() {
        let value: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line:?}"));
        for field in ["time", "level", "target", "message"] {
            assert!(value[field].is_string(), "no {field} in {line}");
        }
        assert!(is_harmless(line), "{line:?}");
        assert_ne!(value["message"], "forged");
        if value["target"] != "trakt_server::request" {
            continue;
        }
        requests += 1;
        assert!(
            value["method"].is_string() && value["status"].is_u64(),
            "{line}"
        );
        let took = value["durationMs"].as_f64();
        assert!(took.is_some_and(|ms| ms >= 0.0), "{line}");
        let id = value["requestId"].as_str();
        assert!(id.is_some_and(|id| !id.is_empty()), "{line}");
        for field in ["route", "user"] {
            let found = value.get(field);
            let known = found.is_some_and(|value| value.is_string() || value.is_null());
            assert!(known, "no {field} in {line}");
        }
    }
    assert!(requests > 30, "{requests} requests were logged");
}

#[test]
fn every_line_of_text_is_a_line_whatever_is_in_it() {
    for line in hostile_log("text").lines() {
        assert!(is_harmless(line), "{line:?}");
        let begins = line.split(' ').next().unwrap_or_default();
        let dated = begins.len() == 24 && begins.starts_with("20") && begins.ends_with('Z');
        assert!(dated, "a line that is none of ours: {line:?}");
        let request = line.contains(" trakt_server::request: ");
        assert!(
            !request || !line.contains("127.0.0.1"),
            "it has an address: {line}"
        );
    }
}

#[test]
fn lines_on_the_way_of_a_request_have_its_id() {
    let (sim, database) = (sim(), Database::fresh());
    let builder = Server::builder().database(&database).sim(&sim);
    let server = builder.var("LOG_FORMAT", "json").start();
    let token = issue_token(database.user("ana@example.org", "user"), 600);
    sim.fault("POST /oauth/device/code", Fault::Html).unwrap();
    let reply = server.post("/trakt/auth/device", &token, &json!({}));
    assert_eq!(reply.status, 503, "{reply:?}");
    let id = reply.header("x-request-id").unwrap().to_owned();
    wait_for("its line, and one that says what was wrong", || {
        let log = server.log();
        let lines = log.lines();
        let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let own = lines.filter(|line| line["requestId"] == *id);
        let levels: Vec<Value> = own.map(|line| line["level"].clone()).collect();
        ["WARN", "INFO"]
            .iter()
            .all(|level| levels.contains(&json!(level)))
            .then_some(())
    });
}

/// So many requests that a pipe and the queue before it are full.
fn many_requests(server: &Server) {
    let mut stream = TcpStream::connect(address(server)).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    let request = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut line = String::new();
    for _ in 0..80 {
        stream.write_all(request.repeat(100).as_bytes()).unwrap();
        let mut answered = 0;
        while answered < 100 {
            line.clear();
            assert_ne!(answers.read_line(&mut line).unwrap(), 0, "it hung up");
            // The body of one and the head of the next share a line.
            answered += line.matches("HTTP/1.1 200").count();
        }
    }
}

#[test]
fn a_log_that_nobody_reads_holds_up_nobody() {
    let (sim, database) = (sim(), Database::fresh());
    let builder = Server::builder().database(&database).sim(&sim);
    let server = builder.hears(Hears::Little).start();
    many_requests(&server);
    let metrics = call("GET", &server.url("/metrics"), None, None).text;
    let name = "trakt_log_lines_lost_total ";
    let lost = metrics.lines().find_map(|line| line.strip_prefix(name));
    let lost: f64 = lost.unwrap().parse().unwrap();
    assert!(lost > 100.0, "{lost} lines were lost");
    server.hear();
    wait_for("word of what was lost", || {
        let told = "lines were lost: nobody took them in time";
        server.log().contains(told).then_some(())
    });
    let (status, _) = server.stop();
    assert!(status.success(), "{status}");
}

#[test]
fn a_log_that_is_closed_ends_nothing() {
    let (sim, database) = (sim(), Database::fresh());
    let builder = Server::builder().database(&database).sim(&sim);
    let server = builder.hears(Hears::NoMore).start();
    many_requests(&server);
    let (status, _) = server.stop();
    assert!(status.success(), "{status}");
}
