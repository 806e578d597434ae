//! What all replicas know of Trakt together: breaker, `Retry-After`, wrong credentials, brake.

use std::time::Duration;

use trakt_core::ports::{PairStored, TokenStore};
use trakt_core::token::{Attempted, GateReason, LossReason};
use trakt_core::{AttemptId, LinkId};
use uuid::Uuid;

use super::{Kept, assert_ahead, settling};
use crate::races::at_once;
use crate::scene::Scene;

const REVOKED: Attempted = Attempted::Lost(LossReason::Revoked);

fn refused(seconds: u64) -> Attempted {
    Attempted::Refused {
        retry_after: Some(Duration::from_secs(seconds)),
    }
}

fn assert_closed(scene: &Scene, seconds: i64, reason: GateReason) {
    let left = "SELECT ceil(extract(epoch FROM closed_until - now()))::int FROM trakt_gate";
    assert_ahead("the gate", &scene.db.text(left), seconds);
    assert_eq!(scene.store.gate().unwrap(), Some(reason));
}

fn assert_open(scene: &Scene) {
    assert_eq!(scene.store.gate().unwrap(), None);
}

/// The time of its closing has passed.
fn wait(scene: &Scene) {
    scene.db.sql("UPDATE trakt_gate SET closed_until = now()");
}

fn gate(scene: &Scene, columns: &str) -> String {
    scene.db.text(&format!("SELECT {columns} FROM trakt_gate"))
}

#[test]
fn ten_failures_in_a_row_close_it_for_longer_each_time() {
    let kept = Kept::new();
    let ends = [
        Attempted::NotSent,
        Attempted::Refused { retry_after: None },
        Attempted::Uncertain {
            replay_after: Duration::from_secs(10),
            retry_after: None,
        },
    ];
    for i in 0..9 {
        kept.ends(ends[i % ends.len()]);
        assert_open(&kept.scene);
    }
    for seconds in [30, 60, 120, 240, 480, 600, 600] {
        kept.ends(Attempted::NotSent);
        assert_closed(&kept.scene, seconds, GateReason::Unavailable);
        wait(&kept.scene);
        assert_open(&kept.scene);
    }
    // However often.
    kept.scene.db.sql("UPDATE trakt_gate SET failures = 100000");
    kept.ends(Attempted::NotSent);
    assert_closed(&kept.scene, 600, GateReason::Unavailable);
}

#[test]
fn a_success_begins_the_count_anew() {
    let kept = Kept::new();
    for _ in 0..9 {
        kept.ends(Attempted::NotSent);
    }
    assert!(matches!(
        kept.store_pair(1, "second"),
        PairStored::Stored(2)
    ));
    assert_eq!(gate(&kept.scene, "failures"), "0");
    kept.set("generation = 1");
    for _ in 0..9 {
        kept.ends(Attempted::NotSent);
    }
    assert_open(&kept.scene);
    kept.ends(Attempted::NotSent);
    assert_closed(&kept.scene, 30, GateReason::Unavailable);
}

#[test]
fn retry_after_counts_for_everybody_and_to_the_second() {
    let kept = Kept::new();
    kept.ends(refused(100));
    assert_closed(&kept.scene, 100, GateReason::RateLimited);
    let until = gate(&kept.scene, "closed_until");
    assert_eq!(kept.get("next_try_at"), until, "the same moment");
    // It was an answer.
    assert_eq!(gate(&kept.scene, "failures"), "0");
    // A shorter one does not open it sooner, nor does other trouble.
    kept.ends(refused(50));
    kept.ends(refused(0));
    kept.ends(Attempted::Misconfigured);
    for _ in 0..10 {
        kept.ends(Attempted::NotSent);
    }
    assert_eq!(gate(&kept.scene, "closed_until"), until);
    assert_closed(&kept.scene, 100, GateReason::RateLimited);
    kept.ends(refused(3000));
    assert_closed(&kept.scene, 3000, GateReason::RateLimited);
}

#[test]
fn wrong_credentials_are_no_links_fault() {
    let kept = Kept::new();
    let skip = kept.scene.trail(0).len();
    for _ in 0..20 {
        kept.ends(Attempted::Misconfigured);
    }
    assert_closed(&kept.scene, 60, GateReason::Misconfigured);
    assert_eq!(
        kept.get("(status, status_reason, refresh_state)"),
        "(active,,idle)"
    );
    assert!(kept.scene.trail(skip).is_empty());
    assert_eq!(gate(&kept.scene, "trust"), "5");
}

/// Links of nobody, each with an attempt under way that has the same id.
fn attempts(scene: &Scene, count: u128) -> Vec<(LinkId, AttemptId)> {
    scene.db.sql(&format!(
        "INSERT INTO trakt_users (id, trakt_slug, status, access_token, refresh_token, key_id, \
             token_expires_at, generation, refresh_state, attempt, attempt_owner, attempt_boot, \
             lease_until) \
         SELECT id, id, 'active', 'a', 'r', 'test', now(), 1, 'sent', id, id, id, now() \
         FROM (SELECT lpad(to_hex(i), 32, '0')::uuid AS id \
               FROM generate_series(1, {count}) AS i) AS ids"
    ));
    (1..=count)
        .map(Uuid::from_u128)
        .map(|id| (id.into(), id.into()))
        .collect()
}

fn marked(scene: &Scene) -> String {
    scene.count("trakt_users WHERE status = 'needs_relink'")
}

#[test]
fn when_200_are_refused_at_once_it_is_trakts_trouble() {
    let scene = Scene::new();
    let stores = [scene.store.clone(), scene.db.store()];
    let links = attempts(&scene, 200);
    let jobs = links.chunks(25).enumerate().map(|(i, links)| {
        let store = stores[i % 2].clone();
        move || {
            for (link, attempt) in links {
                let cmd = settling(*link, *attempt, REVOKED);
                store.settle_refresh(&cmd).unwrap();
            }
        }
    });
    at_once(jobs.collect());
    // The lock on the gate makes it exact: five were believed, and taken back.
    let on_trail = |event: &str| scene.count(&format!("audit_log WHERE event = '{event}'"));
    assert_eq!(on_trail("needs_relink"), "5");
    assert_eq!(on_trail("brake_applied"), "1");
    assert_eq!(on_trail("relink_withdrawn"), "5");
    assert_eq!(marked(&scene), "0");
    assert_closed(&scene, 30, GateReason::MassInvalidGrant);
    // All are tried again later, as they were before.
    let waiting = "trakt_users WHERE status = 'active' AND refresh_state = 'idle' \
                   AND status_reason IS NULL AND refresh_due_at > now()";
    assert_eq!(scene.count(waiting), "200");
}

/// Their tokens were used since the backup was made: their people have to be told.
#[test]
fn after_a_restore_all_that_is_refused_is_believed() {
    let scene = Scene::new();
    scene.db.sql("UPDATE trakt_gate SET brake = true");
    // Under way when the backup was made.
    attempts(&scene, 3);
    let restored = scene.store.restored(Duration::from_secs(3600)).unwrap();
    assert_eq!((restored.links, restored.writes), (3, 0));
    let anew = "trakt_users WHERE refresh_state = 'idle' AND refresh_due_at <= now()";
    assert_eq!(scene.count(anew), "3");
    scene.db.sql("DELETE FROM trakt_users");
    let links = attempts(&scene, 51);
    for (link, attempt) in &links[..50] {
        let cmd = settling(*link, *attempt, REVOKED);
        scene.store.settle_refresh(&cmd).unwrap();
    }
    assert_eq!(marked(&scene), "50");
    assert_eq!(gate(&scene, "trust"), "5");
    assert_open(&scene);
    // No backup is to blame for a token that Trakt gave out since, nor for any when its time is over:
    // Trakt's trouble is Trakt's trouble again.
    let (link, attempt) = links[50];
    for later in [
        "UPDATE trakt_users SET token_issued_at = now() + interval '1 s'",
        "UPDATE trakt_gate SET believe_until = now(); \
         UPDATE trakt_users SET token_issued_at = now() - interval '1 day', refresh_state = 'sent', \
             attempt = id, attempt_owner = id, attempt_boot = id, lease_until = now()",
    ] {
        scene.db.sql(later);
        let whole = "UPDATE trakt_gate SET trust = 0, trust_at = clock_timestamp(), brake = false";
        scene.db.sql(whole);
        let cmd = settling(link, attempt, REVOKED);
        scene.store.settle_refresh(&cmd).unwrap();
        assert_eq!(gate(&scene, "brake"), "true");
    }
}

/// However many were renewed in the minutes before.
#[test]
fn what_went_well_before_buys_no_more_than_the_credit() {
    let kept = Kept::new();
    for generation in 1..60 {
        kept.store_pair(generation, "token");
    }
    assert_eq!(gate(&kept.scene, "trust"), "5");
    for (link, attempt) in attempts(&kept.scene, 5) {
        let cmd = settling(link, attempt, REVOKED);
        kept.scene.store.settle_refresh(&cmd).unwrap();
    }
    assert_eq!(marked(&kept.scene), "5");
    assert_open(&kept.scene);
    kept.set("generation = 1");
    kept.ends(REVOKED);
    assert_eq!(gate(&kept.scene, "brake"), "true");
    assert_eq!(marked(&kept.scene), "0");
}

/// A few among many are people who ended the connection themselves.
#[test]
fn one_in_five_is_believed_for_ever() {
    let kept = Kept::new();
    for (round, (link, attempt)) in (0..).zip(attempts(&kept.scene, 40)) {
        for n in 1..5 {
            kept.store_pair(round * 4 + n, "token");
        }
        let cmd = settling(link, attempt, REVOKED);
        kept.scene.store.settle_refresh(&cmd).unwrap();
    }
    assert_eq!(marked(&kept.scene), "40");
    assert_open(&kept.scene);
}

#[test]
fn time_gives_the_credit_back() {
    let scene = Scene::new();
    let mut links = attempts(&scene, 12).into_iter();
    let mut believed = |count| {
        let before: u32 = marked(&scene).parse().unwrap();
        for (link, attempt) in links.by_ref().take(count) {
            let cmd = settling(link, attempt, REVOKED);
            scene.store.settle_refresh(&cmd).unwrap();
        }
        marked(&scene).parse::<u32>().unwrap() - before
    };
    assert_eq!(believed(5), 5);
    let pass = |minutes| {
        scene.db.sql(&format!(
            "UPDATE trakt_gate SET trust_at = trust_at - interval '{minutes} min'"
        ));
    };
    pass(2);
    assert_eq!(believed(1), 1);
    pass(60);
    assert_eq!(believed(5), 5);
    assert_eq!(gate(&scene, "brake"), "false");
    let (link, attempt) = links.next().unwrap();
    let cmd = settling(link, attempt, REVOKED);
    scene.store.settle_refresh(&cmd).unwrap();
    assert_eq!(gate(&scene, "brake"), "true");
}

/// It was sent before, and may be dead by our own story; but in an incident nobody can tell.
#[test]
fn under_the_brake_a_token_that_was_sent_before_stays_uncertain() {
    let lost = Attempted::Lost(LossReason::LostAnswer);
    for (brake, expected) in [
        (true, "(active,,uncertain,2)"),
        (false, "(needs_relink,lost_answer,idle,2)"),
    ] {
        let kept = Kept::new();
        let set = format!("UPDATE trakt_gate SET brake = {brake}");
        kept.scene.db.sql(&set);
        let attempt = kept.sent();
        kept.set("replays = 2");
        kept.settle(attempt, lost);
        let state = "(status, status_reason, refresh_state, replays)";
        assert_eq!(kept.get(state), expected);
        // It says nothing of Trakt.
        assert_eq!(gate(&kept.scene, "trust"), "5");
    }
}

#[test]
fn a_wait_that_comes_with_a_lost_answer_counts_for_everybody() {
    let kept = Kept::new();
    let attempt = kept.sent();
    let wait = Duration::from_secs(300);
    let end = Attempted::Uncertain {
        replay_after: wait,
        retry_after: Some(wait),
    };
    kept.settle(attempt, end);
    assert_closed(&kept.scene, 300, GateReason::RateLimited);
}

#[test]
fn the_brake_holds_until_one_works_again() {
    let kept = Kept::new();
    let scene = &kept.scene;
    for (link, attempt) in attempts(scene, 7) {
        let cmd = settling(link, attempt, REVOKED);
        scene.store.settle_refresh(&cmd).unwrap();
    }
    assert_eq!(marked(scene), "0");
    // Nor does time end it: nobody is believed, even ten minutes later.
    wait(scene);
    scene
        .db
        .sql("UPDATE trakt_gate SET trust_at = trust_at - interval '11 min'");
    assert_eq!(
        scene.store.gate().unwrap(),
        Some(GateReason::MassInvalidGrant)
    );
    kept.ends(REVOKED);
    assert_eq!(kept.get("(status, refresh_state)"), "(active,idle)");
    assert_closed(scene, 30, GateReason::MassInvalidGrant);
    wait(scene);

    assert!(matches!(
        kept.store_pair(1, "second"),
        PairStored::Stored(2)
    ));
    assert_eq!(gate(scene, "(brake, failures, trust)"), "(f,0,0.25)");
    assert_open(scene);
    // One success proves little: the next refusal applies it again.
    kept.set("generation = 1");
    kept.ends(REVOKED);
    assert_eq!(kept.get("(status, status_reason)"), "(active,)");
    assert_eq!(gate(scene, "brake"), "true");
    for generation in 1..5 {
        kept.store_pair(generation, "well");
    }
    kept.set("generation = 1");
    kept.ends(REVOKED);
    assert_eq!(
        kept.get("(status, status_reason)"),
        "(needs_relink,revoked)"
    );
    assert_eq!(
        scene.count("audit_log WHERE event = 'brake_applied'"),
        "2",
        "once an incident"
    );
}

/// No incident lasts for ever: whoever was cut off for good has to be told at last.
#[test]
fn a_link_that_is_long_dead_and_refused_for_hours_is_believed_under_the_brake() {
    for (failures, ended, expected) in [
        (10, "25 h", "needs_relink"),
        (9, "25 h", "active"),
        (10, "23 h", "active"),
    ] {
        let kept = Kept::new();
        kept.scene.db.sql("UPDATE trakt_gate SET brake = true");
        kept.set(&format!(
            "failures = {failures}, token_expires_at = now() - interval '{ended}'"
        ));
        kept.ends(REVOKED);
        assert_eq!(kept.get("status"), expected, "{failures} {ended}");
    }
}
