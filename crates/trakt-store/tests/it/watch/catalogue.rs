//! Which show is read next.

use trakt_core::ports::{CatalogueStore, Lease, SettleCatalogue};
use trakt_core::watch::Part;

use super::{Viewer, episode, mark, play, time};
use crate::scene::LEASE;

#[test]
fn a_show_of_which_nothing_is_known_is_read_before_one_that_is_only_due_again() {
    let viewer = Viewer::new();
    viewer.scene.db.sql(
        "INSERT INTO catalogues (show, read_at, next_at) \
         VALUES (1, now() - interval '2 days', now() - interval '1 day'), \
             (2, NULL, now() - interval '1 minute'), \
             (3, now() - interval '2 days', now() - interval '1 hour'), \
             (4, NULL, now() - interval '2 minutes'), \
             (5, NULL, now() + interval '1 minute')",
    );
    let claim = || viewer.scene.store.claim_catalogue(LEASE).unwrap();
    let given: Vec<i64> = std::iter::from_fn(|| Some(claim()?.show)).collect();
    assert_eq!(given, [4, 2, 1, 3]);
}

#[test]
fn a_show_is_read_again_when_an_episode_airs_that_was_watched_before() {
    let viewer = Viewer::new();
    let (pull, _) = viewer.begin().unwrap();
    let plays = vec![play(3, episode(1), time())];
    assert_eq!(viewer.store(pull, Part::EpisodePlays, plays), Lease::Kept);
    let airs = |interval: &str| {
        viewer.scene.db.sql(&format!(
            "UPDATE media SET first_aired = now() + interval '{interval}' WHERE kind = 'episode'; \
             DELETE FROM catalogues; DELETE FROM watching; \
             INSERT INTO watching (user_id, show) SELECT user_id, 4 FROM watch_states; \
             INSERT INTO catalogues (show, read_at, next_at) \
                 VALUES (4, now(), now() + interval '1 day')"
        ));
        let finished = viewer.finish(pull, Part::EpisodePlays, &[], mark(1));
        assert_eq!(finished, Lease::Kept);
        let next = "SELECT concat_ws(' ', c.next_at = m.first_aired, w.completed) \
            FROM catalogues AS c, watching AS w, media AS m WHERE m.kind = 'episode'";
        viewer.scene.db.text(next)
    };
    assert_eq!(airs("2 hours"), "t 0");
    assert_eq!(airs("-2 hours"), "f 1");
    // Read before it airs, which says when.
    assert_eq!(airs("2 days"), "f 0");

    // A reading of the catalogue is no later either.
    airs("2 hours");
    viewer.scene.db.sql("UPDATE catalogues SET next_at = now()");
    let claimed = viewer.scene.store.claim_catalogue(LEASE).unwrap().unwrap();
    let settle = SettleCatalogue {
        claimed,
        read: true,
        next: std::time::Duration::from_secs(86_400),
    };
    viewer.scene.store.settle_catalogue(&settle).unwrap();
    let next = "SELECT c.next_at = m.first_aired FROM catalogues AS c, media AS m \
        WHERE m.kind = 'episode'";
    assert_eq!(viewer.scene.db.text(next), "true");
}
