//! What a user writes here comes to Trakt, exactly once, and is seen here at once.

mod brake;
mod lost;
mod routes;

use serde_json::{Value, json};
use trakt_sim::{Action, MediaType, NewPlay, Play, Sim};
use uuid::Uuid;

use crate::harness::{Reply, Server, Service, issue_token, wait_for};

/// A linked user whose data was read.
struct Writer {
    service: Service,
    user: Uuid,
    token: String,
}

impl Writer {
    fn new() -> Self {
        Self::with_plays(&[])
    }

    fn with_plays(plays: &[NewPlay]) -> Self {
        let service = Service::start();
        service.sim.add_plays("sean", plays).unwrap();
        let user = service.database.user("user@example.org", "user");
        let token = issue_token(user, 600);
        let server = &service.server;
        assert_eq!(server.link(&service.sim, &token, "sean").status, 200);
        let writer = Self {
            service,
            user,
            token,
        };
        writer.wait_idle();
        writer
    }

    fn server(&self) -> &Server {
        &self.service.server
    }

    fn sim(&self) -> &Sim {
        &self.service.sim
    }

    fn state(&self) -> Value {
        let reply = self
            .server()
            .patiently("GET", "/trakt/sync", &self.token, None);
        reply.json()
    }

    fn wait_idle(&self) {
        wait_for("a pull that has ended", || {
            let state = self.state();
            (state["lastFinishedAt"].is_string() && state["state"] == "idle").then_some(())
        });
    }

    /// Sends a write, patiently: there is a limit.
    fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.server()
            .patiently(method, path, &self.token, Some(body))
    }

    /// Sends a write that is taken; its id.
    fn write(&self, method: &str, path: &str, body: &Value) -> String {
        let reply = self.send(method, path, body);
        assert_eq!(reply.status, 202, "{method} {path} {body}: {reply:?}");
        reply.json()["id"].as_str().unwrap().to_owned()
    }

    fn outbox(&self, id: &str) -> Value {
        let path = format!("/trakt/outbox/{id}");
        let reply = self.server().patiently("GET", &path, &self.token, None);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    /// Waits until a write came to its end.
    fn settled(&self, id: &str) -> Value {
        wait_for("the end of a write", || {
            let write = self.outbox(id);
            write["settledAt"].is_string().then_some(write)
        })
    }

    fn confirmed(&self, id: &str) {
        let write = self.settled(id);
        assert_eq!(write["state"], "confirmed", "{write}");
    }

    fn list(&self, path: &str) -> Vec<Value> {
        let reply = self.server().patiently("GET", path, &self.token, None);
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.json()["items"].as_array().unwrap().clone()
    }

    /// The plays at Trakt.
    fn theirs(&self) -> Vec<Play> {
        self.sim().plays("sean").unwrap()
    }

    /// Asks for a pull that begins after now, and waits for its end.
    fn pull(&self) {
        let before = self.state()["lastStartedAt"].clone();
        wait_for("a pull", || {
            self.server().post("/trakt/sync", &self.token, &json!({}));
            (self.state()["lastStartedAt"] != before).then_some(())
        });
        self.wait_idle();
    }

    fn rows(&self, sql: &str) -> i64 {
        let rows = self.service.database.rows(sql, &[&self.user]);
        rows[0].get(0)
    }
}

fn movie(trakt: u64) -> Value {
    json!({ "ids": { "trakt": trakt } })
}

fn watched(trakt: u64, second: u64) -> NewPlay {
    NewPlay {
        media: MediaType::Movie,
        trakt,
        watched_at_ms: 1_788_300_000_000 + second * 1000,
        action: Action::default(),
    }
}
