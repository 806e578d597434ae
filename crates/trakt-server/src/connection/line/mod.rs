mod begun;

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep};

use super::attend::Attention;
use super::room::Unsent;
use super::{GRACE, HEAD, KEEP_ALIVE, KEEP_ALIVE_CROWDED, Phase, Room, WRITE};
use crate::limits;

/// How often it is looked whether a connection has time left, where nothing happens on it.
const LOOK: Duration = Duration::from_secs(5);

/// A connection that ends when its client takes too long. To the protocol above it that looks like an
/// error of the network.
pub struct Line {
    io: TcpStream,
    attention: Rc<Attention>,
    /// When a byte came or went last.
    moved: Instant,
    /// The bytes of what is to be written before the next flush.
    piece: usize,
    /// Since when the client does not take it.
    stalled: Option<(Instant, Unsent)>,
    timer: Pin<Box<Sleep>>,
    closing: Pin<Box<dyn Future<Output = ()>>>,
    closed: bool,
    _place: Option<OwnedSemaphorePermit>,
}

impl Line {
    /// Over this connection, which was just accepted.
    pub fn new(io: TcpStream, room: Room, place: Option<OwnedSemaphorePermit>) -> Self {
        let closing = Box::pin(room.until(Phase::Closing));
        Self {
            io,
            attention: Rc::new(Attention::new(room)),
            moved: Instant::now(),
            piece: 0,
            stalled: None,
            timer: Box::pin(sleep(HEAD)),
            closing,
            closed: false,
            _place: place,
        }
    }

    /// What its requests are given of it.
    pub fn attention(&self) -> Rc<Attention> {
        self.attention.clone()
    }

    /// When the client will have taken too long, as things stand.
    fn deadline(&self) -> Option<Instant> {
        let attention = &self.attention;
        if let Some((since, _)) = &self.stalled {
            Some(*since + WRITE)
        } else if attention.busy.get() {
            None
        } else if let Some(since) = attention.head.get() {
            Some(since + HEAD)
        } else if self.closed && attention.served.get() {
            Some(self.moved)
        } else if self.closed {
            Some(self.moved + GRACE)
        } else if !attention.served.get() {
            Some(self.moved + HEAD)
        } else if attention.room.crowded() {
            Some(self.moved + KEEP_ALIVE_CROWDED)
        } else {
            Some(self.moved + KEEP_ALIVE)
        }
    }

    /// Or the system would keep, for minutes, what it could not send.
    fn forget_unsent(&self) {
        let _ = self.io.set_zero_linger();
    }

    /// Ready with an error once the client has taken too long. Sees to it that somebody looks again.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            let now = Instant::now();
            let deadline = self.deadline();
            if deadline.is_some_and(|deadline| deadline <= now) {
                if self.stalled.is_some() {
                    self.forget_unsent();
                }
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            // At a stop the end of an answer is to be seen soon.
            let look = now + if self.closed { GRACE } else { LOOK };
            let look = deadline.map_or(look, |deadline| deadline.min(look));
            // Left alone where it goes off earlier than it must.
            if self.timer.deadline() > look || self.timer.is_elapsed() {
                self.timer.as_mut().reset(look);
            }
            ready!(self.timer.as_mut().poll(cx));
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut this.io).poll_read(cx, buf) {
            read?;
            if buf.filled().len() > before {
                this.moved = Instant::now();
                let attention = &this.attention;
                if !attention.busy.get() && attention.head.get().is_none() {
                    attention.head.set(Some(this.moved));
                }
            }
            return Poll::Ready(Ok(()));
        }
        if !this.closed {
            this.closed = this.closing.as_mut().poll(cx).is_ready();
        }
        let late = ready!(this.poll_late(cx));
        // When the service stops, nothing having come up to this moment: as if the client had closed.
        Poll::Ready(if this.closed { Ok(()) } else { Err(late) })
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.piece = this.piece.max(bytes.len());
        if let Poll::Ready(written) = Pin::new(&mut this.io).poll_write(cx, bytes) {
            this.moved = Instant::now();
            return Poll::Ready(written);
        }
        let (since, mut counted) = match this.stalled.take() {
            Some(stalled) => stalled,
            None => (Instant::now(), this.attention.room.unsent()),
        };
        // It can become more while the client takes nothing: of answers to requests that it sent before.
        if !counted.are(this.piece) {
            limits::count("unsent");
            this.forget_unsent();
            return Poll::Ready(Err(io::ErrorKind::OutOfMemory.into()));
        }
        this.stalled = Some((since, counted));
        Poll::Ready(Err(ready!(this.poll_late(cx))))
    }

    /// Called when all of a piece was taken.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.piece = 0;
        self.stalled = None;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
