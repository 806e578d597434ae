//! Unlinking, and what becomes of what is held.

use serde_json::{Value, json};

use super::Chooser;
use crate::harness::{issue_token, wait_for};

const ASSOCIATION: &str = "/trakt/association";

impl Chooser {
    fn end(&self, query: &str) -> String {
        let path = format!("{ASSOCIATION}{query}");
        self.server()
            .patiently("DELETE", &path, &self.token, None)
            .outcome()
    }

    fn plays(&self) -> usize {
        let list = self.get("/trakt/history");
        list["items"].as_array().unwrap().len()
    }

    /// What ended something.
    fn endings(&self) -> Vec<String> {
        let sql = "SELECT event FROM audit_log WHERE subject_id = $1 \
                   AND event IN ('unlinked', 'data_purged', 'admin_disassociated') ORDER BY id";
        let rows = self.service.database.rows(sql, &[&self.user]);
        rows.iter().map(|row| row.get(0)).collect()
    }
}

#[test]
fn data_is_kept_unless_the_user_wants_it_gone() {
    let chooser = Chooser::linked(3);
    for wrong in [
        "?data=delete",
        "?data=",
        "?purge=true",
        "?data=keep&data=purge",
    ] {
        assert_eq!(chooser.end(wrong), "422 validation_failed", "{wrong}");
    }
    assert_eq!(chooser.get(ASSOCIATION)["associated"], true);
    assert_eq!(chooser.end(""), "204");
    assert_eq!(chooser.plays(), 3);
    assert_eq!(chooser.end("?data=keep"), "204");
    assert_eq!(chooser.plays(), 3);
    // Without a link what is left goes all the same.
    assert_eq!(chooser.end("?data=purge"), "204");
    assert_eq!(chooser.plays(), 0);
    assert_eq!(chooser.endings(), ["unlinked", "data_purged"]);
    let state = chooser.get("/trakt/sync");
    assert_eq!(state["lastFinishedAt"], Value::Null);

    chooser.link();
    chooser.wait_pulled(&Value::Null);
    assert_eq!(chooser.plays(), 3);
    assert_eq!(chooser.end("?data=purge"), "204");
    assert_eq!(chooser.get(ASSOCIATION)["associated"], false);
    assert_eq!(chooser.plays(), 0);
    assert_eq!(chooser.endings()[2..], ["unlinked", "data_purged"]);
    for table in ["plays", "watching", "watch_marks", "watch_states", "outbox"] {
        assert_eq!(chooser.rows(table), 0, "{table}");
    }
}

#[test]
fn an_admin_keeps_or_purges_the_same_way() {
    let chooser = Chooser::linked(3);
    let database = &chooser.service.database;
    let admin = issue_token(database.user("admin@example.org", "admin"), 600);
    let id = || -> uuid::Uuid {
        let sql = "SELECT id FROM trakt_users WHERE user_id = $1";
        database.rows(sql, &[&chooser.user])[0].get(0)
    };
    let end = |query: &str| {
        let path = format!("/trakt/admin/associations/{}{query}", id());
        let reply = chooser.server().patiently("DELETE", &path, &admin, None);
        reply.outcome()
    };
    assert_eq!(end("?data=x"), "422 validation_failed");
    assert_eq!(end(""), "204");
    assert_eq!(chooser.plays(), 3);
    chooser.link();
    assert_eq!(end("?data=purge"), "204");
    assert_eq!(chooser.plays(), 0);
    assert_eq!(
        chooser.endings(),
        ["admin_disassociated", "admin_disassociated", "data_purged",]
    );
}

/// What waits to be written goes with the data.
#[test]
fn writes_that_wait_are_not_sent_after_a_purge() {
    let chooser = Chooser::linked(1);
    let sim = &chooser.service.sim;
    let away = trakt_sim::Fault::status(503);
    sim.fault_times("POST /sync/history", 1000, away).unwrap();
    let body = json!({ "movie": { "ids": { "trakt": 7 } } });
    let path = "/trakt/history";
    let reply = chooser
        .server()
        .patiently("POST", path, &chooser.token, Some(&body));
    assert_eq!(reply.status, 202, "{reply:?}");
    wait_for("a try", || {
        (!sim.requests_to("POST /sync/history").is_empty()).then_some(())
    });
    assert_eq!(chooser.end("?data=purge"), "204");
    assert_eq!((chooser.rows("outbox"), chooser.rows("plays")), (0, 0));
    sim.clear_faults();
    chooser.link();
    let state = chooser.wait_pulled(&Value::Null);
    assert_eq!(state["counts"]["moviePlays"], 1);
    assert_eq!(chooser.rows("outbox"), 0);
}
