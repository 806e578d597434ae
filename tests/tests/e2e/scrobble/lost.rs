//! Answers that are lost, and a Trakt that is away: nothing is lost and nothing comes twice.

use serde_json::{Value, json};
use trakt_sim::Fault;

use super::{Writer, movie, watched};
use crate::harness::wait_for;

#[test]
fn an_answer_that_is_lost_makes_no_second_play() {
    let writer = Writer::new();
    let add = "POST /sync/history";
    writer.sim().fault(add, Fault::CutAfter).unwrap();
    let body = json!({ "movie": movie(1), "watchedAt": "2026-09-01T20:00:00Z" });
    let id = writer.write("POST", "/trakt/history", &body);
    let write = writer.settled(&id);
    assert_eq!(
        (&write["state"], &write["reason"]),
        (&json!("confirmed"), &json!("read_back"))
    );
    assert_eq!(writer.theirs().len(), 1);
    assert_eq!(writer.sim().requests_to(add).len(), 1);

    // Before Trakt had it: it is sent again.
    writer.sim().fault(add, Fault::CutBefore).unwrap();
    let body = json!({ "movie": movie(2), "watchedAt": "2026-09-01T20:00:00Z" });
    let id = writer.write("POST", "/trakt/history", &body);
    writer.confirmed(&id);
    assert_eq!(writer.theirs().len(), 2);

    let stop = "POST /scrobble/stop";
    writer.sim().fault(stop, Fault::CutAfter).unwrap();
    let body = json!({ "movie": movie(3), "progress": 99 });
    let id = writer.write("POST", "/trakt/scrobble/stop", &body);
    writer.confirmed(&id);
    assert_eq!(writer.theirs().len(), 3);
    writer.pull();
    let ids: Vec<_> = writer.list("/trakt/history");
    let mut ids: Vec<_> = ids.iter().filter_map(|play| play["id"].as_u64()).collect();
    let mut theirs: Vec<_> = writer.theirs().iter().map(|play| play.id).collect();
    ids.sort_unstable();
    theirs.sort_unstable();
    assert_eq!(ids, theirs);
}

#[test]
fn while_trakt_is_away_writes_are_kept_and_seen() {
    let writer = Writer::new();
    let rated = json!({ "movie": movie(1), "rating": 5 });
    writer.confirmed(&writer.write("POST", "/trakt/ratings", &rated));
    writer
        .sim()
        .fault_times("*", 10_000, Fault::status(503))
        .unwrap();
    let body = json!({ "movie": movie(1), "watchedAt": "2026-09-01T20:00:00Z" });
    let known = writer.write("POST", "/trakt/history", &body);
    let body = json!({ "movie": movie(2), "watchedAt": "2026-09-01T20:00:00Z" });
    let unknown = writer.write("POST", "/trakt/history", &body);
    // What was never seen here is seen as soon as Trakt says what it is.
    assert_eq!(writer.list("/trakt/history").len(), 1);
    wait_for("a try", || {
        let tries = "SELECT attempts::bigint FROM outbox_turns WHERE user_id = $1";
        (writer.rows(tries) > 0).then_some(())
    });
    assert_eq!(writer.outbox(&known)["settledAt"], Value::Null);
    writer.sim().clear_faults();
    let now = "UPDATE outbox_turns SET next_at = now() WHERE user_id = $1";
    writer.service.database.execute(now, &[&writer.user]);
    writer.confirmed(&known);
    writer.confirmed(&unknown);
    assert_eq!(writer.theirs().len(), 2);
    assert_eq!(writer.list("/trakt/history").len(), 2);
}

#[test]
fn one_that_trakt_will_not_have_does_not_keep_the_others() {
    let writer = Writer::with_plays(&[1, 2, 3].map(|n| watched(n, 0)));
    let add = "POST /sync/history";
    // The batch is refused, then the first by itself.
    writer
        .sim()
        .fault_times("*", 10_000, Fault::status(503))
        .unwrap();
    let write = |n: u64| {
        let at = format!("2026-09-01T20:0{n}:00Z");
        writer.write(
            "POST",
            "/trakt/history",
            &json!({ "movie": movie(n), "watchedAt": at }),
        )
    };
    let ids: Vec<String> = (1..=3).map(write).collect();
    writer.sim().clear_faults();
    writer
        .sim()
        .fault_times(add, 2, Fault::status(422))
        .unwrap();
    let ends: Vec<String> = ids
        .iter()
        .map(|id| {
            let end = writer.settled(id);
            format!("{} {}", end["state"], end["reason"])
        })
        .collect();
    assert_eq!(
        ends,
        [
            r#""refused" "unprocessable""#,
            r#""confirmed" null"#,
            r#""confirmed" null"#
        ]
    );
    assert_eq!(writer.theirs().len(), 5);
    writer.pull();
    assert_eq!(writer.list("/trakt/history").len(), 5);
}

#[test]
fn what_was_written_for_another_account_goes_to_no_other() {
    let writer = Writer::new();
    let rated = json!({ "movie": movie(1), "rating": 5 });
    writer.confirmed(&writer.write("POST", "/trakt/ratings", &rated));
    writer
        .sim()
        .fault_times("POST /sync/ratings", 10_000, Fault::status(503))
        .unwrap();
    let rated = json!({ "movie": movie(1), "rating": 6 });
    let id = writer.write("POST", "/trakt/ratings", &rated);
    let other = trakt_sim::Account::new("other", "other", "other");
    writer.sim().add_account(other).unwrap();
    let server = writer.server();
    let flow = server.start_flow(&writer.token, true);
    let code = flow["userCode"].as_str().unwrap();
    writer.sim().approve(code, "other").unwrap();
    let linked = wait_for("the other account", || {
        let linked = server.finish_flow(&writer.token, &flow);
        (linked.status == 200).then_some(linked)
    });
    assert_eq!(linked.json()["traktSlug"], "other");
    let end = writer.settled(&id);
    assert_eq!(
        (&end["state"], &end["reason"]),
        (&json!("refused"), &json!("account_changed"))
    );
}
