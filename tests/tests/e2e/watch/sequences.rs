//! Whatever a user does at Trakt and here, both have the same in the end.

use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_oneof, proptest};
use trakt_core::scrobble::ScrobbleService;

use super::viewer::Viewer;
use crate::harness::{Deed, Own, act, deed, own, write};

#[derive(Clone, Debug)]
enum Act {
    There(Deed),
    Here(Own),
    Push,
    Pull,
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => deed().prop_map(Act::There),
        4 => own().prop_map(Act::Here),
        1 => proptest::strategy::Just(Act::Push),
        1 => proptest::strategy::Just(Act::Pull),
    ]
}

fn plays(viewer: &Viewer) -> Vec<i64> {
    let sql = "SELECT id FROM plays WHERE user_id = $1 AND id > 0 ORDER BY id";
    let rows = viewer.database.rows(sql, &[&viewer.user]);
    rows.iter().map(|row| row.get(0)).collect()
}

/// Sends what waits, without the pause of a second between two writes.
fn push(viewer: &Viewer, scrobbles: &ScrobbleService) {
    let open = "SELECT count(*) FROM outbox WHERE settled_at IS NULL";
    while viewer.database.count(open) > 0 {
        let now = "UPDATE outbox_turns SET next_at = now()";
        viewer.database.execute(now, &[]);
        // So many in a day are meant here.
        viewer.watch.ask(viewer.id(), true).unwrap();
        assert!(scrobbles.push_due().unwrap());
    }
}

/// A viewer costs a database and a simulator: one serves all sequences, which go on from where the
/// one before ended.
#[test]
fn after_any_sequence_both_are_the_same() {
    let viewer = Viewer::new();
    let scrobbles = viewer.linker.scrobbles();
    let config = proptest::test_runner::Config {
        failure_persistence: None,
        max_shrink_iters: 0,
        ..proptest::test_runner::Config::with_cases(100)
    };
    proptest!(config, |(acts in vec(any_act(), 1..16))| {
        for act_ in &acts {
            match act_ {
                Act::There(deed) => act(&viewer.person, &viewer.sim, deed),
                Act::Here(own) => {
                    if let Some(wish) = write(own, &plays(&viewer)) {
                        scrobbles.write(viewer.id(), wish, None).unwrap();
                    }
                }
                Act::Push => push(&viewer, &scrobbles),
                Act::Pull => drop(viewer.watch.pull(viewer.id()).unwrap()),
            }
        }
        push(&viewer, &scrobbles);
        // Trakt may lag for some seconds behind a write; here they are over.
        let later = "UPDATE outbox SET settled_at = settled_at - interval '1 minute'";
        viewer.database.execute(later, &[]);
        viewer.watch.pull(viewer.id()).unwrap();
        assert_eq!(viewer.ours(), viewer.theirs(), "after {acts:?}");
        // Twice is once.
        let again = viewer.watch.pull(viewer.id()).unwrap();
        assert_eq!((again.whole, again.partial), (vec![], vec![]));
    });
}
