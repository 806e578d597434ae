//! Whatever a user does at Trakt and here, both have the same in the end.

use chrono::{DateTime, Utc};
use proptest::collection::vec;
use proptest::prelude::{Strategy, prop_oneof, proptest};
use trakt_api::endpoints::GetWatchedProgress;
use trakt_core::ports::WatchReads;
use trakt_core::scrobble::ScrobbleService;
use trakt_core::watch::{ShowRecord, TitleName};

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

/// How far the user is in a show, in the words of both.
fn progress(viewer: &Viewer, show: i64) -> [String; 3] {
    let wanted = GetWatchedProgress {
        show: show.into(),
        hidden: false,
        specials: false,
        count_specials: false,
    };
    let theirs = viewer.send(&wanted).unwrap();
    let next = theirs.next_episode.and_then(|next| next.ids.trakt);
    let (aired, completed) = (theirs.aired, theirs.completed);
    let reset_at = theirs.reset_at;
    let theirs = format!(
        "{aired} {completed} {next:?} {:?} {:?}",
        theirs.last_watched_at, theirs.reset_at
    );
    let kept = "SELECT completed::bigint, next_item, \
                (extract(epoch FROM last_watched_at) * 1000000)::bigint FROM watching \
                WHERE user_id = $1 AND show = $2";
    let kept = viewer.database.rows(kept, &[&viewer.user, &show]);
    let store = &viewer.linker.store;
    let record = store.show(viewer.id(), &TitleName::Number(show)).unwrap();
    let Some(ours) = record.map(ShowRecord::progress) else {
        assert!(kept.is_empty());
        // Nothing of it was watched.
        let nothing = format!("{aired} 0 {next:?} None {reset_at:?}");
        return [nothing.clone(), nothing, theirs];
    };
    let (aired, last) = (ours.aired, ours.last_watched_at);
    let said = |completed: i64, next: Option<i64>, last: Option<DateTime<Utc>>| {
        format!("{aired} {completed} {next:?} {last:?} {:?}", ours.reset_at)
    };
    let next = ours.next.as_ref().map(|next| next.ids.trakt);
    let computed = said(i64::try_from(ours.completed).unwrap(), next, last);
    let last: Option<i64> = kept[0].get(2);
    let last = last.and_then(DateTime::from_timestamp_micros);
    let (completed, next) = (kept[0].get(0), kept[0].get(1));
    [said(completed, next, last), computed, theirs]
}

/// A viewer costs a database and a simulator: one serves all sequences, which go on from where the
/// one before ended.
#[test]
fn after_any_sequence_both_are_the_same() {
    let viewer = Viewer::new();
    let (scrobbles, catalogue) = (viewer.linker.scrobbles(), viewer.linker.catalogue());
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
        while catalogue.read_due().unwrap() {}
        for show in [1, 2] {
            let [kept, computed, theirs] = progress(&viewer, show);
            assert_eq!(computed, theirs, "of show {show} after {acts:?}");
            assert_eq!(kept, computed, "of show {show} after {acts:?}");
        }
        // Twice is once.
        let again = viewer.watch.pull(viewer.id()).unwrap();
        assert_eq!((again.whole, again.partial), (vec![], vec![]));
    });
}
