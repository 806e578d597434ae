//! The OpenAPI document against the running service: what it allows is taken, what it refuses is
//! refused, and no answer is one that it does not have. By Schemathesis, as a user and as an admin.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use uuid::Uuid;

use crate::Run;
use crate::harness::{Database, Linker, Server, issue_token, sim};
use crate::report::Report;

/// A stream without an end: Schemathesis reads answers to theirs.
const STREAM: &str = "/trakt/sync/events";
/// How long the tokens are good.
const LIFE: i64 = 3600;

pub fn prove(run: Run, report: &mut Report) {
    let Some(program) = std::env::var_os("TRAKT_SCHEMATHESIS") else {
        report.note("skipped: TRAKT_SCHEMATHESIS names no Schemathesis", "", "-");
        return;
    };
    let (sim, database) = (sim(), Database::fresh());
    let server = Server::builder()
        .database(&database)
        .sim(&sim)
        .var("TRUSTED_PROXIES", "127.0.0.0/8")
        .start();
    let linker = Linker::new(&database, &sim);
    let linked: Vec<Uuid> = (0..run.count(60, 6))
        .map(|n| linker.link(&database, &sim, &format!("viewer-{n}")))
        .collect();
    for user in &linked {
        fill(&server, &issue_token(*user, LIFE));
    }
    let fresh: Vec<Uuid> = (0..run.count(200, 50))
        .map(|n| database.user(&format!("fresh-{n}@example.org"), "user"))
        .collect();
    let tokens = |users: &[Uuid]| -> Vec<String> {
        users.iter().map(|user| issue_token(*user, LIFE)).collect()
    };
    let dir = tempfile::tempdir().unwrap();
    let who = dir.path().join("who.json");
    let everybody = json!({ "linked": tokens(&linked), "fresh": tokens(&fresh) });
    std::fs::write(&who, everybody.to_string()).unwrap();

    let phases = match run.small {
        true => "examples,fuzzing",
        false => "examples,coverage,fuzzing,stateful",
    };
    let mut all = BTreeMap::new();
    for role in ["user", "admin"] {
        database.execute("UPDATE users SET role = $1", &[&role]);
        let tally = dir.path().join(role);
        let mut command = Command::new(&program);
        command
            .args(["--config-file", &file("contract.toml")])
            .args(["run", &server.url("/openapi.json"), "--checks", "all"])
            .args(["--exclude-path", STREAM, "--continue-on-failure"])
            .args(["--phases", phases])
            .args(["--max-examples", &run.count(40, 1).to_string()])
            .args(["--seed", &(run.seed % 1_000_000).to_string()])
            .args([
                "--generation-database",
                "none",
                "--warnings",
                "off",
                "--no-color",
            ])
            .args(["--suppress-health-check", "all", "--request-timeout", "30"])
            .current_dir(dir.path())
            .env("SCHEMATHESIS_HOOKS", file("contract.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("CONTRACT_WHO", &who)
            .env("CONTRACT_KEYS", dir.path().join("keys"))
            .env("CONTRACT_TALLY", &tally);
        let passed = command.status().expect("schemathesis").success();
        report.all(
            &format!("runs without a finding, as {role}"),
            usize::from(passed),
            1,
        );
        for (what, count) in read(&tally) {
            *all.entry(what).or_insert(0) += count;
        }
    }
    tell(&all, run, report);
}

/// A few things that a user has, so that lists are not empty.
fn fill(server: &Server, token: &str) {
    let movie = json!({"movie": {"ids": {"trakt": 1}}, "watchedAt": "2026-01-31T20:15:00Z"});
    let episode = json!({"show": {"ids": {"trakt": 1}}, "episode": {"season": 1, "number": 1}});
    let rated = json!({"movie": {"ids": {"trakt": 1}}, "rating": 8});
    for (path, body) in [
        ("/trakt/history", &movie),
        ("/trakt/history", &episode),
        ("/trakt/ratings", &rated),
        ("/trakt/watchlist", &json!({"show": {"ids": {"trakt": 1}}})),
    ] {
        let reply = server.post(path, token, body);
        assert_eq!(reply.status, 202, "{path}: {reply:?}");
    }
}

/// A file beside this one.
fn file(name: &str) -> String {
    format!("{}/prove/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn read(tally: &Path) -> BTreeMap<String, usize> {
    let text = std::fs::read_to_string(tally).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What our own count says, whatever Schemathesis made of it.
fn tell(all: &BTreeMap<String, usize>, run: Run, report: &mut Report) {
    let status = |fits: fn(u16) -> bool| -> usize {
        let of = |(what, count): (&String, &usize)| Some((what.parse().ok()?, *count));
        let counts = all.iter().filter_map(of);
        counts
            .filter(|(status, _)| fits(*status))
            .map(|(_, count)| count)
            .sum()
    };
    let calls = status(|_| true);
    report.at_least("calls", calls, run.count(5000, 150));
    report.none("answers 5xx", status(|status| status >= 500));
    let odd = all.get("no problem").copied().unwrap_or_default();
    report.none("errors that are no problem+json", odd);
    for (what, fits) in [
        ("2xx", (|status| status < 300) as fn(u16) -> bool),
        ("429", |status| status == 429),
        ("other 4xx", |status| {
            (400..500).contains(&status) && status != 429
        }),
    ] {
        let share = status(fits) * 100 / calls.max(1);
        report.note(&format!("of them {what}"), "", format!("{share} %"));
    }
    let well = all.keys().filter(|what| what.starts_with("well ")).count();
    report.at_least("routes that were answered well", well, run.count(36, 25));
}
