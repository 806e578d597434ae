use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{HttpMessage as _, HttpResponse};
use futures_util::Stream;
use tokio::time::Instant;

use super::{GRACE, HEAD, Phase, Room};

/// What a connection and the requests on it know of each other.
pub struct Attention {
    pub(super) room: Room,
    /// A request is worked at, or its answer is not sent yet.
    pub(super) busy: Cell<bool>,
    /// There was a request.
    pub(super) served: Cell<bool>,
    /// An answer said that it is the last one.
    last: Cell<bool>,
    /// When the first byte came of a request that no handler has seen.
    pub(super) head: Cell<Option<Instant>>,
}

impl Attention {
    /// Of a connection on which nothing has happened.
    pub(super) fn new(room: Room) -> Self {
        Self {
            room,
            busy: Cell::default(),
            served: Cell::default(),
            last: Cell::default(),
            head: Cell::default(),
        }
    }

    /// The rest of a request is waited for only until the client can have read the answer.
    fn give_up(&self) {
        self.head.set(Instant::now().checked_sub(HEAD - GRACE));
    }
}

/// While it lives the client owes nothing: the service does.
pub(super) struct Busy(Rc<Attention>);

impl Busy {
    pub(super) fn with(attention: &Rc<Attention>) -> Self {
        attention.busy.set(true);
        attention.served.set(true);
        attention.head.set(None);
        Self(attention.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.set(false);
    }
}

/// What a client sends with a request. actix lingers for a client that still sends only where somebody
/// has the body of its request: the answer does.
#[derive(Clone)]
struct Sent(Rc<RefCell<Payload>>, Rc<Cell<bool>>);

impl Sent {
    /// What comes with a request, if anything does; it goes on getting it.
    fn with(req: &mut ServiceRequest) -> Option<Self> {
        let payload = match req.take_payload() {
            Payload::None => return None,
            payload => Rc::new(RefCell::new(payload)),
        };
        let sent = Self(payload, Rc::default());
        let stream = Box::pin(sent.clone());
        req.set_payload(Payload::Stream { payload: stream });
        Some(sent)
    }

    /// Whether all of it was read.
    fn is_read(&self) -> bool {
        self.1.get()
    }
}

impl Stream for Sent {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut *self.0.borrow_mut()).poll_next(cx);
        self.1.set(matches!(polled, Poll::Ready(None)));
        polled
    }
}

/// An answer that is on its way as long as its body lives. Who listens to a stream owes nothing, however
/// long that says nothing.
struct Held {
    body: BoxBody,
    busy: Option<Busy>,
    sent: Option<Sent>,
}

impl MessageBody for Held {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let Self { body, busy, sent } = self;
        body.try_into_bytes()
            .map_err(|body| Self { body, busy, sent })
    }
}

/// Notes that a request is worked at until its answer is sent, and closes the connection after it where
/// it is to be the last: a stop was asked for, places are few, the client was too slow, has not sent all
/// that it was answered to, or says so itself. What it has sent beyond that already is not looked at
/// (RFC 9112 section 9.6).
///
/// # Errors
/// Those of the routes behind it.
pub async fn attend(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let attention = req.conn_data::<Rc<Attention>>().cloned();
    let busy = attention.as_ref().map(Busy::with);
    let over = attention.as_ref().is_some_and(|line| line.last.get());
    let leaves = req.head().connection_type() == ConnectionType::Close;
    let sent = Sent::with(&mut req);
    let mut response = match over {
        false => next.call(req).await?.map_into_boxed_body(),
        true => req.into_response(HttpResponse::BadRequest()),
    };
    let slow = response.status() == StatusCode::REQUEST_TIMEOUT;
    let unread = sent.as_ref().is_some_and(|sent| !sent.is_read());
    let last = attention.is_some_and(|attention| {
        if slow {
            attention.give_up();
        }
        let ends = attention.room.phase() >= Phase::Leaving || attention.room.crowded();
        let last = over || leaves || slow || unread || ends;
        attention.last.set(last);
        last
    });
    if last {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response.map_body(|_, body| Held { body, busy, sent }))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use actix_http::{Extensions, HttpService};
    use actix_service::{IntoServiceFactory as _, Service as _, ServiceFactory as _, map_config};
    use actix_web::dev::AppConfig;
    use actix_web::middleware::from_fn;
    use actix_web::web::{BytesMut, get};
    use actix_web::{App, HttpResponse};
    use futures_util::stream::unfold;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::watch;
    use tokio::task::{LocalSet, spawn_local};
    use tokio::time::sleep;

    use super::super::KEEP_ALIVE;
    use super::super::line::Line;
    use super::*;

    /// Two pieces with a minute between them.
    async fn stream() -> HttpResponse {
        let pieces = unfold(0, |number| async move {
            if number == 1 {
                sleep(Duration::from_secs(60)).await;
            }
            let piece = Bytes::from(format!("piece {number}"));
            (number < 2).then_some((Ok::<_, Infallible>(piece), number + 1))
        });
        HttpResponse::Ok().streaming(pieces)
    }

    /// What comes of `path` up to `end`, the client sending `more` once it has begun.
    async fn answer(places: usize, path: &str, more: &[u8], end: &str) -> String {
        let phases = watch::Sender::new(Phase::Open);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await;
        let (mut client, (io, _)) = (client.unwrap(), listener.accept().await.unwrap());
        let room = Room::new(places, phases.subscribe());
        let place = room.place().await;
        let line = Line::new(io, room, place);
        let asking = async {
            let app = App::new()
                .route("/stream", get().to(stream))
                .route("/whole", get().to(|| async { "all of it" }))
                .wrap(from_fn(attend))
                .into_factory();
            let http = HttpService::build()
                .keep_alive(KEEP_ALIVE)
                .client_request_timeout(HEAD)
                .on_connect_ext(|line: &Line, data: &mut Extensions| {
                    data.insert(line.attention());
                })
                .h1(map_config(app, |()| AppConfig::default()));
            let http = http.new_service(()).await.unwrap();
            spawn_local(http.call((line, None)));
            let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
            client.write_all(head.as_bytes()).await.unwrap();
            let mut said = BytesMut::new();
            while !said.ends_with(end.as_bytes()) {
                let first = said.is_empty();
                if client.read_buf(&mut said).await.unwrap() == 0 {
                    break;
                }
                if first {
                    client.write_all(more).await.unwrap();
                    tokio::time::pause();
                }
            }
            tokio::time::resume();
            String::from_utf8(said.to_vec()).unwrap()
        };
        LocalSet::new().run_until(asking).await
    }

    #[tokio::test]
    async fn a_stream_may_be_silent_and_bytes_of_its_client_do_not_end_it() {
        let end = "piece 1\r\n0\r\n\r\n";
        for (places, more) in [(1, ""), (100, "G"), (1, "G")] {
            let said = answer(places, "/stream", more.as_bytes(), end).await;
            assert!(said.ends_with(end), "{places} {more}: {said}");
        }
    }

    #[tokio::test]
    async fn a_whole_answer_says_how_long_it_is() {
        let said = answer(100, "/whole", b"", "all of it").await;
        assert!(said.contains("\r\ncontent-length: 9\r\n"), "{said}");
    }
}
