//! Rate limits: whom they count, what they let through, and what they leave alone.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::http::Request;

use crate::harness::{Database, Reply, Server, Service, issue_token, run_command, send, sim};

const ASSOCIATION: &str = "/trakt/association";
const LOGIN: &str = "/auth/login";

/// A request from an address that a proxy vouches for, if one is given.
fn ask(
    server: &Server,
    (method, path): (&str, &str),
    token: Option<&str>,
    forwarded: Option<&str>,
    body: &str,
) -> Reply {
    let mut request = Request::builder().method(method).uri(server.url(path));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if let Some(from) = forwarded {
        request = request.header("x-forwarded-for", from);
    }
    if !body.is_empty() {
        request = request.header("content-type", "application/json");
    }
    send(request.body(body.as_bytes().to_vec()).unwrap())
}

/// How 30 requests at once were answered.
struct Burst {
    let_through: Vec<Reply>,
    took: Duration,
}

/// Asks 30 times as fast as possible, and looks at every refusal.
fn burst(ask: impl Fn(usize) -> Reply + Sync) -> Burst {
    let start = Instant::now();
    let replies: Vec<Reply> = thread::scope(|scope| {
        let ask = &ask;
        let lanes: Vec<_> = (0..6)
            .map(|lane| scope.spawn(move || (0..5).map(|n| ask(lane * 5 + n)).collect::<Vec<_>>()))
            .collect();
        lanes
            .into_iter()
            .flat_map(|lane| lane.join().unwrap())
            .collect()
    });
    let took = start.elapsed();
    let (refused, let_through): (Vec<_>, Vec<_>) =
        replies.into_iter().partition(|reply| reply.status == 429);
    for reply in refused {
        assert_eq!(reply.code(), "rate_limited");
        let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=2).contains(&wait), "{reply:?}");
    }
    Burst { let_through, took }
}

impl Burst {
    /// As many went through as the burst has, and what was granted again meanwhile.
    #[track_caller]
    fn assert_rate(&self, what: &str, rate: u32, status: u16) {
        let granted = self.took.as_secs_f64() * f64::from(rate);
        let count = u32::try_from(self.let_through.len()).unwrap();
        assert!(
            count >= rate,
            "{what}: {count} went through, {rate} are allowed"
        );
        let most = f64::from(rate) + granted + 1.0;
        assert!(
            f64::from(count) <= most,
            "{what}: {count} in {:?}",
            self.took
        );
        assert!(count < 30, "{what}: nothing was refused");
        for reply in &self.let_through {
            assert_eq!(reply.status, status, "{what}: {reply:?}");
        }
    }
}

/// What the document says of the limit of a route.
fn told(document: &Value, method: &str, path: &str) -> Value {
    let paths = document["paths"].as_object().unwrap();
    let fits = |known: &str| {
        let (known, path): (Vec<_>, Vec<_>) =
            (known.split('/').collect(), path.split('/').collect());
        let same = |(known, part): (&&str, &&str)| known == part || known.starts_with('{');
        known.len() == path.len() && known.iter().zip(&path).all(same)
    };
    let operation = |item: &Value| item.get(method.to_lowercase()).cloned();
    let mut found = paths.iter().filter(|(known, _)| fits(known));
    let operation = found.find_map(|(_, item)| operation(item));
    operation.unwrap()["x-rate-limit"].clone()
}

#[test]
fn each_route_has_its_rate_and_a_burst_as_large() {
    let service = Service::start();
    let (server, database) = (&service.server, &service.database);
    let document = send(
        Request::get(server.url("/openapi.json"))
            .body(Vec::new())
            .unwrap(),
    )
    .json();
    let check = json!({"deviceCode": "x"}).to_string();
    let claim = json!({"traktSlug": "sean", "userEmail": "nobody@example.org"}).to_string();
    let movie = r#"{"movie": {"ids": {"trakt": 1}}}"#;
    let rated = r#"{"movie": {"ids": {"trakt": 1}}, "rating": 5}"#;
    let played = r#"{"movie": {"ids": {"trakt": 1}}, "progress": 5}"#;
    let id = "/trakt/admin/associations/00000000-0000-0000-0000-000000000000";
    let replay = "/trakt/admin/webhooks/00000000-0000-0000-0000-000000000000/replay";
    for (n, (method, path, body, rate, status)) in [
        ("POST", "/trakt/auth/device", "", 2, 200),
        ("POST", "/trakt/auth/device/check", check.as_str(), 1, 404),
        ("GET", ASSOCIATION, "", 5, 200),
        ("DELETE", ASSOCIATION, "", 5, 204),
        ("POST", "/trakt/admin/associate", claim.as_str(), 1, 404),
        ("DELETE", id, "", 1, 404),
        ("GET", "/trakt/admin/associations", "", 5, 200),
        ("GET", "/trakt/admin/audit", "", 5, 200),
        ("GET", "/trakt/admin/webhooks", "", 5, 200),
        ("POST", replay, "", 1, 404),
        ("GET", "/trakt/sync", "", 20, 200),
        ("GET", "/trakt/settings", "", 20, 200),
        ("PATCH", "/trakt/settings", "{\"push\": true}", 5, 200),
        ("GET", "/trakt/history", "", 20, 200),
        ("GET", "/trakt/progress", "", 20, 200),
        ("GET", "/trakt/progress/shows/1", "", 20, 404),
        ("GET", "/trakt/watched/movies", "", 20, 200),
        ("GET", "/trakt/watched/shows", "", 20, 200),
        ("GET", "/trakt/ratings", "", 20, 200),
        ("GET", "/trakt/watchlist", "", 20, 200),
        ("POST", "/trakt/history", movie, 5, 409),
        ("DELETE", "/trakt/history/1", "", 5, 409),
        ("POST", "/trakt/ratings", rated, 5, 409),
        ("DELETE", "/trakt/ratings", movie, 5, 409),
        ("POST", "/trakt/watchlist", movie, 5, 409),
        ("DELETE", "/trakt/watchlist", movie, 5, 409),
        ("POST", "/trakt/scrobble/start", played, 5, 409),
        ("POST", "/trakt/scrobble/pause", played, 5, 409),
        ("POST", "/trakt/scrobble/stop", played, 5, 409),
        ("GET", "/trakt/outbox/x", "", 20, 404),
        ("GET", "/trakt/recommendations/movies", "", 20, 409),
        ("GET", "/trakt/recommendations/shows", "", 20, 409),
        ("DELETE", "/trakt/recommendations/movies/1", "", 5, 409),
        ("DELETE", "/trakt/recommendations/shows/1", "", 5, 409),
        ("POST", "/trakt/recommendations/movies/1/undo", "", 5, 409),
        ("POST", "/trakt/recommendations/shows/1/undo", "", 5, 409),
    ]
    .into_iter()
    .enumerate()
    {
        let limit = json!([{"requests": rate, "seconds": 1, "burst": rate, "of": "user"}]);
        assert_eq!(told(&document, method, path), limit, "{method} {path}");
        let user = |who: &str| issue_token(database.user(&format!("{who}{n}@x"), "admin"), 600);
        let token = user("one");
        let burst = burst(|_| ask(server, (method, path), Some(&token), None, body));
        burst.assert_rate(&format!("{method} {path}"), rate, status);
        let other = ask(server, (method, path), Some(&user("two")), None, body);
        assert_eq!(
            other.status, status,
            "{method} {path} by another user: {other:?}"
        );
    }
}

#[test]
fn a_flood_of_strangers_takes_nothing_from_a_user() {
    let service = Service::start();
    let (server, database) = (&service.server, &service.database);
    let user = database.user("user@example.org", "user");
    let expired = issue_token(user, -60);
    let forged = format!("{}x", issue_token(user, 600));
    for (n, token) in [None, Some("garbage"), Some(&*expired), Some(&*forged)]
        .iter()
        .enumerate()
    {
        let user = database.user(&format!("user{n}@example.org"), "user");
        let good = issue_token(user, 600);
        let flood = burst(|_| ask(server, ("GET", ASSOCIATION), *token, None, ""));
        assert!(flood.let_through.len() < 30, "{token:?} is not limited");
        assert!(flood.let_through.iter().all(|reply| reply.status == 401));
        let calm = burst(|_| ask(server, ("GET", ASSOCIATION), Some(&good), None, ""));
        calm.assert_rate("the user after the flood", 5, 200);
    }
}

#[test]
fn what_a_client_says_of_its_address_is_worth_nothing() {
    let service = Service::start();
    let flood = burst(|n| {
        let from = format!("198.51.100.{n}");
        ask(&service.server, ("GET", ASSOCIATION), None, Some(&from), "")
    });
    flood.assert_rate("strangers with made-up addresses", 5, 401);
    let ips = service
        .database
        .rows("SELECT DISTINCT ip FROM audit_log", &[]);
    let ips: Vec<String> = ips.iter().map(|row| row.get(0)).collect();
    assert_eq!(ips, ["127.0.0.1"]);
}

#[test]
fn a_trusted_proxy_is_believed_and_nobody_beyond_it() {
    let (sim, database) = (sim(), Database::fresh());
    let server = Server::builder()
        .database(&database)
        .sim(&sim)
        .var("TRUSTED_PROXIES", "127.0.0.0/8, 10.0.0.0/8")
        .start();
    let flood = |from: &(dyn Fn(usize) -> String + Sync)| {
        burst(|n| ask(&server, ("GET", ASSOCIATION), None, Some(&from(n)), ""))
    };
    let same = flood(&|_| "198.51.100.1".to_owned());
    same.assert_rate("one address", 5, 401);
    // What stands left of the first untrusted address was written by the client.
    let left = flood(&|n| format!("203.0.113.{n}, 198.51.100.2, 10.0.0.7"));
    left.assert_rate("one address behind two proxies", 5, 401);
    let network = flood(&|n| format!("2001:db8:0:1::{n:x}"));
    network.assert_rate("one IPv6 network", 5, 401);

    for from in [
        "198.51.100.3",
        "198.51.100.1, 198.51.100.4",
        "2001:db8:0:2::1",
        "2001:db8:0:3::1",
    ] {
        let reply = ask(&server, ("GET", ASSOCIATION), None, Some(from), "");
        assert_eq!(
            reply.outcome(),
            "401 unauthenticated",
            "{from} has asked for nothing yet"
        );
    }
    let each = flood(&|n| format!("192.0.2.{n}"));
    assert_eq!(
        each.let_through.len(),
        30,
        "30 addresses have 30 allowances"
    );
    let seen = "SELECT count(*) FROM audit_log WHERE event = 'access_refused' \
                AND ip IN ('198.51.100.2', '192.0.2.7', '2001:db8:0:2::1')";
    assert_eq!(
        database.count(seen),
        3,
        "the trail has the client and not the proxy"
    );
}

/// Adds a local account.
fn add_account(database: &Database, email: &str, password: &str) {
    let keys = "e2e:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let vars = [
        ("DATABASE_URL", database.url()),
        ("DATA_DIR", "/nonexistent"),
        ("TOKEN_KEYS", keys),
        ("AUTH_SECRET", crate::harness::AUTH_SECRET),
    ];
    let add = ["user", "add", "--email", email, "--password-stdin"];
    let added = run_command(&add, &vars, password);
    assert!(added.status.success(), "{added:?}");
}

/// A service behind a proxy, so that each sign-in can come from an address of its own.
fn behind_proxy() -> (trakt_sim::Sim, Database, Server) {
    let (sim, database) = (sim(), Database::fresh());
    let server = Server::builder()
        .database(&database)
        .sim(&sim)
        .var("TRUSTED_PROXIES", "127.0.0.1")
        .start();
    (sim, database, server)
}

fn sign_in(server: &Server, from: &str, email: &str, password: &str) -> Reply {
    let body = json!({"email": email, "password": password}).to_string();
    ask(server, ("POST", LOGIN), None, Some(from), &body)
}

#[test]
fn an_account_takes_ten_tries_a_minute_from_wherever() {
    let (_sim, database, server) = behind_proxy();
    for email in ["ana@example.org", "bob@example.org"] {
        add_account(&database, email, "correct horse\n");
    }
    let start = Instant::now();
    let mut allowed: u32 = 0;
    let refused = loop {
        // In any case of letters it is the same account.
        let email = ["ana@example.org", "Ana@EXAMPLE.org"][usize::from(allowed % 2 == 1)];
        let from = format!("198.51.100.{allowed}");
        let reply = sign_in(&server, &from, email, "wrong horse");
        if reply.status == 429 {
            break reply;
        }
        assert_eq!(reply.outcome(), "401 unauthenticated");
        allowed += 1;
    };
    let granted = start.elapsed().as_secs_f64() / 60.0;
    assert!(
        allowed >= 10 && f64::from(allowed) <= 10.0 + granted,
        "{allowed} tries"
    );
    assert_eq!(refused.code(), "rate_limited");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{refused:?}");
    let other = sign_in(
        &server,
        "198.51.100.200",
        "bob@example.org",
        "correct horse",
    );
    assert_eq!(other.status, 200, "another account: {other:?}");
}

#[test]
fn one_address_signs_in_once_a_second() {
    let (_sim, _database, server) = behind_proxy();
    let flood = burst(|n| {
        sign_in(
            &server,
            "198.51.100.9",
            &format!("u{n}@example.org"),
            "guess",
        )
    });
    flood.assert_rate("guesses from one address", 1, 401);
}

#[test]
fn a_refused_sign_in_does_not_say_why() {
    let (_sim, database, server) = behind_proxy();
    add_account(&database, "known@example.org", "correct horse\n");
    database.user("no-password@example.org", "user");
    let known = sign_in(&server, "198.51.100.1", "known@example.org", "wrong horse");
    assert_eq!(known.outcome(), "401 unauthenticated");
    assert!(known.header("www-authenticate").is_some());
    for (n, email) in [
        "unknown@example.org",
        "no-password@example.org",
        "no address",
        "",
    ]
    .iter()
    .enumerate()
    {
        for password in ["wrong horse", "correct horse", ""] {
            let from = format!("198.51.{n}.{}", password.len());
            let reply = sign_in(&server, &from, email, password);
            assert_eq!(reply.status, 401, "{email} {password}: {reply:?}");
            assert_eq!(reply.text, known.text, "{email} {password}");
            let names = |reply: &Reply| {
                let mut names: Vec<_> = reply.headers.keys().cloned().collect();
                names.sort_by_key(ToString::to_string);
                names
            };
            assert_eq!(names(&reply), names(&known), "{email} {password}");
        }
    }
    let right = sign_in(
        &server,
        "198.51.100.2",
        "known@example.org",
        "correct horse",
    );
    assert_eq!(right.status, 200, "{right:?}");
}

#[test]
fn limits_that_were_hit_are_on_the_trail_once_a_second() {
    let service = Service::start();
    let (server, database) = (&service.server, &service.database);
    let user = database.user("user@example.org", "user");
    let token = issue_token(user, 600);
    let start = Instant::now();
    let mut refused = 0;
    while start.elapsed() < Duration::from_millis(2500) {
        let reply = server.get(ASSOCIATION, &token);
        refused += i32::from(reply.status == 429);
    }
    let seconds = start.elapsed().as_secs_f64();
    assert!(refused > 20, "{refused} is no flood");
    let sql = "SELECT count(*) FROM audit_log WHERE event = 'limit_hit' AND actor_id = $1 \
               AND outcome = 'refused' AND ip = '127.0.0.1' AND request_id IS NOT NULL";
    let entries: i64 = database.rows(sql, &[&user])[0].get(0);
    let entries = f64::from(i32::try_from(entries).unwrap());
    assert!(
        entries >= 2.0 && entries <= seconds + 1.0,
        "{entries} in {seconds} s"
    );
}
