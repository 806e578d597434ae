//! Bodies that go wrong on the wire.

use std::iter;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use tokio::sync::mpsc;
use tokio::time::sleep;

/// Closes the connection.
#[derive(Debug, thiserror::Error)]
#[error("the connection was cut on purpose")]
pub(super) struct Cut;

/// Says that it is all of `whole`, sends half of it and closes the connection.
pub(super) fn half(whole: Bytes) -> Body {
    let (send, body) = piped(Some(whole.len()));
    tokio::spawn(async move {
        let half = whole.slice(..whole.len() / 2);
        // hyper throws away what it has not sent yet as soon as it sees the error. It does not
        // here: the runtime has one thread, so after the half it finds the pipe empty and sends
        // before this task can go on. An error of `send` is a client that has left.
        let _ = send.send(Ok(half)).await;
        let _ = send.send(Err(Cut)).await;
    });
    body
}

/// Sends a byte, waits, sends the next.
pub(super) fn drip(whole: Bytes, every: Duration) -> Body {
    let (send, body) = piped(Some(whole.len()));
    tokio::spawn(async move {
        for at in 0..whole.len() {
            sleep(every).await;
            if send.send(Ok(whole.slice(at..=at))).await.is_err() {
                return;
            }
        }
    });
    body
}

/// One JSON object of `bytes` bytes, of a length that is not said before. `bytes` is at least
/// as long as the object without its stuffing.
pub(super) fn huge(bytes: u64) -> Body {
    const HEAD: &[u8] = b"{\"access_token\":\"";
    const TAIL: &[u8] = b"\"}";
    const STUFFING: &[u8] = &[b'a'; 64 * 1024];
    let mut left = bytes.saturating_sub((HEAD.len() + TAIL.len()) as u64);
    let stuffing = iter::from_fn(move || {
        let length = STUFFING
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        left -= length as u64;
        (length > 0).then_some(&STUFFING[..length])
    });
    let pieces = iter::once(HEAD).chain(stuffing).chain(iter::once(TAIL));
    streamed(pieces.map(Bytes::from_static))
}

/// These pieces one after the other, of a length that is not said before.
pub(super) fn streamed(pieces: impl Iterator<Item = Bytes> + Send + 'static) -> Body {
    let (send, body) = piped(None);
    tokio::spawn(async move {
        for piece in pieces {
            if send.send(Ok(piece)).await.is_err() {
                return;
            }
        }
    });
    body
}

fn piped(length: Option<usize>) -> (mpsc::Sender<Result<Bytes, Cut>>, Body) {
    // One piece at a time: who reads slowly holds up who sends.
    let (send, receive) = mpsc::channel(1);
    (
        send,
        Body::new(Piped {
            receive,
            left: length.map(|l| l as u64),
        }),
    )
}

/// A body whose pieces come from a task.
struct Piped {
    receive: mpsc::Receiver<Result<Bytes, Cut>>,
    /// Bytes still to come, where that was said.
    left: Option<u64>,
}

impl hyper::body::Body for Piped {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        match ready!(self.receive.poll_recv(context)) {
            Some(Ok(piece)) => {
                self.left = self
                    .left
                    .map(|left| left.saturating_sub(piece.len() as u64));
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            Some(Err(Cut)) => Poll::Ready(Some(Err(Cut))),
            None => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.left
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
