//! A backup is made while tokens are renewed; the service goes on, and its host is lost with database
//! and `DATA_DIR`. The backup goes into a new PostgreSQL, with a new `DATA_DIR` and the same keys, as
//! docs/operations/backup.md has it: every link lives but those renewed since, whose users are told,
//! and nothing is at Trakt twice. Then the keys are lost as well.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use trakt_sim::{Action, MediaType, NewPlay, Sim, TokenState};
use trakt_store::cluster::Programs;
use uuid::Uuid;

use crate::Run;
use crate::cluster::Postgres;
use crate::harness::{
    AUTH_SECRET, Database, Linker, Server, TOKEN_KEYS, issue_token, run_command, sim,
};
use crate::report::Report;

/// Links that come due around the backup: one in so many.
const RENEWED: usize = 5;
/// Users whose writes wait when the backup is made, and are sent after it.
const WRITERS: usize = 3;
const OTHER_KEYS: &str = "new:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";

const PLAYS: &str = "SELECT coalesce(md5(string_agg(user_id || ' ' || kind || item || ' ' || watched_at, ',' \
                     ORDER BY user_id, kind, item, watched_at)), '') || count(*) FROM plays";

pub fn prove(run: Run, report: &mut Report) {
    let (users, plays) = (run.count(1000, 20), run.count(100, 15));
    // In so many seconds they do.
    let window = run.count(9, 3) as u64;
    let (sim, old) = (sim(), Database::fresh());
    let people = people(&sim, &old, users, plays);
    let dir = TempDir::new().unwrap();
    let server = Server::builder()
        .database(&old)
        .sim(&sim)
        .data_dir(dir.path())
        .start();
    until("all to be read", || {
        let read = old.count("SELECT count(*) FROM watch_states WHERE read_at IS NOT NULL");
        read >= i64::try_from(users).unwrap()
    });

    // What waits while the backup is made: another worker seems to be at it.
    let writers = &people[..WRITERS];
    for user in writers {
        let taken = "INSERT INTO outbox_turns (user_id, push, lease_until, next_at) \
                     VALUES ($1, $1, now() + interval '1 hour', now()) ON CONFLICT (user_id) DO UPDATE \
                     SET push = excluded.push, lease_until = excluded.lease_until";
        old.execute(taken, &[user]);
        let body =
            json!({ "movie": { "ids": { "trakt": 1 } }, "watchedAt": "2026-06-01T20:00:00Z" });
        let taken = server.post("/trakt/history", &issue_token(*user, 3600), &body);
        assert_eq!(taken.status, 202, "{taken:?}");
    }
    // Evenly, so that the last of them comes due after the backup in any case.
    let due = format!(
        "UPDATE trakt_users SET refresh_due_at = now() + part * interval '{window} s' FROM \
         (SELECT id AS whose, percent_rank() OVER (ORDER BY email) AS part FROM \
         (SELECT id, email FROM users WHERE id <> ALL($1) ORDER BY email LIMIT {}) AS chosen) AS spread \
         WHERE user_id = whose",
        users / RENEWED
    );
    old.execute("UPDATE trakt_gate SET rate = 1000, budget = 1000", &[]);
    old.execute(&due, &[&writers]);
    thread::park_timeout(Duration::from_secs(window / 3));
    let file = dir.path().join("backup");
    let start = Instant::now();
    tool(
        "pg_dump",
        &["--format=custom", "--file", text(&file), old.url()],
    );
    report.note(
        "pg_dump beside the service, ms",
        "",
        start.elapsed().as_millis(),
    );

    // The world goes on, and ends.
    old.execute(
        "UPDATE outbox_turns SET push = NULL, lease_until = NULL",
        &[],
    );
    until(
        "the writes to be sent, and the tokens to be renewed",
        || {
            let waits = "SELECT (SELECT count(*) FROM outbox WHERE settled_at IS NULL) + (SELECT count(*) \
                     FROM trakt_users WHERE refresh_due_at < now() + interval '1 min' \
                     OR refresh_state <> 'idle')";
            old.count(waits) == 0
        },
    );
    server.kill();
    let before = old.rows(PLAYS, &[])[0].get::<_, String>(0);
    let at_trakt = everything(&sim, users);

    // A new host.
    let (postgres, new_dir) = (Postgres::start(), TempDir::new().unwrap());
    let new = postgres.database();
    let start = Instant::now();
    tool(
        "pg_restore",
        &[
            "--exit-on-error",
            "--no-owner",
            "--dbname",
            new.url(),
            text(&file),
        ],
    );
    report.note("pg_restore, ms", "", start.elapsed().as_millis());
    let renewed = renewed(&old, &new);
    report.at_least("links that were renewed since the backup", renewed.len(), 1);
    let command = |arguments: &[&str], keys: &str| {
        let application = trakt_sim::Config::default();
        let vars = [
            ("DATABASE_URL", new.url()),
            ("DATA_DIR", text(new_dir.path())),
            ("TOKEN_KEYS", keys),
            ("AUTH_SECRET", AUTH_SECRET),
            ("TRAKT_CLIENT_ID", &application.client_id),
            ("TRAKT_CLIENT_SECRET", &application.client_secret),
            ("TRAKT_API_URL", sim.url()),
        ];
        let done = run_command(arguments, &vars, "");
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        (done.status.success(), said)
    };
    report.all(
        "doctor on the new host",
        usize::from(command(&["doctor"], TOKEN_KEYS).0),
        1,
    );
    let (done, said) = command(&["restored"], TOKEN_KEYS);
    assert!(done, "{said}");
    let start = Instant::now();
    let server = Server::builder()
        .database(&new)
        .sim(&sim)
        .data_dir(new_dir.path())
        .start();
    new.execute(
        "UPDATE outbox_turns SET push = NULL, lease_until = NULL",
        &[],
    );
    until("all that cannot be renewed to be told", || {
        let waits = "SELECT (SELECT count(*) FROM outbox WHERE settled_at IS NULL) + (SELECT count(*) \
                     FROM trakt_users WHERE status = 'active' AND refresh_due_at <= now() + interval '1 min')";
        new.count(waits) == 0
    });
    report.note(
        "from the start until all were told, ms",
        "",
        start.elapsed().as_millis(),
    );
    let count = |sql: &str| usize::try_from(new.count(sql)).unwrap();
    report.all(
        "links held",
        count("SELECT count(*) FROM trakt_users"),
        users,
    );
    report.all(
        "links to be made anew: those renewed since, and no other",
        told(&new).intersection(&renewed).count(),
        told(&new).union(&renewed).count(),
    );
    let live = alive(&sim, &new, &people, &renewed);
    report.all(
        "other links whose tokens work at Trakt",
        live,
        users - renewed.len(),
    );
    until("the new plays to be read", || {
        new.rows(PLAYS, &[])[0].get::<_, String>(0) == before
    });
    let held = |database: &Database| {
        usize::try_from(database.count("SELECT count(*) FROM plays")).unwrap()
    };
    report.all(
        "plays held, the same as on the old host",
        held(&new),
        held(&old),
    );
    report.all(
        "writes that waited: at Trakt once",
        usize::from(everything(&sim, users) == at_trakt) * WRITERS,
        WRITERS,
    );
    let again = renewed.first().copied().unwrap();
    let linked = server.link(&sim, &issue_token(again, 3600), &slug(&new, again));
    report.all(
        "one of them linked again",
        usize::from(linked.status == 200),
        1,
    );
    server.stop();

    // The keys are lost too.
    let (well, said) = command(&["doctor"], OTHER_KEYS);
    report.all(
        "lost key: doctor names it",
        usize::from(!well && said.contains("sealed with a key that is not here: e2e")),
        1,
    );
    let refused = Server::builder()
        .database(&new)
        .sim(&sim)
        .var("TOKEN_KEYS", OTHER_KEYS)
        .fails();
    report.all(
        "lost key: the start is refused",
        usize::from(!refused.0.success()),
        1,
    );
    let start = Instant::now();
    assert!(command(&["keys", "forget", "e2e"], OTHER_KEYS).0);
    report.note("keys forget, ms", "", start.elapsed().as_millis());
    report.all("lost key: users that are told", told(&new).len(), users);
    let server = Server::builder()
        .database(&new)
        .sim(&sim)
        .var("TOKEN_KEYS", OTHER_KEYS)
        .start();
    let linked = server.link(&sim, &issue_token(again, 3600), &slug(&new, again));
    report.all(
        "lost key: linked again",
        usize::from(linked.status == 200),
        1,
    );
    let kept = new.rows(PLAYS, &[])[0].get::<_, String>(0) == before;
    report.all("lost key: plays are all there", usize::from(kept), 1);
}

fn people(sim: &Sim, database: &Database, users: usize, plays: usize) -> Vec<Uuid> {
    let linker = Linker::new(database, sim);
    let plays: Vec<NewPlay> = (0..plays as u64)
        .map(|number| NewPlay {
            media: MediaType::Movie,
            trakt: 2 + number % 40,
            watched_at_ms: 1_700_000_000_000 + number * 86_400_000,
            action: Action::default(),
        })
        .collect();
    (0..users)
        .map(|number| {
            let slug = format!("user-{number:04}");
            let user = linker.link(database, sim, &slug);
            sim.add_plays(&slug, &plays).unwrap();
            user
        })
        .collect()
}

/// All plays at Trakt.
fn everything(sim: &Sim, users: usize) -> Vec<String> {
    let of = |number| sim.plays(&format!("user-{number:04}")).unwrap();
    let mut all: Vec<String> = (0..users)
        .flat_map(|number| {
            of(number).into_iter().map(move |play| {
                format!(
                    "{number} {:?} {} {}",
                    play.media, play.trakt, play.watched_at_ms
                )
            })
        })
        .collect();
    all.sort();
    all
}

/// Whose tokens in the backup were used up at Trakt since.
fn renewed(old: &Database, new: &Database) -> BTreeSet<Uuid> {
    let all = |database: &Database| -> BTreeSet<(Uuid, i64)> {
        let rows = database.rows("SELECT user_id, generation FROM trakt_users", &[]);
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    };
    let (old, new) = (all(old), all(new));
    new.difference(&old).map(|(user, _)| *user).collect()
}

/// Who knows that the account has to be linked again.
fn told(database: &Database) -> BTreeSet<Uuid> {
    let sql = "SELECT user_id FROM trakt_users l WHERE status = 'needs_relink' AND EXISTS (SELECT FROM \
               audit_log a WHERE a.event = 'needs_relink' AND a.link_id = l.id)";
    database
        .rows(sql, &[])
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// How many people have a token that Trakt takes, but for these.
pub fn alive(sim: &Sim, database: &Database, people: &[Uuid], renewed: &BTreeSet<Uuid>) -> usize {
    use trakt_core::ports::TokenStore as _;
    let store = Linker::new(database, sim).store;
    let pairs = sim.tokens();
    let live: BTreeSet<&str> = pairs
        .iter()
        .filter(|pair| pair.state == TokenState::Live)
        .map(|pair| &*pair.access_token)
        .collect();
    let works = |user: &&Uuid| {
        let held = store.held((**user).into()).unwrap().flatten();
        held.and_then(|held| held.access)
            .is_some_and(|token| live.contains(token.expose()))
    };
    people
        .iter()
        .filter(|user| !renewed.contains(user))
        .filter(works)
        .count()
}

fn slug(database: &Database, user: Uuid) -> String {
    database.rows(
        "SELECT trakt_slug FROM trakt_users WHERE user_id = $1",
        &[&user],
    )[0]
    .get(0)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn tool(name: &str, arguments: &[&str]) {
    let programs = Programs::find().expect("the programs of PostgreSQL");
    let done = Command::new(programs.bindir().join(name))
        .args(arguments)
        .output()
        .expect(name);
    assert!(
        done.status.success(),
        "{name}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(900);
    while !condition() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        thread::park_timeout(Duration::from_millis(50));
    }
}
