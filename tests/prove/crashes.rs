//! kill -9 at each moment of a refresh, and a start after it: once the pair is in the journal
//! nothing is lost; before that, what is lost is told. Where Trakt takes a token again whose
//! successor nobody used, nothing is lost at all.

use std::time::{Duration, Instant};

use tempfile::TempDir;
use trakt_sim::{Fault, Rotation, Sim, TokenState};
use uuid::Uuid;

use crate::Run;
use crate::harness::{Database, Holder, Linker, sim, wait_for};
use crate::report::Report;

/// Moment, and whether its link must live.
const MOMENTS: &[(&str, bool)] = &[
    ("before_send", true),
    ("after_send", false),
    ("after_200", false),
    ("after_journal", true),
    ("before_commit", true),
    ("after_commit", true),
];

/// How soon after the start the end must be known.
const TOLD: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Tally {
    alive: usize,
    told: usize,
    silent: usize,
    slowest: Duration,
}

pub fn prove(run: Run, report: &mut Report) {
    let kills = run.count(50, 2);
    for (moment, must_live) in MOMENTS {
        let lenient = at(moment, kills, Rotation::Grace);
        report.all(
            &format!("kills {moment}, Trakt with grace: alive"),
            lenient.alive,
            kills,
        );
        let tally = at(moment, kills, Rotation::Strict);
        if *must_live {
            report.all(&format!("kills {moment}: links alive"), tally.alive, kills);
        } else {
            let known = tally.alive + tally.told;
            report.all(
                &format!("kills {moment}: alive or needs_relink"),
                known,
                kills,
            );
            report.note(&format!("kills {moment}: told to relink"), "", tally.told);
        }
        report.none(&format!("kills {moment}: dead and silent"), tally.silent);
        let slowest = u64::try_from(tally.slowest.as_millis()).unwrap_or(u64::MAX);
        let most = u64::try_from(TOLD.as_millis()).unwrap_or(u64::MAX);
        report.at_most(&format!("kills {moment}: known after, ms"), slowest, most);
    }
}

fn at(moment: &str, kills: usize, rotation: Rotation) -> Tally {
    let (sim, database, dir) = (sim(), Database::fresh(), TempDir::new().unwrap());
    sim.set_rotation(rotation);
    let linker = Linker::new(&database, &sim);
    // One after the other, as fast as it goes: the shared budget is another proof's business.
    database.execute("UPDATE trakt_gate SET rate = 1000, budget = 1000", &[]);
    let mut tally = Tally::default();
    for number in 0..kills {
        let slug = format!("user-{number}");
        let user = linker.link(&database, &sim, &slug);
        database.execute(
            "UPDATE trakt_users SET token_expires_at = now(), refresh_due_at = now() \
             WHERE user_id = $1",
            &[&user],
        );
        killed(moment, &database, &sim, &dir, user);
        let start = Instant::now();
        let mut next = Holder::start(&database, &sim, dir.path());
        next.say("work");
        let status = wait_for("what became of the link", || {
            let sql = "SELECT status, generation FROM trakt_users WHERE user_id = $1 \
                       AND refresh_state = 'idle'";
            let rows = database.rows(sql, &[&user]);
            let (status, generation): (String, i64) = (rows.first()?.get(0), rows[0].get(1));
            (status != "active" || generation == 2).then_some(status)
        });
        tally.slowest = tally.slowest.max(start.elapsed());
        let live = sim
            .tokens()
            .iter()
            .any(|pair| pair.slug == slug && pair.state == TokenState::Live);
        let served = next.token(user).starts_with(&format!("token {user} 2 "));
        match (status.as_str(), live && served) {
            ("active", true) => tally.alive += 1,
            ("needs_relink", _) => tally.told += 1,
            _ => tally.silent += 1,
        }
    }
    tally
}

fn killed(moment: &str, database: &Database, sim: &Sim, dir: &TempDir, user: Uuid) {
    if moment != "after_send" {
        let mut holder = Holder::breaking(database, sim, dir.path(), Some((moment, "kill")));
        holder.say(&format!("token {user}"));
        holder.wait_killed();
        return;
    }
    // Trakt has done its work and holds its answer back.
    let before = sim.requests_to("POST /oauth/token").len();
    sim.fault("POST /oauth/token", Fault::Late { ms: 2000 })
        .unwrap();
    let mut holder = Holder::start(database, sim, dir.path());
    holder.say(&format!("token {user}"));
    wait_for("the request at Trakt", || {
        (sim.requests_to("POST /oauth/token").len() > before).then_some(())
    });
    holder.signal(rustix::process::Signal::KILL);
    holder.wait_killed();
}
