use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep};

use super::attend::Attention;
use super::room::Unsent;
use super::{GRACE, HEAD, KEEP_ALIVE, KEEP_ALIVE_CROWDED, Phase, Room, WRITE};
use crate::limits;

/// How often it is looked whether a connection has time left, where nothing happens on it.
const LOOK: Duration = Duration::from_secs(5);

/// So much of a first head is looked at before it is read, which is more than those of browsers.
const PEEKED: usize = 4096;
/// What is said to who does not come to the end of it (RFC 9110 section 15.5.9).
const TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

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

    /// Waits for the head of the first request, or for as much of it as is looked at. What speaks HTTP has
    /// its buffers from the start, 16 KiB: not for those who say nothing, or drip.
    pub async fn begun(&mut self) -> bool {
        poll_fn(|cx| {
            while self.io.poll_read_ready(cx).is_ready() {
                // What is incomplete is no reason to ask again, only more of it.
                let io = self.io.try_io(Interest::READABLE, || self.peek_head());
                if !io.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
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

    /// Looks at what has come, which stays with the system.
    fn peek_head(&self) -> io::Result<()> {
        let mut bytes = [0; PEEKED];
        let (length, _) = recv(&self.io, &mut bytes, RecvFlags::PEEK)?;
        let head = &bytes[..length];
        // Lines may end with a line feed alone: whether they may is not decided here.
        let whole = head.iter().rposition(|byte| *byte == b'\n');
        let mut lines = head[..whole.unwrap_or(0)].split(|byte| *byte == b'\n');
        let complete = whole.is_some() && lines.any(|line| matches!(line, [] | [b'\r']));
        if length == 0 || length == PEEKED || complete {
            return Ok(());
        }
        let head = &self.attention.head;
        head.set(head.get().or_else(|| Some(Instant::now())));
        Err(io::ErrorKind::WouldBlock.into())
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
        if this.stalled.is_none() {
            let Some(unsent) = this.attention.room.unsent(this.piece) else {
                limits::count("unsent");
                this.forget_unsent();
                return Poll::Ready(Err(io::ErrorKind::OutOfMemory.into()));
            };
            this.stalled = Some((Instant::now(), unsent));
        }
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
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::sync::watch;
    use tokio::time::timeout;

    use super::super::attend::Busy;
    use super::*;

    async fn sockets() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await;
        let (io, _) = listener.accept().await.unwrap();
        (io, client.unwrap())
    }

    async fn pair(phases: &watch::Sender<Phase>, places: usize) -> (Line, TcpStream) {
        let room = Room::new(places, phases.subscribe());
        let place = room.place().await;
        let (io, client) = sockets().await;
        (Line::new(io, room, place), client)
    }

    /// The clock stands still but for what is waited for.
    fn stop_the_clock() -> Instant {
        tokio::time::pause();
        Instant::now()
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_left() {
        let phases = watch::Sender::new(Phase::Open);
        let (mut line, mut client) = pair(&phases, 100).await;
        let start = stop_the_clock();
        let error = line.write_all(&vec![0; 16 << 20]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!((30..32).contains(&start.elapsed().as_secs()));
        // What was taken stays taken, and what was not is given up.
        drop(line);
        let mut taken = Vec::new();
        let error = client.read_to_end(&mut taken).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        assert!(!taken.is_empty());
    }

    #[tokio::test]
    async fn where_much_is_not_taken_already_nobody_is_waited_for() {
        let phases = watch::Sender::new(Phase::Open);
        let (mut line, _client) = pair(&phases, 100).await;
        let start = stop_the_clock();
        let error = line.write_all(&vec![0; 64 << 20]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
        assert_eq!(start.elapsed().as_secs(), 0);
        // What is not taken counts as long as the connection lasts.
        let room = Room::new(100, phases.subscribe());
        let (io, _other) = sockets().await;
        let mut line = Line::new(io, room.clone(), None);
        assert!(line.write_all(&vec![0; 16 << 20]).await.is_err());
        assert!(room.unsent(20 << 20).is_none());
        drop(line);
        assert!(room.unsent(20 << 20).is_some());
    }

    #[tokio::test]
    async fn nothing_is_set_up_before_there_is_a_head() {
        let phases = watch::Sender::new(Phase::Open);
        let (mut speaks, mut client) = pair(&phases, 100).await;
        for part in ["GET / HTTP/1.1\r\n", "host: a\r", "\n\r", "\n"] {
            let begun = timeout(Duration::from_millis(20), speaks.begun()).await;
            assert!(begun.is_err(), "before {part:?}");
            client.write_all(part.as_bytes()).await.unwrap();
        }
        assert!(speaks.begun().await);
        let (mut silent, _other) = pair(&phases, 100).await;
        let start = stop_the_clock();
        assert!(!silent.begun().await);
        assert!((5..6).contains(&start.elapsed().as_secs()));
        tokio::time::resume();
        let (mut silent, _other) = pair(&phases, 100).await;
        phases.send_replace(Phase::Closing);
        let start = stop_the_clock();
        assert!(!silent.begun().await);
        assert!((1..3).contains(&start.elapsed().as_secs()));
    }

    #[tokio::test]
    async fn a_client_that_takes_it_is_not() {
        let phases = watch::Sender::new(Phase::Open);
        let (mut line, mut client) = pair(&phases, 100).await;
        let taking = tokio::spawn(async move {
            let mut taken = 0;
            let mut piece = vec![0; 1 << 20];
            while let Ok(read @ 1..) = client.read(&mut piece).await {
                taken += read;
            }
            taken
        });
        for _ in 0..64 {
            line.write_all(&vec![0; 1 << 20]).await.unwrap();
            line.flush().await.unwrap();
        }
        drop(line);
        assert_eq!(taking.await.unwrap(), 64 << 20);
    }

    #[tokio::test]
    async fn a_head_has_its_time_and_a_handler_has_more() {
        let phases = watch::Sender::new(Phase::Open);
        let (mut line, mut client) = pair(&phases, 100).await;
        client.write_all(b"GET").await.unwrap();
        let mut bytes = [0; 8];
        assert_eq!(line.read(&mut bytes).await.unwrap(), 3);
        let busy = Busy::with(&line.attention());
        stop_the_clock();
        let waited = timeout(Duration::from_secs(300), line.read(&mut bytes)).await;
        assert!(
            waited.is_err(),
            "a request that is worked at has no end here"
        );
        drop(busy);
        tokio::time::resume();
        line.write_all(b"200").await.unwrap();
        client.write_all(b"GET").await.unwrap();
        assert_eq!(line.read(&mut bytes).await.unwrap(), 3);
        let begun = stop_the_clock();
        let error = line.read(&mut bytes).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!((4..7).contains(&begun.elapsed().as_secs()));
    }

    #[tokio::test]
    async fn silence_ends_sooner_where_places_are_few() {
        let phases = watch::Sender::new(Phase::Open);
        for (places, seconds) in [(100, 75..76), (1, 5..6)] {
            let (mut line, _client) = pair(&phases, places).await;
            drop(Busy::with(&line.attention()));
            let start = stop_the_clock();
            let error = line.read(&mut [0; 8]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            let took = start.elapsed().as_secs();
            assert!(seconds.contains(&took), "{places}: {took}");
            tokio::time::resume();
        }
    }

    #[tokio::test]
    async fn at_the_end_a_used_connection_ends_at_once_and_a_new_one_soon() {
        let phases = watch::Sender::new(Phase::Open);
        let (mut used, _one) = pair(&phases, 100).await;
        drop(Busy::with(&used.attention()));
        let (mut fresh, _other) = pair(&phases, 100).await;
        phases.send_replace(Phase::Closing);
        let start = stop_the_clock();
        assert_eq!(used.read(&mut [0; 8]).await.unwrap(), 0);
        assert_eq!(start.elapsed().as_secs(), 0);
        assert_eq!(fresh.read(&mut [0; 8]).await.unwrap(), 0);
        assert!((1..3).contains(&start.elapsed().as_secs()));
    }

    #[tokio::test]
    async fn at_the_end_an_answer_is_sent_and_its_end_is_seen() {
        let phases = watch::Sender::new(Phase::Open);
        let (mut line, _client) = pair(&phases, 100).await;
        let busy = Busy::with(&line.attention());
        phases.send_replace(Phase::Closing);
        let start = stop_the_clock();
        let sent = async {
            sleep(Duration::from_millis(11_500)).await;
            drop(busy);
        };
        let mut bytes = [0; 8];
        let (read, ()) = tokio::join!(line.read(&mut bytes), sent);
        assert_eq!(read.unwrap(), 0);
        assert!((11..13).contains(&start.elapsed().as_secs()));
    }
}
