//! Who is signed in to the pages.

use std::time::Duration;

use trakt_core::ports::RemoveUser;
use trakt_core::ports::{CloseSession, OpenSession, SessionStore, UserStore};
use trakt_core::user::Email;
use trakt_core::{SessionToken, SystemEntropy, UserId};

use crate::scene::{Scene, stamp};

const DAY: Duration = Duration::from_secs(86_400);

fn open(scene: &Scene, user: UserId) -> SessionToken {
    let token = SessionToken::random(&SystemEntropy);
    let cmd = OpenSession {
        key: token.key(),
        user,
        idle: DAY,
        life: DAY * 14,
    };
    assert_eq!(scene.store.open_session(&cmd), Ok(true));
    token
}

fn user_of(scene: &Scene, token: &SessionToken) -> Option<UserId> {
    scene.store.use_session(&token.key(), DAY).unwrap()
}

#[test]
fn a_session_is_its_users_until_it_is_closed() {
    let scene = Scene::new();
    let (ana, bo) = (scene.user("ana@example.org"), scene.user("bo@example.org"));
    let (first, second, others) = (open(&scene, ana), open(&scene, ana), open(&scene, bo));
    assert_eq!(user_of(&scene, &first), Some(ana));
    assert_eq!(user_of(&scene, &others), Some(bo));
    let close = CloseSession {
        key: first.key(),
        stamp: stamp(),
    };
    for _ in 0..2 {
        assert_eq!(scene.store.close_session(&close), Ok(()));
    }
    assert_eq!(user_of(&scene, &first), None);
    assert_eq!(user_of(&scene, &second), Some(ana), "another browser");
    let entries = format!("audit_log WHERE event = 'signed_out' AND subject_id = '{ana}'");
    assert_eq!(scene.count(&entries), "1");
}

#[test]
fn it_ends_unused_after_its_life_and_with_its_user() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let token = open(&scene, user);
    // Used, it lives on; and not every use is written down.
    scene
        .db
        .sql("UPDATE sessions SET idle_at = now() + interval '1 minute'");
    assert_eq!(user_of(&scene, &token), Some(user));
    let whole = "SELECT idle_at > now() + interval '23 hours' FROM sessions";
    assert_eq!(scene.db.text(whole), "true");
    let at = scene.db.text("SELECT idle_at::text FROM sessions");
    assert_eq!(user_of(&scene, &token), Some(user));
    assert_eq!(scene.db.text("SELECT idle_at::text FROM sessions"), at);

    for column in ["idle_at", "ends_at"] {
        let token = open(&scene, user);
        scene
            .db
            .sql(&format!("UPDATE sessions SET {column} = now()"));
        assert_eq!(user_of(&scene, &token), None, "{column}");
        assert_eq!(user_of(&scene, &token), None, "it does not come back");
    }
    assert_eq!(scene.store.forget_sessions(2), Ok(2));
    assert_eq!(scene.store.forget_sessions(9), Ok(1));

    let token = open(&scene, user);
    let email = Email::parse("ana@example.org").unwrap();
    scene
        .store
        .remove(&RemoveUser {
            email,
            stamp: stamp(),
        })
        .unwrap();
    assert_eq!(user_of(&scene, &token), None);
    let cmd = OpenSession {
        key: token.key(),
        user,
        idle: DAY,
        life: DAY,
    };
    assert_eq!(scene.store.open_session(&cmd), Ok(false));
}
