//! Secrets at rest.

use trakt_core::ports::{LinkStore, RemoveUser, RevocationStore, Unlink, UserStore};
use trakt_core::user::Email;
use trakt_core::{PortError, UserId};

use crate::scene::{LEASE, Scene, claim, identity, stamp, tokens_of};

/// The whole content of every table.
fn dump(scene: &Scene) -> String {
    let tables = scene
        .db
        .texts("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'");
    assert!(tables.len() >= 7);
    tables
        .into_iter()
        .flatten()
        .flat_map(|table| scene.db.texts(&format!("SELECT t FROM {table} AS t")))
        .flatten()
        .collect()
}

#[test]
fn no_table_holds_a_secret_in_the_open() {
    let scene = Scene::new();
    scene.store.check_keys().unwrap();
    let ana = scene.user("ana@example.org");
    scene.link(ana, "canary-1", &identity("u1", "sean"));
    unlinked(&scene, ana);
    scene.link(ana, "canary-2", &identity("u1", "sean"));
    scene.flow(ana);
    let ben = scene.flow(scene.user("ben@example.org"));
    scene.authorise(ben, "canary-3");
    let dump = dump(&scene);
    // It is the data that was looked at, and every kind of it.
    for known in [
        "sean",
        "pending",
        "authorised",
        "ended",
        "v1.test.",
        "flow_started",
    ] {
        assert!(dump.contains(known), "{known}");
    }
    for secret in [
        "canary",
        "Y2FuYXJ5",     // base64
        "63616e617279", // hexadecimal
        "aaaaaaaa",
        "this key opens",
    ] {
        assert!(!dump.contains(secret), "{secret}");
    }
}

/// Runs `sql`, which moves sealed values about, and expects that they do not open any more.
fn moved(scene: &Scene, sql: &str, opens: impl Fn() -> Result<(), PortError>) {
    scene.db.sql(sql);
    let error = opens().unwrap_err();
    assert!(matches!(error, PortError::Corrupt(_)), "{sql}: {error}");
    assert!(!error.to_string().contains("v1."), "{error}");
}

/// Ends the link of the user and says which tokens are revoked for it.
fn unlinked(scene: &Scene, user: UserId) -> Vec<String> {
    let cmd = Unlink {
        purge: false,
        user,
        stamp: stamp(),
    };
    tokens_of(&scene.store.unlink(&cmd).unwrap())
}

/// Runs `sql`, which moves sealed values about, and expects that the link of the user ends
/// nevertheless, without a token being taken for its own.
fn moved_and_ended(scene: &Scene, sql: &str, user: UserId) {
    scene.db.sql(sql);
    let before = scene.trail(0).len();
    assert_eq!(unlinked(scene, user), [""; 0], "{sql}");
    let trail = ["token_unreadable refused", "unlinked succeeded"];
    assert_eq!(scene.trail(before), trail, "{sql}");
    let entry = format!("audit_log WHERE event = 'token_unreadable' AND subject_id = '{user}'");
    assert_ne!(scene.count(&entry), "0", "{sql}");
    assert_eq!(scene.count("token_revocations"), "0", "{sql}");
}

#[test]
fn a_value_that_was_moved_between_rows_or_columns_does_not_open() {
    let scene = Scene::new();
    let [ana, ben] = ["ana", "ben"].map(|name| scene.user(&format!("{name}@example.org")));
    scene.link(ben, "token-ben", &identity("u2", "ben"));
    for sql in [
        "UPDATE trakt_users t SET access_token = o.access_token FROM trakt_users o \
         WHERE o.id <> t.id AND t.trakt_slug = 'ana'",
        "UPDATE trakt_users SET access_token = refresh_token WHERE trakt_slug = 'ana'",
        "UPDATE trakt_users SET generation = generation + 1 WHERE trakt_slug = 'ana'",
    ] {
        scene.link(ana, "token-ana", &identity("u1", "ana"));
        moved_and_ended(&scene, sql, ana);
    }
    // The other link was not touched, and a link that nobody touched opens.
    assert_eq!(unlinked(&scene, ben), ["token-ben"]);
}

#[test]
fn a_token_of_an_earlier_generation_does_not_come_back() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let account = identity("u1", "sean");
    scene.link(user, "token-1", &account);
    scene
        .db
        .sql("CREATE TABLE before AS SELECT * FROM trakt_users");
    scene.link(user, "token-2", &account);
    let sql = "UPDATE trakt_users SET access_token = before.access_token FROM before";
    moved_and_ended(&scene, sql, user);
}

/// What keeps a link from ending would keep its user from being deleted, and the next flow from
/// being started.
#[test]
fn a_flow_and_a_user_end_with_a_token_that_does_not_open() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    scene.link(user, "token-1", &identity("u1", "sean"));
    let flow = scene.flow(user);
    let spoil = |table: &str| {
        scene.db.sql(&format!(
            "UPDATE {table} SET access_token = refresh_token WHERE access_token IS NOT NULL"
        ));
    };
    scene.authorise(flow, "token-2");
    spoil("device_flows");
    let before = scene.trail(0).len();
    let (flow, revocations) = scene.flow_with(user, false);
    assert!(revocations.is_empty());
    let trail = [
        "token_unreadable refused",
        "expired refused superseded",
        "flow_started succeeded",
    ];
    assert_eq!(scene.trail(before), trail);

    scene.authorise(flow, "token-3");
    spoil("device_flows");
    spoil("trakt_users");
    let before = scene.trail(0).len();
    let cmd = RemoveUser {
        email: Email::parse("ana@example.org").unwrap(),
        stamp: stamp(),
    };
    assert!(scene.store.remove(&cmd).unwrap().unwrap().is_empty());
    let trail = [
        "token_unreadable refused",
        "token_unreadable refused",
        "unlinked succeeded",
        "user_removed succeeded",
    ];
    assert_eq!(scene.trail(before), trail);
}

#[test]
fn a_value_that_was_moved_between_tables_does_not_open() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    scene.link(user, "token-1", &identity("u1", "sean"));
    unlinked(&scene, user);
    let flow = scene.flow(user);
    scene.authorise(flow, "token-2");
    scene.make_due(flow);
    let sql = "UPDATE device_flows SET access_token = r.access_token FROM token_revocations r \
               WHERE state = 'authorised'";
    moved(&scene, sql, || {
        scene.store.claim_poll(&claim(flow)).map(drop)
    });
    // The claim did not happen.
    let attempts = "SELECT attempt FROM device_flows WHERE state = 'authorised'";
    assert_eq!(scene.db.text(attempts), "0");
}

#[test]
fn a_device_code_of_another_flow_does_not_open() {
    let scene = Scene::new();
    let flows = ["ana", "ben"].map(|n| scene.flow(scene.user(&format!("{n}@example.org"))));
    scene.make_due(flows[0]);
    let sql = "UPDATE device_flows t SET device_code = o.device_code FROM device_flows o \
               WHERE o.id <> t.id";
    moved(&scene, sql, || {
        scene.store.claim_poll(&claim(flows[0])).map(drop)
    });
    let sql = "UPDATE device_flows SET device_code = user_code";
    moved(&scene, sql, || {
        scene.store.claim_poll(&claim(flows[0])).map(drop)
    });
}

#[test]
fn a_changed_byte_is_noticed_in_every_column() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    scene.link(user, "token-1", &identity("u1", "sean"));
    // The first character after the head is of the nonce.
    let flip = |table: &str, column: &str| {
        format!(
            "UPDATE {table} SET {column} = overlay({column} PLACING \
             CASE substr({column}, 9, 1) WHEN 'A' THEN 'B' ELSE 'A' END FROM 9)"
        )
    };
    moved_and_ended(&scene, &flip("trakt_users", "access_token"), user);
    let flow = scene.flow(user);
    scene.make_due(flow);
    moved(&scene, &flip("device_flows", "device_code"), || {
        scene.store.claim_poll(&claim(flow)).map(drop)
    });
    scene.authorise(flow, "token-2");
    moved(&scene, &flip("device_flows", "refresh_token"), || {
        scene.store.claim_poll(&claim(flow)).map(drop)
    });
    assert!(scene.store.due(10, LEASE).unwrap().is_empty());
}
