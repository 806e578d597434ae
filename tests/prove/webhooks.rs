//! What others are told while the telling goes wrong: a receiver that refuses some calls, answers
//! others late, and two replicas that are killed again and again. Every event comes, some twice.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::Run;
use crate::dice::Dice;
use crate::harness::{Database, Linker, Receiver, Server, WEBHOOK_SECRET, link_without_trakt, sim};
use crate::report::Report;
use crate::sync::AtTheEnd;

/// Calls in a hundred that are refused.
const REFUSED: u64 = 30;
/// Calls in a hundred that are answered late.
const LATE: u64 = 10;
/// How late.
const DELAY: Duration = Duration::from_millis(300);
/// How often the replicas are killed, in the mean.
const KILL_EVERY: Duration = Duration::from_secs(2);

pub fn prove(run: Run, report: &mut Report) {
    let users = run.count(2_000, 40);
    let (sim, database) = (sim(), Database::fresh());
    let linker = Linker::new(&database, &sim);
    let receiver = Receiver::start();
    let yes: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    refuse_some(&receiver, run.seed, yes.clone());
    let start_server = || {
        let builder = Server::builder().database(&database).sim(&sim);
        builder.tells(&[receiver.url()]).start()
    };
    // Makes the endpoint known.
    drop(start_server());
    let (over, killed) = (AtomicBool::new(false), AtomicUsize::new(0));
    let took = thread::scope(|scope| {
        let end = AtTheEnd(&over);
        scope.spawn(|| {
            let mut dice = Dice::of(run.seed, 0);
            while !over.load(Ordering::SeqCst) {
                let replicas = [start_server(), start_server()];
                thread::sleep(KILL_EVERY / 2 + dice.within(2000));
                for replica in replicas {
                    replica.kill();
                    killed.fetch_add(1, Ordering::SeqCst);
                }
                // Nobody lives who has a lease: to wait for the end of them proves nothing more.
                hurry(&database, "true");
            }
        });
        let start = Instant::now();
        for n in 0..users {
            link_without_trakt(&linker.store, &database, &format!("user-{n}"));
        }
        let open = "SELECT count(*) FROM webhook_deliveries WHERE state = 'pending'";
        while database.count(open) > 0 {
            assert!(start.elapsed().as_secs() < 1200, "events wait for ever");
            thread::sleep(Duration::from_millis(500));
            hurry(&database, "send IS NULL");
        }
        let took = start.elapsed();
        drop(end);
        took
    });
    let told = receiver.told();
    let genuine = told.iter().filter(|one| one.genuine(WEBHOOK_SECRET));
    report.all("calls that were genuine", genuine.count(), told.len());
    let yes = yes.lock().unwrap();
    let events = database.rows("SELECT id::text FROM webhook_events", &[]);
    let came = events
        .iter()
        .filter(|row| yes.contains_key(row.get::<_, &str>(0)));
    report.all("events that came", came.count(), events.len());
    report.all("events of links that were made", events.len(), users);
    report.at_least("replicas killed", killed.into_inner(), 2);
    report.note("calls", "", told.len());
    let twice = yes.values().filter(|times| **times > 1);
    report.note("events that came more than once", "", twice.count());
    let rate = events.len() as f64 / took.as_secs_f64();
    report.note("events a second", "", format!("{rate:.1}"));
}

/// Refuses some calls and answers others late; counts to which events it said yes.
fn refuse_some(receiver: &Receiver, seed: u64, yes: Arc<Mutex<HashMap<String, usize>>>) {
    let calls = AtomicUsize::new(0);
    receiver.answer(move |told| {
        let call = calls.fetch_add(1, Ordering::SeqCst);
        let throw = Dice::of(seed, 1000 + call).below(100);
        if throw < REFUSED {
            return Receiver::status(500);
        }
        if throw < REFUSED + LATE {
            thread::sleep(DELAY);
        }
        *yes.lock().unwrap().entry(told.id()).or_default() += 1;
        Receiver::status(200)
    });
}

/// Makes due what waits: how long waits are is the business of other tests.
fn hurry(database: &Database, which: &str) {
    let due = "UPDATE webhook_deliveries SET next_at = now() WHERE state = 'pending'";
    database.execute(&format!("{due} AND {which}"), &[]);
}
