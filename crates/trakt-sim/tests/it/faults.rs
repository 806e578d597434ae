//! Scripted faults, each as it looks on the wire and by what it did to Trakt's state.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;
use trakt_sim::{Config, ControlError, Fault, TokenState};

use crate::client::{Client, ID, eventually, refresh_body, start};

const TOKEN: &str = "POST /oauth/token";

/// A refresh as bytes, after which the connection closes.
fn refresh_bytes(refresh_token: &str) -> String {
    let body = refresh_body(refresh_token).to_string();
    let length = body.len();
    format!(
        "POST /oauth/token HTTP/1.1\r\nhost: x\r\nuser-agent: x\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

fn head_and_body(answer: &str) -> (&str, &str) {
    answer
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no head: {answer:?}"))
}

fn announced(head: &str) -> usize {
    let line = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    line.unwrap_or_else(|| panic!("no length: {head}"))
        .parse()
        .unwrap()
}

#[test]
fn a_scripted_answer_stands_in_for_processing() {
    let (sim, client) = start(Config::default());
    let (_, refresh) = client.link(&sim, "sean");
    let fault = Fault::answer(503, "<h1>busy</h1>").header("Retry-After", "30");
    sim.fault_times(TOKEN, 2, fault).unwrap();
    sim.fault(TOKEN, Fault::status(429)).unwrap();
    for _ in 0..2 {
        let answer = client.raw(&refresh_bytes(&refresh));
        let (head, body) = head_and_body(&answer);
        assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
        assert!(head.contains("retry-after: 30"), "{head}");
        assert!(head.contains("content-type: text/html"), "{head}");
        assert_eq!(body, "<h1>busy</h1>");
    }
    let answer = client.refresh(&refresh);
    assert_eq!(
        (answer.status, answer.text.as_str(), answer.kind.as_str()),
        (429, "", "")
    );
    assert!(sim.faults().is_empty());
    assert_eq!(
        client.refresh(&refresh).status,
        200,
        "nothing was processed before"
    );

    let seen: Vec<_> = sim
        .requests_to(TOKEN)
        .iter()
        .map(|r| (r.status, r.outcome, r.fault.is_some()))
        .collect();
    let scripted = |status| (Some(status), None, true);
    let good = (Some(200), Some(200), false);
    assert_eq!(seen, [scripted(503), scripted(503), scripted(429), good]);
}

#[test]
fn an_answer_can_be_lost_after_processing() {
    let (sim, client) = start(Config::default());
    let (_, refresh) = client.link(&sim, "sean");
    sim.fault(TOKEN, Fault::status(504).after_processing())
        .unwrap();
    assert_eq!(client.refresh(&refresh).status, 504);
    assert_eq!(client.refresh(&refresh).status, 400, "it was used up");
    let requests = sim.requests_to(TOKEN);
    assert_eq!(
        (requests[0].status, requests[0].outcome),
        (Some(504), Some(200))
    );
}

#[test]
fn cut_before_does_nothing_and_cut_after_does_everything() {
    let (sim, client) = start(Config::default());
    let (_, refresh) = client.link(&sim, "sean");
    sim.fault(TOKEN, Fault::CutBefore).unwrap();
    assert_eq!(client.raw(&refresh_bytes(&refresh)), "");
    assert_eq!(sim.tokens().len(), 1);
    assert_eq!(sim.tokens()[0].state, TokenState::Live);

    sim.fault(TOKEN, Fault::CutAfter).unwrap();
    assert_eq!(client.raw(&refresh_bytes(&refresh)), "");
    assert_eq!(sim.tokens()[0].state, TokenState::Rotated);
    assert_eq!(sim.tokens()[1].state, TokenState::Live);

    let seen: Vec<_> = sim
        .requests_to(TOKEN)
        .iter()
        .map(|r| (r.status, r.outcome))
        .collect();
    assert_eq!(seen, [(None, None), (None, Some(200))]);
    assert!(client.refresh(&refresh).status == 400);
}

#[test]
fn cut_half_closes_within_the_body() {
    let (sim, client) = start(Config::default());
    let (_, refresh) = client.link(&sim, "sean");
    sim.fault(TOKEN, Fault::CutHalf).unwrap();
    let answer = client.raw(&refresh_bytes(&refresh));
    let (head, body) = head_and_body(&answer);
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert_eq!(body.len(), announced(head) / 2, "{body}");
    assert!(body.starts_with('{'), "{body}");
    assert_eq!(sim.tokens().len(), 2);

    // An empty answer is stuffed, so that there is something to cut.
    let (device_code, _) = client.code();
    sim.fault("POST /oauth/device/token", Fault::CutHalf)
        .unwrap();
    let poll = crate::client::poll_body(&device_code);
    assert!(client.try_post("/oauth/device/token", &poll).is_err());
    assert_eq!(sim.device_codes()[1].polls, 1);
}

#[test]
fn truncated_json_is_well_framed() {
    let (sim, client) = start(Config::default());
    let (_, refresh) = client.link(&sim, "sean");
    sim.fault("*", Fault::Truncate).unwrap();
    let answer = client.refresh(&refresh);
    assert_eq!(answer.status, 200);
    assert!(
        answer.kind.starts_with("application/json"),
        "{}",
        answer.kind
    );
    assert!(answer.text.starts_with('{'), "{}", answer.text);
    assert!(
        serde_json::from_str::<Value>(&answer.text).is_err(),
        "{}",
        answer.text
    );
    assert_eq!(sim.tokens()[0].state, TokenState::Rotated);

    let (device_code, _) = client.code();
    sim.fault("*", Fault::Truncate).unwrap();
    let answer = client.poll(&device_code);
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (200, "{\"access_token\":\"")
    );
}

#[test]
fn a_captcha_page_is_a_200() {
    let (sim, client) = start(Config::default());
    let (_, refresh) = client.link(&sim, "sean");
    sim.fault(TOKEN, Fault::Html).unwrap();
    let answer = client.refresh(&refresh);
    assert_eq!(answer.status, 200);
    assert!(answer.kind.starts_with("text/html"), "{}", answer.kind);
    assert!(answer.text.contains("<!DOCTYPE html>"));
    assert_eq!(client.refresh(&refresh).status, 200);
    assert_eq!(sim.tokens().len(), 2);
}

#[test]
fn a_huge_answer_has_its_length_and_does_not_say_it() {
    let (sim, client) = start(Config::default());
    for bytes in [32, 65_536, 3_000_000] {
        sim.fault("GET /users/sean", Fault::Huge { bytes }).unwrap();
        let answer = client.api("/users/sean", None);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.text.len() as u64, bytes);
        assert!(answer.json()["access_token"].is_string());
    }

    // Far more than anyone reads: the simulator goes on serving, and stops when who asked leaves.
    sim.fault("*", Fault::Huge { bytes: 1 << 40 }).unwrap();
    let mut stream = connect(&client);
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    let mut start = vec![0; 300_000];
    stream.read_exact(&mut start).unwrap();
    let text = String::from_utf8(start).unwrap();
    assert!(
        text.contains("transfer-encoding: chunked"),
        "{}",
        &text[..200]
    );
    assert!(!text.contains("content-length"), "{}", &text[..200]);
    assert_eq!(
        client
            .post(
                "/oauth/device/code",
                &serde_json::json!({ "client_id": ID })
            )
            .status,
        200
    );
}

#[test]
fn a_drip_comes_byte_by_byte_and_is_the_true_answer() {
    let (sim, client) = start(Config::default());
    sim.fault("GET /users/sean", Fault::Drip { every_ms: 2 })
        .unwrap();
    let begun = Instant::now();
    let dripped = client.api("/users/sean", None);
    let took = begun.elapsed();
    let whole = client.api("/users/sean", None);
    assert_eq!((dripped.status, &dripped.text), (200, &whole.text));
    assert!(
        took >= Duration::from_millis(2 * whole.text.len() as u64),
        "{took:?}"
    );

    // The head is there long before the end of the body.
    sim.fault("GET /users/sean", Fault::Drip { every_ms: 60_000 })
        .unwrap();
    let mut stream = connect(&client);
    let request = format!(
        "GET /users/sean HTTP/1.1\r\nhost: x\r\nuser-agent: x\r\ntrakt-api-key: {ID}\r\n\
         trakt-api-version: 2\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut head = [0; 15];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
}

#[test]
fn a_delayed_request_takes_effect_even_when_the_client_left() {
    let (sim, client) = start(Config::default());
    let (_, refresh) = client.link(&sim, "sean");
    sim.fault(TOKEN, Fault::Delay { ms: 150 }).unwrap();
    let begun = Instant::now();
    assert_eq!(client.refresh(&refresh).status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(150));

    let refresh = sim.tokens()[1].refresh_token.clone();
    sim.fault(TOKEN, Fault::Delay { ms: 700 }).unwrap();
    let mut stream = connect(&client);
    stream
        .write_all(refresh_bytes(&refresh).as_bytes())
        .unwrap();
    eventually("the request is in the log", || {
        sim.requests_to(TOKEN).len() == 2
    });
    assert_eq!(
        sim.requests_to(TOKEN)[1].outcome,
        None,
        "written down before it is processed"
    );
    drop(stream);
    eventually("it is processed", || sim.tokens().len() == 3);
    assert_eq!(sim.tokens()[1].state, TokenState::Rotated);
}

#[test]
fn a_late_answer_was_processed_at_once() {
    let (sim, client) = start(Config::default());
    let (_, refresh) = client.link(&sim, "sean");
    sim.fault(TOKEN, Fault::Late { ms: 60_000 }).unwrap();
    let mut stream = connect(&client);
    stream
        .write_all(refresh_bytes(&refresh).as_bytes())
        .unwrap();
    eventually("it is processed", || sim.tokens().len() == 2);
    assert_eq!(sim.requests_to(TOKEN)[0].outcome, Some(200));
    assert_eq!(sim.requests_to(TOKEN)[0].status, None);

    sim.fault("GET /users/sean", Fault::Late { ms: 120 })
        .unwrap();
    let begun = Instant::now();
    assert_eq!(client.api("/users/sean", None).status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(120));
}

#[test]
fn a_redirect_goes_where_it_is_told() {
    let (sim, client) = start(Config::default());
    sim.fault("GET /users/*", Fault::redirect("http://127.0.0.1:9/x"))
        .unwrap();
    let moved = Fault::Redirect {
        status: 308,
        location: "/elsewhere".to_owned(),
    };
    sim.fault("GET /users/*", moved).unwrap();
    let answer = client.api("/users/sean", None);
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (302, "http://127.0.0.1:9/x")
    );
    let answer = client.api("/users/sean", None);
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (308, "/elsewhere")
    );
}

#[test]
fn a_fault_meets_only_what_it_fits_and_can_be_forgotten() {
    let (sim, client) = start(Config::default());
    sim.fault("GET /users/sean", Fault::status(500)).unwrap();
    assert_eq!(client.api("/users/justin", None).status, 200);
    assert_eq!(client.get("/_sim/tokens", &[]).status, 200);
    assert_eq!(client.api("/users/sean?extended=full", None).status, 500);
    assert_eq!(client.api("/users/sean", None).status, 200);
    sim.fault_times("*", 100, Fault::status(500)).unwrap();
    assert_eq!(
        client.get("/_sim/tokens", &[]).status,
        200,
        "control is out of reach of faults"
    );
    sim.clear_faults();
    assert_eq!(client.api("/users/sean", None).status, 200);
}

#[test]
fn what_could_not_be_answered_is_refused() {
    let (sim, _client) = start(Config::default());
    let redirect = |status, to: &str| Fault::Redirect {
        status,
        location: to.to_owned(),
    };
    let bad = [
        ("*", Fault::status(199)),
        ("*", Fault::status(600)),
        ("*", Fault::status(200).header("a b", "c")),
        ("*", Fault::status(200).header("a", "b\r\nc: d")),
        ("*", Fault::Huge { bytes: 31 }),
        ("*", redirect(200, "/")),
        ("*", redirect(302, "\n")),
        ("/oauth/token", Fault::status(200)),
    ];
    for (on, fault) in bad {
        let refused = sim.fault(on, fault.clone());
        assert!(
            matches!(refused, Err(ControlError::BadFault(_))),
            "{fault:?}"
        );
    }
    let refused = sim.fault_times("*", 0, Fault::status(200));
    assert!(matches!(refused, Err(ControlError::BadFault(_))));
    assert!(sim.faults().is_empty());
}

fn connect(client: &Client) -> TcpStream {
    let stream = TcpStream::connect(client.url.strip_prefix("http://").unwrap()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream
}
