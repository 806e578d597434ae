//! Serving: from the bound socket to the last request in flight.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use trakt_core::token::Revoker;

use crate::app::{Parts, app};
use crate::blocking::{self, MAX_THREADS};
use crate::config::Settings;
use crate::jobs::Ticker;
use crate::limits::Limits;
use crate::readiness::Readiness;
use crate::services::{Base, Services, Unprepared, prepare};

/// How long requests are still taken after a stop was asked for: `/readyz` says no in this time,
/// so that whoever shares out the requests sends them elsewhere before they are refused.
const UNREADY: Duration = Duration::from_secs(1);
/// How long requests in flight may take after that, in seconds. With the calls to Trakt that
/// their clients left behind (`blocking::drain`) it stays below the 35 s that a stop may take.
const DRAIN: u64 = 20;
/// How often tokens that wait to be revoked are looked for.
const REVOKE_PERIOD: Duration = Duration::from_secs(5);
/// How often idle callers are forgotten.
const FORGET_PERIOD: Duration = Duration::from_secs(60);
/// How often a database that is not there is looked for again.
const PREPARE_PERIOD: Duration = Duration::from_millis(500);

/// Serves until SIGTERM or SIGINT. `started` is told the address once the socket is bound.
///
/// # Errors
/// When it cannot start, or the database turns out not to fit this program or its keys.
pub fn serve(
    settings: &Settings,
    base: Base,
    services: Services,
    started: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(settings.bind)
        .with_context(|| format!("BIND_ADDR {} cannot be bound", settings.bind))?;
    let address = listener.local_addr()?;
    let parts = Parts {
        readiness: Readiness::new(base.store.clone()),
        limits: Limits::new().context("the rate limits")?,
        users: base.users.clone(),
        verifier: base.verifier.clone(),
        proxies: settings.proxies.clone(),
        entropy: base.entropy.clone(),
        services,
    };
    let outcome = actix_web::rt::System::new().block_on(run(&base, &parts, listener, || {
        log::info!("listening on http://{address}");
        started(address);
    }));
    // The managed database stops here, after everything that used it.
    drop(base);
    log::info!("stopped");
    outcome
}

async fn run(
    base: &Base,
    parts: &Parts,
    listener: TcpListener,
    started: impl FnOnce(),
) -> anyhow::Result<()> {
    let readiness = &parts.readiness;
    let factory_parts = parts.clone();
    let server = HttpServer::new(move || app(&factory_parts))
        .worker_max_blocking_threads(MAX_THREADS)
        .shutdown_timeout(DRAIN)
        .disable_signals()
        .listen(listener)?
        .run();
    let unfit = Arc::new(AtomicBool::new(false));
    actix_web::rt::spawn(stop_on_signal(server.handle(), readiness.clone()));
    let preparing = prepare_job(base, readiness.clone(), server.handle(), unfit.clone())?;
    let jobs = [
        revoke_job(parts.services.revoker.clone(), readiness.clone())?,
        forget_job(parts.limits.clone())?,
    ];
    started();
    server.await?;
    blocking::drain().await;
    drop(jobs);
    drop(preparing);
    anyhow::ensure!(
        !unfit.load(Ordering::Acquire),
        "the database does not fit, see above"
    );
    Ok(())
}

async fn stop_on_signal(server: ServerHandle, readiness: Readiness) {
    let (Ok(mut term), Ok(mut int)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        log::error!("signals cannot be received: only a kill will stop this process");
        return;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    log::info!("stopping: {DRAIN} s for the requests in flight");
    readiness.set_stopping();
    actix_web::rt::time::sleep(UNREADY).await;
    server.stop(true).await;
}

/// Waits for the database in the background, so that a process whose database comes up later
/// lives, says so, and starts to serve by itself.
fn prepare_job(
    base: &Base,
    readiness: Readiness,
    server: ServerHandle,
    unfit: Arc<AtomicBool>,
) -> std::io::Result<Ticker> {
    let (store, url) = (base.store.clone(), base.database_url.clone());
    let mut over = false;
    let mut waiting = false;
    let mut round = move || {
        if over {
            return;
        }
        match prepare(&store, &url) {
            Ok(()) => {
                over = true;
                readiness.set_prepared();
                log::info!("ready");
            }
            Err(Unprepared::Waiting(why)) => {
                if !waiting {
                    log::warn!("waiting for the database: {why}");
                }
                waiting = true;
            }
            Err(error) => {
                over = true;
                log::error!("{error}");
                unfit.store(true, Ordering::Release);
                drop(server.stop(false));
            }
        }
    };
    round();
    Ticker::start("prepare", PREPARE_PERIOD, round)
}

fn revoke_job(revoker: Revoker, readiness: Readiness) -> std::io::Result<Ticker> {
    Ticker::start("revoke", REVOKE_PERIOD, move || {
        if !readiness.prepared() {
            return;
        }
        match revoker.run_due() {
            Ok(0) => {}
            Ok(count) => log::info!("revoked {count} tokens that waited for it"),
            Err(error) => log::warn!("tokens that wait to be revoked: {error}"),
        }
    })
}

fn forget_job(limits: Limits) -> std::io::Result<Ticker> {
    Ticker::start("forget", FORGET_PERIOD, move || limits.forget_idle())
}
