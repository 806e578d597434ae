use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// A connection that is kept alive, HTTP/1.1 just as far as the service speaks it. Cheap enough
/// to load a service that runs on the same cores.
pub struct Connection {
    address: String,
    stream: TcpStream,
    buffer: Vec<u8>,
    /// The service said that it closes (it does so where it answers without reading a body).
    closed: bool,
}

/// An answer in the buffer of its connection.
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Answer<'_> {
    pub fn json(&self) -> Value {
        serde_json::from_slice(self.body).expect("JSON")
    }
}

/// A request, ready to be sent again and again.
pub fn request(method: &str, path: &str, token: &str, body: Option<&Value>) -> Vec<u8> {
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}");
    match body.map(Value::to_string) {
        None => format!("{head}\r\n\r\n").into_bytes(),
        Some(body) => {
            let length = body.len();
            let typed = format!("content-type: application/json\r\ncontent-length: {length}");
            format!("{head}\r\n{typed}\r\n\r\n{body}").into_bytes()
        }
    }
}

impl Connection {
    /// Connects to `http://<address>`.
    pub fn open(base_url: &str) -> Self {
        Self::try_open(base_url).expect("a connection")
    }

    /// Connects to `http://<address>`.
    ///
    /// # Errors
    /// When nobody is there.
    pub fn try_open(base_url: &str) -> io::Result<Self> {
        let address = base_url
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        let stream = connect(&address)?;
        Ok(Self {
            address,
            stream,
            buffer: Vec::new(),
            closed: false,
        })
    }

    /// Whether the service said that it closes.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// When no whole answer comes, as from a service that was killed.
    pub fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        if self.closed {
            self.stream = connect(&self.address)?;
            self.closed = false;
        }
        self.stream.write_all(request)?;
        self.buffer.clear();
        let (mut head, mut length) = (None, 0);
        loop {
            if let Some(start) = head
                && self.buffer.len() >= start + length
            {
                let status = self
                    .buffer
                    .get(9..12)
                    .and_then(|digits| str::from_utf8(digits).ok());
                let status = status.and_then(|digits| digits.parse().ok());
                let status = status.ok_or(io::ErrorKind::InvalidData)?;
                return Ok(Answer {
                    status,
                    body: &self.buffer[start..start + length],
                });
            }
            let mut piece = [0; 4096];
            let read = self.stream.read(&mut piece)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.buffer.extend_from_slice(&piece[..read]);
            if head.is_none() {
                head = self
                    .buffer
                    .windows(4)
                    .position(|four| four == b"\r\n\r\n")
                    .map(|at| at + 4);
                let field = |name| head.and_then(|end| field(&self.buffer[..end], name));
                // Every answer states its length, but for those that have no body (204).
                length = field("content-length")
                    .and_then(|v| v.parse().ok())
                    .unwrap_or(0);
                self.closed = field("connection").is_some_and(|v| v == "close");
            }
        }
    }
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    Ok(stream)
}

fn field<'a>(head: &'a [u8], wanted: &str) -> Option<&'a str> {
    let mut fields = str::from_utf8(head)
        .ok()?
        .lines()
        .filter_map(|line| line.split_once(':'));
    fields
        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value.trim())
}
