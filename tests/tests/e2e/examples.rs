//! The examples run, as another service of somebody else's would.

use std::process::Command;

use tempfile::TempDir;

use crate::harness::{Database, Linker, TOKEN_KEYS, sim};

#[test]
fn the_examples_serve_and_refresh_a_token() {
    let (sim, database) = (sim(), Database::fresh());
    let linker = Linker::new(&database, &sim);
    let user = linker.link(&database, &sim, "reader");
    let test = std::env::current_exe().unwrap();
    let examples = test.ancestors().nth(2).unwrap().join("examples");
    let url = sim.url().trim_end_matches('/');
    let config = trakt_sim::Config::default();
    for (name, generation) in [("sync_service", 2), ("tokio_service", 3)] {
        let dir = TempDir::new().unwrap();
        let run = |user: &str| {
            Command::new(examples.join(name))
                .arg(user)
                .env("DATABASE_URL", database.url())
                .env("TOKEN_KEYS", TOKEN_KEYS)
                .env("DATA_DIR", dir.path())
                .env("TRAKT_API_URL", url)
                .env("TRAKT_AUTH_URL", url)
                .env("TRAKT_CLIENT_ID", &config.client_id)
                .env("TRAKT_CLIENT_SECRET", &config.client_secret)
                .output()
                .unwrap()
        };
        database.execute("UPDATE trakt_users SET token_expires_at = now()", &[]);
        let done = run(&user.to_string());
        let said = String::from_utf8(done.stdout).unwrap();
        assert!(done.status.success(), "{name}: {said}");
        assert!(
            said.contains(&format!("generation {generation}")),
            "{name}: {said}"
        );
        let stranger = database.user(&format!("{name}@example.org"), "user");
        assert!(!run(&stranger.to_string()).status.success());
    }
    assert_eq!(sim.requests_to("POST /oauth/token").len(), 2);
}
