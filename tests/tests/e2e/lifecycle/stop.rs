//! How connections and what is under way end when the service stops.

use std::net::TcpStream;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use trakt_sim::{Fault, TokenState};

use super::{Line, ask, is_last};
use crate::harness::{Database, Linker, Server, Service, issue_token, sim, wait_for};

#[test]
fn each_answer_of_a_service_that_stops_is_the_last_of_its_connection() {
    let (sim, database) = (sim(), Database::fresh());
    let builder = Server::builder().database(&database).sim(&sim);
    let server = builder.var("DRAIN_DELAY", "3").start();
    let (mut busy, mut idle) = (Line::to(&server), Line::to(&server));
    for line in [&mut busy, &mut idle] {
        let (status, head, _) = line.raw(&ask("/healthz"));
        assert_eq!((status, is_last(&head)), (200, false));
    }
    server.signal(Signal::TERM);
    wait_for("unreadiness", || {
        (Line::to(&server).get("/readyz").0 == 503).then_some(())
    });
    // Whoever was connected is served once more and knows that it was the last time.
    let (status, head, _) = busy.raw(&ask("/healthz"));
    assert_eq!((status, is_last(&head)), (200, true), "{head:?}");
    assert_eq!(busy.rest(), "");
    // So is whoever comes now. Another signal changes nothing.
    server.signal(Signal::TERM);
    let mut late = Line::to(&server);
    let (status, head, _) = late.raw(&ask("/healthz"));
    assert_eq!((status, is_last(&head)), (200, true), "{head:?}");
    assert_eq!(late.rest(), "");
    // A connection on which nothing happens ends by itself.
    assert_eq!(idle.rest(), "");
    let (status, log) = server.stop();
    assert_eq!(status.code(), Some(0), "{log}");
}

/// The request of a client that has connected may be on its way.
#[test]
fn who_has_connected_in_time_is_served() {
    let (sim, database) = (sim(), Database::fresh());
    let builder = Server::builder().database(&database).sim(&sim);
    let mut server = builder.var("DRAIN_DELAY", "0").start();
    let url = server.url("");
    let address = url.trim_start_matches("http://").parse().unwrap();
    let mut early = Line::to(&server);
    server.signal(Signal::TERM);
    wait_for("a socket that takes nobody any more", || {
        let connected = TcpStream::connect_timeout(&address, Duration::from_millis(100));
        connected.is_err().then_some(())
    });
    let (status, head, _) = early.raw(&ask("/healthz"));
    assert_eq!((status, is_last(&head)), (200, true), "{head:?}");
    assert_eq!(early.rest(), "");
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn a_refresh_that_is_under_way_is_stored_before_the_end() {
    let (sim, database) = (sim(), Database::fresh());
    let linker = Linker::new(&database, &sim);
    linker.link(&database, &sim, "sean-2");
    let before = sim.requests_to("POST /oauth/token").len();
    let due = "UPDATE trakt_users SET token_expires_at = now(), refresh_due_at = now()";
    database.execute(due, &[]);
    sim.fault("POST /oauth/token", Fault::Late { ms: 2500 })
        .unwrap();
    let server = Server::builder().database(&database).sim(&sim).start();
    wait_for("the refresh", || {
        (sim.requests_to("POST /oauth/token").len() > before).then_some(())
    });
    let generation = "SELECT generation FROM trakt_users WHERE status = 'active'";
    let old = database.count(generation);
    let (status, log) = server.stop();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(database.count(generation), old + 1, "{log}");
    let pairs = sim.tokens();
    let live = pairs.iter().filter(|pair| pair.state == TokenState::Live);
    assert_eq!(live.count(), 1);
}

#[test]
fn a_write_that_is_on_its_way_to_trakt_is_noted_before_the_end() {
    let Service {
        server,
        sim,
        database,
    } = Service::start();
    let token = issue_token(database.user("ana@example.org", "user"), 600);
    assert_eq!(server.link(&sim, &token, "sean").status, 200);
    sim.fault("POST /sync/ratings", Fault::Late { ms: 2500 })
        .unwrap();
    let body = json!({ "movie": { "ids": { "trakt": 7 } }, "rating": 9 });
    let reply = server.patiently("POST", "/trakt/ratings", &token, Some(&body));
    assert_eq!(reply.status, 202, "{reply:?}");
    wait_for("the call to Trakt", || {
        (!sim.requests_to("POST /sync/ratings").is_empty()).then_some(())
    });
    let (status, log) = server.stop();
    assert_eq!(status.code(), Some(0), "{log}");
    let states = "SELECT state FROM outbox";
    let states = database.rows(states, &[]);
    assert_eq!(states.len(), 1);
    assert_eq!(states[0].get::<_, &str>(0), "confirmed", "{log}");
    assert_eq!(sim.requests_to("POST /sync/ratings").len(), 1);
}
