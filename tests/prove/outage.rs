//! PostgreSQL dies: again and again under load, and exactly between Trakt's answer and the commit.
//! No pair is lost, and it heals by itself.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;
use trakt_sim::{Sim, TokenState};
use uuid::Uuid;

use crate::Run;
use crate::cluster::Postgres;
use crate::dice::Dice;
use crate::harness::{Database, Holder, Linker, sim, wait_for};
use crate::report::Report;

/// How soon after PostgreSQL is back everything is well, in milliseconds.
const HEALED: u64 = 5000;
/// How often it is killed under load.
const EVERY: Duration = Duration::from_millis(500);

pub fn prove(run: Run, report: &mut Report) {
    after_the_answer(run, report);
    under_load(run, report);
}

/// It is killed while the new pair is in the journal and nowhere else. Several clusters side by
/// side, as each outage takes a minute.
fn after_the_answer(run: Run, report: &mut Report) {
    let (lanes, each) = (run.count(10, 2), run.count(5, 1));
    let down = Duration::from_secs(if run.small { 2 } else { 60 });
    let ends: Vec<(usize, u64)> = thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes)
            .map(|_| scope.spawn(move || outages(each, down)))
            .collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).collect()
    });
    report.all(
        &format!(
            "outages of {} s exactly after Trakt's answer: links alive",
            down.as_secs()
        ),
        ends.iter().map(|(alive, _)| alive).sum(),
        lanes * each,
    );
    report.at_most(
        "the same: pair stored after PostgreSQL was back, ms",
        ends.iter().map(|(_, slowest)| *slowest).max().unwrap_or(0),
        HEALED,
    );
}

/// So many outages of one cluster: how many links live, and how many milliseconds the slowest took
/// to be stored once the cluster was back.
fn outages(count: usize, down: Duration) -> (usize, u64) {
    let (postgres, sim) = (Postgres::start(), sim());
    let database = postgres.database();
    let linker = Linker::new(&database, &sim);
    let (mut alive, mut slowest) = (0, 0);
    for number in 0..count {
        let dir = TempDir::new().unwrap();
        let slug = format!("user-{number}");
        let user = linker.link(&database, &sim, &slug);
        expire(&database, Some(user));
        let broken = Some(("after_journal", "stop"));
        let mut holder = Holder::breaking(&database, &sim, dir.path(), broken);
        holder.say(&format!("token {user}"));
        wait_for("the stop", || holder.is_stopped().then_some(()));
        postgres.signal_all(Signal::KILL);
        postgres.wait_gone();
        holder.signal(Signal::CONT);
        let until = Instant::now() + down;
        while Instant::now() < until {
            thread::park_timeout(until - Instant::now());
        }
        holder.say("work");
        postgres.start_again();
        let back = Instant::now();
        database.reconnect();
        wait_for("the pair in the database", || {
            let sql = "SELECT count(*) FROM trakt_users WHERE generation = 2 AND status = 'active' \
                       AND trakt_slug = $1";
            (database.rows(sql, &[&slug])[0].get::<_, i64>(0) == 1).then_some(())
        });
        slowest = slowest.max(u64::try_from(back.elapsed().as_millis()).unwrap_or(u64::MAX));
        alive += usize::from(lives(&sim, &slug));
    }
    (alive, slowest)
}

/// It is killed every half second while two processes refresh.
fn under_load(run: Run, report: &mut Report) {
    let time = Duration::from_secs(if run.small { 4 } else { 60 });
    let (postgres, sim) = (Postgres::start(), sim());
    let database = postgres.database();
    let linker = Linker::new(&database, &sim);
    let users: Vec<Uuid> = (0..20)
        .map(|number| linker.link(&database, &sim, &format!("user-{number}")))
        .collect();
    let dirs = [(); 2].map(|()| TempDir::new().unwrap());
    let mut holders = dirs
        .each_ref()
        .map(|dir| Holder::start(&database, &sim, dir.path()));
    for holder in &mut holders {
        holder.say("work");
    }
    let mut dice = Dice::of(run.seed, 0);
    let start = Instant::now();
    let mut kills = 0;
    while start.elapsed() < time {
        expire(&database, None);
        for holder in &mut holders {
            for _ in 0..8 {
                let at = usize::try_from(dice.below(users.len() as u64)).unwrap();
                holder.say(&format!("token {}", users[at]));
            }
        }
        let until = Instant::now() + dice.within(500).max(EVERY / 4);
        while Instant::now() < until {
            thread::park_timeout(until - Instant::now());
        }
        postgres.signal_all(Signal::KILL);
        postgres.wait_gone();
        postgres.start_again();
        database.reconnect();
        kills += 1;
    }
    let back = Instant::now();
    // Backoffs of the trouble are not waited for: what is asked is whether anything was lost.
    // An attempt whose end could not be stored waits for its lease.
    let patience = Instant::now() + Duration::from_secs(150);
    loop {
        assert!(Instant::now() < patience, "refreshes do not end");
        database.execute(
            "UPDATE trakt_gate SET closed_until = now(), failures = 0",
            &[],
        );
        database.execute(
            "UPDATE trakt_users SET next_try_at = NULL, refresh_due_at = now() \
             WHERE token_expires_at <= now() + interval '5 seconds' AND lease_until IS NULL",
            &[],
        );
        let open = "SELECT count(*) FROM trakt_users \
                    WHERE refresh_state <> 'idle' OR token_expires_at <= now()";
        if database.count(open) == 0 {
            break;
        }
        thread::park_timeout(Duration::from_millis(50));
    }
    let healed = u64::try_from(back.elapsed().as_millis()).unwrap_or(u64::MAX);
    let alive = (0..users.len())
        .filter(|number| lives(&sim, &format!("user-{number}")))
        .count();
    let lost = "SELECT count(*) FROM trakt_users WHERE status <> 'active'";
    report.none(
        "links lost under kills of PostgreSQL",
        usize::try_from(database.count(lost)).unwrap_or(usize::MAX),
    );
    report.all("the same: pairs alive at Trakt", alive, users.len());
    report.note("the same: kills, refreshes", "", {
        let renewed = "SELECT count(*) FROM audit_log WHERE event = 'token_refreshed'";
        format!("{kills}, {}", database.count(renewed))
    });
    report.note("the same: all refreshed after the last one, ms", "", healed);
}

fn expire(database: &Database, user: Option<Uuid>) {
    database.execute(
        "UPDATE trakt_users SET token_expires_at = now(), refresh_due_at = now() \
         WHERE refresh_state = 'idle' AND ($1::uuid IS NULL OR user_id = $1)",
        &[&user],
    );
}

fn lives(sim: &Sim, slug: &str) -> bool {
    sim.tokens()
        .iter()
        .any(|pair| pair.slug == slug && pair.state == TokenState::Live)
}
