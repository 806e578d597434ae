//! What players report while Trakt is away, and while it loses answers: each play comes to Trakt
//! exactly once, by two replicas of which one is killed again and again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use trakt_sim::{Fault, Sim};
use uuid::Uuid;

use crate::Run;
use crate::dice::Dice;
use crate::harness::{Database, Linker, Server, issue_token, sim};
use crate::report::Report;
use crate::sync::AtTheEnd;

/// One in so many calls that write is applied, and answered after whoever asked has given up.
const LOST: usize = 20;
/// Longer than a call may take.
const TOO_LATE: u64 = 11_000;
/// How often a replica is killed, in the mean.
const KILL_EVERY: Duration = Duration::from_secs(2);
const WRITES: [&str; 2] = ["POST /scrobble/stop", "POST /sync/history"];

pub fn prove(run: Run, report: &mut Report) {
    let (users, each) = (run.count(100, 6), run.count(100, 10));
    let (sim, database) = (sim(), Database::fresh());
    let linker = Linker::new(&database, &sim);
    let users: Vec<(Uuid, String, String)> = (0..users)
        .map(|number| {
            let slug = format!("user-{number}");
            let user = linker.link(&database, &sim, &slug);
            (user, issue_token(user, 7200), slug)
        })
        .collect();
    let start_server = || Server::builder().database(&database).sim(&sim).start();
    // Players speak to one that lives; the other is killed.
    let front = start_server();
    let (over, killed) = (AtomicBool::new(false), AtomicUsize::new(0));
    let all_sent = AtomicUsize::new(0);
    let start = Instant::now();
    thread::scope(|scope| {
        let end = AtTheEnd(&over);
        scope.spawn(|| {
            let mut dice = Dice::of(run.seed, 0);
            while !over.load(Ordering::SeqCst) {
                let other = start_server();
                thread::sleep(KILL_EVERY / 2 + dice.within(2000));
                other.kill();
                killed.fetch_add(1, Ordering::SeqCst);
            }
        });
        sim.fault_times("*", u32::MAX, Fault::CutBefore).unwrap();
        play(&front, &users, 0..each / 2, &all_sent);
        let waiting = database.count("SELECT count(*) FROM outbox WHERE settled_at IS NULL");
        let kept = usize::try_from(waiting).unwrap_or(0);
        report.all("kept while Trakt was away", kept, users.len() * (each / 2));
        sim.clear_faults();
        let losing = scope.spawn(|| lose(&sim, &over));
        play(&front, &users, each / 2..each, &all_sent);
        patiently(|| {
            let open = "SELECT count(*) FROM outbox WHERE settled_at IS NULL";
            database.count(open) == 0
        });
        drop(end);
        let lost = losing.join().unwrap();
        report.at_least("answers lost after they were applied", lost, 1);
    });
    let took = start.elapsed();
    let (mut once, mut twice, mut missing) = (0, 0, 0);
    for (_, _, slug) in &users {
        let mut plays: BTreeMap<u64, usize> = BTreeMap::new();
        for play in sim.plays(slug).unwrap() {
            *plays.entry(play.trakt).or_default() += 1;
        }
        for movie in movies(0..each) {
            match plays.get(&movie) {
                None => missing += 1,
                Some(1) => once += 1,
                Some(_) => twice += 1,
            }
        }
    }
    report.all("plays that are at Trakt once", once, users.len() * each);
    report.none("plays that are there twice", twice);
    report.none("plays that are missing", missing);
    let refused = database.count("SELECT count(*) FROM outbox WHERE state <> 'confirmed'");
    report.none(
        "writes that were not confirmed",
        usize::try_from(refused).unwrap_or(0),
    );
    report.at_least("replicas killed", killed.into_inner(), 1);
    let calls: usize = WRITES.iter().map(|path| sim.requests_to(path).len()).sum();
    report.note("calls that wrote", "", calls);
    report.note("until Trakt had everything, s", "", took.as_secs());
    front.stop();
}

/// Each user's own things, one after the other.
fn movies(range: std::ops::Range<usize>) -> impl Iterator<Item = u64> {
    range.map(|n| n as u64 + 1)
}

/// All users watch these movies to the end, each as fast as the limit lets them.
fn play(
    server: &Server,
    users: &[(Uuid, String, String)],
    range: std::ops::Range<usize>,
    sent: &AtomicUsize,
) {
    thread::scope(|scope| {
        for lane in users.chunks(users.len().div_ceil(16)) {
            let range = range.clone();
            scope.spawn(move || {
                for movie in movies(range) {
                    for (_, token, _) in lane {
                        let body =
                            json!({ "movie": { "ids": { "trakt": movie } }, "progress": 97 });
                        let path = "/trakt/scrobble/stop";
                        let reply = server.patiently("POST", path, token, Some(&body));
                        assert_eq!(reply.status, 202, "{reply:?}");
                        sent.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
}

/// Loses the answer of one call in [`LOST`]; how many it lost.
fn lose(sim: &Sim, over: &AtomicBool) -> usize {
    let count = |path: &str| sim.requests_to(path).len();
    let mut lost = WRITES.map(|path| count(path) / LOST);
    let before: usize = lost.iter().sum();
    // The first of each kind too, so that a small run loses some.
    for path in WRITES {
        sim.fault(path, Fault::Late { ms: TOO_LATE }).unwrap();
    }
    while !over.load(Ordering::SeqCst) {
        for (path, lost) in WRITES.iter().zip(&mut lost) {
            while count(path) / LOST > *lost {
                *lost += 1;
                sim.fault(path, Fault::Late { ms: TOO_LATE }).unwrap();
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
    let unused = sim.faults().len();
    (lost.iter().sum::<usize>() - before + WRITES.len()).saturating_sub(unused)
}

fn patiently(mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed().as_secs() < 1200, "writes wait for ever");
        thread::sleep(Duration::from_millis(100));
    }
}
