//! A process is stopped with Trakt's answer in its hands until long after its lease, another one
//! takes over, and the first comes back: whichever pair is stored last is the newest, and the link
//! lives or is told.

use rustix::process::Signal;
use tempfile::TempDir;
use trakt_sim::TokenState;

use crate::Run;
use crate::harness::{Database, Holder, Linker, sim, wait_for};
use crate::report::Report;

pub fn prove(run: Run, report: &mut Report) {
    let runs = run.count(100, 4);
    let (sim, database) = (sim(), Database::fresh());
    let linker = Linker::new(&database, &sim);
    let dirs = [(); 2].map(|()| TempDir::new().unwrap());
    let (mut grown, mut alive, mut revived) = (0, 0, 0);
    for number in 0..runs {
        let moment = ["after_200", "after_journal"][number % 2];
        // Every other time the user links again meanwhile: then there is a newer pair.
        let relinks = number % 4 >= 2;
        let slug = format!("user-{number}");
        let user = linker.link(&database, &sim, &slug);
        database.execute(
            "UPDATE trakt_users SET token_expires_at = now() WHERE user_id = $1",
            &[&user],
        );
        let mut first = Holder::breaking(&database, &sim, dirs[0].path(), Some((moment, "stop")));
        first.say(&format!("token {user}"));
        wait_for("the stop", || first.is_stopped().then_some(()));
        database.execute(
            "UPDATE trakt_users SET lease_until = now() - interval '1 second' WHERE user_id = $1",
            &[&user],
        );
        let mut second = Holder::start(&database, &sim, dirs[1].path());
        let lost = second.token(user).contains("linked again");
        if relinks {
            linker.link_again(&sim, user, &slug);
        }
        let pair = "SELECT generation, access_token FROM trakt_users WHERE user_id = $1";
        let before = &database.rows(pair, &[&user])[0];
        let (generation, sealed): (i64, String) = (before.get(0), before.get(1));
        first.signal(Signal::CONT);
        let answer = first.take(1).remove(0);
        let after = &database.rows(pair, &[&user])[0];
        let (now, sealed_now): (i64, String) = (after.get(0), after.get(1));
        grown += usize::from(if relinks {
            // The newer pair stands as it was.
            now == generation && sealed_now == sealed
        } else {
            now == generation + 1
        });
        let live = sim
            .tokens()
            .iter()
            .any(|pair| pair.slug == slug && pair.state == TokenState::Live);
        let served = second
            .token(user)
            .starts_with(&format!("token {user} {now} "));
        alive += usize::from(live && served && answer.starts_with("token "));
        revived += usize::from(lost && !relinks);
    }
    report.all("stalls after which the newest pair stood", grown, runs);
    report.all(
        "stalls after which the link was alive and served",
        alive,
        runs,
    );
    report.note("links that the late pair brought back", "", revived);
}
