//! The chains of the audit trail: what is appended can be checked.

mod heads;
mod retention;

use std::sync::{Arc, Barrier};

use trakt_core::SystemEntropy;
use trakt_core::UserId;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::ports::AuditStore;
use trakt_store::{AuditProblem, KeyCheckError, PgStore, RekeyError, Verified, migrate};

use crate::database::{Database, KEYS};
use crate::scene::{Scene, opening, stamp};

/// A key of 32 bytes `b`.
const NEW: &str = "new:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";

fn record(store: &PgStore, count: usize) {
    for _ in 0..count {
        let mut entry = AuditEntry::new(AuditEvent::Linked, AuditOutcome::Succeeded, &stamp());
        entry.subject = Some(UserId::random(&SystemEntropy));
        store.record(&entry.detail("word")).unwrap();
    }
}

/// What the check says, line by line, and how many entries are good.
fn verify(store: &PgStore) -> (Vec<String>, u64) {
    let mut lines = Vec::new();
    let tell = &mut |problem: &AuditProblem| lines.push(problem.to_string());
    let Verified { entries, problems } = store.verify_trail(tell).unwrap();
    assert_eq!(problems, lines.len() as u64);
    (lines, entries)
}

fn good(store: &PgStore, entries: u64) {
    assert_eq!(verify(store), (Vec::new(), entries));
}

/// As somebody does who owns the database: the triggers are in nobody's way.
fn tamper(db: &Database, sql: &str) {
    db.sql(&format!(
        "BEGIN; SET LOCAL session_replication_role = 'replica'; {sql}; COMMIT"
    ));
}

/// All entries in one chain, so that a place is known.
fn one_chain(scene: &Scene, entries: usize) {
    scene.db.sql("DELETE FROM audit_heads WHERE shard <> 3");
    record(&scene.store, entries);
    scene.db.sql(
        "INSERT INTO audit_heads (shard) SELECT n FROM generate_series(0, 15) AS n WHERE n <> 3",
    );
}

#[test]
fn what_is_appended_is_found_good() {
    let scene = Scene::new();
    good(&scene.store, 0);
    record(&scene.store, 5);
    let user = scene.user("ana@example.org");
    scene.flow(user);
    good(&scene.store, 7);
    // Another process, with the key from the database.
    let other = scene.db.store();
    record(&other, 1);
    good(&other, 8);
    good(&scene.store, 8);
    assert_eq!(scene.count("audit_keys"), "1");
}

#[test]
fn whatever_is_changed_is_named() {
    let scene = Scene::new();
    one_chain(&scene, 6);
    for (sql, expected) in [
        (
            "UPDATE audit_log SET detail = 'w' WHERE id = 3",
            vec!["shard 3 seq 3 entry 3: altered: edited, or swapped with another"],
        ),
        (
            "UPDATE audit_log SET at = at + interval '1 microsecond' WHERE id = 1",
            vec!["shard 3 seq 1 entry 1: altered: edited, or swapped with another"],
        ),
        (
            "UPDATE audit_log SET at = 'infinity' WHERE id = 1; \
             UPDATE audit_log SET at = '-infinity' WHERE id = 3; \
             UPDATE audit_log SET at = '294276-01-01' WHERE id = 4",
            vec![
                "shard 3 seq 1 entry 1: altered: edited, or swapped with another",
                "shard 3 seq 3 entry 3: altered: edited, or swapped with another",
                "shard 3 seq 4 entry 4: altered: edited, or swapped with another",
            ],
        ),
        (
            "DELETE FROM audit_log WHERE id = 2",
            vec!["shard 3 seq 2 entry 2: removed: its entry is gone"],
        ),
        (
            "DELETE FROM audit_log WHERE id = 2; DELETE FROM audit_chain WHERE entry_id = 2",
            vec!["shard 3 seq 2: removed: the chain goes on at seq 3, which cannot be checked"],
        ),
        (
            "UPDATE audit_chain SET entry_id = 40 WHERE seq = 4; \
             UPDATE audit_chain SET entry_id = 4 WHERE seq = 5; \
             UPDATE audit_chain SET entry_id = 5 WHERE seq = 4",
            vec![
                "shard 3 seq 4 entry 5: altered: edited, or swapped with another",
                "shard 3 seq 5 entry 4: altered: edited, or swapped with another",
            ],
        ),
        (
            "UPDATE audit_chain SET shard = 4, seq = 1 WHERE seq = 6",
            vec![
                "shard 3 seq 6: cut off: the chain ends at seq 5",
                "shard 4 seq 1 entry 6: altered: edited, or swapped with another",
                "shard 4 seq 0: the head was set back: the chain goes on to seq 1",
            ],
        ),
        (
            "DELETE FROM audit_log WHERE id > 4; DELETE FROM audit_chain WHERE seq > 4",
            vec!["shard 3 seq 6: cut off: the chain ends at seq 4"],
        ),
        (
            "UPDATE audit_heads SET seq = 5 WHERE shard = 3",
            vec!["shard 3 seq 5: the head was set back: the chain goes on to seq 6"],
        ),
        (
            "UPDATE audit_heads SET mac = sha256('') WHERE shard = 3",
            vec!["shard 3 seq 6: the head is not that of the last entry"],
        ),
        (
            "DELETE FROM audit_heads WHERE shard = 3",
            vec!["shard 3 seq 6: the head of the chain is gone"],
        ),
        (
            "INSERT INTO audit_log (event, outcome) VALUES ('linked', 'succeeded')",
            vec!["entry 7: not in the chain"],
        ),
        (
            "INSERT INTO audit_log (id, event, outcome) OVERRIDING SYSTEM VALUE VALUES \
                 (-9223372036854775808, 'linked', 'succeeded'), \
                 (9223372036854775807, 'linked', 'succeeded')",
            vec![
                "entry -9223372036854775808: not in the chain",
                "entry 9223372036854775807: not in the chain",
            ],
        ),
        (
            "WITH e AS (INSERT INTO audit_log (event, outcome) VALUES ('linked', 'succeeded') \
                 RETURNING id) \
             INSERT INTO audit_chain SELECT 5, 0, e.id, k.id, false, sha256('') \
             FROM e, audit_keys AS k",
            vec!["shard 5 seq 0 entry 8: forged: it stands before the beginning of the chain"],
        ),
        (
            "UPDATE audit_chain SET adopted = true WHERE seq = 6",
            vec!["shard 3 seq 6 entry 6: altered: edited, or swapped with another"],
        ),
        (
            "UPDATE audit_chain SET mac = sha256('') WHERE seq = 1",
            vec![
                "shard 3 seq 1 entry 1: altered: edited, or swapped with another",
                "shard 3 seq 2 entry 2: altered: edited, or swapped with another",
            ],
        ),
        (
            "INSERT INTO audit_checkpoints SELECT shard, seq, mac, key, sha256('') \
             FROM audit_chain WHERE seq = 2; \
             DELETE FROM audit_log WHERE id < 3; DELETE FROM audit_chain WHERE seq < 3",
            vec![
                "shard 3 seq 2: the mark of retention is not valid, or its key is gone",
                "shard 3 seq 1: removed: the chain goes on at seq 3, which cannot be checked",
            ],
        ),
    ] {
        let copies = "CREATE TABLE saved_log AS TABLE audit_log; \
                      CREATE TABLE saved_chain AS TABLE audit_chain; \
                      CREATE TABLE saved_heads AS TABLE audit_heads";
        scene.db.sql(copies);
        tamper(&scene.db, sql);
        assert_eq!(verify(&scene.store).0, expected, "{sql}");
        tamper(
            &scene.db,
            "DELETE FROM audit_log; DELETE FROM audit_chain; DELETE FROM audit_heads; \
             DELETE FROM audit_checkpoints; \
             INSERT INTO audit_log OVERRIDING SYSTEM VALUE SELECT * FROM saved_log; \
             INSERT INTO audit_chain SELECT * FROM saved_chain; \
             INSERT INTO audit_heads SELECT * FROM saved_heads; \
             DROP TABLE saved_log; DROP TABLE saved_chain; DROP TABLE saved_heads",
        );
        good(&scene.store, 6);
    }
}

#[test]
fn what_is_rolled_back_leaves_no_gap() {
    let scene = Scene::new();
    // The very first entry does, and the key is made with it.
    scene
        .db
        .sql("ALTER TABLE audit_log ADD CONSTRAINT full_up CHECK (event <> 'flow_started')");
    let user = scene.user("ana@example.org");
    for _ in 0..3 {
        let cmd = opening(user, false);
        assert!(trakt_core::ports::LinkStore::open_flow(&scene.store, &cmd).is_err());
        record(&scene.store, 1);
    }
    good(&scene.store, 4);
}

#[test]
fn many_writers_share_the_chains() {
    let scene = Scene::new();
    let start = Arc::new(Barrier::new(8));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let start = start.clone();
            // A process each: all of them make the first key at once.
            let store = scene.db.store();
            scope.spawn(move || {
                start.wait();
                record(&store, 25);
            });
        }
    });
    good(&scene.store, 200);
    assert_eq!(scene.count("audit_keys"), "1");
    let sum = scene.db.text("SELECT sum(seq) FROM audit_heads");
    assert_eq!(sum, "200");
}

/// More transactions than heads: the others wait, and all come to their end.
#[test]
fn writers_in_one_chain_wait_for_each_other() {
    let scene = Scene::new();
    scene.db.sql("DELETE FROM audit_heads WHERE shard <> 0");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| record(&scene.store, 25));
        }
    });
    scene
        .db
        .sql("INSERT INTO audit_heads (shard) SELECT generate_series(1, 15)");
    good(&scene.store, 100);
    assert_eq!(
        scene.count("audit_chain WHERE shard = 0 AND seq = 100"),
        "1"
    );
}

#[test]
fn two_replicas_that_start_at_once_make_one_key_and_adopt_once() {
    let db = Database::new();
    db.sql(
        "INSERT INTO audit_log (event, outcome) \
         SELECT 'linked', 'succeeded' FROM generate_series(1, 2500)",
    );
    let stores: Vec<_> = (0..4).map(|_| db.store()).collect();
    std::thread::scope(|scope| {
        for store in &stores {
            scope.spawn(|| store.begin_trail().unwrap());
        }
    });
    assert_eq!(db.text("SELECT count(*) FROM audit_keys"), "1");
    good(&stores[0], 2500);
    tamper(&db, "UPDATE audit_log SET detail = 'x' WHERE id = 1234");
    assert_eq!(verify(&stores[1]).0.len(), 1);
}

/// With many pages of entries to take in: all of them or none.
#[test]
fn a_trail_that_was_begun_in_part_is_not_begun() {
    let db = Database::new();
    db.sql(
        "INSERT INTO audit_log (event, outcome) \
         SELECT 'linked', 'succeeded' FROM generate_series(1, 2500); \
         ALTER TABLE audit_chain ADD CONSTRAINT full_up CHECK (seq < 2200)",
    );
    let store = db.store();
    assert!(store.begin_trail().is_err());
    let left = "SELECT (SELECT count(*) FROM audit_keys) || ' ' || (SELECT count(*) FROM audit_chain) \
                || ' ' || (SELECT sum(seq) FROM audit_heads)";
    assert_eq!(db.text(left), "0 0 0");
    db.sql("ALTER TABLE audit_chain DROP CONSTRAINT full_up");
    store.begin_trail().unwrap();
    good(&store, 2500);
}

#[test]
fn entries_of_an_older_version_are_adopted_by_hand_alone() {
    let scene = Scene::new();
    scene.store.begin_trail().unwrap();
    record(&scene.store, 2);
    let old = "INSERT INTO audit_log (event, outcome) VALUES ('linked', 'succeeded')";
    for _ in 0..3 {
        scene.db.sql(old);
    }
    record(&scene.store, 1);
    // Not at the next start.
    scene.db.store().begin_trail().unwrap();
    let expected = [3, 4, 5].map(|id| format!("entry {id}: not in the chain"));
    assert_eq!(verify(&scene.store), (expected.to_vec(), 3));
    let adopt = || scene.store.adopt_entries(&AuditStamp::default()).unwrap();
    assert_eq!(adopt(), 3);
    good(&scene.store, 7);
    assert_eq!(scene.trail(6), ["audit_adopted succeeded"]);
    assert_eq!(adopt(), 0);
    good(&scene.store, 7);
}

#[test]
fn the_key_follows_when_keys_are_changed() {
    let scene = Scene::new();
    record(&scene.store, 3);
    let with = |keys: &str| scene.db.store_with(&scene.db.options(), keys);
    let missing = KeyCheckError::Missing(vec!["test".to_owned()]);
    assert_eq!(with(NEW).check_keys(), Err(missing));
    let both = with(&format!("{NEW},{KEYS}"));
    let used = |store: &PgStore| -> Vec<i64> {
        let keys = store.key_status(None).unwrap();
        keys.iter().map(|key| key.audit).collect()
    };
    assert_eq!(used(&both), [0, 1]);
    assert_eq!(both.rewrap().unwrap().rows, 1);
    assert_eq!(used(&both), [1, 0]);
    let new = with(NEW);
    new.check_keys().unwrap();
    good(&new, 3);
    record(&new, 1);
    good(&new, 4);
    assert_eq!(scene.count("audit_keys"), "1");
}

#[test]
fn a_lost_key_is_said_and_a_new_one_goes_on() {
    let scene = Scene::new();
    one_chain(&scene, 3);
    let rekey = |store: &PgStore, lost| store.rekey_trail(lost, &AuditStamp::default());
    // With the old key at hand everything stays checkable.
    rekey(&scene.store, false).unwrap();
    record(&scene.store, 1);
    good(&scene.store, 5);
    assert_eq!(scene.count("audit_keys WHERE NOT lost"), "2");
    assert_eq!(scene.count("audit_chain"), "5");

    let new = scene.db.store_with(&scene.db.options(), NEW);
    assert!(new.check_keys().is_err());
    let entry = AuditEntry::new(AuditEvent::Linked, AuditOutcome::Succeeded, &stamp());
    assert!(new.record(&entry).is_err(), "no entry without a key");
    assert!(matches!(rekey(&new, false), Err(RekeyError::Lost(_))));
    rekey(&new, true).unwrap();
    record(&new, 1);
    let trail = scene.trail(3);
    let made = "audit_key_made succeeded";
    let expected = [
        made,
        "linked succeeded word",
        "audit_key_made succeeded key_lost",
        "linked succeeded word",
    ];
    assert_eq!(trail, expected);
    // Nothing asks for the lost one any more.
    new.check_keys().unwrap();
    let (lines, entries) = verify(&new);
    assert_eq!(entries, 2, "{lines:?}");
    let first = "shard 3 seq 1 entry 1: cannot be checked up to seq 3: 3 entries of the key ";
    assert!(
        lines.iter().any(|line| line.starts_with(first)),
        "{lines:?}"
    );
    assert!(lines.iter().all(|line| line.contains("which is gone")));
    // Who finds the key again can check it all.
    let both = scene
        .db
        .store_with(&scene.db.options(), &format!("{NEW},{KEYS}"));
    good(&both, 7);
}

/// An upgrade with entries that are there already, and the older program beside the new one.
#[test]
fn entries_from_before_the_chain_are_taken_in_once() {
    let db = Database::new();
    let folder = "/../../migrations/2026-11-29-000100_audit_chain/down.sql";
    let down = format!("{}{folder}", env!("CARGO_MANIFEST_DIR"));
    db.sql(&std::fs::read_to_string(down).unwrap());
    db.sql("DELETE FROM __diesel_schema_migrations WHERE version = '20261129000100'");
    let old = "INSERT INTO audit_log (event, outcome) VALUES ('linked', 'succeeded')";
    for _ in 0..3 {
        db.sql(old);
    }
    assert_eq!(migrate(&db.secret_url()).unwrap().len(), 1);
    db.sql(old);
    let store = db.store();
    store.begin_trail().unwrap();
    good(&store, 4);
    assert_eq!(
        db.text("SELECT count(*) FROM audit_chain WHERE adopted"),
        "4"
    );
    db.sql(old);
    assert_eq!(verify(&store).0, ["entry 5: not in the chain"]);
}
