//! Serving: from the bound socket to the last request in flight.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use anyhow::Context as _;
use secrecy::SecretString;
use tokio::signal::unix::{SignalKind, signal};
use trakt_core::link::LinkService;
use trakt_core::recommend::RecommendService;
use trakt_core::scrobble::ScrobbleService;
use trakt_core::token::{Revoker, TokenService};
use trakt_core::watch::{CatalogueService, WatchService};
use trakt_store::PgStore;

use crate::app::{Parts, app};
use crate::blocking::{self, MAX_THREADS};
use crate::config::Settings;
use crate::http::watch::text as sync_text;
use crate::jobs::Ticker;
use crate::limits::Limits;
use crate::readiness::Readiness;
use crate::services::{Base, Services, Unprepared, prepare};
use crate::stop::StopAsked;
use crate::streams::Streams;

/// How long requests are still taken after a stop was asked for: `/readyz` says no in this time,
/// so that whoever shares out the requests sends them elsewhere before they are refused.
const UNREADY: Duration = Duration::from_secs(1);
/// How long requests in flight may take after that, in seconds. With the calls to Trakt that
/// their clients left behind (`blocking::drain`) it stays below the 35 s that a stop may take.
const DRAIN: u64 = 20;
/// How often tokens that wait to be revoked are looked for.
const REVOKE_PERIOD: Duration = Duration::from_secs(5);
/// How often flows that nobody asks about any more are looked for.
const EXPIRE_PERIOD: Duration = Duration::from_secs(5);
/// How often refreshes that are due are looked for, and pairs that wait in the journal stored.
const REFRESH_PERIOD: Duration = Duration::from_secs(1);
/// How often new tokens are looked for that have not worked yet.
const PROBE_PERIOD: Duration = Duration::from_secs(5);
/// How often those who listen are told how their data stands.
const EVENTS_PERIOD: Duration = Duration::from_secs(1);
/// How often users are looked for who are to be pulled for.
const PULL_PERIOD: Duration = Duration::from_secs(1);
/// How many users are pulled for at once.
const PULLERS: usize = 4;
/// How many more take the place of those whose pull waits for its user's next calls: a first import
/// of a large account waits for minutes, and keeps nobody else from being pulled for.
const RELIEF: usize = 28;
/// How often writes are looked for that are to be sent.
const PUSH_PERIOD: Duration = Duration::from_secs(1);
/// How many users' writes are sent at once: a write that gets no answer keeps one of them busy for
/// ten seconds.
const PUSHERS: usize = 8;
/// How often writes that came to their end long ago are forgotten.
const FORGET_WRITES_PERIOD: Duration = Duration::from_secs(600);
/// How often idle callers are forgotten.
const FORGET_PERIOD: Duration = Duration::from_secs(60);
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
    stop: &StopAsked,
    ready: impl FnOnce(SocketAddr) + Send + 'static,
) -> anyhow::Result<()> {
    stop.take_time();
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
        streams: Streams::default(),
        services,
    };
    log::info!("listening on http://{address}");
    let told = move || ready(address);
    let serving = run(&base, &parts, stop, listener, told);
    let outcome = actix_web::rt::System::new().block_on(serving);
    // The managed database stops here, after everything that used it.
    drop(base);
    log::info!("stopped");
    outcome
}

async fn run(
    base: &Base,
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
        readiness: readiness.clone(),
        server: server.handle(),
        unfit: unfit.clone(),
        waiting: false,
        ready: Some(ready),
    };
    let preparing = preparing.start()?;
    let jobs = [
        revoke_job(parts.services.revoker.clone(), readiness.clone())?,
        expire_job(parts.services.links.clone(), readiness.clone())?,
        refresh_job(parts.services.tokens.clone(), readiness.clone())?,
        probe_job(parts.services.tokens.clone(), readiness.clone())?,
        forget_job(parts.limits.clone())?,
        events_job(
            parts.services.watch.clone(),
            parts.streams.clone(),
            readiness.clone(),
        )?,
        recommend_job(parts.services.recommend.clone(), readiness.clone())?,
        catalogue_job(parts.services.catalogue.clone(), readiness.clone())?,
        forget_writes_job(parts.services.scrobbles.clone(), readiness.clone())?,
    ];
    let pullers = (0..PULLERS + RELIEF)
        .map(|place| pull_job(parts.services.watch.clone(), readiness.clone(), place))
        .collect::<Result<Vec<_>, _>>()?;
    let pushers = (0..PUSHERS)
        .map(|_| push_job(parts.services.scrobbles.clone(), readiness.clone()))
        .collect::<Result<Vec<_>, _>>()?;
    server.await?;
    blocking::drain().await;
    drop(pushers);
    drop(pullers);
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
        match prepare(&self.store, &self.url) {
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

fn revoke_job(revoker: Revoker, readiness: Readiness) -> std::io::Result<Ticker> {
    Ticker::start("revoke", REVOKE_PERIOD, move || {
        if !readiness.at_work() {
            return;
        }
        match revoker.run_due() {
            Ok(0) => {}
            Ok(count) => log::info!("revoked {count} tokens that waited for it"),
            Err(error) => log::warn!("tokens that wait to be revoked: {error}"),
        }
    })
}

/// Stores what waits in the journal, and refreshes what is due.
fn refresh_job(tokens: TokenService, readiness: Readiness) -> std::io::Result<Ticker> {
    Ticker::start("refresh", REFRESH_PERIOD, move || {
        while readiness.at_work() {
            match tokens.refresh_due() {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    log::warn!("refreshes that are due: {error}");
                    break;
                }
            }
        }
    })
}

fn probe_job(tokens: TokenService, readiness: Readiness) -> std::io::Result<Ticker> {
    Ticker::start("probe", PROBE_PERIOD, move || {
        while readiness.at_work() {
            match tokens.probe_due() {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    log::warn!("tokens that are to be tried: {error}");
                    break;
                }
            }
        }
    })
}

/// Tells all who listen how their data stands: one statement, and none where nobody does.
fn events_job(
    watch: WatchService,
    streams: Streams,
    readiness: Readiness,
) -> std::io::Result<Ticker> {
    Ticker::start("events", EVENTS_PERIOD, move || {
        if !readiness.at_work() {
            return;
        }
        let told = streams.events.round(|users| {
            let states = watch.states(users)?.into_iter();
            Ok(states
                .filter_map(|(user, state)| Some((user, sync_text(state).ok()?)))
                .collect())
        });
        if let Err(error) = told {
            log::warn!("how the data of those who listen stands: {error}");
        }
    })
}

/// The first [`PULLERS`] places work at all times, each of the others while so many pulls wait.
fn pull_job(watch: WatchService, readiness: Readiness, place: usize) -> std::io::Result<Ticker> {
    Ticker::start("pull", PULL_PERIOD, move || {
        while readiness.at_work() && place < PULLERS + watch.waiting() {
            match watch.pull_due() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    log::warn!("users who are to be pulled for: {error}");
                    break;
                }
            }
        }
    })
}

fn catalogue_job(catalogue: CatalogueService, readiness: Readiness) -> std::io::Result<Ticker> {
    Ticker::start("catalogue", PULL_PERIOD, move || {
        while readiness.at_work() {
            match catalogue.read_due() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    log::warn!("shows whose episodes are to be read: {error}");
                    break;
                }
            }
        }
    })
}

fn recommend_job(recommend: RecommendService, readiness: Readiness) -> std::io::Result<Ticker> {
    Ticker::start("recommend", PULL_PERIOD, move || {
        while readiness.at_work() {
            match recommend.refresh_due() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    log::warn!("recommendations that are due: {error}");
                    break;
                }
            }
        }
    })
}

fn push_job(scrobbles: ScrobbleService, readiness: Readiness) -> std::io::Result<Ticker> {
    Ticker::start("push", PUSH_PERIOD, move || {
        while readiness.at_work() {
            match scrobbles.push_due() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    log::warn!("writes that are to be sent: {error}");
                    break;
                }
            }
        }
    })
}

fn forget_writes_job(scrobbles: ScrobbleService, readiness: Readiness) -> std::io::Result<Ticker> {
    Ticker::start("forget-writes", FORGET_WRITES_PERIOD, move || {
        while readiness.at_work() {
            match scrobbles.forget_old() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    log::warn!("writes that are to be forgotten: {error}");
                    break;
                }
            }
        }
    })
}

fn expire_job(links: LinkService, readiness: Readiness) -> std::io::Result<Ticker> {
    Ticker::start("expire", EXPIRE_PERIOD, move || {
        if readiness.at_work()
            && let Err(error) = links.expire_flows()
        {
            log::warn!("flows that nobody asks about: {error}");
        }
    })
}

fn forget_job(limits: Limits) -> std::io::Result<Ticker> {
    Ticker::start("forget", FORGET_PERIOD, move || limits.forget_idle())
}
