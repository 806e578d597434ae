//! Metrics: what was done is what is counted, and the files that watch over it know it.

mod files;
mod scrape;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trakt_sim::Fault;

use self::scrape::Scrape;
use crate::harness::{Server, Service, call, issue_token, wait_for};

const ASSOCIATION: &str = "/trakt/association";
const SYNC: &str = "/trakt/sync";
const RATINGS: &str = "/trakt/ratings";

/// The lines of requests in the log, as the labels of a metric.
fn lines(server: &Server) -> BTreeMap<Vec<String>, f64> {
    let mut counts = BTreeMap::new();
    for line in server.log().lines() {
        let Some((_, said)) = line.split_once(" trakt_server::request: ") else {
            continue;
        };
        let words: Vec<&str> = said.split(' ').collect();
        let route = match words[1] {
            "-" => "none",
            route => route,
        };
        let method = match words[0] {
            "BREW" => "other",
            method => method,
        };
        let key = [method, route, words[2]].map(str::to_owned).to_vec();
        *counts.entry(key).or_insert(0.0) += 1.0;
    }
    counts
}

/// What the metrics should say of Trakt's side, by what the simulator saw.
fn calls(service: &Service) -> BTreeMap<String, f64> {
    let mut counts = BTreeMap::new();
    for request in service.sim.requests() {
        let path = request.path.split('?').next().unwrap_or_default();
        let template = match path {
            "/sync/history/movies" | "/sync/history/episodes" => "/sync/history/{}",
            "/users/hidden/progress_watched" | "/users/hidden/dropped" => "/users/hidden/{}",
            path if path.starts_with("/sync/watched/") => "/sync/watched/{}",
            path if path.starts_with("/sync/ratings/") && request.method == "GET" => {
                "/sync/ratings/{}"
            }
            path if path.starts_with("/sync/watchlist/") => "/sync/watchlist/{}/rank/asc",
            path if path.starts_with("/search/") => "/search/{}/{}",
            path => path,
        };
        let key = format!("{} {template}", request.method);
        *counts.entry(key).or_insert(0.0) += 1.0;
    }
    counts
}

struct Journey {
    service: Service,
    token: String,
}

impl Journey {
    fn server(&self) -> &Server {
        &self.service.server
    }

    fn state(&self) -> Value {
        self.server().get(SYNC, &self.token).json()
    }

    fn wait_idle(&self, reason: &Value) {
        wait_for("the end of a pull", || {
            let state = self.state();
            let over = state["lastFinishedAt"].is_string() && state["reason"] == *reason;
            (over && state["state"] != "running" && state["state"] != "queued").then_some(())
        });
    }

    fn rate(&self, movie: u64) -> String {
        let body = json!({ "movie": { "ids": { "trakt": movie } }, "rating": 5 });
        let reply = self.server().post(RATINGS, &self.token, &body);
        assert_eq!(reply.status, 202, "{reply:?}");
        reply.json()["id"].as_str().unwrap().to_owned()
    }

    fn settled(&self, id: &str) {
        wait_for("the end of a write", || {
            let reply = self
                .server()
                .get(&format!("/trakt/outbox/{id}"), &self.token);
            (reply.json()["state"] == "confirmed").then_some(())
        });
    }
}

/// Links, reads, writes, renews, hits a limit of ours and one of Trakt's.
fn journey() -> Journey {
    let service = Service::start();
    let user = service.database.user("user@example.org", "user");
    let journey = Journey {
        token: issue_token(user, 600),
        service,
    };
    let (server, sim) = (&journey.service.server, &journey.service.sim);
    assert_eq!(server.link(sim, &journey.token, "sean").status, 200);
    journey.wait_idle(&Value::Null);
    journey.settled(&journey.rate(1));

    let due = "UPDATE trakt_users SET refresh_due_at = now() - interval '7 s'";
    journey.service.database.execute(due, &[]);
    let generation = "SELECT max(generation) FROM trakt_users";
    wait_for("a refresh", || {
        (journey.service.database.count(generation) == 2).then_some(())
    });
    journey
}

#[test]
fn a_journey_is_counted() {
    let journey = journey();
    let (server, sim) = (&journey.service.server, &journey.service.sim);
    // A limit of ours.
    let mut refused = 0.0;
    while refused < 3.0 {
        let reply = server.get(ASSOCIATION, &journey.token);
        refused += f64::from(u8::from(reply.status == 429));
    }
    // Refusals, and a path that is no route.
    for (method, path) in [
        ("GET", ASSOCIATION),
        ("GET", "/nowhere/sean"),
        ("BREW", "/healthz"),
    ] {
        call(method, &server.url(path), None, None);
    }
    // One of Trakt's; and writes that Trakt does not take.
    let activities = "GET /sync/last_activities";
    sim.fault(activities, Fault::status(429).header("retry-after", "77"))
        .unwrap();
    let asked = server.patiently("POST", SYNC, &journey.token, Some(&json!({})));
    assert_eq!(asked.status, 202, "{asked:?}");
    journey.wait_idle(&json!("trakt_unavailable"));
    sim.fault_times("POST /sync/ratings", 1000, Fault::status(503))
        .unwrap();
    journey.rate(2);

    wait_for("gauges that know of the write", || {
        let known = Scrape::of(server).find("trakt_outbox_writes", "") == Some(1.0);
        known.then_some(())
    });
    // A moment in which nothing is under way, so that both sides of each count are whole.
    let mut tries = 0;
    let scrape = loop {
        let scrape = Scrape::of(server);
        let counted = scrape.by("trakt_api_calls_total", &["method", "endpoint"]);
        let counted: BTreeMap<_, _> = counted
            .into_iter()
            .map(|(key, count)| (key.join(" "), count))
            .collect();
        let calls = calls(&journey.service);
        if counted == calls {
            break scrape;
        }
        tries += 1;
        assert!(tries < 50, "counted {counted:#?}, made {calls:#?}");
    };

    // Requests: as many as the log has lines, but for the scrape itself.
    let mut lines = lines(server);
    *lines.get_mut(&vec_of(["GET", "/metrics", "200"])).unwrap() -= 1.0;
    lines.retain(|_, count| *count > 0.0);
    let requests = scrape.by("trakt_http_requests_total", &["method", "route", "status"]);
    assert_eq!(requests, lines);
    assert_eq!(requests[&vec_of(["GET", ASSOCIATION, "429"])], refused);
    assert_eq!(requests[&vec_of(["GET", ASSOCIATION, "401"])], 1.0);
    assert_eq!(requests[&vec_of(["GET", "none", "404"])], 1.0);
    assert_eq!(requests[&vec_of(["other", "/healthz", "405"])], 1.0);
    assert_eq!(requests[&vec_of(["POST", RATINGS, "202"])], 2.0);
    let durations = scrape.by(
        "trakt_http_request_duration_seconds_count",
        &["method", "route"],
    );
    for ((method, route), count) in totals(&requests) {
        assert_eq!(
            durations[&vec_of([&method, &route])],
            count,
            "{method} {route}"
        );
    }
    let took = scrape.value(
        "trakt_http_request_duration_seconds_sum",
        &format!("method=GET,route={ASSOCIATION}"),
    );
    assert!(took > 0.0 && took < 30.0, "{took}");
    assert_eq!(
        scrape.value("trakt_limits_hit_total", "limit=association"),
        refused
    );
    assert_eq!(scrape.value("trakt_limits_hit_total", "limit=export"), 0.0);

    // Tokens.
    let one = |name: &str, labels: &str| assert_eq!(scrape.value(name, labels), 1.0, "{name}");
    let none = |name: &str, labels: &str| assert_eq!(scrape.value(name, labels), 0.0, "{name}");
    one("trakt_refreshes_total", "outcome=renewed");
    none("trakt_refreshes_total", "outcome=uncertain");
    none("trakt_links_lost_total", "reason=revoked");
    none("trakt_refresh_uncertain_total", "end=lost");
    one("trakt_journal_write_duration_seconds_count", "");
    let synced = scrape.value("trakt_journal_write_duration_seconds_sum", "");
    assert!(synced > 0.0 && synced < 5.0, "{synced}");
    none("trakt_refresh_oldest_due_seconds", "");
    none("trakt_refresh_gate_closed", "reason=rate_limited");
    one("trakt_links", "status=active");
    none("trakt_links", "status=needs_relink");
    let budget = scrape.value("trakt_refresh_budget_remaining", "");
    assert!((19.0..=20.0).contains(&budget), "{budget}");

    // Trakt.
    one(
        "trakt_api_rate_limited_total",
        "method=GET,endpoint=/sync/last_activities",
    );
    one(
        "trakt_api_calls_total",
        "method=GET,endpoint=/sync/last_activities,class=rate_limited",
    );
    one(
        "trakt_api_calls_total",
        "method=POST,endpoint=/oauth/token,class=ok",
    );
    assert!(
        scrape.value(
            "trakt_api_calls_total",
            "method=POST,endpoint=/sync/ratings,class=overloaded"
        ) > 0.0
    );
    one(
        "trakt_api_call_duration_seconds_count",
        "method=POST,endpoint=/oauth/token",
    );
    // Trakt's own word closes the bucket.
    none("trakt_api_budget_remaining", "bucket=user_reads");
    let left = scrape.value("trakt_api_budget_remaining", "bucket=application_reads");
    assert!((300.0..=500.0).contains(&left), "{left}");

    // Pulls and writes.
    assert!(scrape.value("trakt_sync_runs_total", "outcome=whole") >= 1.0);
    one("trakt_sync_runs_total", "outcome=trakt_unavailable");
    one("trakt_writes_total", "end=confirmed");
    let unknown = scrape.value("trakt_writes_total", "end=unknown");
    let again = scrape.value("trakt_writes_total", "end=again");
    assert!(unknown + again > 0.0, "{unknown} {again}");
    let waits = scrape.value("trakt_outbox_oldest_seconds", "");
    assert!(waits > 0.0 && waits < 60.0, "{waits}");

    // The audit trail: as many of each event as there are entries.
    let events = "SELECT event, count(*) FROM audit_log GROUP BY event";
    let rows = journey.service.database.rows(events, &[]);
    let trail: BTreeMap<_, _> = rows
        .iter()
        .map(|row| (vec![row.get::<_, String>(0)], row.get::<_, i64>(1) as f64))
        .collect();
    let mut counted = scrape.by("trakt_audit_entries_total", &["event"]);
    counted.retain(|_, count| *count > 0.0);
    assert_eq!(counted, trail);
    assert!(trail.contains_key(&vec!["linked".to_owned()]), "{trail:?}");

    // The process.
    one("trakt_ready", "");
    one("trakt_database_up", "");
    let pool = scrape.by("trakt_db_pool_connections", &[]);
    let most = scrape.value("trakt_db_pool_max_connections", "");
    assert!(pool[&Vec::new()] >= 1.0 && pool[&Vec::new()] <= most && most == 4.0);
    assert!(scrape.value("trakt_db_pool_wait_seconds_count", "") > 10.0);
    let memory = scrape.value("process_resident_memory_bytes", "");
    assert!((1e6..1e9).contains(&memory), "{memory}");
    assert!(scrape.value("process_open_fds", "") > 5.0);

    // Nobody is named.
    let held = "SELECT user_id::text, trakt_uuid, trakt_slug FROM trakt_users";
    let row = &journey.service.database.rows(held, &[])[0];
    for column in 0..3 {
        let personal: String = row.get(column);
        assert!(
            !scrape.text.contains(&personal),
            "{personal} stands in the metrics"
        );
    }

    files::documented(&scrape);
    files::checked(&scrape);
}

fn vec_of<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

fn totals(requests: &BTreeMap<Vec<String>, f64>) -> BTreeMap<(String, String), f64> {
    let mut totals = BTreeMap::new();
    for (key, count) in requests {
        *totals
            .entry((key[0].clone(), key[1].clone()))
            .or_insert(0.0) += count;
    }
    totals
}

#[test]
fn they_are_there_while_the_database_is_not() {
    let sim = crate::harness::sim();
    let server = Server::builder()
        .var("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
        .sim(&sim)
        .unready()
        .start();
    let scrape = Scrape::of(&server);
    for name in ["trakt_ready", "trakt_database_up"] {
        assert_eq!(scrape.value(name, ""), 0.0, "{name}");
    }
    assert_eq!(scrape.find("trakt_links", "status=active"), None);
    let head = call("HEAD", &server.url("/metrics"), None, None);
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    let post = call("POST", &server.url("/metrics"), None, None);
    assert_eq!(post.outcome(), "405 method_not_allowed");
}
