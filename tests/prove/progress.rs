//! What to go on with, for somebody who watches five hundred shows, among a thousand others: how long
//! it takes beside one row read by its key.

use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use trakt_core::UserId;
use trakt_core::ports::{CatalogueStore, WatchReads};
use trakt_core::watch::{ProgressKind, ProgressQuery};
use uuid::Uuid;

use crate::Run;
use crate::harness::{Database, Linker, sim};
use crate::report::Report;

/// How many shows there are, each of ten seasons of eleven episodes.
const SHOWS: i32 = 500;
/// How many episodes of each the one with many plays has seen.
const SEEN: i32 = 100;
/// The same of everybody else, of thirty shows.
const SEEN_BY_OTHERS: i32 = 20;

pub fn prove(run: Run, report: &mut Report) {
    let (others, rounds) = (run.count(1000, 20), run.count(1000, 30));
    let (sim, database) = (sim(), Database::fresh());
    let linker = Linker::new(&database, &sim);
    let store = &linker.store;
    let many = database.user("many@example.org", "user");
    let few = database.user("few@example.org", "user");
    fill(&database, many, few, i32::try_from(others).unwrap());
    database.execute("ANALYZE", &[]);
    for show in 1..=SHOWS {
        let mut after = None;
        loop {
            after = store.count_show(show.into(), after).unwrap();
            if after.is_none() {
                break;
            }
        }
    }
    database.execute("ANALYZE", &[]);
    let plays = "SELECT count(*) FROM plays WHERE user_id = $1";
    let plays: i64 = database.rows(plays, &[&many])[0].get(0);
    report.all(
        "plays of the user",
        usize::try_from(plays).unwrap(),
        usize::try_from(SHOWS * SEEN).unwrap(),
    );
    let query = |user: Uuid| ProgressQuery {
        user: UserId::from(user),
        after: None,
        limit: 50,
    };
    // Every show has a next episode; it is read page by page.
    let (mut listed, mut after) = (0, None);
    loop {
        let page = ProgressQuery {
            after,
            ..query(many)
        };
        let page = store.progress(&page).unwrap();
        let next = page
            .items
            .iter()
            .filter(|item| item.kind == ProgressKind::Next);
        listed += next.filter(|item| item.left == Some(5)).count();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    report.all(
        "shows to go on with",
        listed,
        usize::try_from(SHOWS).unwrap(),
    );

    let mut client = Client::connect(database.url(), NoTls).unwrap();
    let row = client
        .prepare("SELECT * FROM watching WHERE user_id = $1 AND show = 250")
        .unwrap();
    let mut times: [Vec<Duration>; 3] = Default::default();
    for round in 0..rounds + 20 {
        let mut time = |of: usize, read: &mut dyn FnMut() -> usize| {
            let start = Instant::now();
            let read = read();
            let took = start.elapsed();
            assert!(read > 0);
            // The first ones warm it up.
            if round >= 20 {
                times[of].push(took);
            }
        };
        time(0, &mut || client.query(&row, &[&many]).unwrap().len());
        time(1, &mut || store.progress(&query(many)).unwrap().items.len());
        time(2, &mut || store.progress(&query(few)).unwrap().items.len());
    }
    let [single, of_many, of_few] = times.map(|mut times| {
        times.sort_unstable();
        [50, 99].map(|percent| times[(times.len() - 1) * percent / 100].as_micros())
    });
    let shown = |[p50, p99]: [u128; 2]| format!("{p50} / {p99}");
    report.note(
        "one row by its key, prepared, p50 / p99, µs",
        "",
        shown(single),
    );
    report.note("progress of 10 shows, p50 / p99, µs", "", shown(of_few));
    report.note("progress of 500 shows, p50 / p99, µs", "", shown(of_many));
    let ratio = of_many[0] / single[0].max(1);
    report.note("500 shows to one row, p50", "", ratio);
    // A debug build on a busy machine shows only that it works.
    let most = if run.small { 2_000_000 } else { 20_000 };
    report.at_most(
        "progress of 500 shows, p99, µs",
        u64::try_from(of_many[1]).unwrap(),
        most,
    );
}

/// Shows, their episodes of which the last five are yet to air, and who has seen how much.
fn fill(database: &Database, many: Uuid, few: Uuid, others: i32) {
    database.execute("SET statement_timeout = 0", &[]);
    let run = |sql: &str, values: &[&(dyn postgres::types::ToSql + Sync)]| {
        database.execute(sql, values);
    };
    run(
        "INSERT INTO media (kind, trakt, slug, title, year) \
         SELECT 'show', s, 'show-' || s, 'Show ' || s, 2000 + s % 25 FROM generate_series(1, $1) AS s",
        &[&SHOWS],
    );
    run(
        "INSERT INTO media (kind, trakt, title, show, season, number, first_aired) \
         SELECT 'episode', s * 1000 + n, 'Episode ' || n, s, (n - 1) / 11 + 1, (n - 1) % 11 + 1, \
             now() + (n - 105.5) * interval '1 day' \
         FROM generate_series(1, $1) AS s, generate_series(1, 110) AS n",
        &[&SHOWS],
    );
    run(
        "INSERT INTO users (email, role) \
         SELECT 'other-' || n || '@example.org', 'user' FROM generate_series(1, $1) AS n",
        &[&others],
    );
    run(
        "INSERT INTO watch_states (user_id, trakt_uuid, read_at) SELECT id, id::text, now() FROM users",
        &[],
    );
    let plays = "INSERT INTO plays (user_id, id, kind, item, watched_at, action) \
         SELECT u.id, s * 1000 + n, 'episode', s * 1000 + n, \
             now() - (s * 110 + n) * interval '10 minutes', 'scrobble' ";
    for (user, shows) in [(many, SHOWS), (few, 10)] {
        run(
            &format!(
                "{plays} FROM users AS u, generate_series(1, $2) AS s, generate_series(1, $3) AS n \
                 WHERE u.id = $1"
            ),
            &[&user, &shows, &SEEN],
        );
    }
    run(
        &format!(
            "{plays} FROM (SELECT id, row_number() OVER (ORDER BY id) AS k FROM users \
                 WHERE email LIKE 'other-%') AS u, \
             LATERAL (SELECT (u.k * 7 + j) % $1 + 1 AS s FROM generate_series(1, 30) AS j) AS shows, \
             generate_series(1, $2) AS n"
        ),
        &[&i64::from(SHOWS), &SEEN_BY_OTHERS],
    );
    run(
        "INSERT INTO watching (user_id, show) SELECT DISTINCT user_id, item / 1000 FROM plays",
        &[],
    );
    run(
        "INSERT INTO playback (user_id, id, kind, item, progress, paused_at) \
         SELECT $1, s, 'episode', s * 1000 + 101, 40, now() - interval '2 years' \
         FROM generate_series(1, 20) AS s",
        &[&many],
    );
}
