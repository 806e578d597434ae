//! kill -9 of the service at any moment of a flow. Whatever was under way, nothing half-made is
//! left, and the person can finish the flow or start another.
//!
//! The end-to-end tests kill it between chosen steps; here chance chooses, and finds the moments
//! that nobody thought of.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use trakt_sim::{Account, CodeState, Fault, Sim, TokenState};
use uuid::Uuid;

use crate::Run;
use crate::dice::Dice;
use crate::harness::{Database, Server, issue_token, sim, wait_for};
use crate::report::Report;
use crate::whole::assert_whole;
use crate::wire::{Connection, request};

/// Runs side by side, each on a database of its own: most of a run is waiting for the lease of
/// the check that was killed.
const LANES: usize = 8;
/// How long every call to Trakt takes, in milliseconds: long enough that many kills fall into
/// one.
const TRAKT: u64 = 12;

const DEVICE: &str = "/trakt/auth/device";
const CHECK: &str = "/trakt/auth/device/check";
const ASSOCIATION: &str = "/trakt/association";

#[derive(Default)]
struct Tally {
    broken: usize,
    finished: usize,
    restarted: usize,
    /// Flows whose tokens Trakt gave out to a service that was killed before it stored them.
    lost: usize,
    /// Live tokens at Trakt that no row holds.
    orphans: usize,
    /// What the kill left: how the flow stood in the database.
    left: BTreeMap<String, usize>,
}

pub fn prove(run: Run, report: &mut Report) {
    let runs = run.count(200, 8);
    let (next, tally) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    thread::scope(|scope| {
        for _ in 0..LANES.min(runs) {
            scope.spawn(|| lane(run.seed, runs, &next, &tally));
        }
    });
    let tally = tally.into_inner().unwrap();
    let left: Vec<_> = tally
        .left
        .iter()
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    report.none("kills that left something half-made", tally.broken);
    report.all(
        "flows finished or started anew",
        tally.finished + tally.restarted,
        runs,
    );
    report.note("  of these, finished", "most", tally.finished);
    report.note("  of these, started anew", "the rest", tally.restarted);
    report.note("the flow after the kill", "some of each", left.join(", "));
    // Between Trakt's answer and a commit here there is always a moment. Such a token is in no
    // hands and lapses at Trakt.
    let why = "live tokens at Trakt that nobody holds";
    let other = tally.orphans.saturating_sub(tally.lost);
    report.note(
        &format!("{why}, lost on their way"),
        "few",
        tally.orphans - other,
    );
    report.none(&format!("{why}, otherwise"), other);
}

fn lane(seed: u64, runs: usize, next: &AtomicUsize, tally: &Mutex<Tally>) {
    let lane = Lane {
        sim: sim(),
        database: Database::fresh(),
    };
    let mut server = Some(lane.serve());
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= runs {
            break;
        }
        let running = server.take().unwrap_or_else(|| lane.serve());
        let run = AssertUnwindSafe(|| lane.run(Dice::of(seed, number), running, number, tally));
        match catch_unwind(run) {
            Ok(running) => server = Some(running),
            Err(_) => println!("run {number} of seed {seed} failed"),
        }
    }
    drop(server);
    let orphans = lane.orphans();
    tally.lock().unwrap().orphans += orphans;
}

struct Lane {
    sim: Sim,
    database: Database,
}

/// When the service is killed.
#[derive(Clone, Copy, PartialEq)]
enum Moment {
    Starting,
    Waiting,
    Checking,
}

/// One person's try.
struct Person {
    user: Uuid,
    token: String,
    slug: String,
    replace: bool,
}

impl Lane {
    fn serve(&self) -> Server {
        Server::builder()
            .database(&self.database)
            .sim(&self.sim)
            .start()
    }

    /// Kills `server` somewhere within a flow and sees to it that another one gets it done.
    fn run(&self, mut dice: Dice, server: Server, number: usize, tally: &Mutex<Tally>) -> Server {
        let person = self.enter(&server, number, dice.one_in(3));
        let moment = match dice.below(8) {
            0 | 1 => Moment::Starting,
            2 => Moment::Waiting,
            _ => Moment::Checking,
        };
        for call in ["POST /oauth/*", "GET /users/settings"] {
            self.sim
                .fault_times(call, 9, Fault::Late { ms: TRAKT })
                .unwrap();
        }
        let flow = self.killed(server, &person, moment, &mut dice);
        self.sim.clear_faults();

        let unhurt = catch_unwind(AssertUnwindSafe(|| assert_whole(&self.database))).is_ok();
        let state = self.state(&person);

        let server = self.serve();
        let told = flow.is_some();
        let finished = flow.is_some_and(|flow| self.finish(&server, &person, &flow));
        if !finished {
            let flow = server.start_flow(&person.token, person.replace);
            self.sim
                .approve(flow["userCode"].as_str().unwrap(), &person.slug)
                .unwrap();
            assert_eq!(server.finish_flow(&person.token, &flow).status, 200);
        }
        let view = server
            .patiently("GET", ASSOCIATION, &person.token, None)
            .json();
        assert_eq!(
            (&view["traktSlug"], &view["status"]),
            (&json!(person.slug), &json!("active"))
        );
        let whole = catch_unwind(AssertUnwindSafe(|| assert_whole(&self.database))).is_ok();
        // The tokens that it stored are the ones that Trakt knows: unlinking ends them there.
        let live = self.live(&person.slug);
        let gone = server.patiently("DELETE", ASSOCIATION, &person.token, None);
        assert_eq!(gone.status, 204, "{gone:?}");
        assert_eq!(
            self.live(&person.slug) + 1,
            live,
            "the link had a live pair"
        );

        let mut tally = tally.lock().unwrap();
        tally.broken += usize::from(!unhurt || !whole);
        tally.finished += usize::from(finished);
        tally.restarted += usize::from(!finished);
        tally.lost += usize::from(told && !finished);
        *tally.left.entry(state).or_default() += 1;
        server
    }

    /// A new user, who has another account already where one is to be replaced.
    fn enter(&self, server: &Server, number: usize, replace: bool) -> Person {
        let (slug, old) = (format!("person-{number}"), format!("person-{number}-old"));
        self.sim
            .add_account(Account::new(&slug, &slug, &slug))
            .unwrap();
        let user = self.database.user(&format!("{slug}@example.org"), "user");
        let token = issue_token(user, 3600);
        if replace {
            self.sim
                .add_account(Account::new(&old, &old, &old))
                .unwrap();
            assert_eq!(server.link(&self.sim, &token, &old).status, 200);
        }
        Person {
            user,
            token,
            slug,
            replace,
        }
    }

    /// Goes through the flow up to the moment, in which the service dies. Returns what the
    /// client knows of its flow, if it was told.
    fn killed(
        &self,
        server: Server,
        person: &Person,
        moment: Moment,
        dice: &mut Dice,
    ) -> Option<Value> {
        let body = json!({ "replace": person.replace });
        if moment == Moment::Starting {
            let start = request("POST", DEVICE, &person.token, Some(&body));
            let answer = ask_and_kill(server, &start, dice, 3 * TRAKT);
            return answer
                .filter(|(status, _)| *status == 200)
                .map(|(_, flow)| flow);
        }
        let flow = server.start_flow(&person.token, person.replace);
        let approve = || {
            self.sim
                .approve(flow["userCode"].as_str().unwrap(), &person.slug)
        };
        if moment == Moment::Waiting {
            if dice.one_in(2) {
                approve().unwrap();
            }
            thread::sleep(dice.within(1200));
            server.kill();
            return Some(flow);
        }
        approve().unwrap();
        self.wait_until_due(person);
        let body = json!({ "deviceCode": flow["deviceCode"] });
        let check = request("POST", CHECK, &person.token, Some(&body));
        ask_and_kill(server, &check, dice, 6 * TRAKT);
        Some(flow)
    }

    /// How the flow stands in the database. An older one, of an account that is to be replaced,
    /// is none of this.
    fn state(&self, person: &Person) -> String {
        let flows = "SELECT concat_ws(' ', state, outcome) FROM device_flows \
                     WHERE user_id = $1 AND replace = $2";
        let flows = self.database.rows(flows, &[&person.user, &person.replace]);
        flows
            .first()
            .map_or_else(|| "not stored".to_owned(), |row| row.get(0))
    }

    fn wait_until_due(&self, person: &Person) {
        let due = "SELECT 1 FROM device_flows \
                   WHERE user_id = $1 AND state = 'pending' AND next_poll_at <= now()";
        wait_for("the time of the first poll", || {
            (!self.database.rows(due, &[&person.user]).is_empty()).then_some(())
        });
    }

    /// Goes on with a flow as its client would. `false` when only a new one helps.
    fn finish(&self, server: &Server, person: &Person, flow: &Value) -> bool {
        let user_code = flow["userCode"].as_str().unwrap();
        let codes = self.sim.device_codes();
        let code = codes
            .iter()
            .find(|code| code.user_code == user_code)
            .expect("it is Trakt's");
        if code.state == CodeState::Pending {
            self.sim.approve(user_code, &person.slug).unwrap();
        }
        let end = server.finish_flow(&person.token, flow);
        match end.outcome().as_str() {
            "200" => true,
            // Linked, and the answer was lost; or the tokens were, on their way from Trakt.
            "409 device_code_used" => {
                let view = server
                    .patiently("GET", ASSOCIATION, &person.token, None)
                    .json();
                view["traktSlug"] == person.slug.as_str()
            }
            other => panic!("the flow ended with {other}"),
        }
    }

    fn live(&self, slug: &str) -> usize {
        let live =
            |pair: &trakt_sim::TokenPair| pair.state == TokenState::Live && pair.slug == slug;
        self.sim.tokens().into_iter().filter(live).count()
    }

    /// Lets a service hand back what it still has to. Every link was ended: a pair that is live
    /// after that is in nobody's hands.
    fn orphans(&self) -> usize {
        let _server = self.serve();
        self.database
            .execute("UPDATE token_revocations SET next_try_at = now()", &[]);
        wait_for("the worker to hand back what waits", || {
            (self
                .database
                .count("SELECT count(*) FROM token_revocations")
                == 0)
                .then_some(())
        });
        self.sim
            .tokens()
            .into_iter()
            .filter(|pair| pair.state == TokenState::Live)
            .count()
    }
}

/// Sends a request and kills the service within the given milliseconds: the answer, if it was
/// faster.
fn ask_and_kill(
    server: Server,
    request: &[u8],
    dice: &mut Dice,
    milliseconds: u64,
) -> Option<(u16, Value)> {
    let mut connection = Connection::open(&server.url(""));
    let moment = dice.within(milliseconds);
    thread::scope(|scope| {
        let asking = scope.spawn(move || {
            let answer = connection.ask(request).ok()?;
            Some((answer.status, answer.json()))
        });
        // Not in place of a condition: the moment itself is what is tried.
        thread::sleep(moment);
        server.kill();
        asking.join().unwrap()
    })
}
