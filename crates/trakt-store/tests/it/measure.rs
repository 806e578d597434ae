//! What the metrics read, and what that costs with a hundred thousand users.

use std::time::{Duration, Instant};

use trakt_core::link::LinkStatus;
use trakt_core::ports::{MeasureStore as _, Measures};
use trakt_core::token::GateReason;
use trakt_core::{SystemEntropy, UserId};

use crate::scene::{Scene, identity};

fn links(counts: [u64; 4]) -> Vec<(LinkStatus, u64)> {
    let statuses = [
        LinkStatus::Active,
        LinkStatus::Unverified,
        LinkStatus::NeedsRelink,
        LinkStatus::Locked,
    ];
    statuses.into_iter().zip(counts).collect()
}

fn linked(scene: &Scene, name: &str) -> UserId {
    let user = scene.user(&format!("{name}@example.org"));
    scene.link(user, "token", &identity(&format!("uuid-{name}"), name));
    user
}

fn set(scene: &Scene, user: UserId, columns: &str) {
    scene.db.sql(&format!(
        "UPDATE trakt_users SET {columns} WHERE user_id = '{user}'"
    ));
}

fn write(scene: &Scene, user: UserId, seconds: u32, settled: bool) {
    let (state, settled) = match settled {
        true => ("confirmed", "now()"),
        false => ("queued", "NULL"),
    };
    scene.db.sql(&format!(
        "INSERT INTO outbox (id, user_id, trakt_uuid, deed, part, wish, at, state, accepted_at, \
             settled_at) \
         VALUES (gen_random_uuid(), '{user}', 'u', 'rate', 'ratings', '', now(), '{state}', \
             now() - interval '{seconds} s', {settled})"
    ));
}

/// `found` is `seconds`, or what it took to come here more.
#[track_caller]
fn assert_age(found: Duration, seconds: u64) {
    assert!(
        (seconds..seconds + 60).contains(&found.as_secs()),
        "{found:?}"
    );
}

#[test]
fn nothing_is_nothing() {
    let scene = Scene::new();
    let measures = scene.store.measures().unwrap();
    let budget = measures.refresh_budget;
    assert_eq!(budget, 20.0);
    let nothing = Measures {
        links: links([0, 0, 0, 0]),
        refresh_budget: budget,
        ..Measures::default()
    };
    assert_eq!(measures, nothing);
}

#[test]
fn what_is_due_waits_or_is_held_is_counted_with_its_age() {
    let scene = Scene::new();
    let [ana, bo, cy] = ["ana", "bo", "cy"].map(|name| linked(&scene, name));
    let measures = scene.store.measures().unwrap();
    assert_eq!(measures.links, links([3, 0, 0, 0]));
    assert_eq!(measures.refresh_due_for, Duration::ZERO);
    assert_eq!(measures.dead_for, Duration::ZERO);

    set(&scene, ana, "refresh_due_at = now() - interval '500 s'");
    set(&scene, bo, "token_expires_at = now() - interval '900 s'");
    let dead = "status = 'needs_relink', status_reason = 'lost', refresh_due_at = NULL, \
                token_expires_at = now() - interval '9 days'";
    set(&scene, cy, dead);
    for (user, seconds, settled) in [
        (ana, 90, false),
        (ana, 30, false),
        // Trakt has it; the user has to link again; the user has to say that it is meant.
        (ana, 9000, true),
        (cy, 8000, false),
        (bo, 7000, false),
    ] {
        write(&scene, user, seconds, settled);
    }
    scene.db.sql(&format!(
        "INSERT INTO watch_holds (user_id, side, part, adds, removes, held, meant) \
         VALUES ('{bo}', 'push', 'ratings', 0, 99, 100, false), \
             ('{bo}', 'pull', 'ratings', 0, 99, 100, false), \
             ('{ana}', 'pull', 'ratings', 0, 99, 100, true)"
    ));
    scene
        .db
        .sql("UPDATE watch_states SET next_at = now() + interval '1 h'");
    scene.db.sql(&format!(
        "UPDATE watch_states SET next_at = now() - interval '300 s' WHERE user_id = '{ana}'"
    ));
    scene.db.sql(
        "UPDATE trakt_gate SET closed_until = now() + interval '1 h', reason = 'unavailable', \
             budget = 0, budget_at = clock_timestamp()",
    );
    scene.db.sql(&format!(
        "INSERT INTO token_revocations (id, access_token, key_id, next_try_at) \
         VALUES ('{}', 'sealed', 'test', now())",
        UserId::random(&SystemEntropy)
    ));
    scene.db.sql(
        "INSERT INTO webhook_endpoints (key, name, seen_at, gone_at) VALUES \
             ('a', 'a', now(), NULL), ('b', 'b', now() - interval '50 min', NULL), \
             ('old', 'old', now() - interval '61 min', NULL), ('gone', 'gone', now(), now())",
    );
    scene.db.sql(
        "WITH e AS (INSERT INTO webhook_events (kind, subject_id) \
             VALUES ('link.linked', gen_random_uuid()) RETURNING id) \
         INSERT INTO webhook_deliveries (event_id, endpoint, state, asked_at, next_at, settled_at) \
         SELECT e.id, d.* FROM e, (VALUES \
             ('a', 'pending', now() - interval '40 s', now(), NULL), \
             ('b', 'pending', now() - interval '20 s', now(), NULL), \
             ('old', 'pending', now() - interval '9000 s', now(), NULL), \
             ('gone', 'pending', now() - interval '9000 s', now(), NULL), \
             ('unknown', 'pending', now() - interval '9000 s', now(), NULL), \
             ('c', 'delivered', now() - interval '60 s', NULL, now()) \
         ) AS d (endpoint, state, asked_at, next_at, settled_at)",
    );
    let measures = scene.store.measures().unwrap();
    assert_eq!(measures.links, links([2, 0, 1, 0]));
    assert_age(measures.refresh_due_for, 500);
    assert_age(measures.dead_for, 900);
    assert_eq!(measures.writes, 4);
    assert_age(measures.writes_for, 90);
    assert_eq!((measures.pulls, measures.held), (1, 1));
    assert_age(measures.pulls_for, 300);
    assert_eq!(measures.gate, Some(GateReason::Unavailable));
    assert!(measures.refresh_budget < 20.0);
    assert_eq!(measures.revocations, 1);
    assert_eq!(measures.webhooks, 2);
    assert_age(measures.webhooks_for, 40);
    assert_eq!((measures.refreshing, measures.uncertain), (0, 0));

    let attempt = "attempt = gen_random_uuid(), attempt_owner = gen_random_uuid(), \
                   attempt_boot = gen_random_uuid(), lease_until = now()";
    set(&scene, ana, &format!("refresh_state = 'sent', {attempt}"));
    set(
        &scene,
        bo,
        &format!("refresh_state = 'uncertain', {attempt}"),
    );
    let measures = scene.store.measures().unwrap();
    assert_eq!((measures.refreshing, measures.uncertain), (1, 1));
}

/// How often a table was read as a whole, and by an index.
fn scans(scene: &Scene, table: &str) -> (u64, u64) {
    let read = |column: &str| {
        let sql = format!("SELECT {column} FROM pg_stat_user_tables WHERE relname = '{table}'");
        scene.db.text(&sql).parse().unwrap()
    };
    (read("seq_scan"), read("idx_scan"))
}

#[test]
fn with_a_hundred_thousand_users_no_table_is_read_as_a_whole() {
    let scene = Scene::new();
    scene.db.sql(
        "SET synchronous_commit = off; SET session_replication_role = replica; \
         INSERT INTO users (id, email) \
         SELECT ('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid, i || '@example.org' \
         FROM generate_series(1, 100000) AS i; \
         INSERT INTO trakt_users (user_id, trakt_slug, trakt_uuid, status, access_token, \
             refresh_token, key_id, token_expires_at, generation, refresh_due_at) \
         SELECT id, email, email, 'active', 'a', 'r', 'test', now() + interval '7 days', 1, \
             now() + interval '3 days' FROM users; \
         UPDATE trakt_users SET status = CASE WHEN trakt_slug LIKE '5%' THEN 'locked' \
             WHEN trakt_slug LIKE '8%' OR trakt_slug LIKE '9%' THEN 'needs_relink' \
             ELSE 'unverified' END \
         WHERE length(split_part(trakt_slug, '@', 1)) = 1 OR trakt_slug LIKE '10@%'; \
         INSERT INTO watch_states (user_id, trakt_uuid, next_at) \
         SELECT id, email, now() + interval '1 h' FROM users; \
         INSERT INTO outbox (id, user_id, trakt_uuid, deed, part, wish, at, state, settled_at) \
         SELECT id, id, email, 'rate', 'ratings', '', now(), 'confirmed', now() FROM users; \
         UPDATE outbox SET state = 'queued', settled_at = NULL \
         WHERE id IN (SELECT id FROM outbox LIMIT 100)",
    );
    for table in ["trakt_users", "watch_states", "outbox"] {
        scene.db.sql(&format!("VACUUM ANALYZE {table}"));
    }
    let tables = ["trakt_users", "watch_states", "outbox"];
    let before = tables.map(|table| scans(&scene, table));
    let start = Instant::now();
    let measures = scene.store.measures().unwrap();
    let took = start.elapsed();
    assert_eq!(measures.links, links([99_990, 7, 2, 1]));
    assert_eq!(measures.writes, 100);
    // The server tells what it counted a little later, and when its connection is idle.
    let deadline = Instant::now() + Duration::from_secs(30);
    let after = loop {
        let after = tables.map(|table| scans(&scene, table));
        if after
            .iter()
            .zip(&before)
            .all(|(after, before)| after.1 > before.1)
        {
            break after;
        }
        assert!(Instant::now() < deadline, "no index was used: {after:?}");
        scene.store.measures().unwrap();
    };
    for ((table, before), after) in tables.iter().zip(before).zip(after) {
        assert_eq!(before.0, after.0, "{table} was read as a whole");
    }
    // Some ten milliseconds, with room for a machine that does much else.
    assert!(took < Duration::from_millis(500), "{took:?}");
}
