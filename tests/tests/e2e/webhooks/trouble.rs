//! Receivers that are away, slow, or want nothing; and a service that dies.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};

use super::Scene;
use crate::harness::{Receiver, Server, closed_address, wait_for};

#[test]
fn who_was_away_is_told_later_and_nobody_else_waits() {
    let scene = Scene::new();
    let away = closed_address();
    let urls = [format!("http://{away}/hook"), scene.receiver.url()];
    let server = scene.builder().tells(&urls).start();
    scene.claim(&server);
    let told = scene.receiver.wait("link.linked");
    let name = format!("http://{away}");
    let failed = scene.wait_delivery(&server, |one| {
        one["attempts"] == 1 && one["endpoint"] == name
    });
    assert_eq!(failed["state"], "pending");
    let failed = scene.wait_delivery(&server, |one| one["reason"] == "not_connected");
    assert_eq!(failed["status"], serde_json::Value::Null);
    assert!(failed["nextAttemptAt"].is_string());
    let back = Receiver::at(away);
    scene.hurry();
    assert_eq!(back.wait("link.linked").id(), told.id());
    let done = scene.wait_delivery(&server, |one| {
        one["endpoint"] == name && one["state"] == "delivered"
    });
    assert_eq!(done["status"], 204);
    assert_eq!(done["reason"], serde_json::Value::Null);
}

#[test]
fn refusals_are_tried_again_by_itself_and_a_wait_is_heeded() {
    let scene = Scene::new();
    let server = scene.builder().start();
    scene.receiver.answer(|_| Receiver::status(500));
    scene.claim(&server);
    let first = scene.wait_delivery(&server, |one| one["status"] == 500);
    assert_eq!(
        (&first["reason"], &first["attempts"]),
        (&"status".into(), &1.into())
    );
    scene.receiver.answer(|_| {
        let wait = "retry-after: 3600\r\ncontent-length: 0";
        format!("HTTP/1.1 429 Slow\r\n{wait}\r\n\r\n")
    });
    // After five seconds, by itself.
    let second = scene.wait_delivery(&server, |one| one["status"] == 429);
    let next: chrono::DateTime<chrono::Utc> =
        second["nextAttemptAt"].as_str().unwrap().parse().unwrap();
    let wait = next - trakt_core::Clock::now(&trakt_core::SystemClock);
    assert!((3500..3601).contains(&wait.num_seconds()), "{wait}");
}

#[test]
fn one_that_hangs_holds_up_nobody() {
    let scene = Scene::new();
    let hangs = Receiver::start();
    let (release, held) = mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    hangs.answer(move |_| {
        let _ = held.lock().unwrap().recv();
        Receiver::status(200)
    });
    let server = scene
        .builder()
        .tells(&[hangs.url(), scene.receiver.url()])
        .start();
    for n in 0..12 {
        scene
            .database
            .user(&format!("user-{n}@example.org"), "user");
    }
    // More events than the endpoint that hangs has threads.
    let claim = "WITH event AS (INSERT INTO webhook_events (kind, subject_id) \
                 SELECT 'link.linked', id FROM users WHERE email LIKE 'user-%' RETURNING id) \
                 INSERT INTO webhook_deliveries (event_id, endpoint) \
                 SELECT event.id, key FROM event, webhook_endpoints";
    let start = Instant::now();
    scene.database.execute(claim, &[]);
    wait_for("all events", || {
        (scene.receiver.told().len() == 12).then_some(())
    });
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
    assert!(hangs.told().len() <= 4, "a thread for each");
    drop(release);
    drop(server);
}

#[test]
fn who_says_gone_is_told_nothing_until_a_restart() {
    let scene = Scene::new();
    let server = scene.builder().start();
    scene.receiver.answer(|_| Receiver::status(410));
    scene.claim(&server);
    let gone = scene.wait_delivery(&server, |one| one["state"] == "failed");
    assert_eq!(
        (&gone["reason"], &gone["status"]),
        (&"gone".into(), &410.into())
    );
    assert!(server.log().contains("answered 410"));
    scene.receiver.answer(|_| Receiver::status(200));
    scene.receiver.clear();
    let path = format!("/trakt/admin/associations/{}", link(&scene));
    assert_eq!(
        server.patiently("DELETE", &path, &scene.admin, None).status,
        204
    );
    assert_eq!(
        scene.database.count("SELECT count(*) FROM webhook_events"),
        2
    );
    assert_eq!(
        scene.deliveries(&server, "").len(),
        1,
        "nothing is kept for it"
    );
    drop(server);
    let server = scene.builder().start();
    scene.claim(&server);
    scene.receiver.wait("link.linked");
    assert_eq!(scene.receiver.told().len(), 1);
}

fn link(scene: &Scene) -> uuid::Uuid {
    scene.database.rows("SELECT id FROM trakt_users", &[])[0].get(0)
}

/// The receiver has said yes, and the service dies before that is written down.
#[test]
fn killed_between_the_answer_and_its_writing_it_tells_again() {
    let scene = Scene::new();
    let server = scene.builder().start();
    let url = scene.database.url().to_owned();
    let (tell, held) = mpsc::channel();
    scene.receiver.answer(move |_| {
        let mut client = Client::connect(&url, NoTls).unwrap();
        let lock = "BEGIN; SELECT 1 FROM webhook_deliveries FOR UPDATE";
        client.batch_execute(lock).unwrap();
        // The lock lives as long as the connection.
        tell.send(client).unwrap();
        Receiver::status(200)
    });
    scene.claim(&server);
    let client = held.recv_timeout(Duration::from_secs(30)).unwrap();
    wait_for("the writing of the outcome", || {
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                     AND datname = current_database() AND query LIKE 'UPDATE webhook_deliveries%'";
        (scene.database.count(waits) == 1).then_some(())
    });
    server.kill();
    drop(client);
    scene.receiver.answer(|_| Receiver::status(200));
    let server = scene.builder().start();
    let claimed = scene.deliveries(&server, "");
    assert_eq!(
        (&claimed[0]["state"], &claimed[0]["attempts"]),
        (&"pending".into(), &1.into())
    );
    assert_eq!(
        scene.receiver.told().len(),
        1,
        "not before the lease is over"
    );
    scene.hurry();
    scene.wait_delivery(&server, |one| {
        one["state"] == "delivered" && one["attempts"] == 2
    });
    let ids: Vec<_> = scene
        .receiver
        .told()
        .iter()
        .map(crate::harness::Told::id)
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_private_target_is_refused_and_named() {
    let scene = Scene::new();
    let target = format!("https://127.0.0.1:{}/", scene.receiver.address().port());
    let server = Server::builder()
        .database(&scene.database)
        .sim(&scene.sim)
        .var(
            "WEBHOOK_URLS",
            &format!("{target},https://169.254.169.254/latest"),
        )
        .var("WEBHOOK_SECRET", crate::harness::WEBHOOK_SECRET)
        .start();
    scene.claim(&server);
    for name in [target.trim_end_matches('/'), "https://169.254.169.254"] {
        let refused = scene.wait_delivery(&server, |one| {
            one["endpoint"] == name && one["reason"] == "private_address"
        });
        assert_eq!(
            refused["state"], "pending",
            "the name may lead elsewhere tomorrow"
        );
    }
    assert!(scene.receiver.told().is_empty());
}
