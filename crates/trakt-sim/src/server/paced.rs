//! A connection that can be told to send the next head byte by byte.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// The end of a head (RFC 9112, section 2.1).
const END: [u8; 4] = *b"\r\n\r\n";

/// How the next head is sent: milliseconds before each byte, 0 being all at once.
#[derive(Clone, Default)]
pub(super) struct Pace(Arc<AtomicU64>);

impl Pace {
    pub(super) fn slow(&self, every_ms: u64) {
        self.0.store(every_ms, Ordering::Relaxed);
    }
}

/// The connection. hyper writes a head in one piece, so this has to be below it.
pub(super) struct Paced {
    stream: TcpStream,
    pace: Pace,
    wait: Option<Pin<Box<Sleep>>>,
    /// The last bytes that went out slowly.
    sent: [u8; 4],
}

impl Paced {
    pub(super) fn new(stream: TcpStream, pace: Pace) -> Self {
        Self {
            stream,
            pace,
            wait: None,
            sent: [0; 4],
        }
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Paced {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let every_ms = this.pace.0.load(Ordering::Relaxed);
        let Some(first) = data.first().filter(|_| every_ms > 0) else {
            return Pin::new(&mut this.stream).poll_write(context, data);
        };
        let wait = this
            .wait
            .get_or_insert_with(|| Box::pin(sleep(Duration::from_millis(every_ms))));
        ready!(wait.as_mut().poll(context));
        let written = ready!(Pin::new(&mut this.stream).poll_write(context, &data[..1]))?;
        this.wait = None;
        this.sent.rotate_left(1);
        this.sent[3] = *first;
        if this.sent == END {
            this.sent = [0; 4];
            this.pace.slow(0);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
