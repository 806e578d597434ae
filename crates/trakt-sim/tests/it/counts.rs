//! Counts for each endpoint, and a log that takes some requests or none.

use serde_json::{Value, json};
use trakt_sim::{Config, Fault, Settings, Sim};

use crate::client::{ID, start};

fn counts(sim: &Sim) -> Vec<(String, Option<u16>, u64)> {
    let counts = sim.counts().into_iter();
    counts
        .map(|count| (count.endpoint, count.status, count.requests))
        .collect()
}

#[test]
fn every_request_is_counted_by_endpoint_and_status() {
    let (sim, client) = start(Config {
        requests_kept: 0,
        ..Config::default()
    });
    for path in [
        "/users/sean",
        "/users/justin?extended=full",
        "/users/nobody",
    ] {
        client.api(path, None);
    }
    sim.fault("GET /users/sean", Fault::status(503)).unwrap();
    client.api("/users/sean", None);
    sim.fault("POST *", Fault::CutAfter).unwrap_err();
    sim.fault("POST /*", Fault::CutAfter).unwrap();
    let body = json!({ "client_id": ID });
    assert!(client.try_post("/oauth/device/code", &body).is_err());
    assert_eq!(client.get("/nowhere", &[]).status, 404);
    assert_eq!(client.send("PATCH", "/users/sean", &[]).status, 405);
    assert_eq!(client.get("/_sim/clock", &[]).status, 200);

    let profile = "GET /users/{slug}".to_owned();
    let expected = [
        ("*".to_owned(), Some(404), 1),
        (profile.clone(), Some(200), 2),
        (profile.clone(), Some(404), 1),
        (profile, Some(503), 1),
        ("PATCH /users/{slug}".to_owned(), Some(405), 1),
        ("POST /oauth/device/code".to_owned(), None, 1),
    ];
    assert_eq!(counts(&sim), expected);
    assert_eq!(
        sim.device_codes().len(),
        1,
        "asking for a name does nothing"
    );
    assert_eq!(sim.requests(), []);

    let listed = client.get("/_sim/counts", &[]).json();
    let cut = json!({ "endpoint": "POST /oauth/device/code", "status": null, "requests": 1 });
    assert_eq!(listed[5], cut);
    assert_eq!(client.delete("/_sim/counts").status, 200);
    assert_eq!(client.get("/_sim/counts", &[]).json(), json!([]));
}

#[test]
fn a_client_that_left_is_counted() {
    let (sim, client) = start(Config::default());
    sim.fault("GET /users/*", Fault::Delay { ms: 100 }).unwrap();
    let address = client.url.strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let request = "GET /users/sean HTTP/1.1\r\nhost: x\r\nuser-agent: x\r\n\r\n";
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    crate::client::eventually("it came", || sim.requests().len() == 1);
    drop(stream);
    crate::client::eventually("it is counted", || sim.counts().len() == 1);
}

#[test]
fn the_log_takes_some_or_none() {
    let (sim, client) = start(Config {
        requests_every: 3,
        ..Config::default()
    });
    let ask = |times: u32| {
        for _ in 0..times {
            assert_eq!(client.api("/users/sean", None).status, 200);
        }
    };
    let seqs = || sim.requests().iter().map(|r| r.seq).collect::<Vec<_>>();
    ask(7);
    assert_eq!(seqs(), [0, 3, 6]);
    assert!(sim.requests().iter().all(|r| r.status == Some(200)));

    let set = |body: Value| client.post("/_sim/settings", &body).json();
    set(json!({ "requests_kept": 2 }));
    ask(3);
    assert_eq!(seqs(), [6, 9]);
    set(json!({ "requests_kept": 0 }));
    ask(3);
    assert_eq!(seqs(), [6, 9], "what is there stays");
    sim.set(Settings {
        requests_kept: Some(5),
        requests_every: Some(1),
        ..Settings::default()
    });
    ask(1);
    assert_eq!(seqs(), [6, 9, 13]);
    assert_eq!(
        counts(&sim),
        [("GET /users/{slug}".to_owned(), Some(200), 14)]
    );
}
