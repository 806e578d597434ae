//! The examples run, as another service of somebody else's would.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use trakt_api::endpoints::{AddToHistory, ScrobblePause};
use trakt_api::{
    Batch, EpisodeEntry, Extent, Ids, Percent, Play, Playing, SeasonEntry, ShowEntry, WatchedAt,
};
use trakt_sim::{Config, Fault, Sim};
use uuid::Uuid;

use crate::harness::{Database, Linker, Person, TOKEN_KEYS, sim};

/// The folder of built programs.
fn built() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}

/// A program of this path there, for the application of the simulator.
fn program(path: &str, sim: &Sim) -> Command {
    let url = sim.url().trim_end_matches('/');
    let config = Config::default();
    let mut command = Command::new(built().join(path));
    command
        .env("TRAKT_API_URL", url)
        .env("TRAKT_CLIENT_ID", &config.client_id)
        .env("TRAKT_CLIENT_SECRET", &config.client_secret);
    command
}

/// A person whose account `sean` is linked, and who stopped in a movie after a third of it.
fn who_stopped_in_a_movie(database: &Database, sim: &Sim) -> Person {
    let linker = Linker::new(database, sim);
    let user = database.user("user@example.org", "user");
    linker.link_again(sim, user, "sean");
    let person = Person::last_linked(sim, user);
    let playing = &Playing::Movie(Ids::trakt(7).into());
    let progress = Percent::new(33.3).unwrap();
    person.does(&ScrobblePause { playing, progress });
    person
}

#[test]
fn the_examples_serve_and_refresh_a_token() {
    let (sim, database) = (sim(), Database::fresh());
    let linker = Linker::new(&database, &sim);
    let user = linker.link(&database, &sim, "reader");
    for (name, generation) in [("sync_service", 2), ("tokio_service", 3)] {
        let dir = TempDir::new().unwrap();
        let run = |user: &str| {
            program(&format!("examples/{name}"), &sim)
                .arg(user)
                .env("DATABASE_URL", database.url())
                .env("TOKEN_KEYS", TOKEN_KEYS)
                .env("DATA_DIR", dir.path())
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

#[test]
fn a_media_application_gets_a_token_and_a_progress() {
    let (sim, database) = (sim(), Database::fresh());
    let person = who_stopped_in_a_movie(&database, &sim);
    let watched_at = WatchedAt::At("2026-09-01T20:00:00Z".parse().unwrap());
    let episodes = (1..=2).map(|number| EpisodeEntry {
        number,
        with: Play { watched_at },
    });
    let season = SeasonEntry {
        number: 1,
        extent: Extent::Parts(episodes.collect()),
    };
    let show = ShowEntry {
        item: Ids::trakt(1).into(),
        extent: Extent::Parts(vec![season]),
    };
    let plays = &Batch {
        shows: vec![show],
        ..Batch::default()
    };
    person.does(&AddToHistory { plays });

    let dir = TempDir::new().unwrap();
    let run = |user: Uuid| {
        program("media-app", &sim)
            .arg(user.to_string())
            .env("DATABASE_URL", database.url())
            .env("TOKEN_KEYS", TOKEN_KEYS)
            .env("DATA_DIR", dir.path())
            .output()
            .unwrap()
    };
    let done = run(person.user);
    assert!(done.status.success(), "{done:?}");
    let said = String::from_utf8(done.stdout).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 4, "{said}");
    assert!(lines[0].starts_with("a token until "), "{said}");
    assert_eq!(lines[1], "read: 11 lists");
    assert_eq!(lines[2], "resume: The Stranger of Dublin, 33 %");
    // Of what has aired by today.
    assert!(lines[3].starts_with("next: Crimson Detective 1x03, "));

    let stranger = database.user("stranger@example.org", "user");
    assert!(!run(stranger).status.success());
}

#[test]
fn a_media_application_with_a_store_of_its_own_links_refreshes_and_reads() {
    let sim = sim();
    who_stopped_in_a_movie(&Database::fresh(), &sim);
    sim.fault("GET /sync/playback", Fault::status(401)).unwrap();
    let mut app = program("own-store", &sim)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(app.stdout.take().unwrap());
    let mut code = String::new();
    said.read_line(&mut code).unwrap();
    let code = code.strip_prefix("type ").unwrap();
    sim.approve(code.split_once(' ').unwrap().0, "sean")
        .unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(app.wait().unwrap().success(), "{rest}");
    assert_eq!(
        rest,
        "a token of generation 2\n1 resume points (all: true)\nresume: The Stranger of Dublin, 33 %\n"
    );
    assert_eq!(sim.requests_to("POST /oauth/token").len(), 1);
}
