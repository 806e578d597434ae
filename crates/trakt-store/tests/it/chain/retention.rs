//! What retention removes, and what it leaves.

use chrono::{DateTime, TimeDelta, Utc};
use trakt_core::audit::AuditStamp;
use trakt_core::{Clock, SystemClock};
use trakt_store::{AuditProblem, Pruned};

use super::heads::heads;
use super::{good, one_chain, record, tamper, verify};
use crate::scene::Scene;

fn prune(scene: &Scene, before: DateTime<Utc>, unchecked: bool) -> Pruned {
    let stamp = AuditStamp::default();
    scene.store.prune_trail(before, unchecked, &stamp).unwrap()
}

/// What stopped it, line by line, and how many entries it removed.
fn lines(pruned: &Pruned) -> (Vec<String>, u64) {
    let stopped = pruned.stopped.iter().map(ToString::to_string);
    (stopped.collect(), pruned.entries)
}

#[test]
fn retention_leaves_a_chain_that_can_be_checked() {
    let scene = Scene::new();
    record(&scene.store, 2300);
    good(&scene.store, 2300);
    let before = heads(&scene.store);
    // What is old is what was written until now: the time of an entry is a part of its mac.
    let boundary = SystemClock.now();
    record(&scene.store, 40);
    let prune = |unchecked| {
        scene
            .store
            .prune_trail(boundary, unchecked, &AuditStamp::default())
            .unwrap()
    };
    let pruned = prune(false);
    assert_eq!((pruned.entries, pruned.stopped.len()), (2300, 0));
    good(&scene.store, 41);
    assert_eq!(scene.count("audit_log"), "41");
    assert_eq!(scene.count("audit_log WHERE event = 'audit_pruned'"), "1");
    assert_eq!(scene.store.compare_heads(&before).unwrap(), []);
    // The triggers hold for everybody else, before and after.
    for table in ["audit_log", "audit_chain"] {
        let refused = scene.db.try_sql(&format!("DELETE FROM {table}"));
        assert!(refused.unwrap_err().to_string().contains("append-only"));
    }
    // Nor can one be put where it was at work.
    tamper(
        &scene.db,
        "UPDATE audit_chain SET seq = 1 WHERE entry_id = (SELECT max(entry_id) FROM audit_chain)",
    );
    assert!(verify(&scene.store).0[0].contains(" seq 1 entry 2341: forged"));
    tamper(
        &scene.db,
        "UPDATE audit_chain AS c SET seq = h.seq FROM audit_heads AS h \
         WHERE c.shard = h.shard AND c.seq = 1",
    );
    // With nothing to remove it says nothing, and goes on where it left off.
    assert_eq!(prune(false).entries, 0);
    record(&scene.store, 1);
    good(&scene.store, 42);
    // Evidence is not removed unless it is to be.
    tamper(
        &scene.db,
        "UPDATE audit_log SET at = at - interval '10 days'",
    );
    let stopped = prune(false);
    assert!(stopped.entries == 0 && !stopped.stopped.is_empty());
    assert_eq!(scene.count("audit_log"), "42");
    let all = scene
        .store
        .prune_trail(boundary - TimeDelta::days(1), true, &AuditStamp::default());
    assert_eq!(all.unwrap().entries, 42);
    // That it was not checked stays known, whatever is removed later.
    let told = |entries| {
        let mut lines = Vec::new();
        let tell = &mut |problem: &AuditProblem| lines.push(problem.to_string());
        let verified = scene.store.verify_trail(tell).unwrap();
        assert_eq!((verified.entries, verified.problems), (entries, 0));
        assert!(!lines.is_empty());
        let note = ": note: what was before was removed by `audit prune --unchecked`";
        assert!(lines.iter().all(|line| line.contains(note)), "{lines:?}");
        lines.len()
    };
    let marks = told(1);
    let detail = "SELECT detail FROM audit_log WHERE event = 'audit_pruned'";
    assert_eq!(scene.db.text(detail), "unchecked");
    let now = SystemClock.now();
    let later = scene.store.prune_trail(now, false, &AuditStamp::default());
    assert_eq!(later.unwrap().entries, 1);
    assert_eq!(told(1), marks);
}

/// A mark that is accepted is valid from then on: the trail says who wanted that, also where nothing
/// was left to remove.
#[test]
fn a_forged_mark_is_not_made_valid_unseen() {
    let scene = Scene::new();
    one_chain(&scene, 6);
    tamper(
        &scene.db,
        "INSERT INTO audit_checkpoints SELECT shard, seq, mac, key, sha256('') \
             FROM audit_chain WHERE seq = 4; \
         DELETE FROM audit_log WHERE id <= 4; DELETE FROM audit_chain WHERE seq <= 4",
    );
    let before = SystemClock.now() - TimeDelta::days(1);
    let forged = "shard 3 seq 4: the mark of retention is not valid, or its key is gone";
    assert_eq!(verify(&scene.store).0[0], forged);
    let (told, removed) = lines(&prune(&scene, before, false));
    assert_eq!((told, removed), (vec![forged.to_owned()], 0));
    assert_eq!(scene.trail(2), [""; 0]);
    assert_eq!(lines(&prune(&scene, before, true)), (Vec::new(), 0));
    assert_eq!(scene.trail(2), ["audit_pruned succeeded unchecked"]);
    // Now that it is valid, there is nothing to say.
    assert_eq!(lines(&prune(&scene, before, true)), (Vec::new(), 0));
    assert_eq!(scene.count("audit_log"), "3");
}

/// An entry that was dated into the future does not keep all after it for ever, unseen.
#[test]
fn a_time_that_was_moved_does_not_stop_retention_unseen() {
    let scene = Scene::new();
    one_chain(&scene, 6);
    let before = SystemClock.now();
    record(&scene.store, 1);
    tamper(
        &scene.db,
        "UPDATE audit_log SET at = 'infinity' WHERE id = 3",
    );
    let altered = "shard 3 seq 3 entry 3: altered: edited, or swapped with another";
    let told = vec![altered.to_owned()];
    assert_eq!(lines(&prune(&scene, before, false)), (told.clone(), 2));
    assert_eq!(lines(&prune(&scene, before, false)), (told, 0));
    // It stands between entries that are old.
    assert_eq!(lines(&prune(&scene, before, true)), (Vec::new(), 4));
    assert_eq!(
        scene.trail(0),
        [
            "linked succeeded word",
            "audit_pruned succeeded",
            "audit_pruned succeeded unchecked",
        ]
    );
    // What does not check and is not older stays, as no older one is after it.
    tamper(&scene.db, "UPDATE audit_log SET detail = 'x' WHERE id = 7");
    let entries = prune(&scene, before, true).entries;
    assert_eq!((entries, scene.count("audit_log").as_str()), (0, "3"));
    let (told, removed) = lines(&prune(&scene, before, false));
    assert_eq!(removed, 0);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains(" entry 7: altered"), "{told:?}");
}
