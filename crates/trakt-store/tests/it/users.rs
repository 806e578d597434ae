//! Users.

use trakt_core::ports::{NewUser, ProvisionUser, RemoveUser, UserStore};
use trakt_core::user::{Email, PasswordHash, Role};
use trakt_core::{PortError, SystemEntropy, UserId};

use crate::scene::{Scene, identity, stamp, tokens_of};

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn new_user(text: &str, role: Role) -> NewUser {
    NewUser {
        id: UserId::random(&SystemEntropy),
        email: email(text),
        role,
        password_hash: None,
        stamp: stamp(),
    }
}

fn provision(text: &str, subject: &str) -> ProvisionUser {
    ProvisionUser {
        new_id: UserId::random(&SystemEntropy),
        email: email(text),
        subject: subject.to_owned(),
        stamp: stamp(),
    }
}

fn remove(scene: &Scene, text: &str) -> Option<Vec<String>> {
    let cmd = RemoveUser {
        email: email(text),
        stamp: stamp(),
    };
    scene.store.remove(&cmd).unwrap().map(|r| tokens_of(&r))
}

#[test]
fn a_user_is_found_by_id_and_by_address() {
    let scene = Scene::new();
    let mut cmd = new_user("ana@example.org", Role::Admin);
    cmd.password_hash = Some(PasswordHash::from("$argon2id$x".to_owned()));
    let added = scene.store.add(&cmd).unwrap();
    assert_eq!((added.id, added.role), (cmd.id, Role::Admin));
    // Whoever wrote the address, and however.
    scene.db.sql("UPDATE users SET email = 'Ana@Example.ORG'");
    let by_email = scene
        .store
        .by_email(&email("ANA@example.org"))
        .unwrap()
        .unwrap();
    let by_id = scene.store.by_id(cmd.id).unwrap().unwrap();
    for user in [by_email, by_id] {
        assert_eq!((user.id, user.email.as_str()), (cmd.id, "ana@example.org"));
        assert_eq!(user.password_hash.unwrap().expose(), "$argon2id$x");
        assert_eq!(user.created_at, added.created_at);
    }
    assert!(
        scene
            .store
            .by_email(&email("ben@example.org"))
            .unwrap()
            .is_none()
    );
    assert!(
        scene
            .store
            .by_id(UserId::random(&SystemEntropy))
            .unwrap()
            .is_none()
    );
    assert_eq!(scene.trail(0), ["user_added succeeded"]);
    assert_eq!(
        scene.db.text("SELECT subject_id FROM audit_log"),
        cmd.id.to_string()
    );
}

#[test]
fn an_address_is_taken_without_regard_to_case() {
    let scene = Scene::new();
    scene.user("ana@example.org");
    scene.db.sql("UPDATE users SET email = 'Ana@Example.ORG'");
    let again = scene.store.add(&new_user("ana@example.org", Role::User));
    assert!(matches!(again, Err(PortError::Conflict(_))), "{again:?}");
    assert_eq!(scene.count("users"), "1");
    assert_eq!(scene.trail(0).len(), 1);
}

#[test]
fn users_are_listed_by_address() {
    let scene = Scene::new();
    for address in ["cleo@example.org", "ana@example.org", "ben@example.org"] {
        scene.user(address);
    }
    let list = scene.store.list().unwrap();
    let list: Vec<_> = list.iter().map(|user| user.email.as_str()).collect();
    assert_eq!(
        list,
        ["ana@example.org", "ben@example.org", "cleo@example.org"]
    );
}

#[test]
fn an_outside_user_is_added_once_or_tied() {
    let scene = Scene::new();
    let new = scene
        .store
        .provision(&provision("ana@example.org", "sub-1"))
        .unwrap();
    assert_eq!(scene.trail(0), ["user_added succeeded"]);
    // Once more, even under another address: the subject decides.
    for address in ["ana@example.org", "moved@example.org"] {
        let again = scene.store.provision(&provision(address, "sub-1")).unwrap();
        assert_eq!(again.id, new.id);
    }
    assert_eq!(scene.store.by_subject("sub-1").unwrap().unwrap().id, new.id);
    // A local user of that address is tied.
    let ben = scene.user("ben@example.org");
    let tied = scene
        .store
        .provision(&provision("ben@example.org", "sub-2"))
        .unwrap();
    assert_eq!(tied.id, ben);
    assert!(tied.password_hash.is_some());
    assert_eq!(scene.store.by_subject("sub-2").unwrap().unwrap().id, ben);
    assert_eq!(scene.trail(0).len(), 2);
    // And stays tied.
    let other = scene
        .store
        .provision(&provision("ben@example.org", "sub-3"));
    assert!(matches!(other, Err(PortError::Conflict(_))), "{other:?}");
    assert!(scene.store.by_subject("sub-3").unwrap().is_none());
}

#[test]
fn a_subject_that_cannot_be_kept_is_nobodys() {
    let scene = Scene::new();
    assert!(scene.store.by_subject("a\0b").unwrap().is_none());
    let cmd = provision("ana@example.org", "a\0b");
    assert!(matches!(
        scene.store.provision(&cmd),
        Err(PortError::Conflict(_))
    ));
}

#[test]
fn an_outside_user_who_comes_twice_at_once_is_one() {
    let scene = Scene::new();
    let ids: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let store = &scene.store;
                scope.spawn(move || {
                    let cmd = provision("ana@example.org", "sub-1");
                    store.provision(&cmd).unwrap().id
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(scene.trail(0), ["user_added succeeded"]);
}

#[test]
fn a_removed_user_takes_everything_along_but_the_trail() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    scene.link(user, "token-1", &identity("u1", "sean"));
    let flow = scene.flow(user);
    scene.authorise(flow, "token-2");
    let before = scene.trail(0);
    assert_eq!(remove(&scene, "nobody@example.org"), None);
    assert_eq!(
        remove(&scene, "Ana@example.org"),
        Some(vec!["token-2".to_owned(), "token-1".to_owned()])
    );
    assert_eq!(remove(&scene, "ana@example.org"), None);
    for table in ["users", "trakt_users", "device_flows"] {
        assert_eq!(scene.count(table), "0", "{table}");
    }
    assert_eq!(scene.queue(), ["token-1", "token-2"]);
    let trail = scene.trail(0);
    assert_eq!(trail[..before.len()], before);
    assert_eq!(
        trail[before.len()..],
        ["unlinked succeeded", "user_removed succeeded"]
    );
    assert_eq!(
        scene.count(&format!("audit_log WHERE subject_id = '{user}'")),
        trail.len().to_string()
    );
    assert!(scene.store.by_id(user).unwrap().is_none());
}

#[test]
fn a_user_without_a_link_leaves_one_entry() {
    let scene = Scene::new();
    scene.user("ana@example.org");
    assert_eq!(remove(&scene, "ana@example.org"), Some(Vec::new()));
    assert_eq!(scene.trail(1), ["user_removed succeeded"]);
}

/// What a provider says of roles holds for a request; stored, it would outlive the day it is taken
/// back.
#[test]
fn a_provisioned_user_is_no_admin() {
    let scene = Scene::new();
    let user = scene
        .store
        .provision(&provision("ana@example.org", "auth|ana"))
        .unwrap();
    assert_eq!(user.role, Role::User);
    assert_eq!(scene.db.text("SELECT role FROM users"), "user");
}

#[test]
fn addresses_are_those_of_who_is_there() {
    let scene = Scene::new();
    let (ana, bo) = (scene.user("ana@example.org"), scene.user("bo@example.org"));
    let gone = UserId::random(&SystemEntropy);
    let found = scene.store.addresses(&[ana, gone, ana]).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[&ana], email("ana@example.org"));
    assert_eq!(scene.store.addresses(&[bo, ana]).unwrap().len(), 2);
    assert!(scene.store.addresses(&[]).unwrap().is_empty());
}
