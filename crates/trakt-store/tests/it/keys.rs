//! The check of the keys at start.

use trakt_core::ports::{LinkStore, Unlink};
use trakt_store::{KeyCheckError, PgStore};

use crate::database::KEYS;
use crate::scene::{Scene, identity, stamp};

/// A key of 32 bytes `b`.
const OTHER: &str = "YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";

fn with_keys(scene: &Scene, keys: &str) -> PgStore {
    scene.db.store_with(&scene.db.options(), keys)
}

fn missing(id: &str) -> Result<(), KeyCheckError> {
    Err(KeyCheckError::Missing(vec![id.to_owned()]))
}

fn wrong(id: &str) -> Result<(), KeyCheckError> {
    Err(KeyCheckError::Wrong(vec![id.to_owned()]))
}

#[test]
fn the_same_keys_pass_again_and_again() {
    let scene = Scene::new();
    for _ in 0..2 {
        scene.store.check_keys().unwrap();
    }
    assert_eq!(scene.db.text("SELECT key_id FROM key_checks"), "test");
}

#[test]
fn a_wrong_key_under_a_known_name_is_noticed_before_there_is_data() {
    let scene = Scene::new();
    scene.store.check_keys().unwrap();
    let check = with_keys(&scene, &format!("test:{OTHER}")).check_keys();
    assert_eq!(check, wrong("test"));
    assert!(check.unwrap_err().to_string().ends_with(": test"));
    // A new key beside it is not noted, as the start is refused.
    let check = with_keys(&scene, &format!("new:{OTHER},test:{OTHER}")).check_keys();
    assert_eq!(check, wrong("test"));
    assert_eq!(scene.count("key_checks"), "1");
}

#[test]
fn a_key_that_data_is_sealed_with_must_be_given() {
    let mut scene = Scene::new();
    scene.store.check_keys().unwrap();
    let new = with_keys(&scene, &format!("new:{OTHER}"));
    new.check_keys().unwrap();
    // So that the key of the audit trail is not sealed with the other.
    new.begin_trail().unwrap();
    scene.store = with_keys(&scene, &format!("{KEYS},new:{OTHER}"));
    let user = scene.user("ana@example.org");
    new.check_keys().unwrap();
    // A pending flow, an approved one, a link, a token to be revoked.
    let flow = scene.flow(user);
    assert_eq!(new.check_keys(), missing("test"));
    scene.authorise(flow, "token-0");
    assert_eq!(new.check_keys(), missing("test"));
    scene.link(user, "token-1", &identity("u1", "sean"));
    scene.db.sql("DELETE FROM token_revocations");
    assert_eq!(new.check_keys(), missing("test"));
    scene
        .store
        .unlink(&Unlink {
            purge: false,
            user,
            stamp: stamp(),
        })
        .unwrap();
    assert_eq!(new.check_keys(), missing("test"));
    // With nothing left that it sealed it may go.
    scene.db.sql("DELETE FROM token_revocations");
    new.check_keys().unwrap();
}

#[test]
fn keys_are_changed_without_losing_a_token() {
    let scene = Scene::new();
    scene.store.check_keys().unwrap();
    let user = scene.user("ana@example.org");
    scene.link(user, "token-1", &identity("u1", "sean"));
    let both = with_keys(&scene, &format!("new:{OTHER},{KEYS}"));
    both.check_keys().unwrap();
    let revocations = both
        .unlink(&Unlink {
            purge: false,
            user,
            stamp: stamp(),
        })
        .unwrap();
    assert_eq!(revocations[0].token.expose(), "token-1");
    assert_eq!(scene.db.text("SELECT key_id FROM token_revocations"), "new");
}

#[test]
fn of_two_replicas_with_different_keys_under_one_name_one_starts() {
    let scene = Scene::new();
    let stores = [
        with_keys(&scene, KEYS),
        with_keys(&scene, &format!("test:{OTHER}")),
    ];
    let checks: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = stores
            .iter()
            .map(|s| scope.spawn(|| s.check_keys()))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(
        checks.iter().filter(|check| check.is_ok()).count(),
        1,
        "{checks:?}"
    );
    assert!(checks.contains(&wrong("test")));
}
