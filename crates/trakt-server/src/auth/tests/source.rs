//! Fetching over real sockets from servers that do not behave.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::mint::ED;
use super::{AUDIENCE, ISSUER, clock};
use crate::auth::{
    AuthError, HttpKeySet, KeySetFault, KeySetSource as _, KeySetUrl, OutsideTokens,
};

/// Answers one request, and gives back what was asked.
fn server(
    answer: impl FnOnce(&mut TcpStream) + Send + 'static,
) -> (KeySetUrl, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = url(listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let asked = lines
            .map(Result::unwrap)
            .take_while(|line| !line.is_empty())
            .collect();
        answer(&mut stream);
        asked
    });
    (url, asked)
}

fn url(address: SocketAddr) -> KeySetUrl {
    KeySetUrl::parse(&format!("http://{address}/keys?policy=a")).unwrap()
}

/// A whole answer at once. The other side may have left before it has read all of it.
fn answer(status: &str, headers: &str, body: &str) -> impl FnOnce(&mut TcpStream) + Send + 'static {
    let text = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    move |stream| drop(stream.write_all(text.as_bytes()))
}

fn fault(answer: impl FnOnce(&mut TcpStream) + Send + 'static) -> KeySetFault {
    let (url, _asked) = server(answer);
    HttpKeySet::new(&url).fetch().unwrap_err()
}

#[test]
fn a_key_set_is_fetched_and_used() {
    let body = json!({"keys": [ED.jwk("ed-1")]}).to_string();
    let (url, asked) = server(answer("200 OK", "", &body));
    let tokens = OutsideTokens::over_http(&url, ISSUER, AUDIENCE, clock());
    assert!(tokens.verify(&ED.token("ed-1")).is_ok());
    assert_eq!(asked.join().unwrap()[0], "GET /keys?policy=a HTTP/1.1");
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    let location = format!("Location: http://{}/\r\n", elsewhere.local_addr().unwrap());
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
    ] {
        let fault = fault(answer(status, &location, "{\"keys\":[]}"));
        assert_eq!(fault, KeySetFault::new("the status is not 200"));
    }
    elsewhere.set_nonblocking(true).unwrap();
    assert_eq!(
        elsewhere.accept().unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
}

#[test]
fn only_a_200_counts() {
    for status in [
        "204 No Content",
        "404 Not Found",
        "500 Oops",
        "503 Service Unavailable",
    ] {
        let fault = fault(answer(status, "", ""));
        assert_eq!(fault, KeySetFault::new("the status is not 200"), "{status}");
    }
}

#[test]
fn an_answer_may_be_only_so_large() {
    let most = " ".repeat(256 * 1024);
    let (url, _asked) = server(answer("200 OK", "", &most));
    assert_eq!(
        HttpKeySet::new(&url).fetch().map(|body| body.len()),
        Ok(256 * 1024)
    );

    let too_large = KeySetFault::new("the answer is too large");
    assert_eq!(fault(answer("200 OK", "", &format!("{most} "))), too_large);
    // No length is given, and the body has no end.
    let endless = fault(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[b' '; 4096]).is_ok() {}
    });
    assert_eq!(endless, too_large);
    let header = format!("X-Long: {}\r\n", "x".repeat(64 * 1024));
    fault(answer("200 OK", &header, "{}"));
}

#[test]
fn a_slow_answer_ends_in_time() {
    let start = Instant::now();
    // It is never silent for long, so only a limit for the whole call ends it.
    let slow = fault(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
    });
    assert_eq!(slow, KeySetFault::new("it took too long"));
    assert!(
        start.elapsed() < Duration::from_millis(5500),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_broken_answer_is_a_fault() {
    fault(|_| {});
    fault(|stream| drop(stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")));
    fault(|stream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"keys\""));
    });
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    assert!(HttpKeySet::new(&url(closed)).fetch().is_err());
}

#[test]
fn a_fault_is_no_refusal() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let source = Arc::new(HttpKeySet::new(&url(closed)));
    let tokens = OutsideTokens::new(ISSUER, AUDIENCE, source, clock());
    let answer = tokens.verify(&ED.token("ed-1"));
    assert_eq!(answer, Err(AuthError::KeysUnavailable));
}

#[test]
fn addresses() {
    for good in [
        "https://id.example/.well-known/jwks.json",
        "https://id.example:8443/keys?p=policy",
        "http://127.0.0.1:8080/keys",
        "http://[::1]/keys",
        "http://localhost/keys",
    ] {
        assert!(KeySetUrl::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "id.example/keys",
        "http://id.example/keys",
        "http://10.0.0.1/keys",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost.evil.example/keys",
        "ftp://id.example/keys",
        "file:///etc/passwd",
        "https://user@id.example/keys",
        "https://user:pass@id.example/keys",
        "https://id.example/keys#part",
        "https://id.example:0/keys",
        "https://",
    ] {
        assert!(KeySetUrl::parse(bad).is_err(), "{bad}");
    }
}
