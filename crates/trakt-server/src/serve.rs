//! Serving: from the bound socket to the last request in flight.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use anyhow::Context as _;
use secrecy::SecretString;
use tokio::signal::unix::{SignalKind, signal};
use trakt_core::webhook::WebhookService;
use trakt_store::PgStore;

use crate::app::{Parts, app};
use crate::blocking::{self, MAX_THREADS};
use crate::config::Settings;
use crate::jobs::{Ticker, heads_job, workers};
use crate::limits::Limits;
use crate::measure::{Gauges, Metrics};
use crate::readiness::Readiness;
use crate::services::{Base, Services, Unprepared, prepare};
use crate::stop::StopAsked;
use crate::streams::Streams;
use crate::systemd;
use crate::web::About;

/// How long requests are still taken after a stop was asked for: `/readyz` says no in this time,
/// so that whoever shares out the requests sends them elsewhere before they are refused.
const UNREADY: Duration = Duration::from_secs(1);
/// How long requests in flight may take after that, in seconds. With the calls to Trakt that
/// their clients left behind (`blocking::drain`) it stays below the 35 s that a stop may take.
const DRAIN: u64 = 20;
/// How often a database that is not there is looked for again.
const PREPARE_PERIOD: Duration = Duration::from_millis(500);

/// Serves until SIGTERM or SIGINT, which may have come already. `ready` is told the address once
/// requests are served.
///
/// # Errors
/// When it cannot start, or the database turns out not to fit this program or its keys.
pub fn serve(
    settings: &Settings,
    base: Base,
    services: Services,
    about: About,
    stop: &StopAsked,
    ready: impl FnOnce(SocketAddr) + Send + 'static,
) -> anyhow::Result<()> {
    stop.take_time();
    let listener = TcpListener::bind(settings.bind)
        .with_context(|| format!("BIND_ADDR {} cannot be bound", settings.bind))?;
    let address = listener.local_addr()?;
    let readiness = Readiness::new(base.store.clone());
    let parts = Parts {
        metrics: Metrics::start().context("the metrics")?,
        gauges: Gauges {
            store: base.store.clone(),
            trakt: services.trakt.clone(),
            readiness: readiness.clone(),
        },
        readiness,
        limits: Limits::new().context("the rate limits")?,
        users: base.users.clone(),
        verifier: base.verifier.clone(),
        proxies: settings.proxies.clone(),
        entropy: base.entropy.clone(),
        streams: Streams::default(),
        about,
        services,
    };
    log::info!("listening on http://{address}");
    let told = move || ready(address);
    let serving = run(&base, &settings.data_dir, &parts, stop, listener, told);
    let outcome = actix_web::rt::System::new().block_on(serving);
    // The managed database stops here, after everything that used it.
    drop(base);
    log::info!("stopped");
    outcome
}

async fn run(
    base: &Base,
    data_dir: &Path,
    parts: &Parts,
    stop: &StopAsked,
    listener: TcpListener,
    ready: impl FnOnce() + Send + 'static,
) -> anyhow::Result<()> {
    let readiness = &parts.readiness;
    let factory_parts = parts.clone();
    let server = HttpServer::new(move || app(&factory_parts))
        .worker_max_blocking_threads(MAX_THREADS)
        .shutdown_timeout(DRAIN)
        .disable_signals()
        .listen(listener)?
        .run();
    let services = parts.services.clone();
    let streams = parts.streams.clone();
    let stopping = stop_on_signal(
        server.handle(),
        readiness.clone(),
        services,
        streams,
        stop.clone(),
    );
    actix_web::rt::spawn(stopping);
    let unfit = Arc::new(AtomicBool::new(false));
    let preparing = Preparing {
        store: base.store.clone(),
        url: base.database_url.clone(),
        webhooks: parts.services.webhooks.clone(),
        readiness: readiness.clone(),
        server: server.handle(),
        unfit: unfit.clone(),
        waiting: false,
        ready: Some(ready),
    };
    let preparing = preparing.start()?;
    let mut jobs = workers::start(parts)?;
    jobs.push(heads_job(base.store.clone(), data_dir, readiness.clone())?);
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

async fn stop_on_signal(
    server: ServerHandle,
    readiness: Readiness,
    services: Services,
    streams: Streams,
    stop: StopAsked,
) {
    let (Ok(mut term), Ok(mut int)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        log::error!("signals cannot be received: only a kill will stop this process");
        return;
    };
    // Received from here on; a signal that came before was noted.
    if !stop.yet() {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    }
    log::info!("stopping: {DRAIN} s for the requests in flight");
    readiness.set_stopping();
    systemd::stopping();
    streams.events.stop();
    services.tokens.stop();
    services.watch.stop();
    services.catalogue.stop();
    actix_web::rt::time::sleep(UNREADY).await;
    server.stop(true).await;
}

/// Waits for the database in the background, so that a process whose database comes up later
/// lives, says so, and starts to serve by itself.
struct Preparing<F> {
    store: PgStore,
    url: SecretString,
    webhooks: WebhookService,
    readiness: Readiness,
    server: ServerHandle,
    unfit: Arc<AtomicBool>,
    waiting: bool,
    /// Taken when it is over, be it good or bad.
    ready: Option<F>,
}

impl<F: FnOnce() + Send + 'static> Preparing<F> {
    fn start(mut self) -> std::io::Result<Ticker> {
        Ticker::start("prepare", PREPARE_PERIOD, move || self.round())
    }

    fn round(&mut self) {
        let Some(ready) = self.ready.take() else {
            return;
        };
        // From the first request on events are kept for those who are told.
        let enrol = |()| self.webhooks.enrol().map_err(Unprepared::Waiting);
        match prepare(&self.store, &self.url).and_then(enrol) {
            Ok(()) => {
                self.readiness.set_prepared();
                log::info!("ready");
                ready();
            }
            Err(Unprepared::Waiting(why)) => {
                if !self.waiting {
                    log::warn!("waiting for the database: {why}");
                }
                self.waiting = true;
                self.ready = Some(ready);
            }
            Err(error) => {
                log::error!("{error}");
                self.unfit.store(true, Ordering::Release);
                drop(self.server.stop(false));
            }
        }
    }
}
