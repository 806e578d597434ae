//! Nothing was sent, and the error says so: what is behind a retry.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use trakt_api::{BaseUrl, Error, RefreshToken};

use super::{LONG, Listener, client, fails_in_time, ok};

#[track_caller]
fn is_not_sent(error: &Error, why: &str) {
    assert_eq!(*error, Error::NotSent(why.to_owned()));
    assert!(error.retryable());
}

fn refresh(url: &str, within: Duration) -> Error {
    let token = RefreshToken::from("refresh".to_owned());
    client(url).refresh(&token, within).unwrap_err()
}

#[test]
fn connection_refused() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    is_not_sent(&refresh(&url, LONG), "the connection was refused");
    is_not_sent(
        &client(&url).profile("sean", LONG).unwrap_err(),
        "the connection was refused",
    );
}

#[test]
fn no_such_host() {
    // A label is 63 bytes at most (RFC 1035 section 2.3.4): no resolver needs to be asked.
    let url = format!("https://{}.example", "a".repeat(64));
    is_not_sent(&refresh(&url, LONG), "the host name cannot be found");
}

#[test]
fn the_time_is_over_before_it_begins() {
    let server = Listener::saying(ok("{}"));
    let error = refresh(&server.url, Duration::ZERO);
    assert!(matches!(error, Error::NotSent(_)), "{error}");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn no_tls_there() {
    // To a server of plain HTTP a ClientHello is no request; it says so in plain text.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", server.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let mut hello = [0; 5];
        stream.read_exact(&mut hello).unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
        // Until the client hangs up.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    is_not_sent(&refresh(&url, LONG), "TLS cannot be agreed on");
}

#[test]
fn a_handshake_that_is_never_answered() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", server.local_addr().unwrap());
    let error = fails_in_time(|within| {
        client(&url).refresh(&RefreshToken::from("refresh".to_owned()), within)
    });
    is_not_sent(&error, "connecting took too long");
}

#[test]
fn a_certificate_that_nobody_vouches_for() {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let own = rcgen::generate_simple_self_signed(names).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
    let provider = rustls::crypto::ring::default_provider();
    let config = rustls::ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key.into())
        .unwrap();

    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", server.local_addr().unwrap());
    let (report, received) = mpsc::channel();
    thread::spawn(move || {
        let (stream, _) = server.accept().unwrap();
        let connection = rustls::ServerConnection::new(config.into()).unwrap();
        let mut tls = rustls::StreamOwned::new(connection, stream);
        let mut first = [0; 1];
        let read = tls.read(&mut first).unwrap_or_default();
        report.send(read).unwrap();
    });
    is_not_sent(&refresh(&url, LONG), "the host has no valid certificate");
    assert_eq!(
        received.recv_timeout(LONG).unwrap(),
        0,
        "bytes of a request"
    );
}

#[test]
fn plain_http_is_for_loopback() {
    assert!(BaseUrl::parse("http://192.0.2.1").is_err());
    let url = trakt_api::Url::parse("http://192.0.2.1/oauth/token").unwrap();
    let request = trakt_api::RawRequest {
        method: trakt_api::Method::Get,
        host: trakt_api::Host::Auth,
        url,
        headers: Vec::new(),
        body: None,
        within: LONG,
        max_reply: 1,
    };
    let transport = trakt_api::UreqTransport::new();
    let sent = trakt_api::Transport::send(&transport, request);
    let why = "plain http is not allowed".to_owned();
    assert_eq!(sent.err(), Some(trakt_api::TransportError::NotSent(why)));
}
