//! Everything of a user with the longest history anybody has, taken along: how fast, and in how much
//! memory of the service.

use std::io::{BufRead as _, BufReader};
use std::time::Instant;

use ureq::Agent;

use crate::Run;
use crate::harness::{Service, issue_token};
use crate::memory::growth_of;
use crate::report::Report;

pub fn prove(run: Run, report: &mut Report) {
    let plays = run.count(200_000, 5000);
    let service = Service::start();
    let (server, database) = (&service.server, &service.database);
    let user = database.user("viewer@example.org", "user");
    let things = "INSERT INTO media (kind, trakt, slug, tmdb, title, year) \
                  SELECT 'movie', n, 'movie-' || n, n * 7, 'A title of usual length ' || n, 2000 \
                  FROM generate_series(1, 2000) AS n";
    database.execute(things, &[]);
    let rows = "INSERT INTO plays (user_id, id, kind, item, watched_at, action) \
                SELECT $1, n, 'movie', n % 2000 + 1, now() - n * interval '1 min', 'scrobble' \
                FROM generate_series(1, $2) AS n";
    let count = i32::try_from(plays).unwrap();
    database.execute(rows, &[&user, &count]);
    let token = issue_token(user, 600);
    // What every first request costs is not the export's.
    assert_eq!(server.get("/trakt/history", &token).status, 200);

    let (mut exported, mut bytes, mut last) = (0, 0, String::new());
    let start = Instant::now();
    let grown = growth_of(&server.pid().to_string(), || {
        let agent: Agent = Agent::config_builder().proxy(None).build().into();
        let request = agent.get(server.url("/trakt/export"));
        let bearer = format!("Bearer {token}");
        let reply = request.header("authorization", bearer).call().unwrap();
        for line in BufReader::new(reply.into_body().into_reader()).lines() {
            last = line.unwrap();
            bytes += last.len() + 1;
            exported += usize::from(last.starts_with("{\"type\":\"play\""));
        }
    });
    let took = start.elapsed();
    report.all("plays exported", exported, plays);
    let whole = usize::from(last.starts_with("{\"type\":\"end\""));
    report.all("the last line says that it is whole", whole, 1);
    report.at_most("growth of memory, MiB", grown.div_ceil(1024 * 1024), 32);
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = exported as f64 / took.as_secs_f64();
    report.note("plays a second", "", format!("{rate:.0}"));
    report.note("MiB in all", "", bytes / (1024 * 1024));
}
