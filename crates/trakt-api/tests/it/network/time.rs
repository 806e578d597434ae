//! One time limit for the whole call, and what is known when it ends badly.

use std::io::{Error as IoError, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use trakt_api::{AccessToken, DeviceCode, DeviceToken, Error, RefreshToken};

use super::{LONG, Listener, SHORT, client, fails_in_time};

fn token() -> RefreshToken {
    RefreshToken::from("refresh".to_owned())
}

/// Sends one byte every 20 ms, until the client hangs up.
fn drip(stream: &mut TcpStream, text: &str) -> std::io::Result<()> {
    for byte in text.bytes().chain(std::iter::repeat(b' ')) {
        stream.write_all(&[byte])?;
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn hang_up() -> std::io::Result<()> {
    Err(IoError::from(ErrorKind::ConnectionAborted))
}

#[test]
fn never_answers() {
    let server = Listener::answering(|stream| {
        // Until the client hangs up.
        stream.read(&mut [0]).map(|_| ())
    });
    let error = fails_in_time(|within| client(&server.url).refresh(&token(), within));
    assert_eq!(error, Error::Unknown("it took too long".to_owned()));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn drips_headers() {
    let server = Listener::answering(|stream| drip(stream, "HTTP/1.1 200 OK\r\nx: "));
    let error = fails_in_time(|within| client(&server.url).refresh(&token(), within));
    assert_eq!(error, Error::Unknown("it took too long".to_owned()));
}

#[test]
fn drips_a_body() {
    let server = Listener::answering(|stream| {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n";
        stream.write_all(head.as_bytes())?;
        drip(stream, "{\"access_token\":\"")
    });
    let error = fails_in_time(|within| client(&server.url).refresh(&token(), within));
    let why = "it took too long";
    assert_eq!(error, Error::Unreadable { status: 200, why });
}

#[test]
fn drips_the_body_of_a_refusal() {
    let server = Listener::answering(|stream| {
        let head = "HTTP/1.1 410 Gone\r\ncontent-length: 60000\r\n\r\n";
        stream.write_all(head.as_bytes())?;
        drip(stream, "<html>")
    });
    let code = DeviceCode::from("device".to_owned());
    let start = std::time::Instant::now();
    let token = client(&server.url).device_token(&code, SHORT).unwrap();
    assert!(matches!(token, DeviceToken::Expired), "{token:?}");
    assert!(start.elapsed() < SHORT + super::SLACK);
}

#[test]
fn a_refusal_with_an_endless_page_is_told_by_its_status() {
    let server = Listener::answering(|stream| {
        stream.write_all(b"HTTP/1.1 410 Gone\r\nconnection: close\r\n\r\n")?;
        loop {
            stream.write_all(&[b'x'; 4096])?;
        }
    });
    let code = DeviceCode::from("device".to_owned());
    let token = client(&server.url).device_token(&code, LONG).unwrap();
    assert!(matches!(token, DeviceToken::Expired), "{token:?}");
}

#[test]
fn closes_before_it_answers() {
    let server = Listener::answering(|_| hang_up());
    let error = client(&server.url).refresh(&token(), LONG).unwrap_err();
    assert_eq!(error, Error::Unknown("the connection broke".to_owned()));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn resets_the_connection() {
    // Closing a socket that still has bytes to read resets it.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        stream.read_exact(&mut [0; 5]).unwrap();
    });
    let error = client(&url).refresh(&token(), LONG).unwrap_err();
    assert_eq!(error, Error::Unknown("the connection broke".to_owned()));
}

#[test]
fn cuts_its_answer_off() {
    for head in ["", "HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\ncontent-le"] {
        let server = Listener::answering(move |stream| {
            stream.write_all(head.as_bytes())?;
            hang_up()
        });
        let error = client(&server.url).refresh(&token(), LONG).unwrap_err();
        assert!(matches!(error, Error::Unknown(_)), "{head}: {error}");
    }
    for head in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"access",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n50\r\n{\"access",
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"access",
    ] {
        let server = Listener::answering(move |stream| {
            stream.write_all(head.as_bytes())?;
            hang_up()
        });
        let error = client(&server.url).refresh(&token(), LONG).unwrap_err();
        let cut = matches!(error, Error::Unreadable { status: 200, .. });
        assert!(cut, "{head}: {error}");
        // Trakt said yes: the token is gone.
        let access = AccessToken::from("access".to_owned());
        assert_eq!(client(&server.url).revoke(&access, LONG), Ok(()));
    }
}

#[test]
fn answers_what_is_not_http() {
    for answer in [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}",
    ] {
        let server = Listener::saying(answer);
        let error = fails_in_time(|within| client(&server.url).refresh(&token(), within));
        assert!(matches!(error, Error::Unknown(_)), "{answer}: {error}");
    }
}

#[test]
fn answers_with_too_many_headers() {
    let headers = format!("x-filler: {}\r\n", "x".repeat(1000)).repeat(2000);
    let server = Listener::saying(format!("HTTP/1.1 200 OK\r\n{headers}\r\n{{}}"));
    let error = client(&server.url).refresh(&token(), LONG).unwrap_err();
    assert!(matches!(error, Error::Unknown(_)), "{error}");
}
