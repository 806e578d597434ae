//! The command line and the settings: what is refused before anything starts, and the commands.

use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::harness::{AUTH_SECRET, Database, Server, issue_token, run_command, sim};

const KEYS: &str = "e2e:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const APPLICATION: [(&str, &str); 2] = [
    ("TRAKT_CLIENT_ID", "some-id"),
    ("TRAKT_CLIENT_SECRET", "canary-client-secret"),
];

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Runs a command on this database.
fn on(database: &Database, args: &[&str], stdin: &str) -> Output {
    let vars = [
        ("DATABASE_URL", database.url()),
        ("DATA_DIR", "/nonexistent"),
        ("TOKEN_KEYS", KEYS),
        ("AUTH_SECRET", AUTH_SECRET),
    ];
    run_command(args, &vars, stdin)
}

/// What a command printed that worked.
#[track_caller]
fn printed(output: &Output) -> &str {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    text(&output.stdout)
}

/// What a command said that failed, and printed nothing.
#[track_caller]
fn failed(output: &Output, code: i32) -> &str {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert_eq!(text(&output.stdout), "");
    text(&output.stderr)
}

#[test]
fn serve_names_what_is_missing() {
    for args in [&["serve"][..], &[]] {
        let output = run_command(args, &[], "");
        let said = failed(&output, 2);
        for name in ["TRAKT_CLIENT_ID", "TRAKT_CLIENT_SECRET"] {
            assert!(said.contains(name), "{said}");
        }
    }
    let output = run_command(&["serve"], &APPLICATION[..1], "");
    let said = failed(&output, 2);
    assert!(!said.contains("TRAKT_CLIENT_ID"), "{said}");
    assert!(said.contains("TRAKT_CLIENT_SECRET"), "{said}");
}

#[test]
fn every_wrong_setting_is_named_at_once() {
    let dir = TempDir::new().unwrap();
    let empty = dir.path().join("empty");
    std::fs::write(&empty, " \n").unwrap();
    let data = dir.path().join("data");
    let wrong = [
        ("TRAKT_API_URL", "http://169.254.169.254"),
        ("TRAKT_AUTH_URL", "ftp://auth.trakt.tv"),
        ("DATABASE_URL", "postgres://canary-in-url@localhost/x"),
        ("DATABASE_URL_FILE", "/also/given"),
        ("DATABASE_STATEMENT_CACHE", "maybe"),
        ("BIND_ADDR", "localhost"),
        ("TOKEN_KEYS", "k1:canary-key"),
        ("AUTH_SECRET_FILE", "/does/not/exist"),
        ("AUTH_JWKS_URL", "http://id.example/keys"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("LOG_FORMAT", "xml"),
        ("WEBHOOK_URLS", "https://canary:canary@hooks.example"),
        ("WEBHOOK_SECRET", "canary-secret"),
        ("WEBHOOK_ALLOW", "10.0.0.0/33"),
    ];
    let file = [("TRAKT_CLIENT_SECRET_FILE", empty.to_str().unwrap())];
    let dir = [("DATA_DIR", data.to_str().unwrap())];
    let vars = [&wrong[..], &file, &dir].concat();
    let output = run_command(&["serve"], &vars, "");
    let said = failed(&output, 2);
    let named: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .collect();
    let set = wrong.iter().map(|(name, _)| *name);
    let expected = set.filter(|name| *name != "DATABASE_URL_FILE");
    for name in expected.chain(["TRAKT_CLIENT_ID", "TRAKT_CLIENT_SECRET_FILE"]) {
        assert!(named.contains(&name), "{name} is not named: {said}");
    }
    assert!(!said.contains("canary"), "a secret is shown: {said}");
    assert!(!data.exists(), "something was started");

    // A command that does not look at a setting minds it all the same.
    let output = run_command(&["user", "list"], &vars, "");
    assert!(failed(&output, 2).contains("LOG_FORMAT"));
}

#[test]
fn trakt_is_not_looked_for_just_anywhere() {
    let refused = [
        "file:///etc/passwd",
        "ftp://api.trakt.tv",
        "javascript:alert(1)",
        "data:text/plain,x",
        "unix:/var/run/docker.sock",
        "api.trakt.tv",
        "//api.trakt.tv",
        "https://",
        "https:///api.trakt.tv",
        "https:api.trakt.tv",
        "https:\\\\api.trakt.tv",
        "http://api.trakt.tv",
        "http://169.254.169.254",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]",
        "http://10.0.0.1",
        "http://0.0.0.0:8080",
        "http://2130706434.example",
        "http://[::ffff:169.254.169.254]",
        "http://localhost.evil.example",
        "http://127.0.0.1.nip.io",
        "http://127.0.0.1@169.254.169.254",
        "https://user@api.trakt.tv",
        "https://user:canary@api.trakt.tv",
        "https://@api.trakt.tv",
        "https://api.trakt.tv@evil.example",
        "https://api.trakt.tv\\@evil.example",
        "https://api.trakt.tv:0",
        "https://api.trakt.tv:65536",
        "https://api.trakt.tv:port",
        "https://api.trakt.tv.",
        "https://api.trakt.tv?x=1",
        "https://api.trakt.tv/#x",
        "https://api trakt.tv",
        "https://api.trakt.tv\nhttps://evil.example",
        "https://[::1",
        "https://%00",
    ];
    for name in ["TRAKT_API_URL", "TRAKT_AUTH_URL"] {
        for url in refused {
            let dir = [("DATA_DIR", "/nonexistent"), (name, url)];
            let start = Instant::now();
            let output = run_command(&["serve"], &[&APPLICATION[..], &dir].concat(), "");
            let took = start.elapsed();
            let said = failed(&output, 2);
            assert!(said.contains(name), "{url}: {said}");
            assert!(!said.contains("canary"), "{url}: {said}");
            assert!(took < Duration::from_secs(2), "{url}: {took:?}");
        }
    }
}

#[test]
fn each_secret_can_come_from_a_file() {
    let (sim, database, dir) = (sim(), Database::fresh(), TempDir::new().unwrap());
    let application = trakt_sim::Config::default();
    let mut builder = Server::builder().sim(&sim);
    for (name, secret) in [
        ("TRAKT_CLIENT_SECRET", application.client_secret.as_str()),
        ("AUTH_SECRET", AUTH_SECRET),
        ("TOKEN_KEYS", KEYS),
        ("DATABASE_URL", database.url()),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, format!("{secret}\n")).unwrap();
        // Set and empty is not set.
        builder = builder.var(name, "");
        builder = builder.var(&format!("{name}_FILE"), path.to_str().unwrap());
    }
    let server = builder.start();
    let token = issue_token(database.user("ana@example.org", "user"), 600);
    let linked = server.link(&sim, &token, "sean");
    assert_eq!(linked.status, 200, "{linked:?}");
}

#[test]
fn wrong_usage_is_told_from_failure() {
    for args in [
        &["nonsense"][..],
        &["--nonsense"],
        &["serve", "now"],
        &["user"],
        &["user", "add"],
        &["user", "add", "--email", "no-at-sign"],
        &["user", "add", "--email", "a@b", "--role", "king"],
        &["user", "add", "--email", "a@b", "--email", "c@d"],
        &["user", "remove"],
        &["user", "list", "--all"],
        &["token"],
        &["token", "issue"],
        &["token", "issue", "--email", "a@b", "--ttl", "0"],
        &["token", "issue", "--email", "a@b", "--ttl", "-1"],
        &["token", "issue", "--email", "a@b", "--ttl", "31536001"],
        &["token", "issue", "--email", "a@b", "--ttl", "soon"],
        &["migrate", "--down"],
        &["webhook"],
        &["webhook", "replay"],
        &["webhook", "replay", "--since", "yesterday"],
    ] {
        let output = run_command(args, &APPLICATION, "");
        assert!(!failed(&output, 2).is_empty(), "{args:?}");
    }
    let output = run_command(&["--version"], &[], "");
    let expected = format!("trakt-server {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(printed(&output), expected);
    let output = run_command(&["--help"], &[], "");
    for command in ["serve", "demo", "migrate", "user", "token"] {
        assert!(printed(&output).contains(command), "{output:?}");
    }
}

#[test]
fn users_are_added_listed_and_removed() {
    let database = Database::fresh();
    let add = |email: &str, role: &str, password: Option<&str>| {
        let args = ["user", "add", "--email", email, "--role", role];
        let stdin = password.map(|_| "--password-stdin");
        let args: Vec<&str> = args.into_iter().chain(stdin).collect();
        on(&database, &args, password.unwrap_or_default())
    };
    let ana = add(
        "Ana@Example.org",
        "user",
        Some("correct horse\nsecond line\n"),
    );
    let ana = printed(&ana).trim_end().to_owned();
    let root = add("root@example.org", "admin", None);
    let root = printed(&root).trim_end().to_owned();
    let listed =
        format!("{ana}\tana@example.org\tuser\tpassword\n{root}\troot@example.org\tadmin\t-\n");
    assert_eq!(printed(&on(&database, &["user", "list"], "")), listed);
    let hash: String =
        database.rows("SELECT password_hash FROM users WHERE role = 'user'", &[])[0].get(0);
    assert!(hash.starts_with("$argon2id$"), "{hash}");

    for (email, password) in [
        ("ana@example.org", None),
        ("ANA@EXAMPLE.ORG", Some("another horse")),
        ("new@example.org", Some("seven77\n")),
        ("new@example.org", Some("")),
        ("new@example.org", Some("\nsecond line is not read")),
    ] {
        let refused = add(email, "admin", password);
        let said = failed(&refused, 1);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(
            !said.contains("horse") && !said.contains("seven77"),
            "{said}"
        );
    }
    assert_eq!(
        printed(&on(&database, &["user", "list"], "")),
        listed,
        "as before"
    );

    let remove = ["user", "remove", "--email", "ROOT@example.org"];
    assert_eq!(printed(&on(&database, &remove, "")), "");
    assert!(
        !failed(&on(&database, &remove, ""), 1).is_empty(),
        "it is gone"
    );
    let rest = on(&database, &["user", "list"], "");
    assert_eq!(
        printed(&rest),
        listed.lines().next().unwrap().to_owned() + "\n"
    );
    let events = "SELECT count(*) FROM audit_log WHERE event IN ('user_added', 'user_removed')";
    assert_eq!(database.count(events), 3);
}

#[test]
fn a_token_is_printed_alone_and_works() {
    let (sim, database) = (sim(), Database::fresh());
    let server = Server::builder().database(&database).sim(&sim).start();
    database.user("root@example.org", "admin");
    let issue = [
        "token",
        "issue",
        "--email",
        "Root@example.org",
        "--ttl",
        "60",
    ];
    let output = on(&database, &issue, "");
    let token = printed(&output).strip_suffix('\n').unwrap();
    assert!(!token.contains(char::is_whitespace), "{token:?}");
    assert_eq!(token.split('.').count(), 3, "{token}");
    assert!(
        !text(&output.stderr).contains(token),
        "it is for stdout alone"
    );
    assert_eq!(server.get("/trakt/admin/associations", token).status, 200);
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, claims).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(life, 60, "{claims}");
    assert_eq!(claims.get("role"), None, "the role is the database's");

    let nobody = on(
        &database,
        &["token", "issue", "--email", "nobody@example.org"],
        "",
    );
    assert!(!failed(&nobody, 1).is_empty());
    let login = json!({"email": "root@example.org", "password": ""});
    let reply = server.post("/auth/login", token, &login);
    assert_eq!(
        reply.outcome(),
        "401 unauthenticated",
        "there is no password"
    );
}

#[test]
fn migrate_can_be_repeated_and_says_when_it_cannot() {
    let database = Database::fresh();
    assert_eq!(printed(&on(&database, &["migrate"], "")), "");
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'";
    let before = database.count(tables);
    assert!(before >= 4, "{before}");
    database.user("ana@example.org", "user");
    assert_eq!(printed(&on(&database, &["migrate"], "")), "");
    assert_eq!(database.count(tables), before);
    assert_eq!(
        database.count("SELECT count(*) FROM users"),
        1,
        "nothing is lost"
    );

    let vars = [
        (
            "DATABASE_URL",
            "postgresql://user:canary-password@127.0.0.1:1/x?connect_timeout=2",
        ),
        ("DATA_DIR", "/nonexistent"),
        ("TOKEN_KEYS", KEYS),
        ("AUTH_SECRET", AUTH_SECRET),
    ];
    let output = run_command(&["migrate"], &vars, "");
    let said = failed(&output, 1);
    assert!(said.contains("database"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}
