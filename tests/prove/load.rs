//! How much of what PostgreSQL itself can read comes out of `GET /trakt/association`: the
//! service and pgbench take turns on one machine, one PostgreSQL, one set of rows.
//!
//! The comparison is as fair as two programs on the same cores can be: each side has the
//! machine to itself while it is measured, both use prepared statements over the same socket,
//! and both pay for their own load generator. pgbench gets as many connections as there are
//! HTTP clients (as far as PostgreSQL has them), and once as many as the service's pool.

use std::io::Write;
use std::process::Command;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;
use trakt_store::cluster::Programs;
use uuid::Uuid;

use crate::Run;
use crate::harness::{Database, Server, issue_token, sim};
use crate::report::Report;
use crate::wire::{Connection, request};

/// HTTP connections, each with a thread and users of its own.
const CLIENTS: usize = 64;
/// The connections of the service's pool.
const POOL: usize = 4;

/// Users are numbered in their ids, so that a pgbench script can name them; every other one is
/// linked.
const USERS: &str = "\
    INSERT INTO users (id, email) \
    SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'user' || n || '@example.org' \
    FROM generate_series(1, $1::int) n";
const LINKS: &str = "\
    INSERT INTO trakt_users (user_id, trakt_slug, trakt_username, trakt_uuid, access_token, \
                             refresh_token, token_expires_at, key_id, status, linked_at) \
    SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'slug-' || n || '-', \
           'Name ' || n, md5(n::text), repeat('x', 160), repeat('x', 160), now() + interval '7 days', \
           'k1', 'active', now() \
    FROM generate_series(2, $1::int, 2) n";
/// What the service asks for the same answer.
const SCRIPT: &str = "\
\\set n random(1, :users)
SELECT t.id, t.user_id, t.trakt_slug, t.trakt_username, t.status, t.status_reason, t.linked_at, \
t.token_expires_at, t.last_synced_at FROM users u LEFT JOIN trakt_users t ON t.user_id = u.id \
WHERE u.id = ('00000000-0000-4000-8000-' || lpad(:n::text, 12, '0'))::uuid;
";

/// A user's request and what its answer must hold.
struct Question {
    request: Vec<u8>,
    expected: String,
}

/// What the clients met in one turn.
#[derive(Default)]
struct Turn {
    answers: usize,
    wrong: usize,
    limited: usize,
    micros: Vec<u32>,
}

pub fn prove(run: Run, report: &mut Report) {
    let users = run.count(100, 25) * CLIENTS;
    let time = Duration::from_secs(if run.small { 2 } else { 10 });
    let turns = run.count(4, 2);
    let (sim, database) = (sim(), Database::fresh());
    let server = Server::builder().database(&database).sim(&sim).start();
    let count = i32::try_from(users).unwrap();
    database.execute(USERS, &[&count]);
    database.execute(LINKS, &[&count]);
    database.execute("ANALYZE", &[]);
    let questions: Vec<Question> = (1..=users).map(question).collect();

    let room =
        database.rows("SELECT current_setting('max_connections')::int", &[])[0].get::<_, i32>(0);
    let many = CLIENTS.min(usize::try_from(room).unwrap().saturating_sub(12));
    let bench = Bench {
        url: database.url(),
        users,
    };
    ask(&server, &questions, time / 2);
    bench.run(POOL, time / 2);

    let (mut all, mut as_many, mut as_pool, mut seconds) = (Turn::default(), 0.0, 0.0, 0.0);
    for turn in 0..turns {
        let start = Instant::now();
        let met = ask(&server, &questions, time);
        seconds += start.elapsed().as_secs_f64();
        let reads = [bench.run(many, time), bench.run(POOL, time)];
        println!("turn {turn}: {} answers, {reads:.0?} reads/s", met.answers);
        as_many += reads[0] / turns as f64;
        as_pool += reads[1] / turns as f64;
        all.add(met);
    }
    all.micros.sort_unstable();
    let rate = all.answers as f64 / seconds;
    let asked = all.answers + all.limited + all.wrong;
    report.all(
        "answers that were 200 with the right account",
        all.answers,
        asked,
    );
    report.none("answers that were 429", all.limited);
    report.note("answers/s at 64 connections", "", format!("{rate:.0}"));
    let (half, most) = (all.percentile(50), all.percentile(99));
    report.note("p50, p99", "", format!("{half:.1} ms, {most:.1} ms"));
    report.note(
        &format!("pgbench prepared reads/s, -c {many} -j 2"),
        "",
        format!("{as_many:.0}"),
    );
    report.note(
        &format!("pgbench prepared reads/s, -c {POOL} -j 2"),
        "",
        format!("{as_pool:.0}"),
    );
    let goal = "0.35–0.7 was a plain design's";
    report.note(
        &format!("ratio to -c {many}"),
        goal,
        format!("{:.2}", rate / as_many),
    );
    report.note(
        &format!("ratio to -c {POOL}"),
        goal,
        format!("{:.2}", rate / as_pool),
    );
}

fn question(number: usize) -> Question {
    let id = Uuid::parse_str(&format!("00000000-0000-4000-8000-{number:012}")).unwrap();
    let expected = match number % 2 {
        0 => format!("\"traktSlug\":\"slug-{number}-\""),
        _ => "\"associated\":false".to_owned(),
    };
    let request = request("GET", "/trakt/association", &issue_token(id, 86_400), None);
    Question { request, expected }
}

/// All clients at once, each going round its own users: the time between two questions of one
/// user is the time of a round, which keeps each below its 5/s.
fn ask(server: &Server, questions: &[Question], time: Duration) -> Turn {
    let line = Barrier::new(CLIENTS);
    let mut turn = Turn::default();
    thread::scope(|scope| {
        let clients: Vec<_> = questions
            .chunks(questions.len() / CLIENTS)
            .map(|own| {
                let line = &line;
                scope.spawn(move || {
                    let mut connection = Connection::open(&server.url(""));
                    line.wait();
                    client(&mut connection, own, time)
                })
            })
            .collect();
        for client in clients {
            turn.add(client.join().unwrap());
        }
    });
    turn
}

fn client(connection: &mut Connection, own: &[Question], time: Duration) -> Turn {
    let mut turn = Turn::default();
    let start = Instant::now();
    for question in own.iter().cycle() {
        let before = start.elapsed();
        if before >= time {
            break;
        }
        let answer = connection.ask(&question.request).expect("an answer");
        let expected = question.expected.as_bytes();
        match answer.status {
            200 if answer
                .body
                .windows(expected.len())
                .any(|part| part == expected) =>
            {
                turn.answers += 1;
            }
            429 => turn.limited += 1,
            _ => turn.wrong += 1,
        }
        let took = start.elapsed() - before;
        turn.micros
            .push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }
    turn
}

impl Turn {
    fn add(&mut self, other: Self) {
        self.answers += other.answers;
        self.wrong += other.wrong;
        self.limited += other.limited;
        self.micros.extend(other.micros);
    }

    /// In milliseconds; the times are sorted.
    fn percentile(&self, percent: usize) -> f64 {
        let at = (self.micros.len() * percent / 100).min(self.micros.len().saturating_sub(1));
        self.micros
            .get(at)
            .map_or(f64::NAN, |micros| f64::from(*micros) / 1000.0)
    }
}

struct Bench<'a> {
    url: &'a str,
    users: usize,
}

impl Bench<'_> {
    /// Reads a second with this many connections, the time to connect left out.
    fn run(&self, connections: usize, time: Duration) -> f64 {
        let mut script = NamedTempFile::new().unwrap();
        script.write_all(SCRIPT.as_bytes()).unwrap();
        let programs = Programs::find().expect("the programs of PostgreSQL");
        let mut pgbench = Command::new(programs.bindir().join("pgbench"));
        pgbench.args(["--no-vacuum", "--protocol=prepared", "--jobs=2"]);
        pgbench.args(["--client", &connections.to_string()]);
        pgbench.args(["--time", &time.as_secs().max(1).to_string()]);
        pgbench.args(["--define", &format!("users={}", self.users), "--file"]);
        let output = pgbench
            .arg(script.path())
            .arg(self.url)
            .output()
            .expect("pgbench runs");
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.strip_prefix("tps = "));
        let rate = line.and_then(|rest| rest.split(' ').next()?.parse().ok());
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        rate.unwrap_or_else(|| panic!("pgbench says: {text}"))
    }
}
