//! Whether a write would be taken, and how one stands.

use std::time::Duration;

use trakt_core::ports::{ChangeChoices, ChoiceStore, EndPush, Lease, OutboxStore};
use trakt_core::scrobble::Written;

use super::{Viewer, play, queued, refused, target};
use crate::scene::stamp;

#[test]
fn a_write_is_taken_of_whoever_is_linked_while_writes_are_on_and_the_day_has_room() {
    let viewer = Viewer::new();
    let may = |daily| viewer.scene.store.may_write(viewer.user, daily).unwrap();
    let stranger = viewer.scene.user("stranger@example.org");
    assert_eq!(viewer.scene.store.may_write(stranger, 9), Ok(None));
    assert_eq!(may(1), Some(true));
    let write = viewer.watched();
    assert_eq!(may(2), Some(true));
    assert_eq!(may(1), Some(false));
    let switch = |on| {
        let cmd = ChangeChoices {
            user: viewer.user,
            pull: None,
            push: Some(on),
            recommendations: None,
            stamp: stamp(),
        };
        viewer.scene.store.change_choices(&cmd).unwrap().unwrap()
    };
    assert!(!switch(false).push);
    assert_eq!(may(2), Some(false));
    assert!(switch(true).push);
    // What came to its end counts too, for a day.
    viewer.sent(write, Written::confirmed(None));
    assert_eq!(may(1), Some(false));
    viewer.sql("UPDATE outbox SET accepted_at = now() - interval '25 hours'");
    assert_eq!(may(1), Some(true));
    // Tokens may be had anew; an account that nobody has proved theirs is none.
    viewer.sql("UPDATE trakt_users SET status = 'needs_relink'");
    assert_eq!(may(1), Some(true));
    viewer.sql("DELETE FROM trakt_users");
    assert_eq!(may(1), None);
}

#[test]
fn a_write_that_waits_shows_why_its_user_s_turn_does() {
    let viewer = Viewer::new();
    let write = viewer.watched();
    assert_eq!(viewer.state(write), queued());
    let trouble = |word| {
        let (push, _) = viewer.claim().unwrap();
        let end = EndPush {
            user: viewer.user,
            push,
            writes: vec![(write, Written::Again)],
            next: Duration::ZERO,
            trouble: word,
        };
        assert_eq!(viewer.scene.store.end_push(&end), Ok(Lease::Kept));
    };
    trouble(Some("no_token"));
    let waits = (queued().0, Some("no_token".to_owned()));
    assert_eq!(viewer.state(write), waits);
    trouble(None);
    assert_eq!(viewer.state(write), queued());
    // Another's turn is another matter, and once a write is settled so is its own.
    viewer.sent(write, Written::Refused("not_found"));
    let other = viewer.take(play(None), Some(target()));
    let (push, _) = viewer.claim().unwrap();
    let end = EndPush {
        user: viewer.user,
        push,
        writes: vec![],
        next: Duration::ZERO,
        trouble: Some("locked"),
    };
    assert_eq!(viewer.scene.store.end_push(&end), Ok(Lease::Kept));
    assert_eq!(viewer.state(other).1.as_deref(), Some("locked"));
    assert_eq!(viewer.state(write), refused("not_found"));
}
