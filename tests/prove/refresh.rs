//! Many callers in two processes want the token of one user at the moment it ends: Trakt is called
//! once a generation, and nobody waits much longer than the call.

use tempfile::TempDir;
use trakt_sim::{Fault, TokenState};

use crate::Run;
use crate::dice::Dice;
use crate::harness::{Database, Holder, Linker, sim};
use crate::report::Report;

/// Callers in each process.
const CALLERS: usize = 32;

pub fn prove(run: Run, report: &mut Report) {
    let rounds = run.count(500, 10);
    let (sim, database) = (sim(), Database::fresh());
    let linker = Linker::new(&database, &sim);
    let user = linker.link(&database, &sim, "wanted");
    let dirs = [(); 2].map(|()| TempDir::new().unwrap());
    let mut holders = dirs
        .each_ref()
        .map(|dir| Holder::start(&database, &sim, dir.path()));
    let mut dice = Dice::of(run.seed, 0);
    let (mut once, mut over) = (0, Vec::new());
    for round in 0..rounds {
        let ms = 200 + dice.below(600);
        sim.fault("POST /oauth/token", Fault::Delay { ms }).unwrap();
        database.execute("UPDATE trakt_users SET token_expires_at = now()", &[]);
        for _ in 0..CALLERS {
            for holder in &mut holders {
                holder.say(&format!("token {user}"));
            }
        }
        let expected = format!("token {user} {} ", round + 2);
        let answers: Vec<String> = holders.iter().flat_map(|h| h.take(CALLERS)).collect();
        let right = answers.iter().all(|answer| answer.starts_with(&expected));
        let calls = sim.requests_to("POST /oauth/token").len();
        if right && calls == round + 1 {
            once += 1;
        } else {
            println!("round {round}: {calls} calls, {answers:?}");
        }
        let waits = answers
            .iter()
            .filter_map(|answer| answer.rsplit(' ').next()?.parse().ok());
        over.extend(waits.map(|wait: u64| wait.saturating_sub(ms)));
    }
    over.sort_unstable();
    let p99 = over[over.len() * 99 / 100];
    let live = sim
        .tokens()
        .iter()
        .filter(|pair| pair.state == TokenState::Live)
        .count();
    report.all(
        "generations with exactly one call, all callers served",
        once,
        rounds,
    );
    report.all("pairs alive at Trakt at the end, of one link", live, 1);
    let figure = "waiters' p99 beyond the call, ms";
    if run.small {
        // On the development build, beside other tests: a figure of nothing.
        report.note(figure, "≤ 300 in full", p99);
    } else {
        report.at_most(figure, p99, 300);
    }
}
