//! A server on loopback that does what a test says with each request.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What was received, and over how many connections.
#[derive(Default)]
pub struct Seen {
    pub connections: AtomicUsize,
    pub requests: Mutex<Vec<String>>,
}

pub struct Listener {
    pub url: String,
    pub seen: Arc<Seen>,
}

impl Listener {
    /// Reads requests off every connection and has each answered by `answer`, until that gives
    /// an error or the client hangs up.
    pub fn answering(
        answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Seen::default());
        let (shared, answer) = (seen.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (shared, answer) = (shared.clone(), answer.clone());
                thread::spawn(move || converse(stream, &shared, &*answer));
            }
        });
        Self { url, seen }
    }

    /// The same answer to each request.
    pub fn saying(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::answering(move |stream| stream.write_all(answer.as_bytes()))
    }

    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }
}

fn converse(
    mut stream: TcpStream,
    seen: &Seen,
    answer: &(dyn Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync),
) {
    let Ok(input) = stream.try_clone() else {
        return;
    };
    let mut input = BufReader::new(input);
    while let Some(request) = read_request(&mut input) {
        seen.requests.lock().unwrap().push(request);
        if answer(&mut stream).is_err() {
            return;
        }
    }
}

fn read_request(input: &mut impl BufRead) -> Option<String> {
    let mut request = String::new();
    let mut length = 0;
    loop {
        let start = request.len();
        if input.read_line(&mut request).ok()? == 0 {
            return None;
        }
        let line = request[start..].to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).ok()?;
    request.push_str(&String::from_utf8(body).ok()?);
    Some(request)
}

/// A whole answer with this body.
pub fn ok(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}")
}
