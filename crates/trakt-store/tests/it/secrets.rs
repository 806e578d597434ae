//! Secrets at rest.

use trakt_core::PortError;
use trakt_core::ports::{LinkStore, RevocationStore, Unlink};

use crate::scene::{LEASE, Scene, claim, identity, stamp};

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
    scene
        .store
        .unlink(&Unlink {
            user: ana,
            stamp: stamp(),
        })
        .unwrap();
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

#[test]
fn a_value_that_was_moved_between_rows_or_columns_does_not_open() {
    let scene = Scene::new();
    let users = ["ana", "ben"].map(|name| scene.user(&format!("{name}@example.org")));
    for (i, user) in users.iter().enumerate() {
        scene.link(
            *user,
            &format!("token-{i}"),
            &identity(&format!("u{i}"), &format!("s{i}")),
        );
    }
    scene
        .db
        .sql("CREATE TABLE before AS SELECT * FROM trakt_users");
    let opens = || {
        let cmd = Unlink {
            user: users[0],
            stamp: stamp(),
        };
        scene.store.unlink(&cmd).map(drop)
    };
    for sql in [
        "UPDATE trakt_users t SET access_token = o.access_token FROM before o WHERE o.id <> t.id",
        "UPDATE trakt_users t SET access_token = o.refresh_token FROM before o WHERE o.id = t.id",
        "UPDATE trakt_users t SET access_token = o.access_token, generation = o.generation + 1 \
         FROM before o WHERE o.id = t.id",
    ] {
        moved(&scene, sql, opens);
    }
    // Nothing was lost over it: put back, it opens.
    scene.db.sql(
        "UPDATE trakt_users t SET access_token = o.access_token, generation = o.generation \
         FROM before o WHERE o.id = t.id",
    );
    opens().unwrap();
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
    moved(&scene, sql, || {
        scene
            .store
            .unlink(&Unlink {
                user,
                stamp: stamp(),
            })
            .map(drop)
    });
}

#[test]
fn a_value_that_was_moved_between_tables_does_not_open() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    scene.link(user, "token-1", &identity("u1", "sean"));
    scene
        .store
        .unlink(&Unlink {
            user,
            stamp: stamp(),
        })
        .unwrap();
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
    moved(&scene, &flip("trakt_users", "access_token"), || {
        scene
            .store
            .unlink(&Unlink {
                user,
                stamp: stamp(),
            })
            .map(drop)
    });
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
