use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use tokio::time::Instant;

use super::{GRACE, HEAD, Phase, Room};

/// What a connection and the requests on it know of each other.
pub struct Attention {
    pub(super) room: Room,
    /// A request is worked at, or its answer is not sent yet.
    pub(super) busy: Cell<bool>,
    /// There was a request.
    pub(super) served: Cell<bool>,
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

/// An answer that is on its way as long as its body lives. Who listens to a stream owes nothing, however
/// long that says nothing.
struct Held {
    body: BoxBody,
    busy: Option<Busy>,
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
        let Self { body, busy } = self;
        body.try_into_bytes().map_err(|body| Self { body, busy })
    }
}

/// Notes that a request is worked at until its answer is sent, and closes the connection after it where
/// it is to be the last: a stop was asked for, places are few, or the client was too slow.
///
/// # Errors
/// Those of the routes behind it.
pub async fn attend(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let attention = req.conn_data::<Rc<Attention>>().cloned();
    let busy = attention.as_ref().map(Busy::with);
    let mut response = next.call(req).await?;
    let slow = response.status() == StatusCode::REQUEST_TIMEOUT;
    let last = attention.is_some_and(|attention| {
        if slow {
            attention.give_up();
        }
        attention.room.phase() >= Phase::Leaving || attention.room.crowded()
    });
    if slow || last {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response.map_body(|_, body| Held {
        body: body.boxed(),
        busy,
    }))
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
