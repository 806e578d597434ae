//! What `serve` does besides answering: each worker on a thread of its own, at work while the process
//! serves.

use std::time::Duration;

use trakt_core::link::LinkService;
use trakt_core::recommend::RecommendService;
use trakt_core::scrobble::ScrobbleService;
use trakt_core::session::SessionService;
use trakt_core::token::{Revoker, TokenService};
use trakt_core::watch::{CatalogueService, WatchService};
use trakt_core::webhook::WebhookService;

use super::Ticker;
use crate::app::Parts;
use crate::http::watch::text as sync_text;
use crate::limits::Limits;
use crate::measure::{Gauges, Metrics};
use crate::readiness::Readiness;
use crate::streams::Streams;

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
/// How often events are looked for that are to be told.
const DELIVER_PERIOD: Duration = Duration::from_millis(500);
/// How many events one endpoint is told at once: one that does not answer keeps these busy, and none
/// of another's.
const DELIVERERS: usize = 4;
/// How often writes that came to their end long ago are forgotten, and sessions that are over.
const FORGET_WRITES_PERIOD: Duration = Duration::from_secs(600);
/// How often gauges are read from the database, and observations sorted into their buckets.
const MEASURE_PERIOD: Duration = Duration::from_secs(10);
/// How often idle callers are forgotten.
const FORGET_PERIOD: Duration = Duration::from_secs(60);

/// Starts all of them; they end when they are dropped, those that speak to Trakt about a user's data
/// first.
///
/// # Errors
/// When a thread cannot be had.
pub fn start(parts: &Parts) -> std::io::Result<Vec<Ticker>> {
    let (services, readiness) = (&parts.services, || parts.readiness.clone());
    let mut workers = Vec::new();
    for _ in 0..PUSHERS {
        workers.push(push_job(services.scrobbles.clone(), readiness())?);
    }
    for place in 0..PULLERS + RELIEF {
        workers.push(pull_job(services.watch.clone(), readiness(), place)?);
    }
    for place in 0..services.webhooks.endpoints().len() * DELIVERERS {
        let place = place / DELIVERERS;
        workers.push(deliver_job(services.webhooks.clone(), readiness(), place)?);
    }
    workers.extend([
        revoke_job(services.revoker.clone(), readiness())?,
        expire_job(services.links.clone(), readiness())?,
        refresh_job(services.tokens.clone(), readiness())?,
        probe_job(services.tokens.clone(), readiness())?,
        forget_job(parts.limits.clone())?,
        measure_job(parts.metrics.clone(), parts.gauges.clone(), readiness())?,
        events_job(services.watch.clone(), parts.streams.clone(), readiness())?,
        recommend_job(services.recommend.clone(), readiness())?,
        catalogue_job(services.catalogue.clone(), readiness())?,
        forget_writes_job(services.scrobbles.clone(), readiness())?,
        forget_sessions_job(services.sessions.clone(), readiness())?,
        tend_job(services.webhooks.clone(), readiness())?,
    ]);
    Ok(workers)
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

/// Trouble of the database is told once until it is over, as in [`measure_job`].
fn deliver_job(
    webhooks: WebhookService,
    readiness: Readiness,
    place: usize,
) -> std::io::Result<Ticker> {
    let mut told = false;
    Ticker::start("deliver", DELIVER_PERIOD, move || {
        while readiness.at_work() {
            match webhooks.deliver_due(place) {
                Ok(true) => told = false,
                Ok(false) => {
                    told = false;
                    break;
                }
                Err(error) => {
                    if !told {
                        log::warn!("events that are to be told: {error}");
                        told = true;
                    }
                    break;
                }
            }
        }
    })
}

fn tend_job(webhooks: WebhookService, readiness: Readiness) -> std::io::Result<Ticker> {
    Ticker::start("tend-webhooks", PULL_PERIOD, move || {
        while readiness.at_work() {
            match webhooks.tend() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    log::warn!("events that are to be forgotten: {error}");
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

fn forget_sessions_job(sessions: SessionService, readiness: Readiness) -> std::io::Result<Ticker> {
    Ticker::start("forget-sessions", FORGET_WRITES_PERIOD, move || {
        while readiness.at_work() {
            match sessions.forget_over() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    log::warn!("sessions that are to be forgotten: {error}");
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

/// While the database is not there, that is told once and the log is not filled with it.
fn measure_job(metrics: Metrics, gauges: Gauges, readiness: Readiness) -> std::io::Result<Ticker> {
    let mut told = false;
    Ticker::start("measure", MEASURE_PERIOD, move || {
        metrics.tidy();
        if !readiness.prepared() {
            return;
        }
        match gauges.read() {
            Ok(()) => told = false,
            Err(error) if !told => {
                log::warn!("the gauges could not be read from the database: {error}");
                told = true;
            }
            Err(_) => {}
        }
    })
}

fn forget_job(limits: Limits) -> std::io::Result<Ticker> {
    Ticker::start("forget", FORGET_PERIOD, move || limits.forget_idle())
}
