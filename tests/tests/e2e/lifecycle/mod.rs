//! From the first log line to the last request in flight.

mod slow;
mod stop;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use trakt_sim::{Fault, TokenState};

use crate::harness::{Database, Server, Service, issue_token, sim, wait_for};

const DEVICE: &str = "/trakt/auth/device";
const ASSOCIATION: &str = "/trakt/association";

/// A connection that stays open between requests.
struct Line(BufReader<TcpStream>);

impl Line {
    fn to(server: &Server) -> Self {
        let url = server.url("");
        let stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends these bytes: the status line, the headers and the body that come back.
    fn raw(&mut self, request: &[u8]) -> (u16, Vec<String>, String) {
        self.0.get_mut().write_all(request).unwrap();
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(
                self.0.read_line(&mut line).unwrap() > 0,
                "the connection was closed"
            );
            if line == "\r\n" {
                break;
            }
            lines.push(line.trim_end().to_owned());
        }
        let status = lines[0].split(' ').nth(1).unwrap().parse().unwrap();
        let length = lines
            .iter()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).unwrap();
        (status, lines, String::from_utf8(body).unwrap())
    }

    fn get(&mut self, path: &str) -> (u16, String) {
        let (status, _, body) = self.raw(&ask(path));
        (status, body)
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    /// Everything that comes up to the end of the connection, which must be a clean one.
    fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).unwrap();
        rest
    }
}

fn ask(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes()
}

fn is_last(head: &[String]) -> bool {
    head.iter().any(|line| line == "connection: close")
}

#[test]
fn a_stop_lets_requests_in_flight_end() {
    let service = Service::start();
    let Service {
        server,
        sim,
        database,
    } = service;
    let token = issue_token(database.user("ana@example.org", "user"), 600);
    let mut line = Line::to(&server);
    assert_eq!(line.get("/readyz").0, 200);
    sim.fault("POST /oauth/device/code", Fault::Delay { ms: 3000 })
        .unwrap();
    let start = thread::scope(|scope| {
        let asking = scope.spawn(|| server.post(DEVICE, &token, &json!({})));
        wait_for("the call to Trakt", || {
            (!sim.requests().is_empty()).then_some(())
        });
        server.signal(Signal::TERM);
        let start = Instant::now();
        wait_for("unreadiness", || {
            (Line::to(&server).get("/readyz").0 == 503).then_some(())
        });
        assert!(!asking.is_finished(), "the request is still in flight");
        assert_eq!(line.get("/healthz").0, 200);
        let reply = asking.join().unwrap();
        assert_eq!(reply.status, 200, "{reply:?}");
        start
    });
    drop(line);
    let (status, log) = server.stop();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(
        start.elapsed() < Duration::from_secs(15),
        "{:?}",
        start.elapsed()
    );
    assert!(log.lines().last().unwrap().contains("stopped"), "{log}");
    assert_eq!(
        database.count("SELECT count(*) FROM device_flows"),
        1,
        "its effect is there"
    );
}

/// The client is gone, but Trakt has given the tokens out: they must not be lost.
#[test]
fn a_stop_waits_for_what_a_client_left_behind() {
    let service = Service::start();
    let Service {
        server,
        sim,
        database,
    } = service;
    let token = issue_token(database.user("ana@example.org", "user"), 600);
    let flow = server.start_flow(&token, false);
    sim.approve(flow["userCode"].as_str().unwrap(), "sean")
        .unwrap();
    sim.fault("GET /users/settings", Fault::Late { ms: 2000 })
        .unwrap();
    let body = json!({"deviceCode": flow["deviceCode"]}).to_string();
    let request = format!(
        "POST /trakt/auth/device/check HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut left = Line::to(&server);
    wait_for("the call to Trakt", || {
        left = Line::to(&server);
        left.0.get_mut().write_all(request.as_bytes()).unwrap();
        // Nothing to read within this time: the answer waits for Trakt.
        left.0
            .get_mut()
            .set_read_timeout(Some(Duration::from_millis(300)))
            .unwrap();
        let _ = left.0.fill_buf();
        (!sim.requests_to("GET /users/settings").is_empty()).then_some(())
    });
    drop(left);
    let (status, log) = server.stop();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(
        database.count("SELECT count(*) FROM trakt_users WHERE status = 'active'"),
        1
    );
    assert_eq!(sim.tokens()[0].state, TokenState::Live);
}

#[test]
fn clients_that_say_nothing_do_not_hold_up_a_stop() {
    let Service {
        server,
        sim: _sim,
        database: _database,
    } = Service::start();
    let mut idle = Line::to(&server);
    assert_eq!(idle.get("/healthz").0, 200);
    let silent = Line::to(&server);
    let mut stalled = Line::to(&server);
    let half = "POST /auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{";
    stalled.0.get_mut().write_all(half.as_bytes()).unwrap();
    let start = Instant::now();
    let (status, _) = server.stop();
    assert_eq!(status.code(), Some(0));
    let took = start.elapsed();
    assert!(took < Duration::from_secs(25), "{took:?}");
    drop((idle, silent, stalled));
}

fn request_lines(log: &str) -> Vec<&str> {
    log.lines()
        .filter(|line| line.contains("trakt_server::request"))
        .collect()
}

fn with_id(path: &str, id: &[u8]) -> Vec<u8> {
    let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nx-request-id: ");
    [head.as_bytes(), id, b"\r\n\r\n"].concat()
}

#[test]
fn one_log_line_a_request_with_its_id() {
    let (sim, database) = (sim(), Database::fresh());
    let server = Server::builder().database(&database).sim(&sim).start();
    let id_of = |lines: &[String]| {
        let id = lines
            .iter()
            .find_map(|line| line.strip_prefix("x-request-id: "));
        id.expect("an id in the answer").to_owned()
    };
    let mut sent = BTreeSet::new();
    for id in [
        "abc-123",
        "0af7651916cd43dd8448eb211c80319c",
        "a.b:c_d",
        &"x".repeat(128),
    ] {
        let (_, lines, _) =
            Line::to(&server).raw(&with_id("/trakt/association?canary=q", id.as_bytes()));
        assert_eq!(id_of(&lines), *id, "a sane one is kept");
        sent.insert(id.to_owned());
    }
    let (long, colour) = ("x".repeat(129), "a\u{1b}[31mred".as_bytes());
    let strange: [&[u8]; 8] = [
        b"",
        b"a b",
        long.as_bytes(),
        colour,
        b"a\tb",
        b"id=forged user=root",
        "\u{e4}".as_bytes(),
        b"a%0d%0ab",
    ];
    for id in strange {
        let (status, lines, _) = Line::to(&server).raw(&with_id(ASSOCIATION, id));
        if status == 400 {
            // Not HTTP: it never became a request.
            continue;
        }
        let own = id_of(&lines);
        assert!(uuid::Uuid::parse_str(&own).is_ok(), "{id:?} became {own}");
        sent.insert(own);
    }
    // A line break ends the header: what follows is another one, and never a log line.
    let (_, lines, _) = Line::to(&server).raw(&with_id(
        "/trakt/association",
        b"broken\r\nx-other: 2026-01-01 ERROR forged",
    ));
    sent.insert(id_of(&lines));
    // A path may hold anything that is escaped; the log shows the route.
    let (_, lines, _) = Line::to(&server).raw(&with_id("/%0d%0aforged%1b[31m/canary", b"path-1"));
    sent.insert(id_of(&lines));

    let (_, log) = server.stop();
    for id in &sent {
        let of_id = request_lines(&log)
            .into_iter()
            .filter(|line| line.ends_with(&format!(" id={id}")));
        assert_eq!(of_id.count(), 1, "lines of {id} in:\n{log}");
    }
    assert!(!log.contains("forged") && !log.contains("canary"), "{log}");
    assert!(
        log.chars().all(|c| c == '\n' || !c.is_control()),
        "control characters in the log"
    );
    for line in log.lines() {
        let stamp = line.split(' ').next().unwrap();
        assert!(
            stamp.len() == 24 && stamp.ends_with('Z'),
            "a line without a time: {line}"
        );
    }
}

#[test]
fn log_lines_as_json() {
    let (sim, database) = (sim(), Database::fresh());
    let builder = Server::builder().database(&database).sim(&sim);
    let server = builder
        .var("LOG_FORMAT", "json")
        .var("RUST_LOG", "debug")
        .start();
    let token = issue_token(database.user("ana@example.org", "user"), 600);
    assert_eq!(server.link(&sim, &token, "sean").status, 200);
    sim.fault("POST /oauth/device/code", Fault::Html).unwrap();
    assert_eq!(server.post(DEVICE, &token, &json!({})).status, 503);
    let (status, log) = server.stop();
    assert!(status.success());
    let mut levels = BTreeSet::new();
    for line in log.lines() {
        let json: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        for field in ["time", "level", "target", "message"] {
            assert!(json[field].is_string(), "no '{field}' in {line}");
        }
        levels.insert(json["level"].as_str().unwrap().to_owned());
    }
    assert!(
        levels.contains("INFO") && levels.contains("WARN"),
        "{levels:?}"
    );
}
