//! A body without end. Alone in its process, so that its memory can be measured.
#![expect(
    clippy::unwrap_used,
    reason = "what the tests share is outside of test functions"
)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use trakt_api::{AccessToken, BaseUrl, Client, Config, Error};

const CAP: u64 = 64 * 1024;
const MIB: u64 = 1024 * 1024;
const LONG: Duration = Duration::from_secs(20);

/// The most memory that this process has held so far, in bytes.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() * 1024
}

/// Elsewhere the bytes that the server gets rid of must do.
#[cfg(not(target_os = "linux"))]
fn peak() -> u64 {
    0
}

#[test]
fn a_gigabyte_is_not_taken() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let (report, sent) = mpsc::channel();
    thread::spawn(move || {
        let block = [b' '; 16 * 1024];
        for stream in server.incoming().map_while(Result::ok) {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 4096]).unwrap();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 1024 * MIB);
            stream.write_all(head.as_bytes()).unwrap();
            let mut total = 0;
            while total < 1024 * MIB && stream.write_all(&block).is_ok() {
                total += block.len() as u64;
            }
            report.send(total).unwrap();
        }
    });
    let client = Client::new(Config {
        api_url: BaseUrl::parse(&url).unwrap(),
        auth_url: BaseUrl::parse(&url).unwrap(),
        client_id: "client-id".to_owned(),
        client_secret: None,
        redirect_uri: String::new(),
        user_agent: "trakt-server/0.1.0".to_owned(),
    })
    .unwrap();
    let token = AccessToken::from("access".to_owned());
    let call = || {
        let start = Instant::now();
        let error = client.settings(&token, LONG).unwrap_err();
        assert!(matches!(error, Error::Unreadable { status: 200, .. }));
        assert!(
            start.elapsed() < Duration::from_secs(2),
            "{:?}",
            start.elapsed()
        );
        // What the client did not read fills the buffers of the two sockets, and no more.
        let total = sent.recv_timeout(LONG).unwrap();
        assert!(total < 64 * MIB, "{total} bytes were taken");
    };
    // The first call of a process also pays for what stays: buffers, threads, tables.
    call();
    let before = peak();
    for _ in 0..3 {
        call();
    }
    let grown = peak() - before;
    assert!(grown < CAP + MIB, "{grown} bytes");
}
