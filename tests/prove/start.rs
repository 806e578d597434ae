//! How soon the service is ready, and how much memory it takes: idle, and under load.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::Run;
use crate::harness::{Database, Server, issue_token, sim};
use crate::memory::held;
use crate::report::Report;
use crate::traffic;
use crate::wire::request;

/// Requests a second.
const RATE: u32 = 200;
const USERS: usize = 100;

pub fn prove(run: Run, report: &mut Report) {
    let (sim, database) = (sim(), Database::fresh());
    let builder = || Server::builder().database(&database).sim(&sim);
    // The database is there and migrated from here on.
    builder().start().stop();
    let users: Vec<Uuid> = (0..USERS)
        .map(|number| database.user(&format!("user-{number}@example.org"), "user"))
        .collect();
    let things = "INSERT INTO media (kind, trakt, slug, tmdb, title, year) \
                  SELECT 'movie', n, 'movie-' || n, n * 7, 'A title of usual length ' || n, 2000 \
                  FROM generate_series(1, 2000) AS n";
    database.execute(things, &[]);
    let plays = "INSERT INTO plays (user_id, id, kind, item, watched_at, action) \
                 SELECT id, n, 'movie', n % 2000 + 1, now() - n * interval '1 min', 'scrobble' \
                 FROM users, generate_series(1, 500) AS n";
    database.execute(plays, &[]);

    let mut starts: Vec<u64> = (0..run.count(10, 3))
        .map(|_| {
            let start = Instant::now();
            let server = builder().start();
            let took = start.elapsed();
            server.stop();
            u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
        })
        .collect();
    starts.sort_unstable();
    let median = starts[starts.len() / 2];
    let slowest = starts[starts.len() - 1];

    let server = builder().start();
    let process = server.pid().to_string();
    let idle = held(&process, "VmRSS:");
    let questions: Vec<Vec<u8>> = users
        .iter()
        .flat_map(|user| {
            let token = issue_token(*user, 3600);
            [
                "/trakt/association",
                "/trakt/history?limit=100",
                "/trakt/progress",
            ]
            .map(|path| request("GET", path, &token, None))
        })
        .collect();
    let over = AtomicBool::new(false);
    let mut seen = thread::scope(|scope| {
        let load = scope.spawn(|| traffic::run(&server.url(""), &questions, RATE, &over));
        // For so long, whatever happens.
        thread::sleep(Duration::from_secs(if run.small { 3 } else { 60 }));
        over.store(true, Ordering::Relaxed);
        load.join().unwrap()
    });
    let (loaded, most) = (held(&process, "VmRSS:"), held(&process, "VmHWM:"));
    let mib = |bytes: u64| bytes.div_ceil(1024 * 1024);
    if run.small {
        // On the development build, beside other tests: figures of nothing.
        report.note("ready on an existing database, ms", "≤ 500 in full", median);
        report.note("memory idle, MiB", "≤ 64 in full", mib(idle));
        report.note("memory after load, MiB", "≤ 150 in full", mib(loaded));
    } else {
        report.at_most("ready on an existing database, median, ms", median, 500);
        report.note("  the slowest, ms", "", slowest);
        report.at_most("memory idle, MiB", mib(idle), 64);
        report.at_most("memory after 60 s of load, MiB", mib(loaded), 150);
        report.note("  at its most, MiB", "", mib(most));
    }
    report.all("answers under load that were good", seen.good, seen.all());
    let figures = format!("{} ms, {} ms", seen.percentile(500), seen.percentile(990));
    report.note("  p50, p99", "", figures);
}
