//! How reading stands, as server-sent events.

use std::io::{BufRead as _, BufReader};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use trakt_sim::Fault;
use ureq::Agent;

use super::{Chooser, add_plays, call};
use crate::harness::{AUTH_SECRET, TOKEN_KEYS, run_command, wait_for};

const EVENTS: &str = "/trakt/sync/events";

/// A stream, followed by a thread of its own.
#[derive(Clone, Default)]
struct Stream {
    events: Arc<Mutex<Vec<Value>>>,
    ended: Arc<Mutex<Option<Instant>>>,
}

impl Stream {
    fn of(chooser: &Chooser) -> Self {
        let agent: Agent = Agent::config_builder().proxy(None).build().into();
        let bearer = format!("Bearer {}", chooser.token);
        let request = agent.get(chooser.server().url(EVENTS));
        let reply = request.header("authorization", bearer).call().unwrap();
        let header = |name: &str| reply.headers().get(name).unwrap().to_str().unwrap();
        assert_eq!(header("content-type"), "text/event-stream");
        assert_eq!(header("cache-control"), "no-store");
        let stream = Self::default();
        let follower = stream.clone();
        thread::spawn(move || {
            let lines = BufReader::new(reply.into_body().into_reader()).lines();
            for line in lines.map_while(Result::ok) {
                if let Some(data) = line.strip_prefix("data: ") {
                    let event = serde_json::from_str(data).unwrap();
                    follower.events.lock().unwrap().push(event);
                }
            }
            *follower.ended.lock().unwrap() = Some(Instant::now());
        });
        stream
    }

    fn events(&self) -> Vec<Value> {
        self.events.lock().unwrap().clone()
    }

    fn wait_for(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        wait_for(what, || self.events().into_iter().find(|event| fits(event)))
    }

    fn wait_end(&self) -> Instant {
        wait_for("the end of the stream", || *self.ended.lock().unwrap())
    }
}

#[test]
fn a_stream_tells_at_once_and_whenever_something_changed() {
    let chooser = Chooser::new();
    let first = call(
        "GET",
        &chooser.server().url(EVENTS),
        Some(&chooser.token),
        None,
    );
    let state = chooser.get("/trakt/sync");
    let data = first.text.lines().last().unwrap();
    let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(data, state);
    let head: Vec<&str> = first.text.lines().take(2).collect();
    assert_eq!(head, ["retry: 3000", "event: sync"]);

    let stream = Stream::of(&chooser);
    let told = stream.wait_for("the first event", |_| true);
    assert_eq!(told, state);
    let sim = &chooser.service.sim;
    add_plays(sim, 1..=2500);
    let slow = Fault::Delay { ms: 600 };
    let history = "GET /sync/history/movies";
    sim.fault_times(history, 100, slow).unwrap();
    chooser.link();
    stream.wait_for("a pull", |event| event["state"] == "running");
    let progress = stream.wait_for("progress", |event| !event["progress"].is_null());
    assert_eq!(progress["progress"]["part"], "movie_plays");
    stream.wait_for("more progress", |event| {
        event["progress"]["rows"].as_u64() > progress["progress"]["rows"].as_u64()
    });
    let done = stream.wait_for("the end of the pull", |event| {
        event["state"] == "idle" && event["lastFinishedAt"].is_string()
    });
    assert_eq!(done["counts"]["moviePlays"], 2500);
    let events = stream.events();
    let same = events.windows(2).filter(|pair| pair[0] == pair[1]);
    assert_eq!(same.count(), 0, "each says something new");
}

#[test]
fn a_user_has_two_streams_and_gets_a_place_back() {
    let chooser = Chooser::new();
    let streams = [Stream::of(&chooser), Stream::of(&chooser)];
    for stream in &streams {
        stream.wait_for("the first event", |_| true);
    }
    let third = || {
        call(
            "GET",
            &chooser.server().url(EVENTS),
            Some(&chooser.token),
            None,
        )
    };
    let refused = third();
    assert_eq!(refused.outcome(), "429 rate_limited");
    assert!(refused.header("retry-after").is_some());
    // A stream ends with its user.
    let vars = [
        ("DATABASE_URL", chooser.service.database.url()),
        ("DATA_DIR", "/nonexistent"),
        ("TOKEN_KEYS", TOKEN_KEYS),
        ("AUTH_SECRET", AUTH_SECRET),
    ];
    let remove = ["user", "remove", "--email", "user@example.org"];
    let removed = run_command(&remove, &vars, "");
    assert!(removed.status.success(), "{removed:?}");
    for stream in &streams {
        stream.wait_end();
    }
    assert_eq!(third().outcome(), "401 unauthenticated");
}

#[test]
fn a_client_that_goes_away_gives_its_place_back() {
    let chooser = Chooser::new();
    let first = || {
        call(
            "GET",
            &chooser.server().url(EVENTS),
            Some(&chooser.token),
            None,
        )
    };
    assert_eq!((first().status, first().status), (200, 200));
    // Both clients are gone; it is noticed when something is sent to them.
    let database = &chooser.service.database;
    let changes = "INSERT INTO watch_states (user_id, trakt_uuid, finished_at) \
                   VALUES ($1, 'x', clock_timestamp()) \
                   ON CONFLICT (user_id) DO UPDATE SET finished_at = clock_timestamp()";
    wait_for("a place", || {
        database.execute(changes, &[&chooser.user]);
        (first().status == 200).then_some(())
    });
}

#[test]
fn a_stop_ends_all_streams_at_once() {
    let mut chooser = Chooser::new();
    let stream = Stream::of(&chooser);
    stream.wait_for("the first event", |_| true);
    let start = Instant::now();
    chooser.server().signal(Signal::TERM);
    let ended = stream.wait_end();
    assert!(
        ended - start < Duration::from_secs(1),
        "{:?}",
        ended - start
    );
    let refused = call(
        "GET",
        &chooser.server().url(EVENTS),
        Some(&chooser.token),
        None,
    );
    assert_eq!(refused.outcome(), "503 database_unavailable");
    let status = chooser.service.server.ended();
    assert_eq!(status.code(), Some(0));
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}
