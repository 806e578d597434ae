use std::future::poll_fn;
use std::io;
use std::task::{Poll, ready};

use futures_util::FutureExt as _;
use rustix::net::{RecvFlags, recv};
use tokio::io::{Interest, Ready};
use tokio::time::Instant;

use super::Line;

/// So much of a first head is looked at before it is read, which is more than those of browsers.
const PEEKED: usize = 4096;
/// What is said to who does not come to the end of it (RFC 9110 section 15.5.9).
const TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

impl Line {
    /// Waits for the head of the first request, or for as much of it as is looked at, or for the end of
    /// what the client sends. What speaks HTTP has its buffers from the start, 16 KiB: not for those who
    /// say nothing, or drip.
    pub async fn begun(&mut self) -> bool {
        poll_fn(|cx| {
            while self.io.poll_read_ready(cx).is_ready() {
                // What is incomplete is no reason to ask again, only more of it.
                let io = self.io.try_io(Interest::READABLE, || self.peek_head());
                let incomplete = io.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
                if !incomplete || self.is_at_end() {
                    return Poll::Ready(true);
                }
            }
            if !self.closed {
                self.closed = self.closing.as_mut().poll(cx).is_ready();
            }
            ready!(self.poll_late(cx));
            if self.attention.head.get().is_some() {
                let _ = self.io.try_write(TIMEOUT);
                // What is left unread would have the system send a reset, which takes the answer with it.
                let _ = recv(&self.io, &mut [0; PEEKED], RecvFlags::empty());
            }
            Poll::Ready(false)
        })
        .await
    }

    /// Whether the client sends no more. That makes the socket ready to be read for ever, with what has
    /// come still unread.
    fn is_at_end(&self) -> bool {
        let ready = self.io.ready(Interest::READABLE).now_or_never();
        ready.is_some_and(|ready| ready.is_ok_and(Ready::is_read_closed))
    }

    /// Looks at what has come, which stays with the system.
    fn peek_head(&self) -> io::Result<()> {
        let mut bytes = [0; PEEKED];
        let (length, _) = recv(&self.io, &mut bytes, RecvFlags::PEEK)?;
        let head = &bytes[..length];
        // Lines may end with a line feed alone: whether they may is not decided here. Empty ones before
        // the first do not count (RFC 9112 section 2.2).
        let whole = head.iter().rposition(|byte| *byte == b'\n');
        let lines = head[..whole.unwrap_or(0)].split(|byte| *byte == b'\n');
        let empty = |line: &&[u8]| matches!(line, [] | [b'\r']);
        let complete = whole.is_some() && lines.skip_while(empty).any(|line| empty(&line));
        if length == 0 || length == PEEKED || complete {
            return Ok(());
        }
        let head = &self.attention.head;
        head.set(head.get().or_else(|| Some(Instant::now())));
        Err(io::ErrorKind::WouldBlock.into())
    }
}
