//! `doctor`: every check fails once, and says what to do.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;
use trakt_core::{Clock as _, SystemClock};
use trakt_sim::{Config, Fault, Sim};

use crate::cluster::{Postgres, processes_in};
use crate::harness::{
    AUTH_SECRET, Database, Linker, Server, TOKEN_KEYS, link_without_trakt, run_command, sim,
};

/// What a doctor is sent to.
struct Ward {
    sim: Sim,
    database: Database,
    dir: TempDir,
    vars: Vec<(String, String)>,
}

/// What it said, line by line.
struct Findings {
    code: Option<i32>,
    text: String,
}

impl Ward {
    /// All is well: a service with one link has run here.
    fn new() -> Self {
        Self::on(Database::fresh())
    }

    fn on(database: Database) -> Self {
        let (sim, dir) = (sim(), TempDir::new().unwrap());
        let linker = Linker::new(&database, &sim);
        linker.store.check_keys().unwrap();
        linker.link(&database, &sim, "ana");
        let application = Config::default();
        fs::create_dir(dir.path().join("data")).unwrap();
        let ward = Self {
            vars: Vec::new(),
            sim,
            database,
            dir,
        };
        fs::set_permissions(ward.data(), fs::Permissions::from_mode(0o700)).unwrap();
        let data = ward.data().to_str().unwrap().to_owned();
        let (url, trakt) = (ward.database.url().to_owned(), ward.sim.url().to_owned());
        ward.with("TRAKT_CLIENT_ID", &application.client_id)
            .with("TRAKT_CLIENT_SECRET", &application.client_secret)
            .with("TRAKT_API_URL", &trakt)
            .with("DATABASE_URL", &url)
            .with("DATA_DIR", &data)
            .with("TOKEN_KEYS", TOKEN_KEYS)
            .with("AUTH_SECRET", AUTH_SECRET)
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.vars.retain(|(known, _)| known != name);
        self.vars.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.vars.retain(|(known, _)| known != name);
        self
    }

    fn run(&self, args: &[&str]) -> Output {
        let vars = self.vars.iter().map(|(name, value)| (&**name, &**value));
        run_command(args, &vars.collect::<Vec<_>>(), "")
    }

    fn doctor(&self) -> Findings {
        let done = self.run(&["doctor"]);
        let text = String::from_utf8(done.stdout).unwrap();
        assert!(
            done.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        for secret in [
            AUTH_SECRET,
            &TOKEN_KEYS[4..],
            "canary",
            "trakt-sim-client-secret",
        ] {
            assert!(!text.contains(secret), "a secret is shown: {text}");
        }
        Findings {
            code: done.status.code(),
            text,
        }
    }

    /// The doctor's word on one thing.
    #[track_caller]
    fn says(&self, state: &str, name: &str, words: &[&str]) {
        self.doctor().says(state, name, words);
    }

    fn url_as(&self, role: &str, password: &str) -> String {
        let mut url = url::Url::parse(self.database.url()).unwrap();
        let others: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| name != "user")
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.query_pairs_mut().clear().extend_pairs(others);
        url.query_pairs_mut()
            .append_pair("user", role)
            .append_pair("password", password);
        url.to_string()
    }
}

impl Findings {
    /// That it said so in a line which begins so and has all these words. What fails says what to
    /// do, and makes the exit code 1.
    #[track_caller]
    fn says(&self, state: &str, name: &str, words: &[&str]) {
        let start = format!("{state:<4}  {name:<16}  ");
        let found = self
            .text
            .lines()
            .filter(|line| line.starts_with(&start))
            .any(|line| words.iter().all(|word| line.contains(word)));
        assert!(found, "no line '{start}' with {words:?}:\n{}", self.text);
        for line in self.text.lines() {
            let troubled = line.starts_with("FAIL") || line.starts_with("warn");
            assert_eq!(troubled, line.contains(" — "), "{line}");
        }
        let failed = self.text.lines().any(|line| line.starts_with("FAIL"));
        assert_eq!(self.code, Some(i32::from(failed)), "{}", self.text);
    }
}

#[test]
fn all_is_well_beside_a_service_that_runs() {
    // The server of the other tests does not wait for its disk, which is not well.
    let postgres = Postgres::start();
    let ward = Ward::on(postgres.database());
    let data = ward.data();
    let server = Server::builder()
        .database(&ward.database)
        .sim(&ward.sim)
        .data_dir(&data)
        .start();
    let before = files(&data);
    let found = ward.doctor();
    assert_eq!(found.code, Some(0), "{}", found.text);
    for line in found.text.lines() {
        // Where this test may write is not up to it.
        let disk = line.contains("DATA_DIR");
        assert!(
            line.starts_with("ok  ") || disk && line.starts_with("warn"),
            "{line}"
        );
    }
    for name in [
        "settings",
        "secret files",
        "proxies",
        "DATA_DIR",
        "DATA_DIR mode",
        "database",
        "connections",
        "database writes",
        "database wire",
        "database rights",
        "migrations",
        "database clock",
        "keys",
        "auth secret",
        "trakt api",
        "trakt sign-in",
        "trakt clock",
    ] {
        assert!(
            found.text.contains(&format!("  {name} ")),
            "{name}: {}",
            found.text
        );
    }
    found.says("ok", "keys", &["e2e seal and open", "1 stored links"]);
    // Nothing is left, and nothing was changed at Trakt.
    assert_eq!(files(&data), before);
    assert_eq!(ward.sim.tokens().len(), 1);
    assert!(server.stop().0.success());
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    all.sort();
    all
}

#[test]
fn wrong_settings_are_lines_and_the_rest_is_looked_at() {
    let ward = Ward::new()
        .with("LOG_FORMAT", "xml")
        .with("BIND_ADDR", "here")
        .with("AUTH_SECRET", "canary-short")
        .without("TRAKT_CLIENT_SECRET");
    let found = ward.doctor();
    for name in [
        "LOG_FORMAT",
        "BIND_ADDR",
        "AUTH_SECRET",
        "TRAKT_CLIENT_SECRET",
    ] {
        found.says("FAIL", "settings", &[name, "docs/configuration.md"]);
    }
    found.says("ok", "migrations", &[]);
    found.says("skip", "auth secret", &[]);
    found.says("skip", "trakt", &["TRAKT_CLIENT_SECRET"]);

    // What is wrong is not used with its default.
    let ward = Ward::new()
        .with("DATABASE_URL", "canary")
        .with("TOKEN_KEYS", "k1:canary")
        .with("TRAKT_API_URL", "http://canary.example")
        .with("TRUSTED_PROXIES", "10.0.0.0/33");
    let found = ward.doctor();
    for name in ["database", "keys", "trakt", "proxies"] {
        found.says("skip", name, &[]);
    }
    assert!(!ward.data().join("token_keys").exists());
}

#[test]
fn what_stands_between_it_and_the_net() {
    let ward = Ward::new();
    let ward = ward.with("TRUSTED_PROXIES", "10.0.0.0/8,0.0.0.0/0");
    ward.says("FAIL", "proxies", &["0.0.0.0/0", "your proxies alone"]);
    let ward = ward
        .with("TRUSTED_PROXIES", "")
        .with("BIND_ADDR", "0.0.0.0:8080");
    ward.says("warn", "proxies", &["0.0.0.0:8080", "ends TLS"]);
    let ward = ward
        .with("TRUSTED_PROXIES", "10.1.2.3")
        .with("HTTPS_PROXY", "http://u:canary@p:1");
    let found = ward.doctor();
    found.says("ok", "proxies", &["10.1.2.3/32"]);
    found.says("warn", "outgoing proxy", &["HTTPS_PROXY", "directly"]);

    let file = ward.dir.path().join("keys");
    fs::write(&file, TOKEN_KEYS).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let ward = ward
        .with("TOKEN_KEYS", "")
        .with("TOKEN_KEYS_FILE", file.to_str().unwrap());
    ward.says("warn", "secret files", &["644", "chmod 600"]);
}

#[test]
fn a_data_dir_that_will_not_do() {
    let ward = Ward::new();
    let open = |mode| fs::set_permissions(ward.data(), fs::Permissions::from_mode(mode)).unwrap();
    open(0o755);
    ward.says("warn", "DATA_DIR mode", &["755", "chmod 700"]);
    open(0o700);
    // Nobody may write there, not even root.
    let ward = ward.with("DATA_DIR", "/proc");
    ward.says("FAIL", "DATA_DIR", &["cannot be written", "chown"]);
    let ward = ward.with("DATA_DIR", "/proc/version");
    ward.says("FAIL", "DATA_DIR", &["no directory"]);
    let ward = ward.with("DATA_DIR", "/dev/shm/none/of/this");
    ward.says("warn", "DATA_DIR", &["is not there", "disaster.md"]);
    if Path::new("/dev/shm").is_dir() {
        let ward = ward.with("DATA_DIR", "/dev/shm");
        ward.says("warn", "DATA_DIR disk", &["tmpfs", "volume"]);
    }
}

#[test]
fn a_database_that_will_not_do() {
    let ward = Ward::new().with("DATABASE_URL", "postgresql://u:canary@127.0.0.1:9/none");
    let found = ward.doctor();
    found.says("FAIL", "database", &["127.0.0.1", "DATABASE_URL"]);
    found.says("skip", "keys", &[]);
    found.says("ok", "trakt api", &[]);

    let ward = Ward::new();
    let name: String = ward.database.rows("SELECT current_database()::text", &[])[0].get(0);
    ward.database
        .execute(&format!("CREATE ROLE {name}_guest LOGIN"), &[]);
    let url = ward.url_as(&format!("{name}_guest"), "canary-password");
    let ward = ward.with("DATABASE_URL", &url);
    let found = ward.doctor();
    ward.database.execute(
        &format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}_guest"),
        &[],
    );
    let reads = ward.doctor();
    ward.database.batch(&format!(
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}_guest; \
         GRANT USAGE ON SEQUENCE webhook_events_seq_seq, unconfirmed TO {name}_guest"
    ));
    let counts = ward.doctor();
    // As much as is used, and no more.
    ward.database.batch(&format!(
        "GRANT UPDATE ON SEQUENCE webhook_events_seq_seq, audit_log_id_seq TO {name}_guest"
    ));
    let enough = ward.doctor();
    ward.database.batch(&format!(
        "SET ROLE {name}_guest; \
         INSERT INTO outbox (id, user_id, trakt_uuid, deed, part, wish, at) \
             SELECT gen_random_uuid(), id, 'u1', 'watch', 'history', '', now() FROM users; \
         RESET ROLE"
    ));
    let restored = ward.run(&["restored"]);
    ward.database
        .execute(&format!("DROP OWNED BY {name}_guest"), &[]);
    ward.database
        .execute(&format!("DROP ROLE {name}_guest"), &[]);
    found.says(
        "FAIL",
        "database rights",
        &["trakt_users", "audit_log", "GRANT"],
    );
    found.says("skip", "keys", &[]);
    reads.says("FAIL", "database rights", &["trakt_users", "GRANT"]);
    counts.says(
        "FAIL",
        "database rights",
        &[
            "may not use: audit_log_id_seq, webhook_events_seq_seq —",
            "USAGE, UPDATE on these sequences",
        ],
    );
    enough.says("ok", "database rights", &["may do all that it must"]);
    assert!(restored.status.success(), "{restored:?}");

    let ward = Ward::new();
    let name: String = ward.database.rows("SELECT current_database()::text", &[])[0].get(0);
    for (set, state, words) in [
        (
            "default_transaction_read_only = on",
            "FAIL",
            ["read_only", "RESET"],
        ),
        (
            "synchronous_commit = off",
            "warn",
            ["synchronous_commit", "turn it on"],
        ),
    ] {
        ward.database
            .execute(&format!("ALTER DATABASE {name} SET {set}"), &[]);
        ward.says(state, "database writes", &words);
        let reset = format!(
            "ALTER DATABASE {name} RESET {}",
            set.split(' ').next().unwrap()
        );
        ward.database.execute(&reset, &[]);
    }
}

#[test]
fn migrations_that_are_missing_or_from_the_future() {
    let empty = Database::fresh();
    let ward = Ward::new().with("DATABASE_URL", empty.url());
    let found = ward.doctor();
    found.says(
        "warn",
        "migrations",
        &["2026-11-23-000000_users", "trakt-server migrate"],
    );
    found.says("skip", "keys", &[]);
    assert_eq!(found.code, Some(0));
    let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(empty.count(tables), 0, "a doctor makes nothing");

    let ward = Ward::new();
    let insert = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')";
    ward.database.execute(insert, &[]);
    ward.says(
        "FAIL",
        "migrations",
        &["20991231000000", "newer", "upgrade.md"],
    );
}

#[test]
fn keys_that_do_not_fit() {
    let ward = Ward::new();
    let other = "new:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
    let ward = ward.with("TOKEN_KEYS", other);
    ward.says("FAIL", "keys", &["e2e (1 links, 2 in all)", "disaster.md"]);
    // Lost with DATA_DIR: none is made to take its place.
    let ward = ward.without("TOKEN_KEYS").without("AUTH_SECRET");
    let found = ward.doctor();
    found.says("FAIL", "keys", &["e2e (1 links", "disaster.md"]);
    found.says("ok", "auth secret", &["the first start"]);
    assert_eq!(files(&ward.data()), [] as [PathBuf; 0]);
    // The right name on another key.
    let ward = ward.with("TOKEN_KEYS", &other.replace("new:", "e2e:"));
    ward.says("FAIL", "keys", &["bore this id before", "e2e"]);
    let ward = ward.with("TOKEN_KEYS", TOKEN_KEYS);
    let spoil = "UPDATE trakt_users SET refresh_token = access_token";
    ward.database.execute(spoil, &[]);
    ward.says("FAIL", "keys", &["1 of 1 links do not open", "disaster.md"]);
}

#[test]
fn a_trakt_that_does_not_take_it() {
    let ward = Ward::new().with("TRAKT_CLIENT_SECRET", "canary-wrong");
    let found = ward.doctor();
    found.says("ok", "trakt api", &[]);
    found.says(
        "FAIL",
        "trakt sign-in",
        &["invalid_client", "application's page"],
    );
    let ward = Ward::new().with("TRAKT_CLIENT_ID", "another");
    ward.says("FAIL", "trakt api", &["403", "TRAKT_CLIENT_ID"]);

    let ward = Ward::new();
    let blocked = Fault::Edge {
        status: 403,
        retry_after: None,
    };
    ward.sim.fault("GET /users/*", blocked).unwrap();
    ward.sim
        .fault("POST /oauth/token", Fault::status(503))
        .unwrap();
    let found = ward.doctor();
    found.says("FAIL", "trakt api", &["edge", "support"]);
    found.says("warn", "trakt sign-in", &["503", "later"]);

    // Its clock is what it says.
    let then = SystemClock.now() - chrono::TimeDelta::minutes(5);
    let date = then.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let refused = json!({ "error": "invalid_grant" }).to_string();
    let late = Fault::answer(404, &refused).header("date", &date);
    ward.sim.fault("GET /users/*", late).unwrap();
    ward.says("FAIL", "trakt clock", &["behind", "NTP"]);

    let ward = Ward::new().with("TRAKT_API_URL", "http://127.0.0.1:9");
    let found = ward.doctor();
    found.says("FAIL", "trakt api", &["refused", "reaches its port"]);
    found.says("skip", "trakt clock", &[]);
}

#[test]
fn a_private_database_is_shared_or_started_and_never_made() {
    let ward = Ward::new().without("DATABASE_URL");
    let found = ward.doctor();
    found.says("ok", "database", &["the first start"]);
    assert!(!ward.data().join("postgres").exists());
    let server = Server::builder()
        .sim(&ward.sim)
        .data_dir(&ward.data())
        .start();
    ward.says("ok", "database", &["PostgreSQL"]);
    server.signal(Signal::TERM);
    assert!(server.stop().0.success());
    let found = ward.doctor();
    found.says("ok", "database", &["PostgreSQL"]);
    found.says("ok", "migrations", &[]);
    assert_eq!(processes_in(&ward.data()), []);
}

/// The way out when a key is lost for good.
#[test]
fn a_lost_key_is_given_up_and_its_users_link_again() {
    let ward = Ward::new();
    link_without_trakt(
        &Linker::new(&ward.database, &ward.sim).store,
        &ward.database,
        "bob",
    );
    // A key of the trail that is out of use is sealed with it as well.
    let retired = "INSERT INTO audit_keys (id, key_id, sealed, retired_at) \
                   SELECT gen_random_uuid(), 'e2e', sealed, now() FROM audit_keys";
    ward.database.execute(retired, &[]);
    let new = "new:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
    let forget = |keys: &str, id: &str| {
        let vars = [
            ("DATABASE_URL", ward.database.url()),
            ("DATA_DIR", ward.data().to_str().unwrap()),
            ("TOKEN_KEYS", keys),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let vars: Vec<(&str, &str)> = vars.iter().map(|(n, v)| (&**n, &**v)).collect();
        let done = run_command(&["keys", "forget", id], &vars, "");
        let out = String::from_utf8(done.stdout).unwrap();
        (
            done.status.code(),
            out,
            String::from_utf8(done.stderr).unwrap(),
        )
    };
    // Without any keys all would be lost: nothing is made up, and nothing given up.
    let nothing = tempfile::tempdir().unwrap();
    let done = run_command(
        &["keys", "forget", "e2e"],
        &[
            ("DATABASE_URL", ward.database.url()),
            ("DATA_DIR", nothing.path().to_str().unwrap()),
        ],
        "",
    );
    assert_eq!(done.status.code(), Some(1));
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(said.contains("there are no keys here"), "{said}");
    assert!(!nothing.path().join("token_keys").exists());
    let (code, _, said) = forget(TOKEN_KEYS, "e2e");
    assert_eq!(code, Some(1));
    assert!(said.contains("it is not lost"), "{said}");
    let (code, out, said) = forget(new, "e2e");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        out,
        "2 links to be made anew, 0 flows ended, 0 tokens not revoked\n"
    );
    let marked = "SELECT count(*) FROM trakt_users WHERE status = 'needs_relink' \
                  AND status_reason = 'unreadable' AND access_token IS NULL";
    assert_eq!(ward.database.count(marked), 2);
    let told =
        "SELECT count(*) FROM audit_log WHERE event = 'needs_relink' AND detail = 'unreadable'";
    assert_eq!(ward.database.count(told), 2);
    let ward = ward.with("TOKEN_KEYS", new);
    ward.says("ok", "keys", &["new seal and open"]);

    let builder = Server::builder()
        .var("TOKEN_KEYS", new)
        .database(&ward.database);
    let server = builder.sim(&ward.sim).start();
    let sql = "SELECT id FROM users WHERE email = 'ana@example.org'";
    let user = ward.database.rows(sql, &[])[0].get(0);
    let token = crate::harness::issue_token(user, 3600);
    let view = server.get("/trakt/association", &token).json();
    assert_eq!(view["status"], "needs_relink", "{view}");
    assert_eq!(server.link(&ward.sim, &token, "ana").status, 200);
    let view = server
        .patiently("GET", "/trakt/association", &token, None)
        .json();
    assert_eq!(view["status"], "active", "{view}");
}
