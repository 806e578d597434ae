//! Clients that take their time, and how many there may be.

use std::io::{BufRead as _, Read as _, Write as _};
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};

use super::{Line, ask, is_last};
use crate::harness::{Database, Server, Service, issue_token, sim, wait_for};

/// Drips a byte every 200 ms until the service has had enough: after how long, and what it said.
fn drip(mut line: Line, begin: &[u8]) -> (Duration, String) {
    line.write(begin);
    let start = Instant::now();
    let pause = Some(Duration::from_millis(200));
    line.0.get_mut().set_read_timeout(pause).unwrap();
    let mut said = Vec::new();
    loop {
        match line.0.fill_buf() {
            Ok([]) => break,
            Ok(bytes) => {
                said.extend_from_slice(bytes);
                let length = bytes.len();
                line.0.consume(length);
            }
            // Closed with something unread in it: what we sent too late.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(_) => {
                assert!(start.elapsed().as_secs() < 20, "it is let drip");
                if line.0.get_mut().write_all(b"x").is_err() {
                    break;
                }
            }
        }
    }
    (start.elapsed(), String::from_utf8(said).unwrap())
}

#[test]
fn heads_and_bodies_have_their_time() {
    let Service {
        server, database, ..
    } = Service::start();
    let token = issue_token(database.user("ana@example.org", "user"), 600);
    // What has not come asks nothing of the database: whoever asked who it is would wait for this, and
    // be answered with 503 after 2.4 s.
    let lock = "BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE";
    let mut other = Client::connect(database.url(), NoTls).unwrap();
    other.batch_execute(lock).unwrap();
    let half = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: ";
    // Limits are no matter here: five of these a second.
    let body = format!(
        "POST /trakt/history HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\n"
    );
    let stated = format!("{body}content-length: 999\r\n\r\n{{");
    let chunks = format!("{body}transfer-encoding: chunked\r\n\r\nfff\r\n{{");
    // It is answered before its body has come, which is not waited for any more.
    let nowhere =
        "POST /nowhere HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nfff\r\n";
    let mut used = Line::to(&server);
    assert_eq!(used.get("/healthz").0, 200);
    thread::scope(|scope| {
        let (first, chunked) = (Line::to(&server), Line::to(&server));
        let (posted, unread) = (Line::to(&server), Line::to(&server));
        let first = scope.spawn(|| drip(first, half));
        let second = scope.spawn(|| drip(used, half));
        let stated = scope.spawn(|| drip(posted, stated.as_bytes()));
        let chunks = scope.spawn(|| drip(chunked, chunks.as_bytes()));
        let nowhere = scope.spawn(|| drip(unread, nowhere.as_bytes()));
        for (what, head) in [("first", first), ("second", second), ("unread", nowhere)] {
            let (took, said) = head.join().unwrap();
            let time = if what == "unread" { 0..4 } else { 4..8 };
            assert!(time.contains(&took.as_secs()), "{what}: {took:?} {said}");
            let answer = match what {
                "first" => said.starts_with("HTTP/1.1 408 "),
                "second" => said.is_empty(),
                _ => said.starts_with("HTTP/1.1 404 "),
            };
            assert!(answer, "{what}: {said}");
        }
        for body in [stated, chunks] {
            let (took, said) = body.join().unwrap();
            assert!((9..14).contains(&took.as_secs()), "{took:?} {said}");
            assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
            assert!(said.contains("connection: close"), "{said}");
            assert!(said.contains("application/problem+json"), "{said}");
            assert!(said.contains("\"request_timeout\""), "{said}");
            assert_eq!(said.matches("HTTP/1.1 ").count(), 1, "{said}");
        }
    });
}

#[test]
fn there_are_so_many_connections_and_silent_ones_give_way() {
    let (sim, database) = (sim(), Database::fresh());
    let builder = Server::builder().database(&database).sim(&sim);
    let server = builder.var("MAX_CONNECTIONS", "16").unready().start();
    let mut one = Line::to(&server);
    let (_, head, _) = one.raw(&ask("/healthz"));
    assert!(!is_last(&head), "{head:?}");
    let mut silent: Vec<Line> = (0..13).map(|_| Line::to(&server)).collect();
    // Where few places are left, whoever was answered gives way.
    wait_for("an answer that is the last", || {
        is_last(&one.raw(&ask("/healthz")).1).then_some(())
    });
    assert_eq!(one.rest(), "");
    silent.extend((0..3).map(|_| Line::to(&server)));
    // Nobody is turned away: the next one is served once the first of them has had its time.
    let start = Instant::now();
    let (status, _) = Line::to(&server).get("/healthz");
    let took = start.elapsed();
    assert_eq!(status, 200);
    assert!((2..9).contains(&took.as_secs()), "{took:?}");
    drop(silent);
    assert_eq!(Line::to(&server).get("/healthz").0, 200);
}

/// Who has said the end in the middle of a head sends no more, and is not waited for.
#[test]
fn who_ends_in_a_head_is_gone_at_once() {
    let service = Service::start();
    for begin in [&b"GET /healthz HTTP/1.1\r\nhost: lo"[..], b"\x16\x03", b""] {
        let mut line = Line::to(&service.server);
        line.write(begin);
        line.0.get_mut().shutdown(Shutdown::Write).unwrap();
        let start = Instant::now();
        let mut said = Vec::new();
        let _ = line.0.read_to_end(&mut said);
        let took = start.elapsed();
        assert!(took.as_secs() < 3, "{took:?} after {begin:?}: {said:?}");
    }
    // A request that is whole is answered.
    let mut line = Line::to(&service.server);
    line.write(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    line.0.get_mut().shutdown(Shutdown::Write).unwrap();
    let mut said = String::new();
    line.0.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
}
