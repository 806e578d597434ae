//! Bringing a database to this version.

use std::collections::BTreeSet;

use secrecy::ExposeSecret as _;
use trakt_core::PortError;
use trakt_store::{MigrateError, migrate};

use crate::database::Database;

#[test]
fn two_replicas_that_start_at_once_migrate_once() {
    let db = Database::empty();
    let url = db.secret_url();
    let runs: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| migrate(&url).unwrap()))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let all = db
        .texts("SELECT version FROM __diesel_schema_migrations")
        .len();
    assert!(all >= 3);
    let mut ran: Vec<_> = runs.iter().map(Vec::len).collect();
    ran.sort_unstable();
    assert_eq!(ran, [0, 0, 0, all]);
    assert_eq!(migrate(&url), Ok(Vec::new()));
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let db = Database::new();
    db.sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')");
    let error = migrate(&db.secret_url()).unwrap_err();
    assert_eq!(error, MigrateError::Newer("20991231000000".to_owned()));
    assert!(error.to_string().contains("newer version"));
}

/// The list of another program, in a schema that is only looked at, is not ours.
#[test]
fn a_schema_of_our_own_has_its_own_list() {
    let db = Database::empty();
    db.sql(
        "CREATE TABLE __diesel_schema_migrations (version text PRIMARY KEY); \
         INSERT INTO __diesel_schema_migrations VALUES ('20991231000000'); \
         CREATE SCHEMA own",
    );
    let mut url = db.secret_url().expose_secret().to_owned();
    url.push(if url.contains('?') { '&' } else { '?' });
    url.push_str("options=-csearch_path%3Down,public");
    assert!(!migrate(&url.clone().into()).unwrap().is_empty());
    assert_eq!(migrate(&url.into()), Ok(Vec::new()));
    let own = "SELECT count(*)::text FROM own.__diesel_schema_migrations";
    assert_ne!(db.text(own), "0");
}

#[test]
fn a_migration_that_fails_leaves_nothing_behind() {
    let db = Database::empty();
    db.sql("CREATE TABLE audit_log (id int)");
    let error = migrate(&db.secret_url()).unwrap_err();
    assert!(matches!(error, MigrateError::Failed { .. }), "{error}");
    assert!(error.to_string().contains("audit"), "{error}");
    let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'";
    assert_eq!(db.text(tables), "audit_log");
}

#[test]
fn a_database_that_cannot_be_reached_is_said_to_be() {
    let error = migrate(&"postgresql:///x?host=/nonexistent".into()).unwrap_err();
    assert!(matches!(
        error,
        MigrateError::Database(PortError::Unavailable(_))
    ));
    assert!(error.to_string().contains("/nonexistent"), "{error}");
}

/// What `down.sql` is for: back to nothing, and up again.
#[test]
fn every_migration_can_be_taken_back() {
    let db = Database::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let entries = std::fs::read_dir(folder).unwrap();
    let folders: BTreeSet<_> = entries
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    for folder in folders.iter().rev() {
        db.sql(&std::fs::read_to_string(folder.join("down.sql")).unwrap());
    }
    db.sql("DROP TABLE __diesel_schema_migrations");
    let left = db.texts(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace \
         UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    );
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(migrate(&db.secret_url()).unwrap().len(), folders.len());
}

/// Stands in for `diesel print-schema`.
#[test]
fn the_schema_of_the_code_is_that_of_the_database() {
    let db = Database::new();
    let database: Vec<_> = db
        .texts(
            "SELECT format('%s.%s -> %s', table_name, column_name, \
                 CASE WHEN left(udt_name, 1) = '_' \
                     THEN 'Array<Nullable<' || substr(udt_name, 2) || '>>' \
                 WHEN is_nullable = 'YES' THEN 'Nullable<' || udt_name || '>' \
                 ELSE udt_name::text END) \
             FROM (SELECT * FROM information_schema.columns WHERE table_schema = 'public' \
                 AND table_name <> '__diesel_schema_migrations' \
                 ORDER BY table_name, ordinal_position) AS c",
        )
        .into_iter()
        .flatten()
        .collect();
    let mut code = Vec::new();
    let mut table = "";
    for line in include_str!("../../src/schema.rs").lines().map(str::trim) {
        if let Some(column) = line.strip_suffix(',').filter(|line| line.contains(" -> ")) {
            code.push(format!("{table}.{column}").to_lowercase());
        } else if let Some((name, _)) = line.split_once(" (") {
            table = name;
        }
    }
    let database: Vec<_> = database.iter().map(|line| line.to_lowercase()).collect();
    assert_eq!(code, database);
}

#[test]
fn every_table_says_what_it_is_for() {
    let db = Database::new();
    let silent = db.texts(
        "SELECT relname FROM pg_class WHERE relkind = 'r' \
         AND relnamespace = 'public'::regnamespace AND relname <> '__diesel_schema_migrations' \
         AND obj_description(oid, 'pg_class') IS NULL",
    );
    assert!(silent.is_empty(), "{silent:?}");
}
