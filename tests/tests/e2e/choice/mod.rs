//! What a user lets the service do, takes along, and has deleted.

mod events;
mod export;
mod purge;
mod switches;

use serde_json::Value;
use trakt_sim::{Action, MediaType, NewPlay, Sim};
use uuid::Uuid;

use crate::harness::{Reply, Server, Service, call, issue_token, wait_for};

/// Somebody who may be linked.
struct Chooser {
    service: Service,
    user: Uuid,
    token: String,
}

impl Chooser {
    /// Not linked yet.
    fn new() -> Self {
        let service = Service::start();
        let user = service.database.user("user@example.org", "user");
        let token = issue_token(user, 600);
        Self {
            service,
            user,
            token,
        }
    }

    /// With an account of so many plays of movies, which are read.
    fn linked(plays: u64) -> Self {
        let chooser = Self::new();
        add_plays(&chooser.service.sim, 1..=plays);
        chooser.link();
        chooser.wait_pulled(&Value::Null);
        chooser
    }

    fn server(&self) -> &Server {
        &self.service.server
    }

    fn link(&self) {
        let linked = self.server().link(&self.service.sim, &self.token, "sean");
        assert_eq!(linked.status, 200, "{linked:?}");
    }

    fn get(&self, path: &str) -> Value {
        let reply = self.server().patiently("GET", path, &self.token, None);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    fn patch(&self, body: &Value) -> Reply {
        let path = "/trakt/settings";
        self.server()
            .patiently("PATCH", path, &self.token, Some(body))
    }

    /// Until a pull has ended that is not the one before.
    fn wait_pulled(&self, before: &Value) -> Value {
        wait_for("the end of a pull", || {
            let state = self.get("/trakt/sync");
            let ended = state["lastFinishedAt"].is_string() && state["state"] == "idle";
            (ended && state["lastFinishedAt"] != *before).then_some(state)
        })
    }

    fn rows(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table} WHERE user_id = $1");
        self.service.database.rows(&sql, &[&self.user])[0].get(0)
    }
}

fn add_plays(sim: &Sim, movies: impl IntoIterator<Item = u64>) {
    let play = |n: u64| NewPlay {
        media: MediaType::Movie,
        trakt: n % 50 + 1,
        watched_at_ms: 1_788_300_000_000 + n * 60_000,
        action: Action::default(),
    };
    let plays: Vec<_> = movies.into_iter().map(play).collect();
    sim.add_plays("sean", &plays).unwrap();
}
