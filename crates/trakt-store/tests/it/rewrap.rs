//! Sealing everything anew with another key.

use trakt_core::UserId;
use trakt_core::ports::{LinkStore, PollClaim, RevocationStore, TokenStore, Unlink};
use trakt_store::{PgStore, Rewrapped};

use crate::database::KEYS;
use crate::scene::{LEASE, Scene, claim, identity, stamp};
use crate::tokens::pair;

/// A key of 32 bytes `b`, and one of `c`.
const NEW: &str = "new:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";
const THIRD: &str = "third:Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2M=";

fn with_keys(scene: &Scene, keys: &[&str]) -> PgStore {
    scene.db.store_with(&scene.db.options(), &keys.join(","))
}

fn linked(scene: &Scene, name: &str) -> UserId {
    let user = scene.user(&format!("{name}@example.org"));
    let link = scene.link(user, &format!("token-{name}"), &identity(name, name));
    scene.store.store_pair(&pair(link.id, 1, name)).unwrap();
    user
}

/// All that is sealed, in every table.
fn sealed(scene: &Scene) -> Vec<String> {
    let all = "SELECT v FROM (SELECT unnest(ARRAY[access_token, refresh_token, \
                   previous_refresh_token]) AS v FROM trakt_users \
               UNION ALL SELECT unnest(ARRAY[device_code, user_code, access_token, \
                   refresh_token]) FROM device_flows \
               UNION ALL SELECT access_token FROM token_revocations \
               UNION ALL SELECT sealed FROM audit_keys) AS s \
               WHERE v IS NOT NULL ORDER BY v";
    scene.db.texts(all).into_iter().flatten().collect()
}

#[test]
fn every_sealed_column_opens_with_the_new_key_alone() {
    let scene = Scene::new();
    let ana = linked(&scene, "ana");
    let ben = linked(&scene, "ben");
    let flow = scene.flow(ana);
    let done = scene.flow(ben);
    scene.authorise(done, "granted");
    let (user, stamp) = (ben, stamp());
    scene
        .store
        .unlink(&Unlink {
            purge: false,
            user,
            stamp,
        })
        .unwrap();
    let before = sealed(&scene);

    let keys = [NEW, KEYS];
    let rewrapped = with_keys(&scene, &keys).rewrap().unwrap();
    assert_eq!((rewrapped.unreadable, rewrapped.skipped), (0, 0));
    let after = sealed(&scene);
    assert_eq!(after.len(), before.len());
    assert!(after.iter().all(|value| value.starts_with("v1.new.")));
    let again = with_keys(&scene, &keys).rewrap().unwrap();
    assert_eq!(again, Rewrapped::default(), "nothing is left to do");
    assert_eq!(sealed(&scene), after);

    // The old key is not given any more.
    let new = with_keys(&scene, &[NEW]);
    new.check_keys().unwrap();
    let held = new.held(ana).unwrap().unwrap().unwrap();
    assert_eq!(held.access.unwrap().expose(), "ana");
    scene.make_due(flow);
    match new.claim_poll(&claim(flow)).unwrap() {
        PollClaim::Due(_) => {}
        other => panic!("{other:?}"),
    }
    scene
        .db
        .sql("UPDATE token_revocations SET next_try_at = now()");
    assert!(!RevocationStore::due(&new, 9, LEASE).unwrap().is_empty());
    // Every one of them opens: a third key takes them all.
    let third = with_keys(&scene, &[THIRD, NEW]).rewrap().unwrap();
    assert_eq!((third.rows, third.unreadable), (rewrapped.rows, 0));
}

#[test]
fn a_row_that_does_not_open_stays_whole_and_holds_up_no_other() {
    let scene = Scene::new();
    for name in ["ana", "ben", "cleo"] {
        linked(&scene, name);
    }
    scene.db.sql(
        "UPDATE trakt_users SET previous_refresh_token = refresh_token WHERE trakt_slug = 'ben'",
    );
    let row = "SELECT t FROM trakt_users t WHERE trakt_slug = 'ben'";
    let before = scene.db.text(row);
    let rewrapped = with_keys(&scene, &[NEW, KEYS]).rewrap().unwrap();
    // The key of the audit trail is the third.
    assert_eq!((rewrapped.rows, rewrapped.unreadable), (3, 1));
    assert_eq!(scene.db.text(row), before);
    assert_eq!(scene.count("trakt_users WHERE key_id = 'new'"), "2");
}

/// More than a batch holds.
#[test]
fn all_batches_are_done() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    for n in 0..401 {
        let account = identity(&format!("u{n}"), &format!("user{n}"));
        scene.link(user, "token", &account);
        let stamp = stamp();
        scene
            .store
            .unlink(&Unlink {
                purge: false,
                user,
                stamp,
            })
            .unwrap();
    }
    let rewrapped = with_keys(&scene, &[NEW, KEYS]).rewrap().unwrap();
    assert_eq!(scene.count("token_revocations WHERE key_id = 'new'"), "401");
    assert_eq!((rewrapped.unreadable, rewrapped.skipped), (0, 0));
}
