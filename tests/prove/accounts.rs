//! The simulator with generated accounts, one of them with the longest history anybody has: how
//! soon it starts and answers, and what it costs.

use std::time::Instant;

use crate::Run;
use crate::report::Report;
use crate::simulator::Simulator;

pub fn prove(run: Run, report: &mut Report) {
    let (accounts, plays) = (run.count(1000, 20), run.count(200_000, 2000));
    let starts: Vec<u64> = (0..run.count(5, 1))
        .map(|_| Simulator::start(accounts, plays).millis)
        .collect();
    // A development build is not what anybody waits for.
    let goal = if run.small { 10_000 } else { 1000 };
    report.at_most(
        &format!("slowest start of {accounts} accounts, one of {plays} plays, ms"),
        starts.into_iter().max().unwrap_or(u64::MAX),
        goal,
    );
    // Histories are made when they are asked for.
    let simulator = Simulator::start(accounts, plays);
    let token = simulator.token("viewer-1");
    let start = Instant::now();
    simulator.page(&token, 1);
    report.at_most(
        "the first page of that history, ms",
        u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        goal,
    );
    report.note(
        "the simulator's memory at its most, MiB",
        "",
        simulator.most_memory(),
    );
}
