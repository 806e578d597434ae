use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use actix_http::{Extensions, HttpService};
use actix_service::{IntoServiceFactory as _, Service as _, ServiceFactory as _, map_config};
use actix_web::dev::AppConfig;
use actix_web::rt::Runtime;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::line::Line;
use super::newcomers::turn_away;
use super::{HEAD, KEEP_ALIVE, Phase, Room};
use crate::app::{Parts, app};
use crate::blocking::MAX_THREADS;

/// How long an answer that was given before its request was read waits for the client to see it.
const LINGER: Duration = Duration::from_secs(1);
/// How many clients may have connected and not been accepted yet. In a queue that is full the next
/// one waits for a second at least, by the rules of TCP.
const QUEUE: i32 = 4096;
/// How long nobody is accepted when the system refused.
const PAUSE: Duration = Duration::from_millis(100);
/// How long whoever is about to have connected is waited for, once nobody may begin to: a way there and
/// back on the network.
const HANDSHAKE: Duration = Duration::from_millis(300);
/// How often the system may refuse at the end, with such a pause after each.
const REFUSALS: usize = 10;

/// The threads that serve HTTP. Each accepts for itself from the one socket, and has what it accepted.
pub struct Workers(mpsc::UnboundedReceiver<io::Error>);

impl Workers {
    /// Starts one for each processor. With a stop they end by themselves: nobody who has connected is
    /// turned away, then the socket closes, and requests may take `drain`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        listener: TcpListener,
        parts: &Parts,
        room: &Room,
        drain: Duration,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        rustix::net::listen(&listener, QUEUE)?;
        let (tell, told) = mpsc::unbounded_channel();
        let count = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        for number in 0..count {
            let listener = listener.try_clone()?;
            let (parts, room, tell) = (parts.clone(), room.clone(), tell.clone());
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .max_blocking_threads(MAX_THREADS)
                .build()?;
            thread::Builder::new()
                .name(format!("http-{number}"))
                .spawn(move || {
                    let runtime = Runtime::from(runtime);
                    let work = work(listener, parts, room, drain);
                    if let Err(error) = caught(|| runtime.block_on(work)) {
                        let _ = tell.send(error);
                    }
                    // Before the calls that nobody waits for any more, which the runtime waits for.
                    drop(tell);
                })?;
        }
        // Theirs alone: the last of them to let go closes the socket.
        drop(listener);
        Ok(Self(told))
    }

    /// Waits until all have ended, or one cannot go on.
    pub async fn end(&mut self) -> Option<io::Error> {
        self.0.recv().await
    }
}

/// What `work` says. A panic is an error too, or the others would go on without this worker.
fn caught(work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(io::Error::other("a worker panicked")))
}

async fn work(listener: TcpListener, parts: Parts, room: Room, drain: Duration) -> io::Result<()> {
    let app = app(&parts).into_factory();
    let http = HttpService::build()
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(HEAD)
        .client_disconnect_timeout(LINGER)
        .on_connect_ext(|line: &Line, data: &mut Extensions| {
            data.insert(line.attention());
        })
        .h1(map_config(app, |()| AppConfig::default()));
    let http = http
        .new_service(())
        .await
        .map(Rc::new)
        .map_err(|()| io::Error::other("the routes cannot be set up"))?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut lines = JoinSet::new();
    let serve = |lines: &mut JoinSet<_>, (io, peer): (TcpStream, SocketAddr), place| {
        // A small answer is not to wait for the next one.
        let _ = io.set_nodelay(true);
        let mut line = Line::new(io, room.clone(), place);
        let http = http.clone();
        lines.spawn_local(async move {
            if line.begun().await {
                // What went wrong on the way is the client's to know.
                let _ = http.call((line, Some(peer))).await;
            }
        });
    };
    {
        let closing = async {
            room.until(Phase::Closing).await;
            if let Err(error) = turn_away(&listener) {
                log::warn!("who connects at the very end may meet a reset: {error}");
            }
            sleep(HANDSHAKE).await;
        };
        let mut closing = pin!(closing);
        loop {
            let accept = async {
                let place = room.place().await;
                let _kept = room.kept();
                (listener.accept().await, place)
            };
            let (accepted, place) = tokio::select! {
                biased;
                () = &mut closing => break,
                // What has ended takes memory until it is asked for.
                Some(_) = lines.join_next() => continue,
                accepted = accept => accepted,
            };
            match accepted {
                Ok(accepted) => serve(&mut lines, accepted, place),
                Err(error) if is_of_the_client(&error) => {}
                Err(error) => {
                    log::error!("nobody can be accepted for a moment: {error}");
                    sleep(PAUSE).await;
                }
            }
        }
    }
    // Those who wait at the socket have connected, and may have sent a request: the system would reset
    // them with the socket.
    match listener.into_std() {
        Ok(listener) => {
            let accept = || {
                let (io, peer) = listener.accept()?;
                io.set_nonblocking(true)?;
                Ok((TcpStream::from_std(io)?, peer))
            };
            let serve = |accepted| serve(&mut lines, accepted, room.place_now());
            accept_all(accept, serve).await;
        }
        Err(error) => log::error!("who waits at the socket is not accepted: {error}"),
    }
    let all = async { while lines.join_next().await.is_some() {} };
    if timeout(drain, all).await.is_err() {
        log::warn!("{} connections were still in use", lines.len());
    }
    Ok(())
}

/// Accepts until nobody waits any more, or the system goes on refusing. Requests in flight go on
/// in any case.
async fn accept_all<T>(mut accept: impl FnMut() -> io::Result<T>, mut serve: impl FnMut(T)) {
    let mut refusals = 0;
    while refusals < REFUSALS {
        match accept() {
            Ok(accepted) => serve(accepted),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                log::error!("nobody can be accepted for a moment: {error}");
                refusals += 1;
                sleep(PAUSE).await;
            }
        }
    }
}

/// Whether it was only that the client gave up meanwhile.
fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        assert!(caught(|| Ok(())).is_ok());
        assert!(caught(|| Err(io::ErrorKind::Other.into())).is_err());
        assert!(caught(|| panic!("as is meant here")).is_err());
    }

    /// Who is accepted where the socket gives this, and how often it is asked.
    async fn accepted(mut gives: Vec<io::Result<u32>>) -> (Vec<u32>, usize) {
        gives.reverse();
        let (mut served, mut asked) = (Vec::new(), 0);
        let accept = || {
            asked += 1;
            gives
                .pop()
                .unwrap_or_else(|| Err(io::Error::other("too many files")))
        };
        accept_all(accept, |number| served.push(number)).await;
        (served, asked)
    }

    #[tokio::test(start_paused = true)]
    async fn at_the_end_an_error_does_not_turn_away_who_waits_behind_it() {
        let gives = vec![
            Ok(1),
            Err(io::ErrorKind::ConnectionAborted.into()),
            Ok(2),
            Err(io::Error::other("too many files")),
            Ok(3),
            Err(io::ErrorKind::WouldBlock.into()),
            Ok(4),
        ];
        assert_eq!(accepted(gives).await, (vec![1, 2, 3], 6));
        // Nor does it last for ever.
        assert_eq!(accepted(vec![Ok(1)]).await, (vec![1], 1 + REFUSALS));
    }
}
