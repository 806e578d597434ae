//! Taking everything along.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use super::{Chooser, call};
use crate::harness::{issue_token, wait_for};

const EXPORT: &str = "/trakt/export";

fn lines(text: &str) -> Vec<Value> {
    assert!(text.ends_with('\n'));
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A client that takes what it gets when it likes.
fn open(chooser: &Chooser) -> ureq::http::Response<ureq::Body> {
    let agent: Agent = Agent::config_builder()
        .proxy(None)
        .timeout_recv_body(Some(Duration::from_secs(60)))
        .build()
        .into();
    let request = agent.get(chooser.server().url(EXPORT));
    let bearer = format!("Bearer {}", chooser.token);
    request.header("authorization", bearer).call().unwrap()
}

/// As many as no buffer on the way holds.
fn many_plays(chooser: &Chooser, plays: i32) {
    let database = &chooser.service.database;
    let rows = "INSERT INTO plays (user_id, id, kind, item, watched_at, action) \
                SELECT $1, 1000000000 + n, kind, item, now() - n * interval '1 min', 'watch' \
                FROM (SELECT kind, item FROM plays LIMIT 1) AS one, generate_series(1, $2) AS n";
    let added = database.execute(rows, &[&chooser.user, &plays]);
    assert_eq!(added, u64::try_from(plays).unwrap());
}

#[test]
fn everything_is_in_it_once_and_the_last_line_says_so() {
    let chooser = Chooser::linked(1203);
    chooser.patch(&json!({"push": false}));
    chooser.patch(&json!({"push": true}));
    let body = json!({ "movie": { "ids": { "trakt": 7 } }, "rating": 9 });
    let server = chooser.server();
    let rated = server.patiently("POST", "/trakt/ratings", &chooser.token, Some(&body));
    assert_eq!(rated.status, 202, "{rated:?}");
    let reply = server.patiently("GET", EXPORT, &chooser.token, None);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let name = "attachment; filename=\"trakt-export.jsonl\"";
    assert_eq!(reply.header("content-disposition"), Some(name));

    let lines = lines(&reply.text);
    let mut counts = BTreeMap::new();
    for line in &lines {
        let count = counts.entry(line["type"].as_str().unwrap()).or_insert(0);
        *count += 1;
    }
    let (first, last) = (&lines[0], &lines[lines.len() - 1]);
    assert_eq!(
        (&first["type"], &first["version"]),
        (&json!("export"), &json!(1))
    );
    assert_eq!(first["user"]["email"], "user@example.org");
    assert_eq!(first["user"]["id"], chooser.user.to_string());
    assert!(first["exportedAt"].is_string());
    assert_eq!(last, &json!({"type": "end", "lines": lines.len() - 1}));
    for (part, count) in [("play", 1203), ("rating", 1), ("write", 1), ("mark", 11)] {
        assert_eq!(counts.get(part), Some(&count), "{part} of {counts:?}");
    }
    for part in ["link", "settings", "sync", "audit"] {
        assert!(counts.contains_key(part), "{part} of {counts:?}");
    }
    let of = |part: &str| lines.iter().find(|line| line["type"] == part).unwrap();
    let play = of("play");
    assert_eq!(play["kind"], "movie");
    assert!(play["movie"]["title"].is_string(), "{play}");
    assert!(play["watchedAt"].is_string(), "{play}");
    assert_eq!(of("rating")["rating"], 9);
    assert_eq!(of("link")["traktSlug"], "sean");
    assert_eq!(of("sync")["counts"]["moviePlays"], 1203);
    assert_eq!(of("settings")["push"], true);
    let changed = lines
        .iter()
        .filter(|line| line["event"] == "settings_changed");
    assert_eq!(changed.count(), 2);
    let mut ids: Vec<_> = lines.iter().filter(|line| line["type"] == "play").collect();
    ids.dedup_by_key(|line| line["id"].clone());
    assert_eq!(ids.len(), 1203);
    for pair in chooser.service.sim.tokens() {
        assert!(!reply.text.contains(&pair.access_token));
        assert!(!reply.text.contains(&pair.refresh_token));
    }

    // Once a minute, and each user apart.
    let again = server.get(EXPORT, &chooser.token);
    assert_eq!(again.outcome(), "429 rate_limited");
    let wait: u64 = again.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{again:?}");
    let other = chooser.service.database.user("other@example.org", "user");
    let other = server.get(EXPORT, &issue_token(other, 600));
    assert_eq!(other.status, 200);
    let first: Value = serde_json::from_str(other.text.lines().next().unwrap()).unwrap();
    assert_eq!(first["user"]["email"], "other@example.org");
    assert!(!other.text.contains("user@example.org"));
}

#[test]
fn where_the_database_fails_on_the_way_no_part_passes_for_the_whole() {
    let chooser = Chooser::linked(1);
    many_plays(&chooser, 100_000);
    let mut reply = open(&chooser);
    let mut body = reply.body_mut().as_reader();
    let mut taken = vec![0; 1000];
    body.read_exact(&mut taken).unwrap();
    // While the client takes nothing, no connection works for it.
    let database = &chooser.service.database;
    let at_work = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND pid <> pg_backend_pid() AND state <> 'idle'";
    for _ in 0..3 {
        wait_for("idle connections", || {
            (database.count(at_work) == 0).then_some(())
        });
    }
    let second = call(
        "GET",
        &chooser.server().url(EXPORT),
        Some(&chooser.token),
        None,
    );
    assert_eq!(second.outcome(), "429 rate_limited");
    database.execute("ALTER TABLE plays RENAME TO gone", &[]);
    let ended = body.read_to_end(&mut taken);
    assert!(ended.is_err(), "a clean end after {} bytes", taken.len());
    database.execute("ALTER TABLE gone RENAME TO plays", &[]);
    let text = String::from_utf8_lossy(&taken);
    assert!(!text.contains("\"type\":\"end\""));
    assert!(text.lines().count() < 100_000);
    assert!(chooser.server().log().contains("an export was cut"));
    assert_eq!(chooser.server().get("/healthz", &chooser.token).status, 200);
}

#[test]
fn it_comes_in_small_pieces() {
    let chooser = Chooser::linked(1);
    many_plays(&chooser, 3000);
    let (server, token) = (chooser.server(), &chooser.token);
    let url = server.url("");
    let head = format!(
        "GET {EXPORT} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    let next = |line: &mut BufReader<TcpStream>| {
        let mut text = String::new();
        line.read_line(&mut text).unwrap();
        text.trim_end().to_owned()
    };
    let mut line = wait_for("an answer other than 429", || {
        let mut line = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        line.write_all(head.as_bytes()).unwrap();
        let mut line = BufReader::new(line);
        (next(&mut line) == "HTTP/1.1 200 OK").then_some(line)
    });
    while !next(&mut line).is_empty() {}
    let (mut sizes, mut last) = (Vec::new(), Vec::new());
    loop {
        let size = usize::from_str_radix(&next(&mut line), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        line.read_exact(&mut chunk).unwrap();
        if size == 0 {
            break;
        }
        sizes.push(size);
        last = chunk;
    }
    assert!(
        String::from_utf8(last)
            .unwrap()
            .contains("\"type\":\"end\"")
    );
    let most = sizes.iter().max().unwrap();
    assert!(*most <= 32 * 1024, "{sizes:?}");
    assert!(sizes.contains(&(32 * 1024)), "{sizes:?}");
}

#[test]
fn a_client_that_goes_away_ends_it() {
    let chooser = Chooser::linked(1);
    many_plays(&chooser, 100_000);
    let mut reply = open(&chooser);
    let mut taken = vec![0; 1000];
    reply.body_mut().as_reader().read_exact(&mut taken).unwrap();
    drop(reply);
    let scans = "SELECT coalesce(sum(idx_tup_fetch), 0)::bigint FROM pg_stat_user_tables \
                 WHERE relname = 'plays'";
    // Nothing more is read: the same figure for as long as ten pages take.
    wait_for("the end of the reading", || {
        let database = &chooser.service.database;
        database.execute("SELECT pg_stat_clear_snapshot()", &[]);
        let before = database.count(scans);
        std::thread::park_timeout(Duration::from_millis(1500));
        database.execute("SELECT pg_stat_clear_snapshot()", &[]);
        (database.count(scans) == before).then_some(())
    });
    assert!(chooser.service.database.count(scans) < 90_000);
}
