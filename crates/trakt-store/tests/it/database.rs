//! A fresh database for one test, gone when the test is over.

use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use secrecy::SecretString;
use trakt_core::{Entropy, SystemEntropy};
use trakt_store::{Keyring, PgStore, PoolOptions, migrate};

/// A key of 32 bytes `a`.
pub const KEYS: &str = "test:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";

pub struct Database {
    server: String,
    name: String,
    pub url: String,
}

impl Database {
    /// With all tables.
    pub fn new() -> Self {
        let database = Self::empty();
        migrate(&database.secret_url()).unwrap();
        database
    }

    pub fn empty() -> Self {
        let server = std::env::var("TEST_DATABASE_URL").expect(
            "TEST_DATABASE_URL is not set: it names a PostgreSQL server for tests, such as \
             postgresql://localhost/postgres",
        );
        let mut id = [0; 8];
        SystemEntropy.fill(&mut id);
        let name = format!("t_{:016x}", u64::from_be_bytes(id));
        let mut conn = PgConnection::establish(&server).unwrap();
        conn.batch_execute(&format!("CREATE DATABASE {name}"))
            .unwrap();
        let url = with_database(&server, &name);
        Self { server, name, url }
    }

    pub fn secret_url(&self) -> SecretString {
        self.url.clone().into()
    }

    pub fn options(&self) -> PoolOptions {
        PoolOptions::new(self.secret_url())
    }

    pub fn store(&self) -> PgStore {
        self.store_with(&self.options(), KEYS)
    }

    pub fn store_with(&self, options: &PoolOptions, keys: &str) -> PgStore {
        PgStore::new(
            options,
            Keyring::parse(keys).unwrap(),
            Arc::new(SystemEntropy),
        )
    }

    /// Runs statements behind the store's back.
    pub fn try_sql(&self, sql: &str) -> QueryResult<()> {
        PgConnection::establish(&self.url)
            .unwrap()
            .batch_execute(sql)
    }

    pub fn sql(&self, sql: &str) {
        self.try_sql(sql).unwrap();
    }

    /// The first column, as text, of every row.
    pub fn texts(&self, sql: &str) -> Vec<Option<String>> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Nullable<Text>)]
            value: Option<String>,
        }
        let mut conn = PgConnection::establish(&self.url).unwrap();
        let sql = format!("SELECT q.value::text AS value FROM ({sql}) AS q (value)");
        let rows: Vec<Row> = diesel::sql_query(sql).load(&mut conn).unwrap();
        rows.into_iter().map(|row| row.value).collect()
    }

    /// The one value that the query gives.
    pub fn text(&self, sql: &str) -> String {
        let mut texts = self.texts(sql);
        assert_eq!(texts.len(), 1, "{sql}");
        texts.remove(0).unwrap()
    }

    /// Ends every connection to this database but the one that says so.
    pub fn cut_connections(&self) {
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let mut conn = PgConnection::establish(&self.server).unwrap();
        conn.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
            .unwrap();
    }
}

/// The connection string with another database in it.
fn with_database(url: &str, name: &str) -> String {
    if !url.contains("://") {
        return format!("{url} dbname={name}");
    }
    let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
    let (host, _) = place.rsplit_once('/').unwrap();
    assert!(
        host.contains("://"),
        "TEST_DATABASE_URL must name a database"
    );
    format!("{host}/{name}?{parameters}")
}
