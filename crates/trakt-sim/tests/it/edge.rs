//! What Trakt's edge and its old backend do, and answers that are not what they say.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use trakt_sim::{Config, ControlError, Fault, TokenState};

use crate::client::{Client, ID, start};

/// Asks for a profile; the stream has the answer.
fn ask(client: &Client) -> TcpStream {
    let mut stream = TcpStream::connect(client.url.strip_prefix("http://").unwrap()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let request = format!(
        "GET /users/sean HTTP/1.1\r\nhost: x\r\nuser-agent: x\r\nconnection: close\r\n\
         trakt-api-key: {ID}\r\ntrakt-api-version: 2\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// The head and the body of what comes back.
fn answer(mut stream: TcpStream) -> (String, Vec<u8>) {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let body = answer.split_off(end + 4);
    (String::from_utf8(answer).unwrap(), body)
}

/// The body of a chunked answer (RFC 9112, section 7.1).
fn unchunked(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = chunks.windows(2).position(|w| w == b"\r\n").unwrap();
        let length = std::str::from_utf8(&chunks[..line]).unwrap();
        let length = usize::from_str_radix(length, 16).unwrap();
        let chunk = &chunks[line + 2..];
        if length == 0 {
            return body;
        }
        body.extend(&chunk[..length]);
        chunks = &chunk[length + 2..];
    }
}

#[test]
fn the_edge_has_a_page_for_each_of_its_statuses() {
    let (sim, client) = start(Config::default());
    let (_, refresh) = client.link(&sim, "sean");
    let pages = [
        (403, "Sorry, you have been blocked"),
        (429, "Error 1015"),
        (502, "502 Bad Gateway"),
        (503, "503 Service Temporarily Unavailable"),
        (504, "504 Gateway Time-out"),
        (520, "Error 520"),
        (521, "Error 521"),
        (522, "Error 522"),
    ];
    for (status, text) in pages {
        let page = json!({ "kind": "edge", "status": status, "retry_after": 300 });
        let scripted = json!({ "on": "POST /oauth/token", "fault": page });
        assert_eq!(client.post("/_sim/faults", &scripted).status, 200);
        let answer = client.refresh(&refresh);
        assert_eq!(answer.status, status);
        assert!(answer.kind.starts_with("text/html"), "{}", answer.kind);
        assert!(answer.text.contains(text), "{}", answer.text);
        assert_eq!(answer.header("retry-after"), "300");
        assert_eq!(answer.header("x-ratelimit"), "");
    }
    assert_eq!(sim.tokens()[0].state, TokenState::Live, "not processed");
    let edge = |status| Fault::Edge {
        status,
        retry_after: None,
    };
    for status in [200, 404, 500, 523] {
        let refused = sim.fault("*", edge(status));
        assert!(
            matches!(refused, Err(ControlError::BadFault(_))),
            "{status}"
        );
    }
    sim.fault("*", edge(503)).unwrap();
    assert_eq!(client.refresh(&refresh).header("retry-after"), "");
}

#[test]
fn a_slow_head_drips_and_the_body_does_not() {
    let (sim, client) = start(Config::default());
    let (head, body) = answer(ask(&client));
    sim.fault("GET /*", Fault::SlowHead { every_ms: 2 })
        .unwrap();
    let begun = Instant::now();
    let (slow_head, slow_body) = answer(ask(&client));
    let took = begun.elapsed();
    assert_eq!((slow_head.len(), slow_body), (head.len(), body));
    let least = Duration::from_millis(2 * head.len() as u64);
    assert!(took >= least, "{took:?}");

    // The first byte takes its time too.
    let fault = Fault::SlowHead { every_ms: 60_000 };
    sim.fault("GET /*", fault).unwrap();
    let mut stream = ask(&client);
    stream
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    assert!(stream.read(&mut [0; 64]).is_err());
    let none = sim.fault("*", Fault::SlowHead { every_ms: 0 });
    assert!(matches!(none, Err(ControlError::BadFault(_))));
}

#[test]
fn garbage_says_that_it_is_json() {
    let (sim, client) = start(Config::default());
    let bodies = [16, 100_000].map(|bytes| {
        sim.fault("GET /*", Fault::Garbage { bytes }).unwrap();
        let (head, body) = answer(ask(&client));
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("content-type: application/json"), "{head}");
        assert_eq!(body.len(), bytes);
        assert!(serde_json::from_slice::<Value>(&body).is_err());
        body
    });
    assert_ne!(bodies[0], bodies[1][..16]);
    let seen: std::collections::HashSet<_> = bodies[1].iter().collect();
    assert!(seen.len() > 200, "every byte comes");
    for bytes in [15, (1 << 24) + 1] {
        let refused = sim.fault("*", Fault::Garbage { bytes });
        assert!(matches!(refused, Err(ControlError::BadFault(_))));
    }
}

#[test]
fn a_gzip_bomb_is_a_thousand_times_larger_inside() {
    let (sim, client) = start(Config::default());
    for bytes in [32, 1 << 20, (3 << 20) + 12_345] {
        sim.fault("GET /*", Fault::GzipBomb { bytes }).unwrap();
        let (head, body) = answer(ask(&client));
        assert!(head.contains("content-encoding: gzip"), "{head}");
        assert!(head.contains("content-type: application/json"), "{head}");
        let packed = unchunked(&body);
        assert!(packed.len() as u64 <= bytes / 500 + 200, "{}", packed.len());
        let mut text = String::new();
        // It checks the length and the checksum too.
        GzDecoder::new(&packed[..])
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text.len() as u64, bytes);
        let json: Value = serde_json::from_str(&text).unwrap();
        assert!(json["access_token"].is_string());
    }

    // More than anyone unpacks, and no work before it is sent.
    let bytes = 1 << 50;
    sim.fault("GET /*", Fault::GzipBomb { bytes }).unwrap();
    let mut start = vec![0; 300_000];
    let begun = Instant::now();
    let mut stream = ask(&client);
    stream.read_exact(&mut start).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    drop(stream);
    assert_eq!(client.api("/users/sean", None).status, 200);
}

#[test]
fn the_old_backend_marks_its_answers() {
    let (_sim, client) = start(Config::default());
    let mark = |path: &str| {
        let answer = client.api(path, None);
        answer.header("x-trakt-server").to_owned()
    };
    assert_eq!(mark("/users/sean"), "");
    client.post("/_sim/settings", &json!({ "rails": true }));
    assert_eq!(mark("/users/sean"), "rails");
    assert_eq!(mark("/users/nobody"), "rails");
    assert_eq!(client.refresh("x").header("x-trakt-server"), "");
}
