//! Changing the keys that seal tokens, as `docs/keys.md` has it.

use std::sync::Arc;

use trakt_core::SystemEntropy;
use trakt_store::{Keyring, PgStore, PoolOptions};

use crate::harness::{
    AUTH_SECRET, Database, Server, TOKEN_KEYS, link_without_trakt, run_command, sim,
};

const NEW: &str = "new:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";

#[test]
fn keys_are_changed_while_the_service_runs() {
    let (sim, database) = (sim(), Database::fresh());
    trakt_store::migrate(&database.url().to_owned().into()).unwrap();
    let store = PgStore::new(
        &PoolOptions::new(database.url().to_owned().into()),
        Keyring::parse(TOKEN_KEYS).unwrap(),
        Arc::new(SystemEntropy),
    );
    for number in 0..7 {
        link_without_trakt(&store, &database, &format!("user-{number}"));
    }
    let keys = format!("{NEW},{TOKEN_KEYS}");
    let command = |keys: &str, what: &str| {
        let vars = [
            ("DATABASE_URL", database.url()),
            ("DATA_DIR", "/nonexistent"),
            ("TOKEN_KEYS", keys),
            ("AUTH_SECRET", AUTH_SECRET),
        ];
        let done = run_command(&["keys", what], &vars, "");
        let out = String::from_utf8(done.stdout).unwrap();
        (
            done.status.code(),
            out,
            String::from_utf8(done.stderr).unwrap(),
        )
    };
    let server = Server::builder()
        .database(&database)
        .sim(&sim)
        .var("TOKEN_KEYS", &keys)
        .start();
    let (code, status, _) = command(&keys, "status");
    assert_eq!(code, Some(0));
    let expected = "key\tlinks\tflows\trevocations\taudit\tjournal\t\n\
                    new\t0\t0\t0\t0\t0\tseals\ne2e\t7\t0\t0\t1\t0\topens\n";
    assert_eq!(status, expected);
    // Too early: the old key is still needed.
    let (code, _, error) = command(NEW, "status");
    assert_eq!(code, Some(1));
    assert!(error.contains("not given: e2e"), "{error}");

    let (code, said, error) = command(&keys, "rewrap");
    assert_eq!(
        (code, said.as_str()),
        (Some(0), "8 rows sealed anew\n"),
        "{error}"
    );
    let (_, status, _) = command(&keys, "status");
    assert!(
        status.contains("new\t7\t0\t0\t1\t0\tseals\ne2e\t0\t0\t0\t0\t0\topens"),
        "{status}"
    );
    let (_, said, _) = command(&keys, "rewrap");
    assert_eq!(said, "0 rows sealed anew\n");

    // Now the old one may go.
    assert!(server.stop().0.success());
    Server::builder()
        .database(&database)
        .sim(&sim)
        .var("TOKEN_KEYS", NEW)
        .start();
    let (code, status, _) = command(NEW, "status");
    assert_eq!(code, Some(0));
    assert!(status.ends_with("new\t7\t0\t0\t1\t0\tseals\n"), "{status}");

    // What does not open is named and stays, and the others go on.
    let spoil = "UPDATE trakt_users SET access_token = refresh_token WHERE trakt_slug = 'user-3'";
    database.execute(spoil, &[]);
    let third = "third:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";
    let (code, said, error) = command(&format!("{third},{NEW}"), "rewrap");
    assert_eq!((code, said.as_str()), (Some(1), "7 rows sealed anew\n"));
    assert!(error.contains("1 rows do not open"), "{error}");
}
