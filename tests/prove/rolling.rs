//! Replicas that restart, one after the other, under steady load: nobody notices. Behind haproxy, with
//! the configuration that is in the documentation; and one alone, whose clients are told by its answers.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use trakt_sim::{Fault, Sim, TokenState};
use uuid::Uuid;

use crate::Run;
use crate::haproxy::Haproxy;
use crate::harness::{Database, Linker, Server, issue_token, sim, wait_for};
use crate::report::Report;
use crate::sync::AtTheEnd;
use crate::traffic;
use crate::wire::{Connection, request};

/// Requests a second.
const RATE: u32 = 200;
/// Those who ask: each seldom enough for every limit.
const USERS: usize = 100;
/// Links whose tokens are being renewed when a replica stops.
const DUE: i64 = 5;
/// Clients of the service that stands alone: so many that keep a connection, and as many that do not.
const CLIENTS: usize = 8;

struct Scene {
    sim: Sim,
    database: Database,
    tokens: Vec<String>,
}

pub fn prove(run: Run, report: &mut Report) {
    let restarts = run.count(20, 2);
    let (sim, database) = (sim(), Database::fresh());
    let linker = Linker::new(&database, &sim);
    let users: Vec<Uuid> = (0..USERS)
        .map(|number| linker.link(&database, &sim, &format!("user-{number}")))
        .collect();
    let scene = Scene {
        sim,
        database,
        tokens: users.iter().map(|user| issue_token(*user, 7200)).collect(),
    };
    scene.behind_haproxy(run, restarts, report);
    scene.alone(restarts, report);
    scene.tokens_are_alive(report);
}

impl Scene {
    fn replica(&self, dir: &Path, address: &str) -> Server {
        Server::builder()
            .database(&self.database)
            .sim(&self.sim)
            .data_dir(dir)
            .var("BIND_ADDR", address)
            .var("TRUSTED_PROXIES", "127.0.0.1")
            .start()
    }

    /// Reads of all kinds, and a write in ten.
    fn questions(&self) -> Vec<Vec<u8>> {
        let question = |number: usize| {
            let token = &self.tokens[number % USERS];
            let (movie, rating) = (number / USERS % 90 + 1, number % 10 + 1);
            let body = json!({ "movie": { "ids": { "trakt": movie } }, "rating": rating });
            // Along the users, so that each has all of them in turn.
            match (number + number / USERS) % 10 {
                0 => request("POST", "/trakt/ratings", token, Some(&body)),
                1..4 => request("GET", "/trakt/association", token, None),
                4..7 => request("GET", "/trakt/history?limit=50", token, None),
                7 | 8 => request("GET", "/trakt/progress", token, None),
                _ => request("GET", "/trakt/settings", token, None),
            }
        };
        (0..USERS * 90).map(question).collect()
    }

    fn behind_haproxy(&self, run: Run, restarts: usize, report: &mut Report) {
        let dirs = [(); 2].map(|()| TempDir::new().unwrap());
        let mut replicas = dirs
            .each_ref()
            .map(|dir| Some(self.replica(dir.path(), "127.0.0.1:0")));
        let addresses = replicas.each_ref().map(|replica| {
            let url = replica.as_ref().unwrap().url("");
            url.trim_start_matches("http://").to_owned()
        });
        let Some(haproxy) = Haproxy::start(addresses.each_ref().map(String::as_str)) else {
            report.note("behind haproxy", "", "left out: there is none here");
            return;
        };
        let questions = self.questions();
        let over = AtomicBool::new(false);
        let (mut slowest, mut unclean) = (Duration::ZERO, 0);
        let mut seen = thread::scope(|scope| {
            let end = AtTheEnd(&over);
            let load = scope.spawn(|| traffic::run(&haproxy.url(), &questions, RATE, &over));
            for restart in 0..restarts {
                let place = restart % 2;
                self.refreshes_begin();
                let start = Instant::now();
                let (status, _) = replicas[place].take().unwrap().stop();
                slowest = slowest.max(start.elapsed());
                unclean += usize::from(status.code() != Some(0));
                replicas[place] = Some(self.replica(dirs[place].path(), &addresses[place]));
                haproxy.wait_up(["one", "two"][place]);
            }
            drop(end);
            load.join().unwrap()
        });
        for bad in seen.bad.iter().take(5) {
            println!("behind haproxy: {bad}");
        }
        report.all(
            "behind haproxy: requests answered well",
            seen.good,
            seen.all(),
        );
        report.note("  restarts", "", restarts);
        report.none("  exits other than 0", unclean);
        let millis = u64::try_from(slowest.as_millis()).unwrap_or(u64::MAX);
        report.at_most("  the slowest stop, ms", millis, 35_000);
        let (half, most) = (seen.percentile(500), seen.percentile(990));
        report.note("  p50, ms", "", half);
        if run.small {
            // On the development build, beside other tests: a figure of nothing.
            report.note("  p99, ms", "≤ 500 in full", most);
        } else {
            report.at_most("  p99, ms", most, 500);
        }
        let ids: Vec<Uuid> = seen.taken.iter().map(|body| id_of(body)).collect();
        let kept = "SELECT count(*) FROM outbox WHERE id = ANY($1)";
        let kept: i64 = self.database.rows(kept, &[&ids])[0].get(0);
        let mut distinct = ids.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let (kept, taken) = (usize::try_from(kept).unwrap(), distinct.len());
        report.all("  writes that were taken and are kept", kept, taken);
    }

    /// Tokens are to be renewed, and Trakt takes its time: a stop comes in between.
    fn refreshes_begin(&self) {
        let asked = || self.sim.requests_to("POST /oauth/token").len();
        let late = Fault::Late { ms: 700 };
        self.sim.fault_times("POST /oauth/token", 5, late).unwrap();
        let before = asked();
        let due = "UPDATE trakt_users SET token_expires_at = now() + interval '1 min', \
                   refresh_due_at = now() WHERE id IN \
                   (SELECT id FROM trakt_users ORDER BY refresh_due_at DESC LIMIT $1)";
        self.database.execute(due, &[&DUE]);
        wait_for("a refresh", || (asked() > before).then_some(()));
    }

    /// All tokens are renewed once more: where one had been lost, it would not work any more.
    fn tokens_are_alive(&self, report: &mut Report) {
        self.sim.clear_faults();
        let dir = TempDir::new().unwrap();
        let _server = self.replica(dir.path(), "127.0.0.1:0");
        let due = "UPDATE trakt_users SET refresh_due_at = now(), generation = generation";
        self.database.execute(due, &[]);
        wait_for("everybody's tokens", || {
            let due = "SELECT count(*) FROM trakt_users \
                       WHERE status = 'active' AND refresh_due_at <= now()";
            (self.database.count(due) == 0).then_some(())
        });
        let active = "SELECT count(*) FROM trakt_users WHERE status = 'active'";
        let active = usize::try_from(self.database.count(active)).unwrap();
        report.all("links alive at the end", active, USERS);
        let pairs = self.sim.tokens();
        let live = pairs.iter().filter(|pair| pair.state == TokenState::Live);
        report.all("pairs alive at Trakt at the end", live.count(), USERS);
    }

    /// One service, its clients at it directly and as fast as they can. Who finds nobody is no matter;
    /// who has connected is answered.
    fn alone(&self, restarts: usize, report: &mut Report) {
        let (answers, broken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        for _ in 0..restarts {
            let dir = TempDir::new().unwrap();
            let server = self.replica(dir.path(), "127.0.0.1:0");
            let url = server.url("");
            let line = std::sync::Barrier::new(2 * CLIENTS + 1);
            thread::scope(|scope| {
                for number in 0..2 * CLIENTS {
                    let (url, line, answers, broken) = (&url, &line, &answers, &broken);
                    scope.spawn(move || {
                        let question = request("GET", "/healthz", "none", None);
                        line.wait();
                        let met = client(url, &question, number.is_multiple_of(2));
                        answers.fetch_add(met.answers, Ordering::Relaxed);
                        broken.fetch_add(met.broken, Ordering::Relaxed);
                    });
                }
                line.wait();
                server.stop();
            });
        }
        let (answers, broken) = (answers.into_inner(), broken.into_inner());
        report.at_least(
            "alone, stopped under load: answers",
            answers,
            restarts * 100,
        );
        report.none("  requests of connected clients without one", broken);
    }
}

#[derive(Default)]
struct Met {
    answers: usize,
    broken: usize,
}

/// Asks until nobody is there any more.
fn client(url: &str, question: &[u8], keeps: bool) -> Met {
    let mut met = Met::default();
    let mut kept = None;
    loop {
        let connected = kept.take().map_or_else(|| Connection::try_open(url), Ok);
        let Ok(mut connection) = connected else {
            return met;
        };
        let answered = connection
            .ask(question)
            .is_ok_and(|answer| answer.status == 200);
        if answered {
            met.answers += 1;
        } else {
            met.broken += 1;
        }
        if keeps && answered && !connection.is_closed() {
            kept = Some(connection);
        }
    }
}

fn id_of(body: &[u8]) -> Uuid {
    let body: Value = serde_json::from_slice(body).unwrap();
    Uuid::parse_str(body["id"].as_str().unwrap()).unwrap()
}
