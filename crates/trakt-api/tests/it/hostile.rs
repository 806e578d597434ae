//! Over real sockets: bodies and headers that are meant to hurt. What they cost is measured in
//! `tests/memory.rs`.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use trakt_api::{
    Auth, Call, Class, Client, Coverage, Edge, Endpoint, Error, Gap, Host, Items, Method, Paged,
};

use crate::fake::config;
use crate::network::Listener;

/// The longest that any of these may take.
const SOON: Duration = Duration::from_secs(2);

struct Numbers;

impl Endpoint for Numbers {
    type Reply = Items<Value>;
    const METHOD: Method = Method::Get;
    const HOST: Host = Host::Api;
    const AUTH: Auth = Auth::Application;
    const MAX_REPLY: u64 = 1024 * 1024;

    fn path(&self) -> Vec<String> {
        vec!["numbers".to_owned()]
    }
}

impl Paged for Numbers {
    type Item = Value;
}

fn client(server: &Listener) -> Client {
    Client::new(config(&server.url, &server.url)).unwrap()
}

fn send(server: &Listener) -> Result<Items<Value>, Error> {
    let start = Instant::now();
    let sent = client(server).send(&Numbers, Call::public().within(SOON * 5));
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    sent
}

fn class(server: &Listener) -> Class {
    send(server).unwrap_err().class().unwrap().clone()
}

/// A head, these bytes, and then more for ever.
fn endless(head: &'static str, start: &'static str) -> Listener {
    Listener::answering(move |stream: &mut TcpStream| {
        stream.write_all(head.as_bytes())?;
        stream.write_all(start.as_bytes())?;
        loop {
            stream.write_all(&[b' '; 16 * 1024])?;
        }
    })
}

#[test]
fn the_start_of_an_endless_refusal_is_enough() {
    let server = endless(
        "HTTP/1.1 429 No\r\nconnection: close\r\n\r\n",
        "error code: 1015",
    );
    assert_eq!(class(&server), Class::Edge(Edge::Banned));
    let server = endless(
        "HTTP/1.1 403 No\r\ncontent-length: 1073741824\r\n\r\n",
        "<!doctype html>",
    );
    assert_eq!(class(&server), Class::Edge(Edge::Blocked));
    let server = endless("HTTP/1.1 404 No\r\nconnection: close\r\n\r\n", "{}");
    assert_eq!(class(&server), Class::NotFound);
}

#[test]
fn a_refusal_that_is_cut_off_is_still_one() {
    for rest in [
        "content-length: 99\r\n\r\n{\"exp",
        "transfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let server = Listener::answering(move |stream| {
            stream.write_all(format!("HTTP/1.1 409 No\r\n{rest}").as_bytes())?;
            Err(std::io::ErrorKind::ConnectionAborted.into())
        });
        let nothing = Class::Conflict {
            watched_at: None,
            expires_at: None,
        };
        assert_eq!(class(&server), nothing);
    }
}

#[test]
fn an_endless_success_is_none() {
    for head in [
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7fffffff\r\n",
    ] {
        let error = send(&endless(head, "[")).unwrap_err();
        assert!(
            matches!(error, Error::Unreadable { status: 200, .. }),
            "{error}"
        );
    }
}

fn saying(status: u16, headers: &str, body: &str) -> Listener {
    let length = body.len();
    Listener::saying(format!(
        "HTTP/1.1 {status} Any\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    ))
}

#[test]
fn a_body_deeper_than_the_stack_is_unreadable_in_part() {
    let deep = "[".repeat(500_000) + &"]".repeat(500_000);
    let list = send(&saying(200, "", &format!("[1,{deep},2]"))).unwrap();
    assert_eq!((list.items.len(), list.bad.len()), (2, 1));
    let cut = "[".repeat(500_000);
    assert!(send(&saying(200, "", &cut)).is_err());
    let objects = "{\"a\":".repeat(10_000);
    assert_eq!(class(&saying(400, "", &objects)), Class::Other);
    let conflict = Class::Conflict {
        watched_at: None,
        expires_at: None,
    };
    assert_eq!(class(&saying(409, "", &objects)), conflict);
}

#[test]
fn headers_out_of_their_senses_say_nothing() {
    let nonsense = "x-ratelimit: {\"until\":\"9999999-01-01T00:00:00Z\",\"remaining\":1e400}\r\n\
        retry-after: 99999999999999999999999999\r\nretry-after: -1\r\n\
        date: Mon, 99 Nov 2026 99:99:99 GMT\r\nx-request-id: \u{fffd}\r\n";
    let error = send(&saying(429, nonsense, "")).unwrap_err();
    assert_eq!(error.class(), Some(&Class::RateLimited { limit: None }));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
}

#[test]
fn a_list_of_all_pages_there_can_be_is_given_up() {
    let head = "x-pagination-page-count: 18446744073709551615\r\n\
        x-pagination-item-count: 18446744073709551615\r\n";
    let calls = AtomicUsize::new(0);
    let server = Listener::answering(move |stream| {
        let body = format!("[{}]", calls.fetch_add(1, Ordering::SeqCst));
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n{head}\r\n{body}"
        )
    });
    let client = client(&server);
    let mut pages = client.pages(&Numbers, Call::public()).at_most(20);
    assert_eq!((&mut pages).filter(Result::is_ok).count(), 20);
    assert_eq!(pages.coverage(), Coverage::Incomplete(Gap::TooLong));
    assert_eq!(server.requests().len(), 20);
}

#[test]
fn a_page_that_was_cut_off_is_asked_for_again_and_none_is_lost() {
    let head = "x-pagination-page-count: 3\r\nx-pagination-item-count: 3\r\n";
    let calls = AtomicUsize::new(0);
    let server = Listener::answering(move |stream| {
        let call = calls.fetch_add(1, Ordering::SeqCst);
        let (page, cut) = [(1, false), (2, true), (2, false), (3, false)][call];
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n{head}\r\n")?;
        if cut {
            stream.write_all(b"[2")?;
            return Err(std::io::ErrorKind::ConnectionAborted.into());
        }
        write!(stream, "[{page}]")
    });
    let client = client(&server);
    let mut pages = client.pages(&Numbers, Call::public());
    let mut items = Vec::new();
    while let Some(page) = pages.next() {
        match page {
            Ok(page) => items.extend(page.items),
            Err(error) => {
                assert!(matches!(error, Error::Unreadable { status: 200, .. }));
                let failed = Gap::Failed { page: 2 };
                assert_eq!(pages.coverage(), Coverage::Incomplete(failed));
                pages.resume();
            }
        }
    }
    assert_eq!(items, [1, 2, 3]);
    assert_eq!(pages.coverage(), Coverage::Complete);
}
