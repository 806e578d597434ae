//! Rate limits and bans, with the clock standing still.

use std::io::{Read as _, Write as _};

use serde_json::{Value, json};
use tokio::net::TcpSocket;
use trakt_sim::{Config, RateLimit, RateLimits, Sim};

use crate::client::{Answer, Client, ID, start};

fn limited(rate_limits: RateLimits) -> (Sim, Client) {
    let (sim, client) = start(Config {
        any_client: true,
        rate_limits: RateLimits {
            on: true,
            ..rate_limits
        },
        ..Config::default()
    });
    sim.set_speed(0);
    (sim, client)
}

fn few() -> RateLimits {
    RateLimits {
        authed_get: RateLimit {
            limit: 3,
            period: 300,
        },
        unauthed_get: RateLimit {
            limit: 2,
            period: 60,
        },
        ..RateLimits::default()
    }
}

fn told(answer: &Answer) -> Value {
    serde_json::from_str(answer.header("x-ratelimit")).unwrap()
}

#[test]
fn an_account_reads_so_often_in_five_minutes() {
    let (sim, client) = limited(few());
    let (access, refresh) = client.link(&sim, "sean");
    let (same_account, _) = client.link(&sim, "sean");
    let (other, _) = client.link(&sim, "justin");
    let read = |token: &str| client.api("/users/sean", Some(token));
    for token in [&access, &same_account, &access] {
        let answer = read(token);
        assert_eq!((answer.status, answer.header("x-ratelimit")), (200, ""));
    }
    sim.advance(100);
    let answer = read(&same_account);
    assert_eq!((answer.status, answer.text.as_str()), (429, ""));
    assert_eq!(answer.header("retry-after"), "200");
    let mut expected = told(&answer);
    let until = expected["until"].take();
    let shape = json!({
        "name": "AUTHED_API_GET_LIMIT", "period": 300, "limit": 3, "remaining": 0, "until": null,
    });
    assert_eq!(expected, shape);
    let until = chrono::DateTime::parse_from_rfc3339(until.as_str().unwrap()).unwrap();
    let ends = i64::try_from(sim.now_ms() / 1000 + 200).unwrap();
    assert_eq!(until.timestamp(), ends);

    assert_eq!(read(&other).status, 200, "another account");
    assert_eq!(client.api("/users/sean", None).status, 200, "nobody");
    assert_eq!(client.refresh(&refresh).status, 200, "OAuth");
    sim.advance(199);
    assert_eq!(read(&same_account).status, 429);
    sim.advance(1);
    assert_eq!(read(&same_account).status, 200);
}

#[test]
fn the_default_is_what_trakt_documents() {
    let (sim, client) = limited(RateLimits::default());
    let (access, _) = client.link(&sim, "sean");
    let status = || client.api("/users/settings", Some(&access)).status;
    assert!((0..500).all(|_| status() == 200));
    assert_eq!(status(), 429);

    let (_off, client) = start(Config::default());
    assert!((0..501).all(|_| client.api("/users/sean", None).status == 200));
}

#[test]
fn an_account_writes_once_a_second() {
    let (sim, client) = limited(few());
    let (access, _) = client.link(&sim, "sean");
    let bearer = format!("Bearer {access}");
    let write = |path: &str| {
        let headers = [("trakt-api-key", ID), ("authorization", bearer.as_str())];
        client.send("PUT", path, &headers)
    };
    // Whatever becomes of it: here, there is no such method.
    assert_eq!(write("/users/sean").status, 405);
    let answer = write("/users/settings");
    assert_eq!(answer.status, 429, "whatever it writes");
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(told(&answer)["name"], "AUTHED_API_POST_LIMIT");
    assert_eq!(client.api("/users/me", Some(&access)).status, 200);
    sim.advance(1);
    assert_eq!(write("/users/sean").status, 405);
}

#[test]
fn nobody_is_an_application_and_an_address() {
    let (sim, client) = limited(few());
    let read = |key: &str, bearer: &str| {
        let mut headers = vec![("trakt-api-key", key), ("trakt-api-version", "2")];
        if !bearer.is_empty() {
            headers.push(("authorization", bearer));
        }
        client.get("/users/sean", &headers)
    };
    assert_eq!(read(ID, "").status, 200);
    assert_eq!(read(ID, "Bearer dead").status, 401, "counted here");
    let answer = read(ID, "");
    assert_eq!(told(&answer)["name"], "UNAUTHED_API_GET_LIMIT");
    assert_eq!(answer.header("retry-after"), "60");
    assert_eq!(read("another", "").status, 200);
    assert_eq!(status_from("127.0.0.1", &client), 429);
    assert_eq!(status_from("127.0.0.2", &client), 200);
    sim.advance(60);
    assert_eq!(read(ID, "").status, 200);
}

#[test]
fn what_does_nothing_is_not_counted() {
    let (_sim, client) = start(Config {
        rate_limits: RateLimits { on: true, ..few() },
        ..Config::default()
    });
    let key = |id| [("trakt-api-key", id), ("trakt-api-version", "2")];
    for _ in 0..4 {
        let write = client.send("PUT", "/users/settings", &key(ID));
        assert_eq!(write.status, 401, "nobody's write");
        assert_eq!(client.get("/users/sean", &key("unknown")).status, 403);
    }
    let read = || client.api("/users/sean", None).status;
    assert_eq!((read(), read(), read()), (200, 200, 429));
}

/// Asks from another address of this machine.
fn status_from(address: &str, client: &Client) -> u16 {
    let to = client.url.strip_prefix("http://").unwrap().parse().unwrap();
    let request = format!(
        "GET /users/sean HTTP/1.1\r\nhost: x\r\nuser-agent: x\r\nconnection: close\r\n\
         trakt-api-key: {ID}\r\ntrakt-api-version: 2\r\n\r\n"
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let stream = runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket
            .bind(format!("{address}:0").parse().unwrap())
            .unwrap();
        socket.connect(to).await.unwrap()
    });
    let mut stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn the_edge_limits_with_a_page() {
    let (_sim, client) = limited(RateLimits {
        edge: true,
        ..few()
    });
    client.api("/users/sean", None);
    client.api("/users/sean", None);
    let answer = client.api("/users/sean", None);
    assert_eq!(answer.status, 429);
    assert!(answer.kind.starts_with("text/html"), "{}", answer.kind);
    assert_eq!(answer.header("retry-after"), "60");
    assert_eq!(answer.header("x-ratelimit"), "");
}

#[test]
fn many_dead_tokens_ban_an_address() {
    let (sim, client) = limited(RateLimits {
        ban_after: 3,
        ban_seconds: 100,
        ..RateLimits::default()
    });
    let (access, _) = client.link(&sim, "sean");
    let dead = || client.api("/users/settings", Some("dead")).status;
    assert_eq!((dead(), dead()), (401, 401));
    sim.advance(300);
    assert_eq!((dead(), dead()), (401, 401), "the first two are forgotten");
    assert_eq!(client.api("/users/settings", Some(&access)).status, 200);
    assert_eq!(dead(), 401);

    let answer = client.api("/users/settings", Some(&access));
    assert_eq!(answer.status, 429);
    assert!(answer.text.contains("Error 1015"), "{}", answer.text);
    assert_eq!(answer.header("retry-after"), "100");
    assert_eq!(status_from("127.0.0.2", &client), 200);
    client.code();
    sim.advance(100);
    assert_eq!((dead(), dead()), (401, 401), "counted anew");
    assert_eq!(client.api("/users/settings", Some(&access)).status, 200);
}

#[test]
fn limits_change_as_it_runs() {
    let (_sim, client) = start(Config::default());
    let limits =
        json!({ "rate_limits": { "on": true, "unauthed_get": { "limit": 1, "period": 9 } } });
    let set = client.post("/_sim/settings", &limits).json();
    assert_eq!(set["rate_limits"]["authed_get"]["limit"], 500);
    let status = || client.api("/users/sean", None).status;
    assert_eq!((status(), status()), (200, 429));
    client.post("/_sim/settings", &json!({ "rate_limits": { "on": false } }));
    assert_eq!(status(), 200);
}
