//! The audit trail as an operator has it: checked, exported, pruned.

mod heads;

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{
    AUTH_SECRET, Database, Server, TOKEN_KEYS, issue_token, run_command, sim, wait_for,
};

const OLD: &str =
    "INSERT INTO audit_log (event, outcome, detail) VALUES ('linked', 'succeeded', 'old')";

/// What a command of the trail says, and how it ends.
struct Said {
    code: Option<i32>,
    out: String,
    error: String,
}

fn audit_with(database: &Database, data: &Path, keys: &str, args: &[&str]) -> Said {
    let vars = [
        ("DATABASE_URL", database.url()),
        ("DATA_DIR", data.to_str().unwrap()),
        ("TOKEN_KEYS", keys),
        ("AUTH_SECRET", AUTH_SECRET),
    ];
    let args: Vec<&str> = ["audit"].iter().chain(args).copied().collect();
    let done = run_command(&args, &vars, "");
    Said {
        code: done.status.code(),
        out: String::from_utf8(done.stdout).unwrap(),
        error: String::from_utf8(done.stderr).unwrap(),
    }
}

fn audit(database: &Database, data: &Path, args: &[&str]) -> Said {
    audit_with(database, data, TOKEN_KEYS, args)
}

#[track_caller]
fn verify(database: &Database, data: &Path, expected: &str) {
    let said = audit(database, data, &["verify"]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), expected));
}

/// A database of the version before the chains, with entries.
fn of_old(entries: usize) -> Database {
    let database = Database::fresh();
    trakt_store::migrate(&database.url().to_owned().into()).unwrap();
    let down = include_str!("../../../../migrations/2026-11-29-000100_audit_chain/down.sql");
    database.batch(down);
    let forget = "DELETE FROM __diesel_schema_migrations WHERE version = '20261129000100'";
    assert_eq!(database.execute(forget, &[]), 1);
    for _ in 0..entries {
        database.execute(OLD, &[]);
    }
    database
}

#[test]
fn an_upgrade_takes_old_entries_in_and_changes_are_named() {
    let (sim, database, data) = (sim(), of_old(3), TempDir::new().unwrap());
    let server = Server::builder()
        .database(&database)
        .sim(&sim)
        .data_dir(data.path())
        .start();
    let token = issue_token(database.user("ana@example.org", "user"), 600);
    server.start_flow(&token, false);
    let kept = data.path().join("audit-heads");
    wait_for("the heads in DATA_DIR", || kept.exists().then_some(()));
    verify(
        &database,
        data.path(),
        "4 entries are in their places, 1 lines of heads compared, 0 problems\n",
    );
    // An older replica beside this one; then it is taken in on purpose.
    database.execute(OLD, &[]);
    let said = audit(&database, data.path(), &["verify"]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.out.starts_with("entry 5: not in the chain\n"),
        "{}",
        said.out
    );
    let error = "trakt-server: the audit trail is not as it was written\n";
    assert!(said.error.ends_with(error), "{}", said.error);
    let said = audit(&database, data.path(), &["adopt"]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(0), "1 entries taken in\n")
    );
    verify(
        &database,
        data.path(),
        "6 entries are in their places, 1 lines of heads compared, 0 problems\n",
    );
    assert!(server.stop().0.success());

    database.execute("SET session_replication_role = 'replica'", &[]);
    database.execute("UPDATE audit_log SET detail = 'new' WHERE id = 2", &[]);
    let said = audit(&database, data.path(), &["verify"]);
    assert_eq!(said.code, Some(1));
    let line = said.out.lines().next().unwrap();
    assert!(line.contains(" entry 2: altered"), "{}", said.out);
}

#[test]
fn the_trail_is_exported_as_the_route_shows_it() {
    let (sim, database, data) = (sim(), Database::fresh(), TempDir::new().unwrap());
    let server = Server::builder()
        .database(&database)
        .sim(&sim)
        .data_dir(data.path())
        .start();
    let admin = issue_token(database.user("root@example.org", "admin"), 600);
    let user = database.user("ana@example.org", "user");
    let token = issue_token(user, 600);
    assert_eq!(server.link(&sim, &token, "sean").status, 200);
    let shown = server.get("/trakt/admin/audit", &admin).json();
    let export = |args: &[&str]| -> Vec<Value> {
        let args: Vec<&str> = ["export"].iter().chain(args).copied().collect();
        let said = audit(&database, data.path(), &args);
        assert_eq!(said.code, Some(0), "{}", said.error);
        let lines = said.out.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let mut all = export(&[]);
    assert_eq!(all.len(), shown["items"].as_array().unwrap().len());
    assert!(all.len() >= 2, "{all:?}");
    for (item, expected) in all.iter_mut().zip(shown["items"].as_array().unwrap()) {
        let item = item.as_object_mut().unwrap();
        assert_eq!(item.remove("mac").unwrap().as_str().unwrap().len(), 64);
        assert!(item.remove("shard").unwrap().is_number());
        assert!(item.remove("seq").unwrap().as_i64() >= Some(1));
        assert_eq!(item.remove("adopted"), Some(Value::Bool(false)));
        assert_eq!(item, expected.as_object().unwrap());
    }
    assert_eq!(
        export(&["--user", "ana@example.org", "--event", "linked"]).len(),
        1
    );
    assert_eq!(export(&["--user", "root@example.org"]).len(), 0);
    let at = all[0]["at"].as_str().unwrap();
    assert_eq!(export(&["--since", at]).len(), 1);
    assert_eq!(export(&["--until", at]).len(), all.len() - 1);
    for wrong in [
        ["--event", "no-event"],
        ["--since", "today"],
        ["--user", "me"],
    ] {
        let args = ["export", wrong[0], wrong[1]];
        assert_eq!(
            audit(&database, data.path(), &args).code,
            Some(2),
            "{wrong:?}"
        );
    }
}

#[test]
fn old_entries_are_removed_and_a_lost_key_is_lived_with() {
    let (database, data) = (of_old(3), TempDir::new().unwrap());
    let add = ["user", "add", "--email"];
    let user = |name: &str, keys: &str| {
        let vars = [
            ("DATABASE_URL", database.url()),
            ("DATA_DIR", data.path().to_str().unwrap()),
            ("TOKEN_KEYS", keys),
            ("AUTH_SECRET", AUTH_SECRET),
        ];
        let args: Vec<&str> = add.iter().chain([&name]).copied().collect();
        run_command(&args, &vars, "").status.success()
    };
    assert!(user("ana@example.org", TOKEN_KEYS));
    let at = "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') \
              FROM audit_log WHERE id = 4";
    let at: String = database.rows(at, &[])[0].get(0);
    let said = audit(&database, data.path(), &["prune", "--before", &at]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(0), "3 entries removed\n")
    );
    let good = "2 entries are in their places, 0 lines of heads compared, 0 problems\n";
    verify(&database, data.path(), good);
    assert_eq!(database.count("SELECT count(*) FROM audit_log"), 2);
    let said = audit(&database, data.path(), &["prune", "--before", "soon"]);
    assert_eq!(said.code, Some(1));
    assert!(said.error.contains("a number of days"), "{}", said.error);

    // The key is gone: nothing starts, until it is said that it is gone for good.
    let new = "new:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
    let audit = |args: &[&str]| audit_with(&database, data.path(), new, args);
    let said = audit(&["rekey"]);
    assert_eq!(said.code, Some(1));
    assert!(said.error.contains("not given: e2e"), "{}", said.error);
    let said = audit(&["rekey", "--key-lost"]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(0), "a new key is in use\n"),
        "{}",
        said.error
    );
    assert!(user("ben@example.org", new));
    let said = audit(&["verify"]);
    assert_eq!(said.code, Some(1));
    // Which others are named with it depends on the chains that the entries came to be in.
    let mark = "the mark of retention is not valid, or its key is gone\n";
    assert!(said.out.contains(mark), "{}", said.out);
    let said = audit(&["prune", "--before", "0"]);
    assert_eq!(said.code, Some(1), "{}", said.out);
    let said = audit(&["prune", "--before", "0", "--unchecked"]);
    assert_eq!(said.code, Some(0), "{}", said.error);
    let said = audit(&["verify"]);
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert!(said.out.contains("audit prune --unchecked"), "{}", said.out);
}
