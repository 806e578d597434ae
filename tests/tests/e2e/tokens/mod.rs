//! Tokens that are kept alive: another program that imports the crates, and the service's own
//! worker.

mod answers;

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;
use trakt_sim::{Fault, Sim, TokenState};
use uuid::Uuid;

use crate::harness::{Database, Holder, Linker, Server, issue_token, sim, wait_for};

struct Scene {
    sim: Sim,
    database: Database,
    linker: Linker,
    dir: TempDir,
}

impl Scene {
    fn new() -> Self {
        let (sim, database) = (sim(), Database::fresh());
        let linker = Linker::new(&database, &sim);
        Self {
            sim,
            database,
            linker,
            dir: TempDir::new().unwrap(),
        }
    }

    fn link(&self, slug: &str) -> Uuid {
        self.linker.link(&self.database, &self.sim, slug)
    }

    fn holder(&self) -> Holder {
        Holder::start(&self.database, &self.sim, self.dir.path())
    }

    /// Lets the access token of everybody end.
    fn end_tokens(&self) {
        let sql = "UPDATE trakt_users SET token_expires_at = now(), refresh_due_at = now()";
        self.database.execute(sql, &[]);
    }

    fn refreshes(&self) -> usize {
        self.sim.requests_to("POST /oauth/token").len()
    }

    /// Status and reason of a link, and its generation.
    fn link_of(&self, user: Uuid) -> (String, Option<String>, i64) {
        let sql = "SELECT status, status_reason, generation FROM trakt_users WHERE user_id = $1";
        let row = &self.database.rows(sql, &[&user])[0];
        (row.get(0), row.get(1), row.get(2))
    }
}

#[test]
fn a_token_is_served_from_the_database_and_refreshed_once_when_it_ends() {
    let scene = Scene::new();
    let user = scene.link("sean2");
    let mut holder = scene.holder();
    assert!(holder.token(user).starts_with(&format!("token {user} 1 ")));
    assert_eq!(scene.refreshes(), 0);
    scene.end_tokens();
    assert!(holder.token(user).starts_with(&format!("token {user} 2 ")));
    // Whoever is told 401 says so; of many, one refreshes.
    for _ in 0..8 {
        holder.say(&format!("refused {user} 2"));
    }
    holder.take(8);
    // A pair that is refused when it is quite new is left alone for a minute.
    assert!(holder.token(user).contains("try again in"), "no loop");
    let sql = "UPDATE trakt_users SET token_issued_at = token_issued_at - interval '1 hour', \
               next_try_at = NULL";
    scene.database.execute(sql, &[]);
    for _ in 0..8 {
        holder.say(&format!("token {user}"));
    }
    for answer in holder.take(8) {
        assert!(answer.starts_with(&format!("token {user} 3 ")), "{answer}");
    }
    assert_eq!(scene.refreshes(), 2);
    let live: Vec<_> = scene
        .sim
        .tokens()
        .into_iter()
        .filter(|t| t.state == TokenState::Live)
        .collect();
    assert_eq!(live.len(), 1);
}

#[test]
fn who_cannot_have_a_token_is_told_why() {
    let scene = Scene::new();
    let user = scene.link("sean2");
    let mut holder = scene.holder();
    let stranger = Uuid::from_u128(7);
    assert_eq!(
        holder.token(stranger),
        format!("none {stranger} the user is gone")
    );
    let unlinked = scene.database.user("bob@example.org", "user");
    assert_eq!(
        holder.token(unlinked),
        format!("none {unlinked} no Trakt account is linked")
    );
    scene.end_tokens();
    scene
        .sim
        .fault(
            "POST /oauth/token",
            Fault::status(429).header("retry-after", "120"),
        )
        .unwrap();
    let answer = holder.token(user);
    let waits = ["119", "120"]
        .map(|n| format!("none {user} Trakt gives no token right now, try again in {n} s"));
    assert!(waits.contains(&answer), "{answer}");
    // For everybody, and without a call.
    let other = scene.link("other");
    scene.end_tokens();
    assert!(holder.token(other).contains("try again in 11"), "shared");
    for _ in 0..1000 {
        holder.say(&format!("token {other}"));
    }
    assert!(
        holder
            .take(1000)
            .iter()
            .all(|answer| answer.contains("try again in 1"))
    );
    assert_eq!(scene.refreshes(), 1);
}

#[test]
fn a_dead_refresh_token_is_told_at_once_and_never_sent_again() {
    let scene = Scene::new();
    let user = scene.link("sean2");
    let server = Server::builder()
        .database(&scene.database)
        .sim(&scene.sim)
        .start();
    scene.sim.disconnect("sean2").unwrap();
    scene.end_tokens();
    wait_for("the worker to notice", || {
        (scene.link_of(user).0 == "needs_relink").then_some(())
    });
    let token = issue_token(user, 600);
    let view = server
        .patiently("GET", "/trakt/association", &token, None)
        .json();
    assert_eq!(view["status"], "needs_relink");
    assert_eq!(view["reason"], "revoked");
    assert!(view["statusSince"].is_string());
    assert!(
        view["advice"]
            .as_str()
            .unwrap()
            .contains("Link the account again")
    );
    assert_eq!(scene.refreshes(), 1);
    assert_eq!(
        scene.database.events(user).last().map(String::as_str),
        Some("needs_relink")
    );
    // The same account again keeps the link and everything that hangs on it.
    let before = scene.database.rows("SELECT id FROM trakt_users", &[])[0].get::<_, Uuid>(0);
    assert_eq!(server.link(&scene.sim, &token, "sean2").status, 200);
    let after = scene.database.rows("SELECT id FROM trakt_users", &[])[0].get::<_, Uuid>(0);
    assert_eq!(before, after);
    assert_eq!(scene.link_of(user).0, "active");
    assert_eq!(scene.refreshes(), 1, "the dead one was sent once");
}

#[test]
fn the_worker_refreshes_who_never_asks_and_proves_the_new_pair() {
    let scene = Scene::new();
    let users = ["one", "two", "three"].map(|slug| scene.link(slug));
    let _server = Server::builder()
        .database(&scene.database)
        .sim(&scene.sim)
        .start();
    scene.end_tokens();
    for user in users {
        wait_for("the new pair", || {
            let (status, _, generation) = scene.link_of(user);
            (status == "active" && generation == 2).then_some(())
        });
    }
    wait_for("the proof that the pairs work", || {
        let unproven = "SELECT count(*) FROM trakt_users \
                        WHERE probe_at IS NOT NULL OR previous_refresh_token IS NOT NULL";
        (scene.database.count(unproven) == 0).then_some(())
    });
    assert_eq!(scene.refreshes(), 3);
    let due = "SELECT count(*) FROM trakt_users WHERE refresh_due_at BETWEEN \
               token_issued_at + (token_expires_at - token_issued_at) * 0.499 AND \
               token_issued_at + (token_expires_at - token_issued_at) * 0.801";
    assert_eq!(scene.database.count(due), 3);
}

#[test]
fn mass_refusals_mark_a_few_and_wrong_credentials_nobody() {
    let scene = Scene::new();
    let users: Vec<_> = (0..12).map(|n| scene.link(&format!("user{n}"))).collect();
    let server = Server::builder()
        .database(&scene.database)
        .sim(&scene.sim)
        .start();
    let body = json!({"error": "invalid_client"}).to_string();
    scene
        .sim
        .fault_times("POST /oauth/token", u32::MAX, Fault::answer(401, &body))
        .unwrap();
    scene.end_tokens();
    let degraded = |reason: &str| {
        let said = crate::harness::call("GET", &server.url("/readyz"), None, None);
        assert_eq!(said.status, 200, "{said:?}");
        let said = said.json();
        (said["status"] == "degraded" && said["reason"] == reason).then_some(())
    };
    wait_for("wrong credentials", || degraded("misconfigured"));
    let marked = "SELECT count(*) FROM trakt_users WHERE status <> 'active'";
    assert_eq!(scene.database.count(marked), 0);

    scene.sim.clear_faults();
    let body = json!({"error": "invalid_grant"}).to_string();
    scene
        .sim
        .fault_times("POST /oauth/token", u32::MAX, Fault::answer(400, &body))
        .unwrap();
    let open = "UPDATE trakt_gate SET closed_until = now(), failures = 0";
    let again = "UPDATE trakt_users SET refresh_due_at = now(), next_try_at = NULL \
                 WHERE status = 'active' AND generation = 1";
    scene.database.execute(again, &[]);
    wait_for("the brake", || {
        // Again and again: an answer to the wrong credentials may still be on its way, and close.
        scene
            .database
            .execute(&format!("{open} WHERE NOT brake"), &[]);
        degraded("mass_invalid_grant")
    });
    scene.sim.clear_faults();
    let told = "SELECT count(*) FROM audit_log WHERE event = 'needs_relink'";
    assert_eq!(scene.database.count(told), 5);
    assert_eq!(scene.database.count(marked), 0, "they are taken back");
    // Trakt heals: all live on, without anybody linking again.
    wait_for("the recovery", || {
        scene.database.execute(open, &[]);
        scene.database.execute(again, &[]);
        let well = "SELECT count(*) FROM trakt_users WHERE status = 'active' AND generation = 2";
        (scene.database.count(well) == 12).then_some(())
    });
    assert_eq!(scene.database.count(told), 5);
    assert_eq!(users.len(), 12);
}

#[test]
fn a_kill_after_the_journal_loses_nothing_and_one_before_it_is_told() {
    for (moment, expected) in [
        ("before_send", "active"),
        ("after_200", "needs_relink"),
        ("after_journal", "active"),
        ("before_commit", "active"),
        ("after_commit", "active"),
    ] {
        let scene = Scene::new();
        let user = scene.link("sean2");
        scene.end_tokens();
        let dir = scene.dir.path();
        let mut first = Holder::breaking(&scene.database, &scene.sim, dir, Some((moment, "kill")));
        first.say(&format!("token {user}"));
        first.wait_killed();
        let mut second = scene.holder();
        second.say("work");
        let (status, reason) = wait_for("what became of the link", || {
            let (status, reason, generation) = scene.link_of(user);
            (status != "active" || generation == 2).then_some((status, reason))
        });
        assert_eq!(status, expected, "{moment}");
        let answer = second.token(user);
        if expected == "active" {
            assert!(
                answer.starts_with(&format!("token {user} 2 ")),
                "{moment}: {answer}"
            );
            assert!(
                scene
                    .sim
                    .tokens()
                    .iter()
                    .any(|t| t.state == TokenState::Live)
            );
        } else {
            assert_eq!(reason.as_deref(), Some("lost_answer"), "{moment}");
            assert!(answer.contains("linked again"), "{moment}: {answer}");
        }
    }
}

#[test]
fn who_was_stopped_over_its_lease_overwrites_nothing() {
    let scene = Scene::new();
    let user = scene.link("sean2");
    scene.end_tokens();
    let (dir, other) = (scene.dir.path(), TempDir::new().unwrap());
    let mut first = Holder::breaking(
        &scene.database,
        &scene.sim,
        dir,
        Some(("after_journal", "stop")),
    );
    first.say(&format!("token {user}"));
    wait_for("the stop", || first.is_stopped().then_some(()));
    // Its lease ends, and the other one takes over: on a strict Trakt that shows a dead token.
    let over = "UPDATE trakt_users SET lease_until = now() - interval '1 second', \
                refresh_due_at = now()";
    scene.database.execute(over, &[]);
    let mut second = Holder::start(&scene.database, &scene.sim, other.path());
    let answer = second.token(user);
    assert!(answer.contains("linked again"), "{answer}");
    // The first one comes back, with the pair in its hands: the link lives again.
    first.signal(Signal::CONT);
    assert!(first.take(1)[0].starts_with(&format!("token {user} 2 ")));
    assert!(second.token(user).starts_with(&format!("token {user} 2 ")));
}

/// A journal that a restart empties is no journal: that is said at the start.
#[cfg(target_os = "linux")]
#[test]
fn a_journal_without_a_lasting_disk_is_told() {
    let scene = Scene::new();
    let dir = TempDir::new_in("/dev/shm").unwrap();
    let server = Server::builder()
        .database(&scene.database)
        .sim(&scene.sim)
        .data_dir(dir.path())
        .start();
    let warning = "a crash in the moment of a refresh can cost a user the link";
    wait_for("the warning", || {
        server.log().contains(warning).then_some(())
    });
}
