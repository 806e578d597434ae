//! Keys are changed again and again while two replicas read and write: no read fails, and the old
//! key is out of use within a minute.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use trakt_core::ports::{StorePair, TokenStore};
use trakt_core::token::NewPair;
use trakt_core::{Clock, Entropy, SystemClock, SystemEntropy, UserId};
use trakt_store::{Keyring, PgStore, PoolOptions};

use crate::Run;
use crate::dice::Dice;
use crate::harness::{Database, link_without_trakt};
use crate::report::Report;

/// Threads that read, and threads that write new pairs.
const READERS: usize = 3;
const WRITERS: usize = 1;

struct Replicas {
    stores: RwLock<[PgStore; 2]>,
    url: String,
}

impl Replicas {
    /// Starts one of them anew with these keys.
    fn restart(&self, replica: usize, keys: &str) {
        self.stores.write().unwrap()[replica] = open(&self.url, keys);
    }

    fn any(&self, dice: &mut Dice) -> PgStore {
        let replica = usize::try_from(dice.below(2)).unwrap();
        self.stores.read().unwrap()[replica].clone()
    }
}

fn open(url: &str, keys: &str) -> PgStore {
    let options = PoolOptions::new(url.to_owned().into());
    let store = PgStore::new(
        &options,
        Keyring::parse(keys).unwrap(),
        Arc::new(SystemEntropy),
    );
    store.check_keys().unwrap();
    store
}

fn key(number: usize) -> String {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    format!("k{number}:{}", BASE64_STANDARD.encode(bytes))
}

pub fn prove(run: Run, report: &mut Report) {
    let (rows, changes) = (run.count(10_000, 200), run.count(10, 2));
    let database = Database::fresh();
    trakt_store::migrate(&database.url().to_owned().into()).unwrap();
    let mut old = key(0);
    let first = open(database.url(), &old);
    let users: Vec<UserId> = (0..rows)
        .map(|number| link_without_trakt(&first, &database, &format!("user-{number}")))
        .collect();
    let replicas = Replicas {
        stores: RwLock::new([first.clone(), first]),
        url: database.url().to_owned(),
    };
    let (over, reads, failed, written) = (
        AtomicBool::new(false),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let mut slowest = Duration::ZERO;
    let mut clean = 0;
    thread::scope(|scope| {
        for number in 0..READERS + WRITERS {
            let (replicas, users, over) = (&replicas, &users, &over);
            let (reads, failed, written) = (&reads, &failed, &written);
            scope.spawn(move || {
                let mut dice = Dice::of(run.seed, number);
                while !over.load(Ordering::Relaxed) {
                    let at = usize::try_from(dice.below(users.len() as u64)).unwrap();
                    let store = replicas.any(&mut dice);
                    match store.held(users[at]) {
                        Ok(Some(Some(held))) => {
                            reads.fetch_add(1, Ordering::Relaxed);
                            if number >= READERS {
                                store.store_pair(&next(held.link, held.generation)).unwrap();
                                written.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                        other => {
                            println!("a read failed: {other:?}");
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
        for change in 1..=changes {
            let new = key(change);
            // As docs/keys.md has it: all open it, all seal with it, seal anew, drop the old one.
            for keys in [format!("{old},{new}"), format!("{new},{old}")] {
                for replica in [0, 1] {
                    replicas.restart(replica, &keys);
                }
            }
            let operator = open(database.url(), &format!("{new},{old}"));
            let start = Instant::now();
            let gone = loop {
                let done = operator.rewrap().unwrap();
                if done.unreadable > 0 || start.elapsed() > Duration::from_secs(120) {
                    break false;
                }
                if done.skipped == 0 {
                    break true;
                }
            };
            slowest = slowest.max(start.elapsed());
            // A start with the new key alone is refused while anything is sealed with the old one.
            for replica in [0, 1] {
                replicas.restart(replica, &new);
            }
            clean += usize::from(gone);
            old = new;
        }
        over.store(true, Ordering::Relaxed);
    });
    report.all(
        "key changes after which the old key was unused",
        clean,
        changes,
    );
    let slowest = u64::try_from(slowest.as_millis()).unwrap_or(u64::MAX);
    report.at_most(
        &format!("slowest rewrap of {rows} links, ms"),
        slowest,
        60_000,
    );
    report.none("reads that failed", failed.into_inner());
    report.note(
        "reads, new pairs meanwhile",
        "",
        format!("{}, {}", reads.into_inner(), written.into_inner()),
    );
}

fn next(link: trakt_core::LinkId, generation: i64) -> StorePair {
    StorePair {
        link,
        generation,
        pair: NewPair {
            access: "a".repeat(64).into(),
            refresh: "r".repeat(64).into(),
            lifetime: Duration::from_secs(604_800),
            received_at: SystemClock.now(),
        },
        age: Duration::ZERO,
        refresh_after: Duration::from_secs(400_000),
        detail: None,
    }
}
