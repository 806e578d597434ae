//! `prove [--small] [--seed NUMBER] [NAME…]`: the proofs that take longer than a test may, or
//! measure. Runs those named, or all, against the real binary at `TRAKT_SERVER_BIN`, prints one
//! table at the end, and exits with 1 if a figure missed its goal. With `--small` each runs just
//! long enough to show that it works. A plain yes or no about behaviour belongs into the
//! end-to-end tests.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a proof fails by panicking, as a test does"
)]
#![expect(clippy::print_stdout, reason = "the table")]

#[path = "../tests/e2e/cluster.rs"]
#[expect(dead_code, reason = "the tests use the rest of it")]
mod cluster;
#[path = "../harness/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests use the rest of it")]
mod harness;
#[path = "../tests/e2e/whole.rs"]
mod whole;

mod accounts;
mod audit;
mod contract;
mod crashes;
mod decoders;
mod dice;
mod due;
mod everybody;
mod export;
mod haproxy;
mod import;
mod incident;
mod interval;
mod keys;
mod kills;
mod load;
mod malformed;
mod memory;
mod outage;
mod progress;
mod races;
mod reading;
mod refresh;
mod report;
mod restore;
mod rolling;
mod scrobbles;
mod simulator;
mod slow;
mod stall;
mod start;
mod sync;
mod traffic;
mod upgrade;
mod webhooks;
mod wire;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use crate::dice::Dice;
use crate::report::Report;

/// How much is done, and with which chances.
#[derive(Clone, Copy)]
pub struct Run {
    small: bool,
    seed: u64,
}

impl Run {
    fn count(self, full: usize, small: usize) -> usize {
        if self.small { small } else { full }
    }
}

type Proof = fn(Run, &mut Report);

const PROOFS: &[(&str, Proof)] = &[
    ("races", races::prove),
    ("kills", kills::prove),
    ("interval", interval::prove),
    ("load", load::prove),
    ("refresh", refresh::prove),
    ("crashes", crashes::prove),
    ("stall", stall::prove),
    ("incident", incident::prove),
    ("keys", keys::prove),
    ("due", due::prove),
    ("outage", outage::prove),
    ("accounts", accounts::prove),
    ("reading", reading::prove),
    ("decoders", decoders::prove),
    ("import", import::prove),
    ("export", export::prove),
    ("progress", progress::prove),
    ("scrobbles", scrobbles::prove),
    ("sync", sync::prove),
    ("everybody", everybody::prove),
    ("audit", audit::prove),
    ("restore", restore::prove),
    ("upgrade", upgrade::prove),
    ("webhooks", webhooks::prove),
    ("rolling", rolling::prove),
    ("slow", slow::prove),
    ("malformed", malformed::prove),
    ("start", start::prove),
    ("contract", contract::prove),
];

fn main() -> ExitCode {
    let Some((run, proofs)) = arguments() else {
        let names: Vec<&str> = PROOFS.iter().map(|(name, _)| *name).collect();
        println!(
            "usage: prove [--small] [--seed NUMBER] [{}]…",
            names.join("|")
        );
        return ExitCode::from(2);
    };
    println!("seed {}", run.seed);
    let mut report = Report::default();
    for (name, proof) in proofs {
        println!("proof {name} …");
        let start = Instant::now();
        report.begin(name);
        if catch_unwind(AssertUnwindSafe(|| proof(run, &mut report))).is_err() {
            report.broken();
        }
        println!("proof {name} took {:.1} s", start.elapsed().as_secs_f64());
    }
    println!("\n{report}");
    if report.missed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn arguments() -> Option<(Run, Vec<(&'static str, Proof)>)> {
    let mut run = Run {
        small: false,
        seed: Dice::any_seed(),
    };
    let mut proofs = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--small" => run.small = true,
            "--seed" => run.seed = arguments.next()?.parse().ok()?,
            name => proofs.push(*PROOFS.iter().find(|(known, _)| *known == name)?),
        }
    }
    if proofs.is_empty() {
        proofs = PROOFS.to_vec();
    }
    Some((run, proofs))
}
