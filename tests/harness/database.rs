use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use postgres::types::ToSql;
use postgres::{Client, NoTls, Row};
use uuid::Uuid;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A database of a test's own, dropped with the value.
pub struct Database {
    name: String,
    server: String,
    url: String,
    client: Mutex<Client>,
}

fn admin_url() -> String {
    std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL is not set: run scripts/test, or this under `with-postgres --`")
}

impl Database {
    /// One in the server at `TEST_DATABASE_URL`.
    pub fn fresh() -> Self {
        Self::fresh_in(&admin_url())
    }

    /// One in the server at this address.
    pub fn fresh_in(server: &str) -> Self {
        let name = format!(
            "e2e_{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let mut admin = Client::connect(server, NoTls).expect("the test PostgreSQL answers");
        admin
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .expect("a fresh database");
        let mut url = url::Url::parse(server).expect("the address of the server is a URL");
        url.set_path(&name);
        let client = Mutex::new(Client::connect(url.as_str(), NoTls).expect("the database"));
        Self {
            name,
            server: server.to_owned(),
            url: url.to_string(),
            client,
        }
    }

    /// Connects anew, once the server takes connections again.
    pub fn reconnect(&self) {
        *self.client.lock().unwrap() = super::wait_for("the database", || {
            let mut client = Client::connect(&self.url, NoTls).ok()?;
            client.simple_query("SELECT 1").ok().map(|_| client)
        });
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn rows(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Vec<Row> {
        self.client.lock().unwrap().query(sql, values).expect(sql)
    }

    pub fn count(&self, sql: &str) -> i64 {
        self.rows(sql, &[])[0].get(0)
    }

    pub fn execute(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> u64 {
        self.client.lock().unwrap().execute(sql, values).expect(sql)
    }

    /// Runs statements as `psql` does.
    pub fn batch(&self, sql: &str) {
        self.client.lock().unwrap().batch_execute(sql).expect(sql);
    }

    /// Adds a user without a password, straight into the table.
    pub fn user(&self, email: &str, role: &str) -> Uuid {
        let mut id = [0; 16];
        trakt_core::Entropy::fill(&trakt_core::SystemEntropy, &mut id);
        let id = uuid::Builder::from_random_bytes(id).into_uuid();
        let sql = "INSERT INTO users (id, email, role) VALUES ($1, $2, $3)";
        self.execute(sql, &[&id, &email, &role]);
        id
    }

    /// The events of the audit trail about or by a user, oldest first; without `limit_hit`,
    /// which depends on how fast the test is.
    pub fn events(&self, user: Uuid) -> Vec<String> {
        let sql = "SELECT event FROM audit_log WHERE event <> 'limit_hit' AND $1 IN (actor_id, subject_id) \
                   ORDER BY id";
        self.rows(sql, &[&user])
            .iter()
            .map(|row| row.get(0))
            .collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Ok(mut admin) = Client::connect(&self.server, NoTls) {
            // A leftover database is no failure of the test that is ending.
            let _ = admin.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}
