//! What an operator sees, and sends again.

use std::process::Output;

use super::Scene;
use crate::harness::{
    AUTH_SECRET, Receiver, TOKEN_KEYS, Told, WEBHOOK_SECRET, closed_address, run_command, wait_for,
};

/// Runs a command that tells these.
fn webhook(scene: &Scene, urls: &str, args: &[&str]) -> Output {
    let vars = [
        ("DATABASE_URL", scene.database.url()),
        ("DATA_DIR", "/nonexistent"),
        ("TOKEN_KEYS", TOKEN_KEYS),
        ("AUTH_SECRET", AUTH_SECRET),
        ("WEBHOOK_URLS", urls),
        ("WEBHOOK_SECRET", WEBHOOK_SECRET),
        ("WEBHOOK_ALLOW", "127.0.0.0/8"),
    ];
    run_command(&[&["webhook"], args].concat(), &vars, "")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn one_delivery_is_sent_again() {
    let scene = Scene::new();
    let server = scene.builder().start();
    scene.claim(&server);
    let first = scene.receiver.wait("link.linked");
    let done = scene.wait_delivery(&server, |one| one["state"] == "delivered");
    assert_eq!(done["event"], "link.linked");
    assert_eq!(done["eventId"], first.id());
    assert_eq!(done["userId"], scene.user.to_string());
    assert_eq!(done["traktSlug"], "sean");
    assert_eq!(done["attempts"], 1);
    let origin = format!("http://{}", scene.receiver.address());
    assert_eq!(done["endpoint"], origin);
    for (query, count) in [
        ("state=delivered", 1),
        ("state=failed", 0),
        ("event=link.linked&state=delivered", 1),
        ("event=link.ended", 0),
    ] {
        assert_eq!(scene.deliveries(&server, query).len(), count, "{query}");
    }
    let path = format!(
        "/trakt/admin/webhooks/{}/replay",
        done["id"].as_str().unwrap()
    );
    let reply = server.patiently("POST", &path, &scene.admin, None);
    assert_eq!(reply.status, 202, "{reply:?}");
    assert_eq!(reply.json()["state"], "pending");
    let told = wait_for("the same again", || {
        let told = scene.receiver.told();
        (told.len() == 2).then_some(told)
    });
    assert_eq!(told[1].id(), first.id());
    assert_eq!(told[1].text, first.text);
    for id in ["x", "00000000-0000-0000-0000-000000000000"] {
        let path = format!("/trakt/admin/webhooks/{id}/replay");
        let reply = server.patiently("POST", &path, &scene.admin, None);
        assert_eq!(reply.outcome(), "404 not_found");
    }
}

/// What happened before anybody was told is there for whoever asks for it.
#[test]
fn everything_since_a_moment_is_sent_to_an_endpoint_that_is_new() {
    let scene = Scene::new();
    let nobody = crate::harness::Server::builder().database(&scene.database);
    let server = nobody.sim(&scene.sim).start();
    scene.claim(&server);
    drop(server);
    assert_eq!(
        scene
            .database
            .count("SELECT count(*) FROM webhook_deliveries"),
        0
    );
    let other = Receiver::start();
    let urls = [other.url(), scene.receiver.url()];
    let server = scene.builder().tells(&urls).start();
    let path = format!("/trakt/admin/associations/{}", link(&scene));
    assert_eq!(
        server.patiently("DELETE", &path, &scene.admin, None).status,
        204
    );
    for receiver in [&other, &scene.receiver] {
        receiver.wait("link.ended");
        assert_eq!(receiver.told().len(), 1, "not what was before");
    }
    let since = "2026-01-01T00:00:00Z";
    let only = ["replay", "--since", since, "--endpoint", &urls[1]];
    let output = webhook(&scene, &urls.join(","), &only);
    assert_eq!(text(&output.stdout), "2 deliveries are due\n", "{output:?}");
    let told = wait_for("both events again", || {
        let told = scene.receiver.told();
        (told.len() == 3).then_some(told)
    });
    let mut kinds: Vec<_> = told.iter().map(Told::kind).collect();
    kinds.sort();
    assert_eq!(kinds, ["link.ended", "link.ended", "link.linked"]);
    assert_eq!(other.told().len(), 1);

    let later = ["replay", "--since", "2099-01-01T00:00:00Z"];
    let output = webhook(&scene, &urls.join(","), &later);
    assert_eq!(text(&output.stdout), "0 deliveries are due\n", "{output:?}");
    let stranger = [
        "replay",
        "--since",
        since,
        "--endpoint",
        "https://other.example",
    ];
    let output = webhook(&scene, &urls.join(","), &stranger);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("none of WEBHOOK_URLS"));
    let output = webhook(&scene, "", &later);
    assert!(text(&output.stderr).contains("WEBHOOK_URLS is not set"));
}

fn link(scene: &Scene) -> uuid::Uuid {
    scene.database.rows("SELECT id FROM trakt_users", &[])[0].get(0)
}

#[test]
fn a_test_says_what_each_endpoint_answers() {
    let scene = Scene::new();
    let good = scene.receiver.url();
    let output = webhook(&scene, &good, &["test"]);
    let line = format!("http://{}\t204\n", scene.receiver.address());
    assert_eq!(text(&output.stdout), line, "{output:?}");
    assert!(output.status.success());
    let told = scene.receiver.wait("test");
    assert!(told.genuine(WEBHOOK_SECRET));
    assert_eq!(told.json()["user"], serde_json::Value::Null);
    assert_eq!(
        scene.database.count("SELECT count(*) FROM webhook_events"),
        0
    );

    let closed = format!("http://{}/x", closed_address());
    let output = webhook(&scene, &format!("{good},{closed}"), &["test"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stdout).contains("\tnot_connected\n"),
        "{output:?}"
    );
    assert!(text(&output.stderr).contains("1 gave no good answer"));
}
