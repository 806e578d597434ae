//! Each event, from a deed at Trakt or here.

use serde_json::{Value, json};
use trakt_sim::{Action, MediaType, NewPlay};

use super::Scene;
use crate::harness::{Told, WEBHOOK_SECRET, run_command, wait_for};

/// What is told of the user is signed, whole, and later than what was told before.
fn checked(scene: &Scene, told: &Told, after: i64) -> (Value, i64) {
    assert!(told.genuine(WEBHOOK_SECRET), "{told:?}");
    assert!(!told.genuine("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    assert_eq!(told.headers["content-type"], "application/json");
    let json = told.json();
    assert_eq!(json["user"], json!({"id": scene.user.to_string()}));
    let at: chrono::DateTime<chrono::Utc> = json["occurredAt"].as_str().unwrap().parse().unwrap();
    let now = trakt_core::Clock::now(&trakt_core::SystemClock);
    assert!((now - at).num_seconds().abs() < 60, "{at}");
    let sequence = json["sequence"].as_i64().unwrap();
    assert!(sequence > after, "{json}");
    (json["data"].clone(), sequence)
}

#[test]
fn a_link_from_its_beginning_to_its_end() {
    let scene = Scene::new();
    let server = scene.builder().start();
    let plays = (1..=120).map(|n| NewPlay {
        media: MediaType::Movie,
        trakt: n % 50 + 1,
        watched_at_ms: 1_788_300_000_000 + n * 60_000,
        action: Action::default(),
    });
    let plays = plays.collect::<Vec<_>>();
    let ids = scene.sim.add_plays("sean", &plays).unwrap();
    assert_eq!(server.link(&scene.sim, &scene.token, "sean").status, 200);

    let (linked, at) = checked(&scene, &scene.receiver.wait("link.linked"), 0);
    let of = "SELECT id::text, trakt_username FROM trakt_users";
    let row = &scene.database.rows(of, &[])[0];
    let (id, name): (String, Option<String>) = (row.get(0), row.get(1));
    let link = |reason: &str| json!({"associationId": id, "traktSlug": "sean", "traktUsername": name, "reason": reason});
    assert!(name.is_some());
    assert_eq!(linked, link("approved"));

    let (synced, at) = checked(&scene, &scene.receiver.wait("sync.finished"), at);
    let plays = json!({"part": "movie_plays", "stored": 120, "removed": 0});
    assert!(
        synced["changes"].as_array().unwrap().contains(&plays),
        "{synced}"
    );
    assert_eq!(synced["reason"], Value::Null);

    // Most of it goes at Trakt: that is held back.
    let viewer = crate::harness::Person::last_linked(&scene.sim, scene.user);
    let gone: Vec<_> = ids
        .iter()
        .skip(20)
        .map(|id| i64::try_from(*id).unwrap())
        .collect();
    viewer.does(&trakt_api::endpoints::RemoveFromHistory {
        ids: &gone,
        all_of: &trakt_api::Batch::default(),
    });
    let due = "UPDATE watch_states SET next_at = now()";
    scene.database.execute(due, &[]);
    let (held, at) = checked(&scene, &scene.receiver.wait("sync.held"), at);
    let change = json!({"part": "movie_plays", "adds": 0, "removes": 100, "of": 120});
    assert_eq!(held, json!({"side": "pull", "changes": [change]}));
    scene.receiver.clear();
    let meant = json!({"confirm": true});
    let reply = server.patiently("POST", "/trakt/sync", &scene.token, Some(&meant));
    assert_eq!(reply.status, 202, "{reply:?}");
    let (synced, at) = checked(&scene, &scene.receiver.wait("sync.finished"), at);
    let plays = json!({"part": "movie_plays", "stored": 0, "removed": 100});
    assert!(
        synced["changes"].as_array().unwrap().contains(&plays),
        "{synced}"
    );

    scene.sim.disconnect("sean").unwrap();
    let end = "UPDATE trakt_users SET token_expires_at = now(), refresh_due_at = now()";
    scene.database.execute(end, &[]);
    let (lost, at) = checked(&scene, &scene.receiver.wait("link.needs_relink"), at);
    assert_eq!(lost, link("revoked"));

    scene.receiver.clear();
    assert_eq!(server.link(&scene.sim, &scene.token, "sean").status, 200);
    let (again, at) = checked(&scene, &scene.receiver.wait("link.linked"), at);
    assert_eq!(again, link("renewed"));

    assert_eq!(
        server.delete("/trakt/association", &scene.token).status,
        204
    );
    let (ended, _) = checked(&scene, &scene.receiver.wait("link.ended"), at);
    assert_eq!(ended, link("unlinked"));
    wait_for("all deliveries", || {
        let all = scene.deliveries(&server, "");
        all.iter()
            .all(|one| one["state"] == "delivered")
            .then_some(())
    });
    for told in scene.receiver.told() {
        assert!(!told.text.contains("user@example.org") && !told.text.contains("oken"));
    }
}

#[test]
fn what_an_admin_does_and_a_command_that_removes_a_user() {
    let scene = Scene::new();
    let server = scene.builder().start();
    scene.claim(&server);
    let (claimed, at) = checked(&scene, &scene.receiver.wait("link.linked"), 0);
    assert_eq!(claimed["reason"], "claimed");
    let id = claimed["associationId"].as_str().unwrap();
    let path = format!("/trakt/admin/associations/{id}");
    let reply = server.patiently("DELETE", &path, &scene.admin, None);
    assert_eq!(reply.status, 204);
    let (ended, at) = checked(&scene, &scene.receiver.wait("link.ended"), at);
    assert_eq!(ended["reason"], "disassociated");
    assert_eq!(ended["traktSlug"], "sean");

    scene.claim(&server);
    scene.receiver.clear();
    // By a command that knows nobody who is told.
    let vars = [
        ("DATABASE_URL", scene.database.url()),
        ("DATA_DIR", "/nonexistent"),
        ("TOKEN_KEYS", crate::harness::TOKEN_KEYS),
        ("AUTH_SECRET", crate::harness::AUTH_SECRET),
    ];
    let args = ["user", "remove", "--email", "user@example.org"];
    let output = run_command(&args, &vars, "");
    assert!(output.status.success(), "{output:?}");
    let (ended, _) = checked(&scene, &scene.receiver.wait("link.ended"), at);
    assert_eq!(ended["reason"], "unlinked");
    let replaced = scene.deliveries(&server, "event=link.linked");
    assert_eq!(replaced.len(), 2);
}

#[test]
fn several_secrets_all_sign() {
    let scene = Scene::new();
    let new = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let both = format!("{new},{WEBHOOK_SECRET}");
    let server = scene.builder().var("WEBHOOK_SECRET", &both).start();
    scene.claim(&server);
    let told = scene.receiver.wait("link.linked");
    assert!(told.genuine(new) && told.genuine(WEBHOOK_SECRET));
}
