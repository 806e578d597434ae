//! Trakt refuses the refresh tokens of everybody at once, as in an incident of its own: a few are
//! believed, the rest live on when it heals.

use std::time::Instant;

use serde_json::json;
use trakt_sim::Fault;

use crate::Run;
use crate::harness::{Database, Linker, Server, call, sim};
use crate::report::Report;

/// How many links may be given up.
const BELIEVED: u64 = 10;

pub fn prove(run: Run, report: &mut Report) {
    let users = run.count(200, 20);
    let (sim, database) = (sim(), Database::fresh());
    let linker = Linker::new(&database, &sim);
    for number in 0..users {
        linker.link(&database, &sim, &format!("user-{number}"));
    }
    let servers = [(); 2].map(|()| Server::builder().database(&database).sim(&sim).start());
    let renewed = |generation: i64| {
        let sql = "SELECT count(*) FROM trakt_users WHERE status = 'active' AND generation = $1";
        usize::try_from(database.rows(sql, &[&generation])[0].get::<_, i64>(0)).unwrap_or(0)
    };
    let due = "UPDATE trakt_users SET refresh_due_at = now()";
    // All went well just before.
    database.execute("UPDATE trakt_gate SET rate = 1000, budget = 1000", &[]);
    database.execute(due, &[]);
    patiently("all to be renewed", || (renewed(2) == users).then_some(()));
    database.execute("UPDATE trakt_gate SET rate = 20, budget = 20", &[]);
    let body = json!({"error": "invalid_grant", "error_description": "session not found"});
    let refusal = Fault::answer(400, &body.to_string());
    sim.fault_times("POST /oauth/token", u32::MAX, refusal)
        .unwrap();
    let before = sim.requests_to("POST /oauth/token").len();
    database.execute(due, &[]);
    let degraded = patiently("readiness to say so", || {
        let said = call("GET", &servers[0].url("/readyz"), None, None);
        (said.status == 200 && said.json()["status"] == "degraded").then_some(said.json())
    });
    let reason = degraded["reason"].as_str().unwrap_or_default().to_owned();
    // Until the brake has held for a second round.
    let refused = sim.requests_to("POST /oauth/token").len();
    patiently("another try", || {
        (sim.requests_to("POST /oauth/token").len() > refused).then_some(())
    });
    // Also those that were taken back at once.
    let marked = "SELECT count(DISTINCT link_id) FROM audit_log WHERE event = 'needs_relink'";
    let marked = u64::try_from(database.count(marked)).unwrap_or(u64::MAX);
    let calls = sim.requests_to("POST /oauth/token").len() - before;
    sim.clear_faults();
    let healed = Instant::now();
    patiently("the recovery", || (renewed(3) == users).then_some(()));
    report.at_most("links ever given up in the incident", marked, BELIEVED);
    report.all(
        "readiness says degraded, mass_invalid_grant",
        usize::from(reason == "mass_invalid_grant"),
        1,
    );
    report.all("all well again without linking", renewed(3), users);
    report.note("calls to Trakt during the incident", "few", calls);
    report.note("recovery, s", "", healed.elapsed().as_secs());
}

/// Backoffs and the breaker take their time here.
fn patiently<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(
            start.elapsed().as_secs() < 300,
            "waited in vain for: {what}"
        );
        std::thread::park_timeout(std::time::Duration::from_millis(100));
    }
}
