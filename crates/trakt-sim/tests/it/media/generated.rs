//! Accounts from a seed, as a client sees them.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use trakt_sim::{Config, Generated, Sim};

use super::Viewer;
use crate::client::Client;

fn config(accounts: usize, seed: u64, plays: usize) -> Config {
    Config {
        generated: Some(Generated {
            accounts,
            seed,
            plays,
        }),
        ..Config::default()
    }
}

#[test]
fn the_same_seed_is_the_same_trakt() {
    let all = |seed| {
        let sim = Sim::start(config(12, seed, 300)).unwrap();
        let accounts = sim.accounts();
        let plays: Vec<_> = (1..=12)
            .map(|n| sim.plays(&format!("viewer-{n}")).unwrap())
            .collect();
        let uuids: Vec<String> = accounts[3..].iter().map(|a| a.uuid.clone()).collect();
        (uuids, plays)
    };
    let (one, other) = (all(4), all(4));
    assert_eq!(one, other);
    assert_ne!(one, all(5));
    assert_eq!(one.0.iter().collect::<HashSet<_>>().len(), 12);
    assert!(one.0.iter().all(|uuid| uuid.len() == 40));
    assert_eq!(one.1[0].len(), 300);
}

#[test]
fn a_generated_account_is_an_account() {
    let viewer = Viewer::start(config(5, 8, 2_500), "viewer-1");
    assert_eq!(viewer.sim.accounts().len(), 3 + 5);
    assert_eq!(viewer.pages("/sync/history", 250).len(), 2_500);
    let settings = viewer.get("/users/settings").ok();
    assert_eq!(settings["user"]["username"], "Viewer.1");
    assert!(
        settings["account"]["timezone"]
            .as_str()
            .unwrap()
            .contains('/')
    );
    assert!(viewer.get("/sync/playback").ok().as_array().unwrap().len() > 1);
    assert!(viewer.get("/sync/ratings").pagination()[3] > 20);
    assert!(viewer.get("/sync/watchlist").pagination()[3] > 2);
    let zones: HashSet<String> = (1..=5)
        .map(|n| Viewer::start(config(5, 8, 0), &format!("viewer-{n}")))
        .map(|viewer| viewer.get("/users/settings").ok()["account"]["timezone"].to_string())
        .collect();
    assert!(zones.len() > 1, "{zones:?}");
}

#[test]
fn a_sample_account_has_done_nothing_yet() {
    let viewer = Viewer::start(config(2, 1, 10), "sean");
    assert_eq!(viewer.get("/sync/history").pagination()[3], 0);
    let activities = viewer.get("/sync/last_activities").ok();
    assert_eq!(activities["all"], activities["movies"]["watched_at"]);
}

/// A process that does not outlive the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program as README.md starts it.
#[test]
fn the_program_generates_what_its_options_say() {
    let mut program = Program(
        Command::new(env!("CARGO_BIN_EXE_trakt-sim"))
            .args([
                "--port",
                "0",
                "--accounts",
                "20",
                "--seed",
                "4",
                "--plays",
                "300",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut line = String::new();
    // Held until the end: it still writes the other lines.
    let mut out = BufReader::new(program.0.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let client = Client::new(line.split_whitespace().last().unwrap());
    let accounts = client.get("/_sim/accounts", &[]).json();
    assert_eq!(accounts.as_array().unwrap().len(), 3 + 20);
    let plays = client.get("/_sim/accounts/viewer-1/plays", &[]).json();
    let same = Sim::start(config(20, 4, 300)).unwrap();
    let expected = same.plays("viewer-1").unwrap();
    assert_eq!(plays.as_array().unwrap().len(), 300);
    assert_eq!(plays[0]["id"], expected[0].id);
    assert_eq!(plays[0]["watched_at_ms"], expected[0].watched_at_ms);
}
