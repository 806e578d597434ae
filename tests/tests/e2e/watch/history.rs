//! `GET /trakt/history`: what was read, as it is served.

use serde_json::Value;
use trakt_sim::{Action, MediaType, NewPlay, Sim};
use ureq::http::Request;

use crate::harness::{Reply, Server, Service, issue_token, send, wait_for};

/// Seconds after a moment in September.
fn play(media: MediaType, trakt: u64, second: u64) -> NewPlay {
    NewPlay {
        media,
        trakt,
        watched_at_ms: 1_788_300_000_000 + second * 1000 + 123,
        action: Action::Scrobble,
    }
}

/// A linked user whose plays were read.
fn viewer(service: &Service, plays: &[NewPlay]) -> String {
    let (server, sim): (&Server, &Sim) = (&service.server, &service.sim);
    sim.add_plays("sean", plays).unwrap();
    let token = issue_token(service.database.user("user@example.org", "user"), 600);
    assert_eq!(server.link(sim, &token, "sean").status, 200);
    wait_for("the first pull", || {
        let state = server.patiently("GET", "/trakt/sync", &token, None).json();
        (state["state"] == "idle").then_some(())
    });
    token
}

fn get(server: &Server, token: &str, query: &str) -> Value {
    let path = format!("/trakt/history{query}");
    let reply = server.patiently("GET", &path, token, None);
    assert_eq!(reply.status, 200, "{query}: {reply:?}");
    reply.json()
}

fn ids(list: &Value) -> Vec<i64> {
    let items = list["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["id"].as_i64().unwrap())
        .collect()
}

#[test]
fn the_plays_come_newest_first_page_by_page() {
    let service = Service::start();
    // Two of the same moment, so that the id decides.
    let movies = (0..9).map(|n| play(MediaType::Movie, n % 3 + 1, n / 2 * 60));
    let plays: Vec<_> = movies.chain([play(MediaType::Episode, 1, 90)]).collect();
    let token = viewer(&service, &plays);
    let server = &service.server;
    let theirs = service.sim.plays("sean").unwrap();
    let mut expected: Vec<_> = theirs
        .iter()
        .map(|play| (play.watched_at_ms, i64::try_from(play.id).unwrap()))
        .collect();
    expected.sort_unstable_by(|a, b| b.cmp(a));
    let expected: Vec<i64> = expected.into_iter().map(|(_, id)| id).collect();

    let all = get(server, &token, "");
    assert_eq!(ids(&all), expected);
    assert_eq!(all["nextCursor"], Value::Null);
    assert!(all["asOf"].is_string(), "{all}");
    let (mut read, mut cursor) = (Vec::new(), String::new());
    for page in 0.. {
        let list = get(server, &token, &format!("?limit=3{cursor}"));
        read.extend(ids(&list));
        let Some(next) = list["nextCursor"].as_str() else {
            assert_eq!(page, 3);
            break;
        };
        assert_eq!(ids(&list).len(), 3);
        cursor = format!("&cursor={next}");
    }
    assert_eq!(read, expected);
    // As many as there are is all.
    let list = get(server, &token, "?limit=10");
    assert_eq!(list["nextCursor"], Value::Null);

    let first = &all["items"].as_array().unwrap()[0];
    assert_eq!(first["action"], "scrobble");
    assert_eq!(first["watchedAt"], "2026-09-01T22:04:00.123Z");
    assert_eq!(first["type"], "movie");
    assert!(first["movie"]["title"].is_string() && first["movie"]["year"].is_u64());
    assert!(first["movie"]["ids"]["slug"].is_string());
    let episodes = get(server, &token, "?type=episode");
    let [episode] = &episodes["items"].as_array().unwrap()[..] else {
        panic!("{episodes}");
    };
    assert_eq!(episode["episode"]["season"], 1, "{episode}");
    assert_eq!(episode["episode"]["number"], 1);
    assert!(episode["show"]["ids"]["trakt"].is_u64(), "{episode}");
    assert_eq!(ids(&get(server, &token, "?type=movie")).len(), 9);
    // The time it begins with is in, the one it ends with is out.
    let at = |second: i64| {
        let time = chrono::DateTime::from_timestamp_millis(1_788_300_000_123 + second * 1000);
        time.unwrap()
            .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    };
    let some = get(
        server,
        &token,
        &format!("?since={}&until={}", at(60), at(120)),
    );
    assert_eq!(ids(&some).len(), 3);

    let other = issue_token(service.database.user("other@example.org", "user"), 600);
    let none = get(server, &other, "");
    assert_eq!((ids(&none).len(), &none["asOf"]), (0, &Value::Null));
}

#[test]
fn who_has_it_is_told_so_until_it_changes() {
    let service = Service::start();
    let token = viewer(&service, &[play(MediaType::Movie, 1, 0)]);
    let server = &service.server;
    let ask = |tag: &str| -> Reply {
        let request = Request::builder()
            .uri(server.url("/trakt/history"))
            .header("authorization", format!("Bearer {token}"))
            .header("if-none-match", tag);
        let request = request.body(Vec::new()).unwrap();
        wait_for("the user's turn", || {
            let reply = send(request.clone());
            (reply.status != 429).then_some(reply)
        })
    };
    let first = server.patiently("GET", "/trakt/history", &token, None);
    let tag = first.header("etag").unwrap();
    assert_eq!(first.header("cache-control"), Some("private, no-cache"));
    for same in [tag, &format!("W/{tag}"), &format!("\"x\", {tag}"), "*"] {
        let reply = ask(same);
        assert_eq!((reply.status, reply.text.as_str()), (304, ""), "{same}");
        assert_eq!(reply.header("etag"), Some(tag));
    }
    assert_eq!(ask("\"x\"").text, first.text);

    service.database.execute("DELETE FROM plays", &[]);
    let reply = ask(tag);
    assert_eq!((reply.status, ids(&reply.json()).len()), (200, 0));
}

#[test]
fn a_query_that_means_nothing_is_refused_by_its_fields() {
    let service = Service::start();
    let token = issue_token(service.database.user("user@example.org", "user"), 600);
    for (query, field) in [
        ("type=show", "type"),
        ("since=yesterday", "since"),
        ("until=2026", "until"),
        ("cursor=1", "cursor"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("page=1", "page"),
    ] {
        let path = format!("/trakt/history?{query}");
        let reply = service.server.patiently("GET", &path, &token, None);
        assert_eq!(reply.outcome(), "422 validation_failed", "{query}");
        assert_eq!(reply.json()["errors"][0]["field"], field, "{query}");
    }
}
