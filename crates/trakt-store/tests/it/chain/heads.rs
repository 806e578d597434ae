//! Heads that were exported: what they say was there cannot go unseen.

use trakt_core::Clock;
use trakt_core::SystemClock;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::ports::AuditStore;
use trakt_store::{AuditHeads, PgStore};

use super::{good, one_chain, record, tamper, verify};
use crate::scene::{Scene, stamp};

/// As they are now.
pub(super) fn heads(store: &PgStore) -> AuditHeads {
    let (heads, problems) = store.audit_heads(&AuditHeads::default()).unwrap();
    assert_eq!(problems, []);
    heads
}

/// With the head set back as well only who kept the heads can tell.
#[test]
fn what_was_exported_cannot_be_cut_off_or_rewritten() {
    let scene = Scene::new();
    one_chain(&scene, 6);
    let exported = heads(&scene.store);
    assert_eq!(exported.0.len(), 1);
    let compare = || {
        let found = scene.store.compare_heads(&exported).unwrap();
        let lines = found.iter().map(ToString::to_string);
        lines.collect::<Vec<_>>()
    };
    record(&scene.store, 3);
    assert_eq!(compare(), [""; 0]);
    tamper(
        &scene.db,
        "DELETE FROM audit_log WHERE id > 4; \
         DELETE FROM audit_chain WHERE shard <> 3 OR seq > 4; \
         UPDATE audit_heads SET seq = 0, mac = '' WHERE shard <> 3; \
         UPDATE audit_heads AS h SET (seq, mac) = (SELECT c.seq, c.mac FROM audit_chain AS c \
             WHERE c.shard = 3 AND c.seq = 4) WHERE h.shard = 3",
    );
    good(&scene.store, 4);
    assert_eq!(
        compare(),
        ["shard 3 seq 6: cut off: the chain ends at seq 4"]
    );
    // It goes on growing, beyond where it was.
    scene.db.sql("DELETE FROM audit_heads WHERE shard <> 3");
    record(&scene.store, 3);
    scene.db.sql(
        "INSERT INTO audit_heads (shard) SELECT n FROM generate_series(0, 15) AS n WHERE n <> 3",
    );
    good(&scene.store, 7);
    assert_eq!(
        compare(),
        ["shard 3 seq 6: rewritten: it is not what it was when the heads were exported"]
    );
}

/// The links are left for now, so that the heads that are kept follow the one that was set back.
#[test]
fn a_head_that_goes_back_is_told_while_its_links_are_there() {
    let scene = Scene::new();
    one_chain(&scene, 6);
    let kept = heads(&scene.store);
    let told = || {
        let (_, problems) = scene.store.audit_heads(&kept).unwrap();
        assert_eq!(scene.store.compare_heads(&kept).unwrap(), problems);
        let lines = problems.iter().map(ToString::to_string);
        lines.collect::<Vec<_>>()
    };
    record(&scene.store, 20);
    assert_eq!(told(), [""; 0]);
    scene.db.sql("CREATE TABLE saved AS TABLE audit_heads");
    for (sql, expected) in [
        (
            "DELETE FROM audit_heads WHERE shard = 3",
            "shard 3 seq 6: the head of the chain is gone",
        ),
        (
            "UPDATE audit_heads SET seq = 0, mac = '' WHERE shard = 3",
            "shard 3 seq 0: the head was set back: the chain goes on to seq 6",
        ),
        (
            "UPDATE audit_heads SET (seq, mac) = (SELECT seq, mac FROM audit_chain \
                 WHERE shard = 3 AND seq = 5) WHERE shard = 3",
            "shard 3 seq 5: the head was set back: the chain goes on to seq 6",
        ),
    ] {
        scene.db.sql(sql);
        assert_eq!(told(), [expected], "{sql}");
        let back = "DELETE FROM audit_heads; INSERT INTO audit_heads SELECT * FROM saved";
        scene.db.sql(back);
        assert_eq!(told(), [""; 0]);
    }
    // Also where retention has removed the link since.
    let now = SystemClock.now();
    let pruned = scene.store.prune_trail(now, false, &AuditStamp::default());
    assert_eq!(pruned.unwrap().entries, 26);
    assert_eq!(told(), [""; 0]);
    scene
        .db
        .sql("UPDATE audit_heads SET seq = 5 WHERE shard = 3");
    let expected = "shard 3 seq 5: the head was set back: the chain goes on to seq 6";
    assert_eq!(told(), [expected]);
}

/// What never was is not kept in the place of what was: a head that was written for a chain to come.
#[test]
fn a_head_that_is_not_of_its_chain_is_told() {
    let scene = Scene::new();
    one_chain(&scene, 6);
    let kept = heads(&scene.store);
    scene.db.sql("CREATE TABLE saved AS TABLE audit_heads");
    let told = || {
        let (_, problems) = scene.store.audit_heads(&kept).unwrap();
        let lines = problems.iter().map(ToString::to_string);
        lines.collect::<Vec<_>>()
    };
    let differs = |seq: i64| {
        [format!(
            "shard 3 seq {seq}: the head is not that of the last entry"
        )]
    };
    for (sql, seq) in [
        (
            "UPDATE audit_heads SET mac = sha256('x') WHERE shard = 3",
            6,
        ),
        ("UPDATE audit_heads SET seq = 600 WHERE shard = 3", 600),
    ] {
        scene.db.sql(sql);
        assert_eq!(told(), differs(seq), "{sql}");
        let back = "DELETE FROM audit_heads; INSERT INTO audit_heads SELECT * FROM saved";
        scene.db.sql(back);
        assert_eq!(told(), [""; 0]);
    }
    // Of a chain that retention has emptied the mark tells.
    let now = SystemClock.now();
    let pruned = scene.store.prune_trail(now, false, &AuditStamp::default());
    assert_eq!(pruned.unwrap().entries, 6);
    let back = "UPDATE audit_heads SET (seq, mac) = (SELECT seq, mac FROM saved WHERE shard = 3) \
                WHERE shard = 3";
    let own = "DELETE FROM audit_log WHERE event = 'audit_pruned'; \
               DELETE FROM audit_chain WHERE shard = 3 AND seq = 7";
    tamper(&scene.db, &format!("{own}; {back}"));
    assert_eq!(told(), [""; 0]);
    scene
        .db
        .sql("UPDATE audit_heads SET mac = sha256('x') WHERE shard = 3");
    assert_eq!(told(), differs(6));
    scene.db.sql(back);
    scene
        .db
        .sql("UPDATE audit_checkpoints SET signature = sha256('x') WHERE shard = 3");
    let forged = ["shard 3 seq 6: the mark of retention is not valid, or its key is gone"];
    assert_eq!(told(), forged);
    // Also where nothing was kept yet.
    let (_, problems) = scene.store.audit_heads(&AuditHeads::default()).unwrap();
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(lines, forged);
}

/// A process that knew the chain does not begin it anew: that would cover what was done.
#[test]
fn a_chain_that_was_wiped_is_not_begun_again_unseen() {
    let scene = Scene::new();
    scene.store.begin_trail().unwrap();
    record(&scene.store, 3);
    let exported = heads(&scene.store);
    tamper(
        &scene.db,
        "DELETE FROM audit_keys; DELETE FROM audit_chain; \
         UPDATE audit_heads SET seq = 0, mac = ''",
    );
    let entry = AuditEntry::new(AuditEvent::Linked, AuditOutcome::Succeeded, &stamp());
    assert!(scene.store.record(&entry).is_err());
    assert_eq!(verify(&scene.store).0.len(), 3);
    // A new process cannot know; who kept the heads does.
    let other = scene.db.store();
    other.begin_trail().unwrap();
    good(&other, 3);
    assert!(!other.compare_heads(&exported).unwrap().is_empty());
}
