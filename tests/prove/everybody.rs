//! A thousand people with generated accounts, and one with the longest history anybody has: all are
//! linked at once and read by two replicas of which one is killed every two seconds; then many of them go on
//! at Trakt. In the end our tables say what Trakt says, of every one of them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use trakt_sim::{Config, Generated, Sim};

use crate::Run;
use crate::harness::{Database, Deed, Linker, Person, Server, act, deed};
use crate::report::Report;
use crate::sync::{AtTheEnd, KILL_EVERY, settle};

pub fn prove(run: Run, report: &mut Report) {
    let (ordinary, plays) = (run.count(1000, 12), run.count(200_000, 2000));
    let config = Config {
        interval: 1,
        generated: Some(Generated {
            accounts: ordinary + 1,
            seed: run.seed,
            plays,
        }),
        ..Config::default()
    };
    let (sim, database) = (Sim::start(config).unwrap(), Database::fresh());
    let linker = Linker::new(&database, &sim);
    let people: Vec<Person> = (1..=ordinary + 1)
        .map(|number| {
            let user = database.user(&format!("viewer-{number}@example.org"), "user");
            linker.link_again(&sim, user, &format!("viewer-{number}"));
            Person::last_linked(&sim, user)
        })
        .collect();
    let start = Instant::now();
    let front = Server::builder().database(&database).sim(&sim).start();
    let mut killed = kills(&sim, &database, || {
        // The first has 800 pages, which take two of Trakt's periods of five minutes: whoever is
        // killed every two seconds never reads them.
        wait(&database, ordinary, 900);
    });
    report.note(
        "until all but the largest were read, s",
        "",
        start.elapsed().as_secs(),
    );
    let due = "UPDATE watch_states SET next_at = now() WHERE finished_at IS NULL AND pull IS NULL";
    database.execute(due, &[]);
    wait(&database, people.len(), 1800);
    report.note("until all were read, s", "", start.elapsed().as_secs());
    let same = |report: &mut Report, what: &str| {
        let pairs = people.iter();
        let same = pairs.filter(|one| one.ours(&database) == one.theirs());
        report.all(what, same.count(), people.len());
    };
    same(report, "accounts that are held as Trakt has them");
    let counted = database.count("SELECT count(*) FROM plays");
    report.at_least(
        "plays that are held",
        usize::try_from(counted).unwrap(),
        plays,
    );

    let active = run.count(200, 6);
    killed += kills(&sim, &database, || {
        for (number, person) in people.iter().skip(1).take(active).enumerate() {
            for deed in deeds(run.seed.wrapping_add(number as u64)) {
                act(person, &sim, &deed);
            }
        }
    });
    settle(&database, people.len());
    same(report, "accounts that are, after what some of them did");
    report.at_least("replicas killed", killed, 1);
    front.stop();
}

/// Does something while a second replica is killed again and again; how often it was.
fn kills(sim: &Sim, database: &Database, meanwhile: impl FnOnce()) -> usize {
    let (over, killed) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let end = AtTheEnd(&over);
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                let other = Server::builder().database(database).sim(sim).start();
                thread::park_timeout(KILL_EVERY);
                other.kill();
                killed.fetch_add(1, Ordering::SeqCst);
            }
        });
        meanwhile();
        drop(end);
    });
    killed.into_inner()
}

/// Until the data of so many was read as a whole.
fn wait(database: &Database, people: usize, seconds: u64) {
    let start = Instant::now();
    let read = "SELECT count(*) FROM watch_states WHERE read_at IS NOT NULL";
    while database.count(read) < i64::try_from(people).unwrap() {
        assert!(start.elapsed().as_secs() < seconds, "it takes too long");
        // Whose worker was killed waits for the end of its lease, and less and less patiently.
        let due = "UPDATE watch_states SET next_at = now() \
                   WHERE read_at IS NULL AND next_at > now() + interval '70 s'";
        database.execute(due, &[]);
        thread::park_timeout(Duration::from_millis(500));
    }
}

/// What somebody does at Trakt.
fn deeds(seed: u64) -> Vec<Deed> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(proptest::test_runner::Config::default(), rng);
    let deed = deed().prop_filter("no time passes", |deed| !matches!(deed, Deed::Later));
    vec(deed, 1..6).new_tree(&mut runner).unwrap().current()
}
