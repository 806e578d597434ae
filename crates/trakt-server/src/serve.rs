//! Serving: from the bound socket to the last request in flight.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::Context as _;
use secrecy::SecretString;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};
use tokio::time::sleep;
use trakt_core::webhook::WebhookService;
use trakt_store::PgStore;

use crate::app::Parts;
use crate::blocking;
use crate::config::Settings;
use crate::connection::{Phase, Room, Workers};
use crate::jobs::{Ticker, heads_job, workers};
use crate::limits::Limits;
use crate::measure::{Gauges, Metrics};
use crate::readiness::Readiness;
use crate::services::{Base, Services, Unprepared, prepare};
use crate::stop::StopAsked;
use crate::streams::Streams;
use crate::systemd;
use crate::web::About;

/// How long requests in flight may take, together with `DRAIN_DELAY`. With the calls to Trakt that
/// their clients left behind (`blocking::drain`) it stays below the 35 s that a stop may take.
const DRAIN: Duration = Duration::from_secs(21);
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
    let serving = run(settings, &base, &parts, stop, listener, told);
    let outcome = actix_web::rt::System::new().block_on(serving);
    // The managed database stops here, after everything that used it.
    drop(base);
    log::info!("stopped");
    outcome
}

async fn run(
    settings: &Settings,
    base: &Base,
    parts: &Parts,
    stop: &StopAsked,
    listener: TcpListener,
    ready: impl FnOnce() + Send + 'static,
) -> anyhow::Result<()> {
    let (phases, phase) = watch::channel(Phase::Open);
    let room = Room::new(settings.max_connections, phase);
    let delay = settings.drain_delay;
    let mut workers = Workers::start(listener, parts, &room, DRAIN.saturating_sub(delay))?;
    let (unfit, told_unfit) = oneshot::channel();
    let preparing = Preparing {
        store: base.store.clone(),
        url: base.database_url.clone(),
        webhooks: parts.services.webhooks.clone(),
        readiness: parts.readiness.clone(),
        waiting: false,
        told: Some((ready, unfit)),
    };
    let preparing = preparing.start()?;
    let mut jobs = workers::start(parts)?;
    let heads = heads_job(
        base.store.clone(),
        &settings.data_dir,
        parts.readiness.clone(),
    )?;
    jobs.push(heads);
    tokio::select! {
        asked = stop_asked(stop) => asked?,
        Ok(()) = told_unfit => anyhow::bail!("the database does not fit, see above"),
        error = workers.end() => {
            return Err(error.map_or_else(|| anyhow::anyhow!("all workers ended"), Into::into));
        }
    }
    log::info!("stopping: {} s for the requests in flight", DRAIN.as_secs());
    // Whoever shares out the requests sees this in `delay`, and sends them elsewhere.
    parts.readiness.set_stopping();
    systemd::stopping();
    phases.send_replace(Phase::Leaving);
    parts.streams.events.stop();
    parts.services.tokens.stop();
    parts.services.watch.stop();
    parts.services.catalogue.stop();
    sleep(delay).await;
    phases.send_replace(Phase::Closing);
    while let Some(error) = workers.end().await {
        log::warn!("a worker: {error}");
    }
    blocking::drain().await;
    drop(jobs);
    drop(preparing);
    Ok(())
}

/// Waits for SIGTERM or SIGINT, which may have come already.
async fn stop_asked(stop: &StopAsked) -> anyhow::Result<()> {
    let refused = "signals cannot be received";
    let mut term = signal(SignalKind::terminate()).context(refused)?;
    let mut int = signal(SignalKind::interrupt()).context(refused)?;
    // Received from here on; a signal that came before was noted.
    if !stop.yet() {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    }
    Ok(())
}

/// Waits for the database in the background, so that a process whose database comes up later
/// lives, says so, and starts to serve by itself.
struct Preparing<F> {
    store: PgStore,
    url: SecretString,
    webhooks: WebhookService,
    readiness: Readiness,
    waiting: bool,
    /// Who is told when it is over: that all is well, or that the database does not fit.
    told: Option<(F, oneshot::Sender<()>)>,
}

impl<F: FnOnce() + Send + 'static> Preparing<F> {
    fn start(mut self) -> std::io::Result<Ticker> {
        Ticker::start("prepare", PREPARE_PERIOD, move || self.round())
    }

    fn round(&mut self) {
        let Some((ready, unfit)) = self.told.take() else {
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
                self.told = Some((ready, unfit));
            }
            Err(error) => {
                log::error!("{error}");
                let _ = unfit.send(());
            }
        }
    }
}
