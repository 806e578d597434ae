//! What is on the wire: the request as it arrives, and where no request may go.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use trakt_api::{AccessToken, Auth, Call, Client, Endpoint, Method, RefreshToken};

use super::{LONG, Listener, client, ok};
use crate::fake::config;

const TOKEN: &str = include_str!("../../fixtures/token.json");
const SETTINGS: &str = include_str!("../../fixtures/settings.json");

fn token() -> RefreshToken {
    RefreshToken::from("refresh".to_owned())
}

fn access() -> AccessToken {
    AccessToken::from("access".to_owned())
}

/// The head of a request: its lines, in small letters and sorted but for the first.
fn head(request: &str) -> Vec<String> {
    let (head, _) = request.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<_> = head.lines().map(str::to_ascii_lowercase).collect();
    lines[1..].sort();
    lines
}

/// A call from outside the crate.
struct Silent;

impl Endpoint for Silent {
    type Reply = Value;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::Application;

    fn path(&self) -> Vec<String> {
        vec!["silent".to_owned()]
    }
}

#[test]
fn a_post_that_says_nothing_says_how_long_it_is() {
    let server = Listener::saying(ok("{}"));
    client(&server.url).send(&Silent, Call::public()).unwrap();
    let requests = server.requests();
    let head = head(&requests[0]);
    assert!(head.contains(&"content-length: 0".to_owned()), "{head:?}");
    let chunked = |line: &String| line.starts_with("transfer-encoding");
    assert!(!head.iter().any(chunked), "{head:?}");
}

#[test]
fn a_call_reaches_the_server_as_it_was_built() {
    let server = Listener::saying(ok(SETTINGS));
    client(&server.url).settings(&access(), LONG).unwrap();
    let host = server.url.strip_prefix("http://").unwrap();
    let requests = server.requests();
    assert_eq!(
        head(&requests[0]),
        [
            "get /users/settings http/1.1",
            "accept-encoding: identity",
            "accept: application/json",
            "authorization: bearer access",
            "content-type: application/json",
            &format!("host: {host}"),
            "trakt-api-key: client-id",
            "trakt-api-version: 2",
            "user-agent: trakt-server/0.1.0",
        ]
    );

    let server = Listener::saying(ok(TOKEN));
    client(&server.url).refresh(&token(), LONG).unwrap();
    let requests = server.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /oauth/token HTTP/1.1\r\n"), "{head}");
    assert!(
        !head.to_ascii_lowercase().contains("authorization"),
        "{head}"
    );
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["refresh_token"], "refresh");
}

#[test]
fn a_redirect_is_a_refusal_and_nobody_follows_it() {
    let elsewhere = Listener::saying(ok(TOKEN));
    for status in [301, 302, 303, 307, 308] {
        let server = Listener::saying(format!(
            "HTTP/1.1 {status} Moved\r\nlocation: {}/oauth/token\r\ncontent-length: 0\r\n\r\n",
            elsewhere.url
        ));
        let client = client(&server.url);
        let error = client.refresh(&token(), LONG).unwrap_err();
        assert_eq!(error.status(), Some(status));
        let error = client.settings(&access(), LONG).unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert_eq!(server.requests().len(), 2);
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn the_oauth_host_gets_a_new_connection_for_each_call() {
    let (api, auth) = (Listener::saying(ok(SETTINGS)), Listener::saying(ok(TOKEN)));
    let client = Client::new(config(&api.url, &auth.url)).unwrap();
    for _ in 0..3 {
        client.refresh(&token(), LONG).unwrap();
        client.settings(&access(), LONG).unwrap();
    }
    assert_eq!((auth.connections(), auth.requests().len()), (3, 3));
    assert_eq!((api.connections(), api.requests().len()), (1, 3));
}

#[test]
fn a_reply_may_be_as_large_as_the_cap() {
    let cap = 64 * 1024;
    let padded = |length: usize| ok(&format!("{TOKEN}{}", " ".repeat(length - TOKEN.len())));
    let server = Listener::saying(padded(cap));
    client(&server.url).refresh(&token(), LONG).unwrap();
    let server = Listener::saying(padded(cap + 1));
    let error = client(&server.url).refresh(&token(), LONG).unwrap_err();
    assert!(error.to_string().contains("larger"), "{error}");
}

#[test]
fn a_body_that_is_compressed_without_being_asked_is_not_unpacked() {
    let server = Listener::saying(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f{}\x08",
    );
    let error = client(&server.url).refresh(&token(), LONG).unwrap_err();
    assert_eq!(error.status(), Some(200));
}

/// The environment of a running process cannot be changed here, so another one makes the call:
/// this program with one test alone.
#[test]
fn no_proxy_is_taken_from_the_environment() {
    let proxy = Listener::saying(ok("{}"));
    let mut child = Command::new(std::env::current_exe().unwrap());
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"] {
        child.env(name, &proxy.url);
        child.env(name.to_lowercase(), &proxy.url);
    }
    child.env_remove("NO_PROXY").env_remove("no_proxy");
    let name = "network::wire::a_call_reaches_the_server_as_it_was_built";
    let done = child.args(["--exact", name]).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn calls_do_not_wait_for_each_other() {
    let server = Listener::answering(|stream| {
        std::thread::sleep(Duration::from_millis(300));
        std::io::Write::write_all(stream, ok(SETTINGS).as_bytes())
    });
    let client = client(&server.url);
    let start = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| client.settings(&access(), LONG).unwrap());
        }
    });
    let took = start.elapsed();
    assert!(took < Duration::from_millis(8 * 300), "{took:?}");
}
