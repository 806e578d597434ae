//! What is the same write, whoever says it and however often.

use trakt_core::WriteId;
use trakt_core::ports::{Accepted, Lease, NameWrite, OutboxStore};
use trakt_core::scrobble::Written;

use super::{Viewer, confirmed, earlier, play, queued, stop, target};

fn kept(accepted: &Accepted) -> WriteId {
    match accepted {
        Accepted::Kept { id, .. } => *id,
        other => panic!("not taken: {other:?}"),
    }
}

#[test]
fn a_second_key_of_the_same_play_is_remembered_when_its_minute_is_over() {
    let viewer = Viewer::new();
    let say = |key, seconds| {
        let wish = play(Some(earlier(seconds)));
        viewer.accept_by(wish, Some(target()), Some(key))
    };
    let first = kept(&say("one", 10));
    assert_eq!(kept(&say("two", 50)), first);
    assert_eq!(kept(&say("three", 50)), first);
    viewer.sent(first, Written::confirmed(None));
    for (table, at) in [("outbox", "at"), ("plays", "watched_at")] {
        viewer.sql(&format!(
            "UPDATE {table} SET {at} = {at} - interval '5 minutes'"
        ));
    }
    for key in ["two", "three"] {
        assert_eq!(kept(&say(key, 50)), first);
        assert_eq!(say(key, 51), Accepted::KeyReused);
    }
    assert_eq!(kept(&say("one", 10)), first);
    assert_eq!(say("one", 50), Accepted::KeyReused);
    // Whoever has no word for it says something new.
    assert_ne!(kept(&say("four", 50)), first);
    assert_eq!(viewer.scene.count("plays"), "2");
}

#[test]
fn a_key_is_forgotten_with_its_write() {
    let viewer = Viewer::new();
    let say = |key| viewer.accept_by(play(Some(earlier(0))), Some(target()), Some(key));
    let first = kept(&say("one"));
    assert_eq!(kept(&say("two")), first);
    viewer.sent(first, Written::Refused("account_limit"));
    let ended = std::time::Duration::ZERO;
    assert_eq!(viewer.scene.store.forget_writes(ended, 10), Ok(1));
    assert_eq!(viewer.scene.count("outbox_keys"), "0");
    assert_ne!(kept(&say("two")), first);
}

#[test]
fn a_player_that_repeats_itself_makes_one_play_also_of_what_is_named_later() {
    let viewer = Viewer::new();
    let said = [(); 3].map(|()| viewer.take(stop(), None));
    // Over the minute, and much later.
    for (id, seconds) in said.iter().zip([50, 80, 400]) {
        let at = earlier(seconds);
        viewer.sql(&format!("UPDATE outbox SET at = '{at}' WHERE id = '{id}'"));
    }
    for id in said {
        let (push, _) = viewer.claim().unwrap();
        let named = NameWrite {
            user: viewer.user,
            push,
            id,
            target: target(),
            item: None,
        };
        assert_eq!(viewer.scene.store.name_write(&named), Ok(Lease::Kept));
    }
    let states = said.map(|id| viewer.state(id));
    assert_eq!(states, [queued(), confirmed("already_there"), queued()]);
    assert_eq!(viewer.scene.count("plays"), "2");
    assert_eq!(viewer.claim().unwrap().1.len(), 2);
}
