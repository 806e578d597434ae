//! The version before and this one side by side on one database, as docs/operations/upgrade.md has it:
//! under reads, writes, links and refreshes the new one migrates, both serve, the old one stops. No
//! request fails.
//!
//! The old program is `TRAKT_SERVER_OLD_BIN`. Without it a full run builds `TRAKT_OLD_REVISION`, or the
//! commit before the newest migration, from the repository; a small one skips the proof by name.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::Duration;

use serde_json::json;
use trakt_sim::{Account, Sim};
use uuid::Uuid;

use crate::Run;
use crate::dice::Dice;
use crate::harness::{Database, Server, call, issue_token, sim};
use crate::report::Report;
use crate::restore::alive;
use crate::whole::{Ending, assert_whole};

/// Between two requests of one user, which keeps each below its limits.
const PAUSE: Duration = Duration::from_millis(300);

/// Where requests go, and what came of them.
struct Traffic<'a> {
    replicas: RwLock<Vec<&'a Server>>,
    over: AtomicBool,
    answered: AtomicUsize,
    links: AtomicUsize,
    failed: Mutex<Vec<String>>,
}

pub fn prove(run: Run, report: &mut Report) {
    let Some(program) = old_program(run) else {
        report.note(
            "old and new side by side",
            "",
            "skipped: TRAKT_SERVER_OLD_BIN is not set",
        );
        return;
    };
    let (users, stage) = (
        run.count(40, 4),
        Duration::from_secs(if run.small { 2 } else { 20 }),
    );
    let (sim, database) = (sim(), Database::fresh());
    let old = Server::builder()
        .var("TRAKT_SERVER_BIN", program.to_str().unwrap())
        .database(&database)
        .sim(&sim)
        .start();
    let migrations = || database.count("SELECT count(*) FROM __diesel_schema_migrations");
    let before = migrations();
    let traffic = Traffic {
        replicas: RwLock::new(vec![&old]),
        over: AtomicBool::new(false),
        answered: AtomicUsize::new(0),
        links: AtomicUsize::new(0),
        failed: Mutex::default(),
    };
    let (mut alone, mut together) = (0, 0);
    let new = thread::scope(|scope| {
        let _end = Ending(&traffic.over);
        for number in 0..users {
            let (traffic, sim, database) = (&traffic, &sim, &database);
            scope.spawn(move || traffic.live(sim, database, number, run.seed));
        }
        scope.spawn(|| {
            let due = "UPDATE trakt_users SET refresh_due_at = now() WHERE refresh_state = 'idle' \
                       AND status = 'active' AND random() < 0.2";
            while !traffic.over.load(Ordering::Acquire) {
                database.execute(due, &[]);
                thread::park_timeout(Duration::from_secs(1));
            }
        });
        let asked = || traffic.answered.load(Ordering::Relaxed);
        thread::park_timeout(stage * 2);
        alone += asked();
        // Made to live as long as the traffic: it is stopped below.
        let new: &Server = Box::leak(Box::new(
            Server::builder().database(&database).sim(&sim).start(),
        ));
        traffic.replicas.write().unwrap().push(new);
        let start = asked();
        thread::park_timeout(stage * 2);
        together += asked() - start;
        traffic
            .replicas
            .write()
            .unwrap()
            .retain(|server| std::ptr::eq(*server, new));
        old.signal(rustix::process::Signal::TERM);
        thread::park_timeout(stage);
        new
    });
    let failed = traffic.failed.into_inner().unwrap();
    for one in failed.iter().take(10) {
        println!("{one}");
    }
    let brought = usize::try_from(migrations() - before).unwrap();
    report.at_least("migrations that the new one brought", brought, 1);
    report.at_least("answers of the old one alone", alone, 1);
    report.at_least("answers of both", together, 1);
    report.none("requests that failed", failed.len());
    report.at_least(
        "accounts linked meanwhile",
        traffic.links.into_inner(),
        users,
    );
    let refreshed = "SELECT count(*) FROM audit_log WHERE event = 'token_refreshed'";
    report.at_least(
        "refreshes meanwhile",
        usize::try_from(database.count(refreshed)).unwrap(),
        1,
    );
    let linked = database.rows(
        "SELECT user_id FROM trakt_users WHERE status = 'active'",
        &[],
    );
    let linked: Vec<Uuid> = linked.iter().map(|row| row.get(0)).collect();
    report.all(
        "links that are active, with tokens that work at Trakt",
        alive(&sim, &database, &linked, &BTreeSet::new()),
        users,
    );
    let (ended, log) = old.stop();
    report.all("the old one ended well", usize::from(ended.success()), 1);
    let errors = |log: &str| log.lines().filter(|line| line.contains("ERROR")).count();
    report.none("errors in the log of the old one", errors(&log));
    report.none("errors in the log of the new one", errors(&new.log()));
    new.signal(rustix::process::Signal::TERM);
    assert_whole(&database);
}

impl Traffic<'_> {
    /// A user who links, and links again and again, reads and writes, each time at any replica.
    fn live(&self, sim: &Sim, database: &Database, number: usize, seed: u64) {
        let mut dice = Dice::of(seed, number);
        let slug = format!("user-{number}");
        let user = database.user(&format!("{slug}@example.org"), "user");
        let token = issue_token(user, 36_000);
        sim.add_account(Account::new(&slug, &slug, &slug)).unwrap();
        while !self.over.load(Ordering::Acquire) {
            self.link(&mut dice, sim, &token, &slug);
            for minute in 0..10 {
                if self.over.load(Ordering::Acquire) {
                    return;
                }
                let day = dice.below(28) + 1;
                let body = json!({ "movie": { "ids": { "trakt": 1 + dice.below(40) } },
                    "watchedAt": format!("2026-05-{day:02}T20:{minute:02}:00Z") });
                self.ask(&mut dice, "GET", "/trakt/association", &token, None);
                self.ask(&mut dice, "GET", "/trakt/history?limit=20", &token, None);
                self.ask(&mut dice, "POST", "/trakt/history", &token, Some(&body));
                self.ask(&mut dice, "GET", "/trakt/progress", &token, None);
            }
        }
    }

    /// Begun at one replica, and asked for at others.
    fn link(&self, dice: &mut Dice, sim: &Sim, token: &str, slug: &str) {
        let Some(flow) = self.ask(dice, "POST", "/trakt/auth/device", token, Some(&json!({})))
        else {
            return;
        };
        sim.approve(flow["userCode"].as_str().unwrap_or_default(), slug)
            .unwrap();
        let body = json!({ "deviceCode": flow["deviceCode"] });
        // Five times the interval at the most.
        for _ in 0..5 {
            thread::park_timeout(Duration::from_millis(1100));
            let checked = self.ask(dice, "POST", "/trakt/auth/device/check", token, Some(&body));
            if checked.is_none_or(|checked| checked["success"] == true) {
                self.links.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
        self.failed
            .lock()
            .unwrap()
            .push(format!("{slug} is not linked"));
    }

    fn ask(
        &self,
        dice: &mut Dice,
        method: &str,
        path: &str,
        token: &str,
        body: Option<&serde_json::Value>,
    ) -> Option<serde_json::Value> {
        thread::park_timeout(PAUSE);
        let url = {
            let replicas = self.replicas.read().unwrap();
            let at = usize::try_from(dice.below(replicas.len() as u64)).unwrap();
            replicas[at].url(path)
        };
        let reply = call(method, &url, Some(token), body);
        if [200, 202].contains(&reply.status) {
            self.answered.fetch_add(1, Ordering::Relaxed);
            return Some(reply.json());
        }
        self.failed
            .lock()
            .unwrap()
            .push(format!("{method} {path}: {} {}", reply.status, reply.text));
        None
    }
}

fn old_program(run: Run) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("TRAKT_SERVER_OLD_BIN") {
        return Some(path.into());
    }
    if run.small {
        return None;
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()?
        .to_owned();
    let git = |arguments: &[&str]| {
        let done = Command::new("git")
            .current_dir(&root)
            .args(arguments)
            .output()
            .expect("git");
        assert!(
            done.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    let revision = std::env::var("TRAKT_OLD_REVISION").unwrap_or_else(|_| {
        let newest = git(&[
            "log",
            "-1",
            "--format=%H",
            "--diff-filter=A",
            "--",
            "migrations/*/up.sql",
        ]);
        git(&["rev-parse", &format!("{newest}^")])
    });
    let test = std::env::current_exe().unwrap();
    let place = test.ancestors().nth(3)?.join("old-version");
    if !place.join(".git").exists() {
        git(&[
            "worktree",
            "add",
            "--force",
            "--detach",
            place.to_str()?,
            &revision,
        ]);
    }
    let checkout = Command::new("git")
        .current_dir(&place)
        .args(["checkout", "--detach", &revision])
        .status();
    assert!(checkout.expect("git").success());
    let built = Command::new("cargo")
        .current_dir(&place)
        .args([
            "build",
            "--locked",
            "--release",
            "-p",
            "trakt-server",
            "--target-dir",
            "target",
        ])
        .env_remove("CARGO_TARGET_DIR")
        .status();
    assert!(built.expect("cargo").success(), "{revision} does not build");
    println!("the version before is {revision}");
    Some(place.join("target/release/trakt-server"))
}
