//! Whatever a person does at Trakt and here, in any order, while pages fail, answers are lost, names
//! change and one of two replicas is killed every two seconds: in the end both have the same, and
//! what was written here is at Trakt once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_oneof};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use trakt_core::scrobble::{Sought, Wish};
use trakt_sim::{Action, Fault, MediaType, NewPlay, Sim};
use uuid::Uuid;

use crate::Run;
use crate::dice::Dice;
use crate::harness::{
    Database, Deed, Linker, Own, Person, Server, act, deed, issue_token, own, sim, write,
};
use crate::report::Report;

/// How many plays each begins with: more than two pages.
const PLAYS: u64 = 600;
/// How often a replica is killed.
pub const KILL_EVERY: Duration = Duration::from_secs(2);

#[derive(Clone, Debug)]
enum Act {
    There(Deed),
    Here(Own),
}

/// Without the passing of time at Trakt alone: what is written here has our time.
fn acts() -> impl Strategy<Value = Vec<Act>> {
    let there = deed().prop_filter("no time passes", |deed| !matches!(deed, Deed::Later));
    let any = prop_oneof![there.prop_map(Act::There), own().prop_map(Act::Here)];
    vec(any, 1..12)
}

struct User {
    person: Person,
    token: String,
    slug: String,
    /// What was written here and must be at Trakt once: thing and milliseconds.
    plays: BTreeSet<Written>,
}

type Written = (MediaType, u64, u64);

pub fn prove(run: Run, report: &mut Report) {
    let (users, rounds) = (run.count(50, 3), run.count(10, 2));
    let (sim, database) = (sim(), Database::fresh());
    let linker = Linker::new(&database, &sim);
    let mut users: Vec<User> = (0..users)
        .map(|number| {
            let slug = format!("user-{number}");
            let user = linker.link(&database, &sim, &slug);
            let plays: Vec<NewPlay> = (0..PLAYS).map(earlier).collect();
            sim.add_plays(&slug, &plays).unwrap();
            let mut person = Person::last_linked(&sim, user);
            person.in_trouble = true;
            User {
                person,
                token: issue_token(user, 36_000),
                slug,
                plays: BTreeSet::new(),
            }
        })
        .collect();
    let front = Server::builder().database(&database).sim(&sim).start();
    let (mut same, mut sequences, mut killed, mut faults) = (0, 0, 0, 0);
    for round in 0..rounds {
        let over = AtomicBool::new(false);
        let kills = AtomicUsize::new(0);
        thread::scope(|scope| {
            let end = AtTheEnd(&over);
            let killer = || {
                while !over.load(Ordering::SeqCst) {
                    let other = Server::builder().database(&database).sim(&sim).start();
                    thread::park_timeout(KILL_EVERY);
                    other.kill();
                    kills.fetch_add(1, Ordering::SeqCst);
                }
            };
            let killer = scope.spawn(killer);
            let chaos = scope.spawn(|| trouble(&sim, &mut Dice::of(run.seed, round), &over));
            let lanes: Vec<_> = users
                .iter_mut()
                .enumerate()
                .map(|(number, user)| {
                    let (sim, database, front) = (&sim, &database, &front);
                    let seed = run.seed.wrapping_add((round * 1000 + number) as u64);
                    scope.spawn(move || live(sim, database, front, user, seed))
                })
                .collect();
            for lane in lanes {
                lane.join().unwrap();
            }
            // Long enough for one to be killed in the middle of it.
            thread::park_timeout(KILL_EVERY);
            drop(end);
            faults += chaos.join().unwrap();
            killer.join().unwrap();
        });
        killed += kills.into_inner();
        sim.clear_faults();
        let renamed = &mut users[round % 3];
        let slug = format!("{}-again", renamed.slug);
        sim.rename_account(&renamed.slug, &slug, &slug).unwrap();
        renamed.slug = slug;
        settle(&database, users.len());
        for user in &users {
            sequences += 1;
            let (ours, theirs) = (user.person.ours(&database), user.person.theirs());
            if ours == theirs {
                same += 1;
            } else {
                println!(
                    "{} of round {round}:\nours   {ours:?}\ntheirs {theirs:?}",
                    user.slug
                );
            }
        }
    }
    report.all("sequences after which both are the same", same, sequences);
    let (mut missing, mut twice, mut wrote) = (0, 0, 0);
    for user in &users {
        let theirs = plays_at_trakt(&sim, user);
        for play in &user.plays {
            wrote += 1;
            match theirs.get(play) {
                None => missing += 1,
                Some(1) => {}
                Some(_) => twice += 1,
            }
        }
    }
    report.at_least("plays that were written here", wrote, 1);
    report.none("of them missing at Trakt", missing);
    report.none("of them twice at Trakt", twice);
    report.at_least("replicas killed", killed, 1);
    report.at_least("faults of Trakt", faults, 1);
    let wrong = "SELECT count(*) FROM outbox WHERE state <> 'confirmed'";
    report.note("writes that were refused", "", database.count(wrong));
    front.stop();
}

/// Tells the others that it is over, also when something failed.
pub struct AtTheEnd<'a>(pub &'a AtomicBool);

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn earlier(n: u64) -> NewPlay {
    NewPlay {
        media: MediaType::Movie,
        trakt: n % 90 + 10,
        watched_at_ms: 1_700_000_000_000 + n * 60_000,
        action: Action::default(),
    }
}

/// One sequence of a user's deeds.
fn live(sim: &Sim, database: &Database, front: &Server, user: &mut User, seed: u64) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(proptest::test_runner::Config::default(), rng);
    let acts = acts().new_tree(&mut runner).unwrap().current();
    for (number, one) in acts.iter().enumerate() {
        match one {
            Act::There(deed) => {
                let before = plays_at_trakt(sim, user);
                act(&user.person, sim, deed);
                let after = plays_at_trakt(sim, user);
                // What the user removed there need not be there any more.
                user.plays
                    .retain(|play| after.contains_key(play) || !before.contains_key(play));
            }
            Act::Here(own) => {
                let plays = held(database, user.person.user);
                if let Some(wish) = write(own, &plays) {
                    if let Wish::RemovePlay { id } = wish {
                        let plays = sim.plays(&user.slug).unwrap();
                        let removed = plays.iter().find(|play| i64::try_from(play.id) == Ok(id));
                        let removed =
                            removed.map(|play| (play.media, play.trakt, play.watched_at_ms));
                        user.plays.retain(|play| Some(*play) != removed);
                    }
                    // Each play of its own: what is written here is at Trakt once.
                    wish_for(front, user, &once(wish, seed, number));
                }
            }
        }
    }
}

/// With a minute that no other play of this user has.
fn once(mut wish: Wish, seed: u64, number: usize) -> Wish {
    if let Wish::AddPlay { watched_at, .. } = &mut wish {
        let minute = (seed % 20_000) * 16 + number as u64;
        let at = 1_710_000_000 + i64::try_from(minute).unwrap() * 60;
        *watched_at = chrono::DateTime::from_timestamp(at, 0);
    }
    wish
}

fn plays_at_trakt(sim: &Sim, user: &User) -> BTreeMap<Written, usize> {
    let mut plays = BTreeMap::new();
    for play in sim.plays(&user.slug).unwrap() {
        let play = (play.media, play.trakt, play.watched_at_ms);
        *plays.entry(play).or_default() += 1;
    }
    plays
}

fn held(database: &Database, user: Uuid) -> Vec<i64> {
    let sql = "SELECT id FROM plays WHERE user_id = $1 AND id > 0 ORDER BY id";
    let rows = database.rows(sql, &[&user]);
    rows.iter().map(|row| row.get(0)).collect()
}

fn item(sought: &Sought) -> Value {
    let ids = |trakt: &Option<i64>| json!({ "ids": { "trakt": trakt } });
    match sought {
        Sought::Own { kind, ids: of } => json!({ kind.as_str(): ids(&of.trakt) }),
        Sought::EpisodeOf {
            show,
            season,
            number,
        } => json!({ "show": ids(&show.trakt),
            "episode": { "season": season, "number": number } }),
    }
}

fn wish_for(front: &Server, user: &mut User, wish: &Wish) {
    let with = |sought: &Sought, more: Value| {
        let mut body = item(sought);
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let (method, path, body) = match wish {
        Wish::AddPlay { item, watched_at } => {
            let at = watched_at.unwrap();
            let (media, trakt) = match item {
                Sought::Own { ids, .. } => (MediaType::Movie, ids.trakt.unwrap()),
                // The episodes of the first show are those with the first numbers.
                Sought::EpisodeOf { number, .. } => (MediaType::Episode, i64::from(*number)),
            };
            let millis = u64::try_from(at.timestamp_millis()).unwrap();
            let key = (media, u64::try_from(trakt).unwrap(), millis);
            user.plays.insert(key);
            (
                "POST",
                "/trakt/history".to_owned(),
                with(item, json!({ "watchedAt": at })),
            )
        }
        Wish::RemovePlay { id } => ("DELETE", format!("/trakt/history/{id}"), json!({})),
        Wish::TakeBack { write } => ("DELETE", format!("/trakt/history/{write}"), json!({})),
        Wish::Rate { item, rating } => (
            "POST",
            "/trakt/ratings".to_owned(),
            with(item, json!({ "rating": rating })),
        ),
        Wish::Unrate { item } => ("DELETE", "/trakt/ratings".to_owned(), with(item, json!({}))),
        Wish::List { item } => ("POST", "/trakt/watchlist".to_owned(), with(item, json!({}))),
        Wish::Unlist { item } => (
            "DELETE",
            "/trakt/watchlist".to_owned(),
            with(item, json!({})),
        ),
        Wish::Hide { .. } | Wish::Show { .. } => return,
        Wish::Scrobble {
            deed,
            item,
            progress,
        } => {
            let path = deed.as_str().replace('_', "/");
            (
                "POST",
                format!("/trakt/{path}"),
                with(item, json!({ "progress": progress })),
            )
        }
    };
    let reply = front.patiently(method, &path, &user.token, Some(&body));
    // The play that was to be removed may have gone since it was looked up.
    let gone = reply.status == 404 && method == "DELETE";
    assert!(
        reply.status == 202 || gone,
        "{method} {path} {body}: {reply:?}"
    );
}

/// Scripts faults until it is over; how many.
fn trouble(sim: &Sim, dice: &mut Dice, over: &AtomicBool) -> usize {
    const PATHS: [&str; 9] = [
        "GET /sync/last_activities",
        "GET /sync/history/movies",
        "GET /sync/history/episodes",
        "GET /sync/ratings/movies",
        "GET /sync/watchlist",
        "POST /sync/history",
        "POST /sync/history/remove",
        "POST /sync/ratings",
        "POST /scrobble/stop",
    ];
    let mut count = 0;
    while !over.load(Ordering::SeqCst) {
        let path = PATHS[usize::try_from(dice.below(PATHS.len() as u64)).unwrap()];
        let fault = match dice.below(7) {
            0 => Fault::CutAfter,
            1 => Fault::CutBefore,
            2 => Fault::CutHalf,
            3 => Fault::Truncate,
            4 => Fault::status(502),
            5 => Fault::Edge {
                status: 429,
                retry_after: Some(1),
            },
            _ => Fault::Html,
        };
        sim.fault(path, fault).unwrap();
        count += 1;
        thread::park_timeout(Duration::from_millis(100));
    }
    count
}

/// Until everything that was written is at Trakt, and a pull that began after that has read
/// everything. A worker that was killed keeps its lease for a minute.
pub fn settle(database: &Database, users: usize) {
    let start = Instant::now();
    let patiently = |what: &str, done: &dyn Fn() -> bool| {
        while !done() {
            assert!(start.elapsed().as_secs() < 400, "waited in vain for {what}");
            thread::park_timeout(Duration::from_millis(200));
        }
    };
    patiently("the writes", &|| {
        let now = "UPDATE outbox_turns SET next_at = now() \
                   WHERE next_at > now() + interval '2 s' AND push IS NULL";
        database.execute(now, &[]);
        database.count("SELECT count(*) FROM outbox WHERE settled_at IS NULL") == 0
    });
    // Trakt may lag for some seconds behind a write; here they are over.
    let later = "UPDATE outbox SET settled_at = settled_at - interval '1 minute'";
    database.execute(later, &[]);
    let since = database.rows("SELECT now()::text", &[])[0].get::<_, String>(0);
    patiently("the pulls", &|| {
        let now = "UPDATE watch_states SET next_at = now() WHERE next_at > now() \
                   AND (started_at < $1::text::timestamptz OR reason IS NOT NULL)";
        database.execute(now, &[&since]);
        let well = "SELECT count(*) FROM watch_states WHERE started_at >= $1::text::timestamptz \
                    AND pull IS NULL AND reason IS NULL";
        database.rows(well, &[&since])[0].get::<_, i64>(0) == i64::try_from(users).unwrap_or(0)
    });
}
