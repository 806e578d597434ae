//! Connections. Each request goes through [`answer`], which writes it down and lets scripted
//! faults have their way; Trakt's behaviour itself is in the routes.

mod answer;
mod api;
mod body;
mod bomb;
mod edge;
mod endpoint;
mod paced;
mod whole;

use std::net::IpAddr;
use std::time::Duration;

use axum::{Router, middleware};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use self::paced::{Pace, Paced};
use crate::world::Shared;
use crate::{control, discover, oauth, page, scrobble, sync, users};

/// Who is at the other end of a connection, and how it is sent to.
#[derive(Clone)]
struct Peer {
    from: IpAddr,
    pace: Pace,
}

/// Everything that is served, ready to be called by a connection.
type Routes = TowerToHyperService<Router>;

fn routes(sim: Shared) -> Routes {
    let router = Router::new()
        .merge(oauth::routes())
        .merge(users::routes())
        .merge(sync::routes())
        .merge(scrobble::routes())
        .merge(discover::routes())
        .merge(page::routes())
        .merge(control::routes())
        // Around the routes themselves, as it asks which one it is.
        .route_layer(middleware::from_fn(endpoint::answer_name))
        .with_state(sim);
    TowerToHyperService::new(router)
}

/// Serves until `stop` is sent or dropped. Connections that are open then end with the runtime.
pub(crate) async fn serve(listener: TcpListener, sim: Shared, mut stop: oneshot::Receiver<()>) {
    let routes = routes(sim.clone());
    loop {
        tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    tokio::spawn(connection(stream, peer.ip(), sim.clone(), routes.clone()));
                }
                // Out of file descriptors, or a peer that left already: the next may do better,
                // but not at once.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
        }
    }
}

async fn connection(stream: TcpStream, from: IpAddr, sim: Shared, routes: Routes) {
    // Small packets leave at once, a dripping byte too. Without it everything still works.
    let _ = stream.set_nodelay(true);
    let pace = Pace::default();
    let stream = Paced::new(stream, pace.clone());
    let peer = Peer { from, pace };
    let service = service_fn(move |request| {
        answer::answer(sim.clone(), routes.clone(), peer.clone(), request)
    });
    // An error is a peer that left or a connection cut on purpose: either way it is over.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
