//! Two users link one account at the same moment: one wins, and the other's tokens are handed
//! back to Trakt before the answer.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use serde_json::json;
use trakt_sim::{Account, Sim, TokenState};
use uuid::Uuid;

use crate::Run;
use crate::harness::{Database, Server, issue_token, sim, wait_for};
use crate::report::Report;
use crate::wire::{Connection, request};

/// How many races are made ready together: each waits a second for its first poll.
const BATCH: usize = 10;

struct Racer {
    user: Uuid,
    server: usize,
    check: Vec<u8>,
}

/// What a racer met, and from when to when it was under way.
struct Finish {
    outcome: String,
    start: Instant,
    end: Instant,
}

#[derive(Default)]
struct Tally {
    won: usize,
    told: usize,
    revoked: usize,
    together: usize,
}

pub fn prove(run: Run, report: &mut Report) {
    let total = run.count(200, 10);
    let (sim, database) = (sim(), Database::fresh());
    let servers = [(); 2].map(|()| Server::builder().database(&database).sim(&sim).start());
    for replicas in [1, 2] {
        let races = total / 2;
        let mut tally = Tally::default();
        for first in (0..races).step_by(BATCH) {
            let numbers = first..races.min(first + BATCH);
            let named = numbers.map(|number| (format!("racer-{replicas}-{number}"), number));
            let ready: Vec<_> = named
                .map(|(slug, number)| {
                    let at = [number % 2, (number + replicas - 1) % 2];
                    let racers = at.map(|server| enter(&servers, server, &sim, &database, &slug));
                    (slug, racers)
                })
                .collect();
            wait_for("the moment when every flow may be polled", || {
                let early = "SELECT count(*) FROM device_flows \
                             WHERE state = 'pending' AND next_poll_at > now()";
                (database.count(early) == 0).then_some(())
            });
            for (slug, racers) in &ready {
                let finishes = race(&servers, racers);
                judge(&mut tally, &sim, &database, slug, racers, &finishes);
            }
        }
        let at = if replicas == 1 {
            "at one replica"
        } else {
            "at two replicas"
        };
        report.all(
            &format!("races with exactly one winner, {at}"),
            tally.won,
            races,
        );
        report.all(
            &format!("losers told 409 account_taken, {at}"),
            tally.told,
            races,
        );
        report.all(
            &format!("losers' tokens revoked at Trakt, {at}"),
            tally.revoked,
            races,
        );
        report.note(
            &format!("both under way at once, {at}"),
            "most",
            tally.together,
        );
    }
}

/// A new user with an approved flow for the account.
fn enter(
    servers: &[Server; 2],
    server: usize,
    sim: &Sim,
    database: &Database,
    slug: &str,
) -> Racer {
    if !sim.accounts().iter().any(|account| account.slug == slug) {
        sim.add_account(Account::new(slug, slug, slug)).unwrap();
    }
    let email = format!(
        "{slug}-{}@example.org",
        database.count("SELECT count(*) FROM users")
    );
    let user = database.user(&email, "user");
    let token = issue_token(user, 3600);
    let flow = servers[server].start_flow(&token, false);
    sim.approve(flow["userCode"].as_str().unwrap(), slug)
        .unwrap();
    let body = json!({ "deviceCode": flow["deviceCode"] });
    let check = request("POST", "/trakt/auth/device/check", &token, Some(&body));
    Racer {
        user,
        server,
        check,
    }
}

fn race(servers: &[Server; 2], racers: &[Racer; 2]) -> [Finish; 2] {
    let line = Barrier::new(2);
    let run = |racer: &Racer| {
        let mut connection = Connection::open(&servers[racer.server].url(""));
        line.wait();
        let start = Instant::now();
        let answer = connection.ask(&racer.check).expect("an answer");
        let end = Instant::now();
        let json = answer.json();
        let word =
            json["code"]
                .as_str()
                .unwrap_or(if json["success"] == true { "won" } else { "" });
        Finish {
            outcome: format!("{} {word}", answer.status),
            start,
            end,
        }
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| run(&racers[1]));
        [run(&racers[0]), other.join().unwrap()]
    })
}

fn judge(
    tally: &mut Tally,
    sim: &Sim,
    database: &Database,
    slug: &str,
    racers: &[Racer; 2],
    finishes: &[Finish; 2],
) {
    let winner = finishes
        .iter()
        .position(|finish| finish.outcome == "200 won");
    let winners = finishes
        .iter()
        .filter(|finish| finish.outcome == "200 won")
        .count();
    let losers = finishes
        .iter()
        .filter(|finish| finish.outcome == "409 account_taken")
        .count();
    let held = database.rows(
        "SELECT user_id FROM trakt_users WHERE trakt_slug = $1",
        &[&slug],
    );
    let holders: Vec<Uuid> = held.iter().map(|row| row.get(0)).collect();
    let one = winners == 1 && winner.is_some_and(|at| holders == [racers[at].user]);
    let mut states: Vec<_> = sim
        .tokens()
        .into_iter()
        .filter(|pair| pair.slug == slug)
        .collect();
    states.sort_by_key(|pair| pair.state != TokenState::Live);
    let states: Vec<_> = states.iter().map(|pair| pair.state).collect();
    let revoked = states == [TokenState::Live, TokenState::Revoked];
    if !one || losers != 1 || !revoked {
        let outcomes = finishes.each_ref().map(|finish| &finish.outcome);
        println!(
            "{slug}: {outcomes:?}, held by {} users, tokens {states:?}",
            holders.len()
        );
    }
    tally.won += usize::from(one);
    tally.told += usize::from(losers == 1);
    tally.revoked += usize::from(revoked);
    let [a, b] = finishes;
    tally.together += usize::from(a.start < b.end && b.start < a.end);
}
