//! Each deed, to its end at Trakt.

use serde_json::{Value, json};

use super::{Writer, movie, watched};
use crate::harness::{call, send};

#[test]
fn a_play_is_seen_at_once_sent_and_removed_again() {
    let writer = Writer::new();
    let body = json!({ "movie": movie(1), "watchedAt": "2026-09-01T20:00:30.123Z" });
    let id = writer.write("POST", "/trakt/history", &body);
    let seen = writer.list("/trakt/history");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["watchedAt"], "2026-09-01T20:00:30.123Z");
    assert_eq!(seen[0]["movie"]["ids"]["trakt"], 1);
    assert!(seen[0]["movie"]["title"].is_string(), "{}", seen[0]);

    writer.confirmed(&id);
    let theirs = writer.theirs();
    assert_eq!(theirs.len(), 1);
    assert_eq!(theirs[0].watched_at_ms, 1_788_292_830_123);
    // Its id at Trakt is not known yet; the write that made it names it.
    assert!(seen[0]["id"].is_null());
    let path = format!("/trakt/history/{id}");
    let early = writer.send("DELETE", &path, &json!({}));
    assert_eq!(early.outcome(), "409 not_confirmed_yet");
    assert_eq!(early.header("retry-after"), Some("60"));
    // A minute has one play of a thing.
    let again = json!({ "movie": movie(1), "watchedAt": "2026-09-01T20:00:59Z" });
    let again = writer.send("POST", "/trakt/history", &again).json();
    assert_eq!(again["state"], "confirmed");
    assert_eq!(
        writer.outbox(again["id"].as_str().unwrap())["reason"],
        "already_there"
    );
    assert_eq!(writer.list("/trakt/history").len(), 1);

    writer.pull();
    let seen = writer.list("/trakt/history");
    assert_eq!(seen.len(), 1);
    let play = seen[0]["id"].as_i64().unwrap();
    assert_eq!(u64::try_from(play).unwrap(), theirs[0].id);
    let removal = writer.write("DELETE", &path, &json!({}));
    assert!(writer.list("/trakt/history").is_empty());
    // The same once more, by either name, is the same write.
    assert_eq!(writer.write("DELETE", &path, &json!({})), removal);
    let path = format!("/trakt/history/{play}");
    assert_eq!(writer.write("DELETE", &path, &json!({})), removal);
    let id = removal;
    writer.confirmed(&id);
    assert!(writer.theirs().is_empty());
    let gone = writer.send("DELETE", "/trakt/history/12345", &json!({}));
    assert_eq!(gone.outcome(), "404 not_found");
    writer.pull();
    assert!(writer.list("/trakt/history").is_empty());
}

#[test]
fn ratings_and_the_watchlist_are_written_and_taken_back() {
    let writer = Writer::new();
    let rated = json!({ "show": { "ids": { "trakt": 2 } }, "rating": 8 });
    let id = writer.write("POST", "/trakt/ratings", &rated);
    let ours = "SELECT count(*) FROM ratings WHERE user_id = $1 AND rating = 8";
    assert_eq!(writer.rows(ours), 1);
    writer.confirmed(&id);
    let listed = json!({ "show": { "ids": { "trakt": 2 } },
        "episode": { "season": 1, "number": 2 } });
    let id = writer.write("POST", "/trakt/watchlist", &listed);
    let list = "SELECT count(*) FROM watchlist WHERE user_id = $1 AND kind = 'episode'";
    assert_eq!(writer.rows(list), 1);
    writer.confirmed(&id);
    writer.pull();
    assert_eq!((writer.rows(ours), writer.rows(list)), (1, 1));
    let theirs = "SELECT count(*) FROM watchlist WHERE user_id = $1 AND id > 0";
    assert_eq!(writer.rows(theirs), 1);

    let unrated = json!({ "show": { "ids": { "trakt": 2 } } });
    let id = writer.write("DELETE", "/trakt/ratings", &unrated);
    assert_eq!(writer.rows(ours), 0);
    writer.confirmed(&id);
    let id = writer.write("DELETE", "/trakt/watchlist", &listed);
    assert_eq!(writer.rows(list), 0);
    writer.confirmed(&id);
    writer.pull();
    assert_eq!((writer.rows(ours), writer.rows(list)), (0, 0));
}

#[test]
fn a_player_is_followed_to_the_end() {
    let writer = Writer::new();
    let episode = json!({ "season": 1, "number": 1 });
    let played = |progress: f64| {
        json!({ "show": { "ids": { "trakt": 1 } }, "episode": episode,
        "progress": progress })
    };
    let id = writer.write("POST", "/trakt/scrobble/start", &played(0.0));
    writer.confirmed(&id);
    let id = writer.write("POST", "/trakt/scrobble/pause", &played(40.5));
    let half = "SELECT count(*) FROM playback WHERE user_id = $1 AND progress = 40.5";
    assert_eq!(writer.rows(half), 1);
    writer.confirmed(&id);
    writer.pull();
    let theirs = "SELECT count(*) FROM playback WHERE user_id = $1 AND id > 0";
    assert_eq!((writer.rows(half), writer.rows(theirs)), (1, 1));

    let id = writer.write("POST", "/trakt/scrobble/stop", &played(93.0));
    assert_eq!(writer.rows(half), 0);
    let seen = writer.list("/trakt/history");
    assert_eq!((seen.len(), &seen[0]["action"]), (1, &json!("scrobble")));
    writer.confirmed(&id);
    // Trakt's id came with its answer.
    let seen = writer.list("/trakt/history");
    let theirs = writer.theirs();
    assert_eq!(theirs.len(), 1);
    assert_eq!(seen[0]["id"], json!(theirs[0].id));
    // Once more is the same play: Trakt says 409, or we see it ourselves.
    let id = writer.write("POST", "/trakt/scrobble/stop", &played(95.0));
    writer.confirmed(&id);
    writer.pull();
    assert_eq!(writer.theirs().len(), 1);
    assert_eq!(writer.list("/trakt/history").len(), 1);
    assert_eq!(
        writer.rows("SELECT count(*) FROM playback WHERE user_id = $1"),
        0
    );
}

#[test]
fn a_key_makes_one_write_of_two() {
    let writer = Writer::new();
    let send_with = |key: &str, body: &Value| {
        let request = ureq::http::Request::post(writer.server().url("/trakt/ratings"))
            .header("authorization", format!("Bearer {}", writer.token))
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(body.to_string().into_bytes());
        send(request.unwrap())
    };
    let body = json!({ "movie": movie(3), "rating": 7 });
    let first = send_with("\"a-key\"", &body);
    let second = send_with("a-key", &body);
    assert_eq!((first.status, second.status), (202, 202));
    assert_eq!(first.json()["id"], second.json()["id"]);
    let other = json!({ "movie": movie(3), "rating": 8 });
    assert_eq!(
        send_with("a-key", &other).outcome(),
        "422 idempotency_key_reused"
    );
    let spaces = send_with("two words", &other);
    assert_eq!(spaces.outcome(), "422 validation_failed");
    writer.confirmed(first.json()["id"].as_str().unwrap());
}

#[test]
fn what_nobody_can_mean_is_refused_and_what_trakt_does_not_know_ends() {
    let writer = Writer::new();
    let wrong = [
        ("/trakt/history", json!({})),
        ("/trakt/history", json!({ "movie": {} })),
        ("/trakt/history", json!({ "movie": { "ids": {} } })),
        (
            "/trakt/history",
            json!({ "movie": { "ids": { "tmdb": "x" } } }),
        ),
        (
            "/trakt/history",
            json!({ "movie": { "ids": { "imdb": "TT 1" } } }),
        ),
        (
            "/trakt/history",
            json!({ "movie": { "ids": { "plex": 1 } } }),
        ),
        ("/trakt/history", json!({ "show": movie(1) })),
        (
            "/trakt/history",
            json!({ "movie": movie(1), "show": movie(1), "episode": movie(1) }),
        ),
        (
            "/trakt/history",
            json!({ "show": movie(1), "episode": { "season": 1 } }),
        ),
        (
            "/trakt/history",
            json!({ "movie": movie(1), "watchedAt": "yesterday" }),
        ),
        (
            "/trakt/history",
            json!({ "movie": movie(1), "watchedAt": "1200-01-01T00:00:00Z" }),
        ),
        (
            "/trakt/history",
            json!({ "movie": movie(1), "watched_at": "2026-01-01T00:00:00Z" }),
        ),
        ("/trakt/ratings", json!({ "movie": movie(1) })),
        ("/trakt/ratings", json!({ "movie": movie(1), "rating": 11 })),
        (
            "/trakt/ratings",
            json!({ "movie": movie(1), "rating": 7.5 }),
        ),
        ("/trakt/scrobble/stop", json!({ "movie": movie(1) })),
        (
            "/trakt/scrobble/stop",
            json!({ "movie": movie(1), "progress": 0.5 }),
        ),
        (
            "/trakt/scrobble/start",
            json!({ "movie": movie(1), "progress": 101 }),
        ),
        (
            "/trakt/scrobble/start",
            json!({ "season": movie(1), "progress": 1 }),
        ),
    ];
    for (path, body) in wrong {
        let reply = writer.send("POST", path, &body);
        assert_eq!(reply.outcome(), "422 validation_failed", "{path} {body}");
    }
    assert_eq!(
        writer.rows("SELECT count(*) FROM outbox WHERE user_id = $1"),
        0
    );

    let unknown = json!({ "movie": { "ids": { "tmdb": 999_999_999 } } });
    let reply = writer.send("POST", "/trakt/history", &unknown);
    assert_eq!(
        (reply.status, &reply.json()["state"]),
        (202, &json!("refused"))
    );
    let write = writer.outbox(reply.json()["id"].as_str().unwrap());
    assert_eq!(write["reason"], "not_found");
    assert!(writer.list("/trakt/history").is_empty());
    // Another user's writes are nobody's business.
    let other = writer.service.database.user("other@example.org", "user");
    let other = crate::harness::issue_token(other, 600);
    let path = format!("/trakt/outbox/{}", write["id"].as_str().unwrap());
    let url = writer.server().url(&path);
    assert_eq!(
        call("GET", &url, Some(&other), None).outcome(),
        "404 not_found"
    );
    let rated = json!({ "movie": movie(1), "rating": 1 });
    let url = writer.server().url("/trakt/ratings");
    let refused = call("POST", &url, Some(&other), Some(&rated));
    assert_eq!(refused.outcome(), "409 not_linked");
}

#[test]
fn a_removal_elsewhere_and_one_here_meet() {
    let writer = Writer::with_plays(&[watched(1, 0), watched(2, 60)]);
    let plays = writer.theirs();
    // Trakt has it no more, and we do not know yet.
    let removed = plays[0].id;
    let id = writer.write("DELETE", &format!("/trakt/history/{removed}"), &json!({}));
    writer.confirmed(&id);
    writer.pull();
    let seen = writer.list("/trakt/history");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["id"], json!(plays[1].id));
}
